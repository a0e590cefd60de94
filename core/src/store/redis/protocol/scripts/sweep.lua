-- Moves what is due, forgets connections of long ago and holds and results that are over, and rings a
-- waiter. Gives what was moved:
-- jobs come due, leases lapsed, lanes woken.
local LINK_KEPT = 600000
local silent = call('ZRANGEBYSCORE', rows .. ':links', '-inf', now - LINK_KEPT, 'LIMIT', 0, 100)
for _, link in ipairs(silent) do
  local last = call('HGET', rows, link)
  local pushed_at = last and unpack('<d', last, 9) or 0
  if pushed_at <= now - LINK_KEPT then
    call('HDEL', rows, link)
    call('ZREM', rows .. ':links', link)
  else
    call('ZADD', rows .. ':links', pushed_at, link)
  end
end
forget_ended_holds(256)
forget_ended_results(256)
ring()
return close(swept)
