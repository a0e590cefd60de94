-- Tells what has become of a job; if it has not ended, its end calls the one who asks. ARGV: 6 its
-- id, 7 who asks.
local AWAITED_FOR = 15000
local id = ARGV[6] * 1
local fate = fate_of(id, now)
if fate[1] == 'open' then
  -- Who waits longer asks again; who does not is forgotten.
  call('ZADD', rows .. ':await:' .. id, 0, ARGV[7])
  call('PEXPIRE', rows .. ':await:' .. id, AWAITED_FOR)
  call('SADD', rows .. ':awaited', id)
  call('PEXPIRE', rows .. ':awaited', AWAITED_FOR)
  set_flag(BLOCKED, true)
end
return close(fate)
