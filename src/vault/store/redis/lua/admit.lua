-- KEYS: alias, its unsettled uses. Only looks.
-- {0}: not there, or dead. {1}: busy. {2, sealed address}: takes one more message. {2, sealed address, uses left}: likewise.
--
-- The unsettled uses are a sorted set of tickets: spent ones under the time until which they may be given back, those
-- that must not be spent any more under the negative of the time until which that is remembered. In milliseconds.
local time = redis.call('TIME')
local seconds = tonumber(time[1])
local now = seconds * 1000 + math.floor(time[2] / 1000)
local alias = redis.call('HMGET', KEYS[1], 'not-before', 'not-after', 'max-usage', 'spent', 'paused', 'pending', 'sealed')
local from, til, max, spent, paused, pending, sealed = unpack(alias, 1, 7)
if not sealed or paused or pending or (from and seconds < tonumber(from)) or (til and seconds >= tonumber(til)) then
  return {0}
end
if not max then
  return {2, sealed}
end
local left = tonumber(max) - tonumber(spent)
if left > 0 then
  return {2, sealed, left}
end
if redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf') > 0 then
  return {1}
end
return {0}
