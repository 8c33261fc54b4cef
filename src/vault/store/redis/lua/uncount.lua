-- KEYS: counter. ARGV: how many fewer. Down to zero, which is no counter: one that has expired stays away.
local count = tonumber(redis.call('GET', KEYS[1]) or 0) - ARGV[1]
if count > 0 then
  redis.call('DECRBY', KEYS[1], ARGV[1])
else
  redis.call('DEL', KEYS[1])
end
return 1
