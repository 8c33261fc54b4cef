-- KEYS: mark. 1 if there was one.
return redis.call('DEL', KEYS[1])
