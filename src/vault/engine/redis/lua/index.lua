-- KEYS: index of an owner's aliases. ARGV: alias, its purge time or empty. What is past is dropped on the way.
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], ARGV[2] == '' and '+inf' or ARGV[2], ARGV[1])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if last == 'inf' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIREAT', KEYS[1], last * 1000)
end
return 1
