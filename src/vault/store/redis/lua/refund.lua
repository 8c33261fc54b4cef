-- KEYS: alias, its holds. ARGV: ticket. Gives a use back that this ticket has spent, once.
local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not score or tonumber(score) >= 0 then
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[1])
local alias = redis.call('HMGET', KEYS[1], 'spent', 'not-after')
if not alias[1] or tonumber(alias[1]) == 0 then
  return 0
end
redis.call('HINCRBY', KEYS[1], 'spent', -1)
if alias[2] then
  redis.call('PEXPIREAT', KEYS[1], alias[2] * 1000)
else
  redis.call('PERSIST', KEYS[1])
end
return 1
