-- Tells what has become of a job; if it has not ended, its end calls the listener. ARGV: 6 its id,
-- 7 the listener.
local AWAITED_FOR = 15000
local id = ARGV[6] * 1
local fate = fate_of(id, now)
if fate[1] == 'open' then
  -- Who waits longer asks again; who does not is forgotten.
  call('SADD', rows .. ':await:' .. id, ARGV[7])
  call('PEXPIRE', rows .. ':await:' .. id, AWAITED_FOR)
  call('SADD', rows .. ':awaited', id)
  call('PEXPIRE', rows .. ':awaited', AWAITED_FOR)
  set_flag(BLOCKED, true)
end
return close(fate)
