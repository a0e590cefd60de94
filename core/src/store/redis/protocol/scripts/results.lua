-- Results of completed jobs: a hash of rows, the moment until which each is kept and its bytes, and
-- an index of those moments. They are not among what comes due: one that is over is gone by its
-- moment alone, and its row with one of the next that is kept, or with a sweep.
local function forget_ended_results(most)
  for _, id in ipairs(call('ZRANGEBYSCORE', rows .. ':kept', '-inf', now, 'LIMIT', 0, most)) do
    call('HDEL', rows .. ':results', id)
    call('ZREM', rows .. ':kept', id)
  end
end

local function keep_result(id, ttl, value)
  call('HSET', rows .. ':results', id, pack('<d', now + ttl) .. value)
  call('ZADD', rows .. ':kept', now + ttl, id)
  forget_ended_results(2)
end
