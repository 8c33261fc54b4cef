-- Compare and set. KEYS: alias. ARGV: seconds for which a used-up alias stays, and one that is not confirmed;
-- not-before, not-after, max-usage, paused, pending as they were seen; the same as they are to be.
-- {0}: not as seen. {1, owner, purge time or empty}: done.
local names = {'not-before', 'not-after', 'max-usage', 'paused', 'pending'}
local alias = redis.call('HMGET', KEYS[1], 'spent', 'owner', unpack(names))
local spent, owner = alias[1], alias[2]
if not spent then
  return {0}
end
for at = 1, #names do
  if (alias[at + 2] or '') ~= ARGV[at + 2] then
    return {0}
  end
end
local new = {}
for at, name in ipairs(names) do
  new[name] = ARGV[at + 2 + #names]
  if new[name] == '' then
    redis.call('HDEL', KEYS[1], name)
  else
    redis.call('HSET', KEYS[1], name, new[name])
  end
end
local now, max = tonumber(redis.call('TIME')[1]), tonumber(new['max-usage'])
local purge = tonumber(new['not-after']) or math.huge
if max and tonumber(spent) >= max then
  purge = math.min(purge, now + ARGV[1])
end
if new['pending'] ~= '' then
  -- A change gives no more time to confirm.
  local left = redis.call('PTTL', KEYS[1])
  purge = math.min(purge, now + (left < 0 and ARGV[2] or math.ceil(left / 1000)))
end
if purge == math.huge then
  redis.call('PERSIST', KEYS[1])
  return {1, owner, ''}
end
redis.call('PEXPIREAT', KEYS[1], purge * 1000)
return {1, owner, purge}
