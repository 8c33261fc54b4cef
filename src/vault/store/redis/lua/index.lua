-- KEYS: index of an owner's aliases. ARGV: alias, its purge time or empty, the most there may be, or 0 for no limit.
-- 0 if it would be one too many. Aliases past their purge time are dropped first.
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, redis.call('TIME')[1])
local limit = tonumber(ARGV[3])
if limit > 0 and redis.call('ZCARD', KEYS[1]) >= limit and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 0
end
redis.call('ZADD', KEYS[1], ARGV[2] == '' and '+inf' or ARGV[2], ARGV[1])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if last == 'inf' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIREAT', KEYS[1], last * 1000)
end
return 1
