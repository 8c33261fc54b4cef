-- KEYS: alias, its unsettled uses (admit.lua). ARGV: ticket, and for an undo the milliseconds for which it must not be
-- spent any more. Gives the use back that this ticket has spent, once.
-- {whether it was}: there is no alias any more. {whether it was, owner, purge time or empty}: for the owner's index, also
-- if it was given back before, because the index may not have been told.
local score = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '')
local alias = redis.call('HMGET', KEYS[1], 'spent', 'max-usage', 'not-after', 'owner')
local spent, max, til, owner = tonumber(alias[1] or ''), tonumber(alias[2] or ''), alias[3], alias[4]
local done = 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if score and score > now then
  redis.call('ZREM', KEYS[2], ARGV[1])
  if spent and spent > 0 then
    spent = redis.call('HINCRBY', KEYS[1], 'spent', -1)
    done = 1
    if not max or spent < max then
      if til then
        redis.call('PEXPIREAT', KEYS[1], til * 1000)
      else
        redis.call('PERSIST', KEYS[1])
      end
    end
  end
end
if ARGV[2] then
  redis.call('ZADD', KEYS[2], -(now + ARGV[2]), ARGV[1])
  if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[2], ARGV[2])
  end
end
if not spent then
  return {done}
end
local life = redis.call('PTTL', KEYS[1])
return {done, owner, life < 0 and '' or time[1] + math.ceil(life / 1000)}
