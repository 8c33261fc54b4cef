-- KEYS: alias, its holds. The owner of what was removed, or false.
local owner = redis.call('HGET', KEYS[1], 'owner')
redis.call('DEL', KEYS[1], KEYS[2])
return owner
