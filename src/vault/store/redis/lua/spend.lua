-- KEYS: alias, its holds. ARGV: ticket, milliseconds for which it is remembered if its hold has run out,
-- seconds for which a used-up alias stays.
-- {0}: gone, or none left. {1}: spent. {1, owner, purge time}: spent, and it was the last.
local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
if score and tonumber(score) < 0 then
  return {1}
end
local alias = redis.call('HMGET', KEYS[1], 'max-usage', 'spent', 'not-after', 'owner')
local max, spent, til, owner = tonumber(alias[1] or ''), tonumber(alias[2] or ''), tonumber(alias[3] or ''), alias[4]
if not max or spent >= max then
  return {0}
end
local time = redis.call('TIME')
local seconds = tonumber(time[1])
redis.call('HINCRBY', KEYS[1], 'spent', 1)
redis.call('ZADD', KEYS[2], -(tonumber(score or '') or seconds * 1000 + ARGV[2]), ARGV[1])
if redis.call('PTTL', KEYS[2]) < 0 then
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
if spent + 1 < max then
  return {1}
end
local purge = math.min(til or math.huge, seconds + ARGV[3])
redis.call('PEXPIREAT', KEYS[1], purge * 1000)
return {1, owner, purge}
