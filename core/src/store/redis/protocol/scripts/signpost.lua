-- Marks the place of a queue that is spread over shards, or reads the mark: the row of a queue of a
-- version that no script knows, so that none takes the place for a queue, and how many shards there
-- are. ARGV: 3 how many there are to be. Gives how many there are: 1 if the queue itself is here.
local found = redis.call('HMGET', KEYS[1], 'q', 'S')
if found[2] then
  return found[2] * 1
end
if found[1] then
  return 1
end
redis.call('HSET', KEYS[1], 'q', '\255' .. string.rep('\0', 88), 'S', ARGV[3])
return ARGV[3] * 1
