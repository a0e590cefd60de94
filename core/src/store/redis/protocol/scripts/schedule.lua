-- Keeps a schedule, unless the one that stands is the same but for its moments. ARGV: 6 the name,
-- 7 its next tick, 8 what it is: it begins with c if it is of the calendar.
local name = ARGV[6]
local row = call('HGET', rows .. ':schedules', name)
if not row or string.sub(row, 9) ~= ARGV[8] or not call('ZSCORE', rows .. ':ticks', name) then
  local next_at = ARGV[7] + queue.offset
  call('HSET', rows .. ':schedules', name, pack('<d', -1) .. ARGV[8])
  call('ZADD', rows .. ':ticks', next_at, name)
  expect(next_at)
  -- Ticks of a paused queue are fired, too.
  ring()
end
return close('done')
