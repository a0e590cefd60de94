-- Settles ticks of a schedule and pushes jobs, or does nothing if its next tick is another. ARGV: 6 the
-- name, 7 the tick that is thought to be its next, 8 the next from then on, 9 the latest that is
-- settled, 10 how many jobs, then each as in adding.lua.
local name = ARGV[6]
local next_at = call('ZSCORE', rows .. ':ticks', name)
local row = call('HGET', rows .. ':schedules', name)
if not next_at or not row or next_at - queue.offset ~= ARGV[7] * 1 then
  return close({'fired', 0})
end
local jobs, refused = check_group(11, ARGV[10] * 1)
if not jobs then
  return close(refused)
end
add_group(jobs)
call('HSET', rows .. ':schedules', name, pack('<d', ARGV[9]) .. string.sub(row, 9))
call('ZADD', rows .. ':ticks', ARGV[8] + queue.offset, name)
expect(ARGV[8] + queue.offset)
-- The tick that was the next thing to come due is no more.
write_lanes()
queue.event = first_event()
return close({'fired', 1})
