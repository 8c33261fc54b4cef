-- KEYS: counter. ARGV: the most there may be, seconds until the counter is gone, how many more.
-- 1 when they are counted, 0 if they would be too many.
local count = tonumber(redis.call('GET', KEYS[1]) or 0)
if count + ARGV[3] > tonumber(ARGV[1]) then
  return 0
end
redis.call('INCRBY', KEYS[1], ARGV[3])
if count == 0 then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return 1
