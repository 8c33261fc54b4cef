-- KEYS: alias, its holds (reservations). ARGV: ticket, milliseconds for which it holds a use.
-- {0}: not there, or dead. {1}: busy. {2, sealed address, whether it is counted}: held.
--
-- The holds are a sorted set of tickets: held ones under the time they run out, spent ones under its negative.
local time = redis.call('TIME')
local seconds = tonumber(time[1])
local now = seconds * 1000 + math.floor(time[2] / 1000)
local alias = redis.call('HMGET', KEYS[1], 'not-before', 'not-after', 'max-usage', 'spent', 'paused', 'pending', 'sealed')
local from, til, max, spent, paused, pending, sealed = unpack(alias, 1, 7)
if not sealed or paused or pending or (from and seconds < tonumber(from)) or (til and seconds >= tonumber(til)) then
  return {0}
end
if not max then
  return {2, sealed, 0}
end
max, spent = tonumber(max), tonumber(spent)
if spent >= max then
  return {0}
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], -now, now)
if spent + redis.call('ZCOUNT', KEYS[2], 0, '+inf') >= max then
  return {1}
end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return {2, sealed, 1}
