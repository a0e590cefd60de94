-- Gives schedules their next ticks again, and looks for some that have none. ARGV: 6 where the scan goes
-- on ('' if it is over), 7 on names and ticks. Gives where the scan goes on then, the moment, and the
-- schedules without a tick, each as its name and its row: calendars are the client's.
local ticks = rows .. ':ticks'
for at = 7, #ARGV, 2 do
  local name, next_at = ARGV[at], ARGV[at + 1] + queue.offset
  -- Meanwhile it may have ended, or have been made anew.
  if call('HEXISTS', rows .. ':schedules', name) == 1
    and call('ZADD', ticks, 'NX', next_at, name) == 1 then
    sums = sums + 1
    expect(next_at)
    ring()
  end
end

local cursor, told = '', {}
if ARGV[6] ~= '' then
  local page = call('HSCAN', rows .. ':schedules', ARGV[6], 'COUNT', 100)
  cursor = page[1] ~= '0' and page[1] or ''
  for at = 1, #page[2], 2 do
    if not call('ZSCORE', ticks, page[2][at]) then
      told[#told + 1] = {page[2][at], page[2][at + 1]}
    end
  end
end
return end_step(cursor, now - queue.offset, told)
