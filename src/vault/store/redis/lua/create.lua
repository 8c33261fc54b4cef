-- KEYS: alias. ARGV: manage-key hash, owner, sealed address, purge time; not-before, not-after, max-usage, paused, pending.
-- Empty ARGV are absent. 1 when it was made, 0 when there is one already, be it by the same request sent twice.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
local fields = {'spent', '0', 'manage', ARGV[1], 'owner', ARGV[2], 'sealed', ARGV[3]}
for at, name in ipairs({'not-before', 'not-after', 'max-usage', 'paused', 'pending'}) do
  if ARGV[at + 4] ~= '' then
    fields[#fields + 1] = name
    fields[#fields + 1] = ARGV[at + 4]
  end
end
redis.call('HSET', KEYS[1], unpack(fields))
if ARGV[4] ~= '' then
  redis.call('PEXPIREAT', KEYS[1], ARGV[4] * 1000)
end
return 1
