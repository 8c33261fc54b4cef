-- KEYS: alias. ARGV: not-before, not-after, max-usage, paused as they were seen; the same as they are to be; seconds a used-up alias stays.
-- {0}: not as seen. {1, owner, purge time or empty}: done.
local names = {'not-before', 'not-after', 'max-usage', 'paused'}
local alias = redis.call('HMGET', KEYS[1], 'spent', 'owner', unpack(names))
local spent, owner = alias[1], alias[2]
if not spent then
  return {0}
end
for at = 1, 4 do
  if (alias[at + 2] or '') ~= ARGV[at] then
    return {0}
  end
end
for at, name in ipairs(names) do
  if ARGV[at + 4] == '' then
    redis.call('HDEL', KEYS[1], name)
  else
    redis.call('HSET', KEYS[1], name, ARGV[at + 4])
  end
end
local til, max = tonumber(ARGV[6]), tonumber(ARGV[7])
local purge = til
if max and tonumber(spent) >= max then
  purge = math.min(til or math.huge, redis.call('TIME')[1] + ARGV[9])
end
if not purge then
  redis.call('PERSIST', KEYS[1])
  return {1, owner, ''}
end
redis.call('PEXPIREAT', KEYS[1], purge * 1000)
return {1, owner, purge}
