-- KEYS: alias, its unsettled uses, and what an earlier version held of them. The owner of what was removed, or false.
local owner = redis.call('HGET', KEYS[1], 'owner')
redis.call('DEL', unpack(KEYS))
return owner
