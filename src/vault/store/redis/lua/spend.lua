-- KEYS: alias, its unsettled uses (admit.lua). ARGV: ticket, milliseconds for which its use may be given back, seconds
-- for which a used-up alias stays.
-- {0}: not there, dead, or not to be spent any more. {1}: busy. {2, whether a use is spent, whether it was the last}.
local time = redis.call('TIME')
local seconds = tonumber(time[1])
local now = seconds * 1000 + math.floor(time[2] / 1000)
local alias = redis.call('HMGET', KEYS[1], 'not-before', 'not-after', 'max-usage', 'spent', 'paused', 'pending')
local from, til, max, spent, paused, pending = unpack(alias, 1, 6)
local score = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '')
if score and score < 0 then
  return {0}
end
if score and spent then
  -- The same spend, sent twice.
  return {2, 1, max and tonumber(spent) >= tonumber(max) and 1 or 0}
end
if not spent or paused or pending or (from and seconds < tonumber(from)) or (til and seconds >= tonumber(til)) then
  return {0}
end
if not max then
  return {2, 0, 0}
end
local left = tonumber(max) - tonumber(spent)
redis.call('ZREMRANGEBYSCORE', KEYS[2], -now, now)
if left <= 0 then
  return {redis.call('ZCOUNT', KEYS[2], 0, '+inf') > 0 and 1 or 0}
end
redis.call('HINCRBY', KEYS[1], 'spent', 1)
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
if left > 1 then
  return {2, 1, 0}
end
-- The owner's index keeps the later end until the use is settled: it must list an alias that a refund revives.
redis.call('PEXPIREAT', KEYS[1], math.min(tonumber(til or '') or math.huge, seconds + ARGV[3]) * 1000)
return {2, 1, 1}
