-- KEYS: alias, its unsettled uses (admit.lua). ARGV: ticket, whose use is not given back any more.
-- {0}: nothing else. {1, owner, purge time}: none is, and the alias is used up, for the owner's index.
local score = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '')
if score and score > 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local alias = redis.call('HMGET', KEYS[1], 'spent', 'max-usage', 'owner')
local spent, max, life = tonumber(alias[1] or ''), tonumber(alias[2] or ''), redis.call('PTTL', KEYS[1])
if not spent or not max or spent < max or life < 0 or redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf') > 0 then
  return {0}
end
return {1, alias[3], time[1] + math.ceil(life / 1000)}
