-- KEYS: alias. ARGV: not-before, not-after, max-usage, paused, manage-key hash, owner, sealed address, purge time.
-- Empty ARGV are absent. 1 when it is there and ours (a repeated request is the same request), else 0.
local manage = redis.call('HGET', KEYS[1], 'manage')
if manage then
  return manage == ARGV[5] and 1 or 0
end
local fields = {'spent', '0', 'manage', ARGV[5], 'owner', ARGV[6], 'sealed', ARGV[7]}
for at, name in ipairs({'not-before', 'not-after', 'max-usage', 'paused'}) do
  if ARGV[at] ~= '' then
    fields[#fields + 1] = name
    fields[#fields + 1] = ARGV[at]
  end
end
redis.call('HSET', KEYS[1], unpack(fields))
if ARGV[8] ~= '' then
  redis.call('PEXPIREAT', KEYS[1], ARGV[8] * 1000)
end
return 1
