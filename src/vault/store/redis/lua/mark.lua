-- KEYS: mark. ARGV: when it ends, or empty.
redis.call('SET', KEYS[1], redis.call('TIME')[1])
if ARGV[1] ~= '' then
  redis.call('PEXPIREAT', KEYS[1], ARGV[1] * 1000)
end
return 1
