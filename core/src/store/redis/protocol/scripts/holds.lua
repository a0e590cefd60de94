-- Holds: rows of :holds are the owner (8 bytes), the moment until which the key is kept taken, and
-- the moment at which the hold is over; :held has the keys by the latter.
local HOLD = '<c8dd'

-- Reads the hold of a key, if there is one that is not over.
local function read_hold(key)
  local row = call('HGET', rows .. ':holds', key)
  if row and #row >= 24 then
    local owner, kept_until, ends_at = unpack(HOLD, row)
    if ends_at > now then
      return {owner = owner, kept_until = kept_until, ends_at = ends_at}
    end
  end
end

-- Writes a hold; one that is over goes.
local function write_hold(key, hold, ends_at)
  if ends_at > now then
    call('HSET', rows .. ':holds', key, pack(HOLD, hold.owner, hold.kept_until, ends_at))
    call('ZADD', rows .. ':held', ends_at, key)
  else
    call('HDEL', rows .. ':holds', key)
    call('ZREM', rows .. ':held', key)
  end
end

-- Forgets some holds that are over, so that they never pile up.
local function forget_ended_holds(count)
  local ended = call('ZRANGEBYSCORE', rows .. ':held', '-inf', now, 'LIMIT', 0, count)
  for _, key in ipairs(ended) do
    call('ZREM', rows .. ':held', key)
    if not read_hold(key) then
      call('HDEL', rows .. ':holds', key)
    end
  end
end
