-- Mends the queue's own row, when all else is in order. ARGV: 6 how many jobs were known only by an
-- entry, 7 the highest id that was seen. Gives how many of those jobs are lost.
local PAGE = 500

local function at_least(field, bound)
  if queue[field] < bound then
    queue[field], sums = bound, sums + 1
  end
end

local live = call('ZCARD', rows .. ':leases') + call('ZCARD', rows .. ':delayed')
  + call('ZCARD', rows .. ':blocked')
local turn, highest = 0, queue.virtual
write_lanes()
local names = call('ZRANGE', rows .. ':names', 0, -1)
for first = 1, #names, PAGE do
  local last = min(first + PAGE - 1, #names)
  local wanted = {}
  for at = first, last do
    wanted[#wanted + 1] = 'l' .. names[at]
  end
  for index, row in ipairs(call('HMGET', rows, unpack_all(wanted))) do
    local lane = {name = names[first + index - 1]}
    blank(lane)
    if row then
      decode_lane(lane, row)
    end
    live = live + ready_count(lane)
    turn = max(turn, lane.state == READY and lane.turn + 1 or 0)
    highest = max(highest, lane.start)
    if lane.max_waiting > 0 and band(queue.flags, ROOM) == 0 then
      set_flag(ROOM, true)
      sums = sums + 1
    end
  end
end

-- A job that left no more than an entry has not completed.
local lost = min(max(queue.live - live, 0), ARGV[6] * 1)
if queue.live - lost ~= live then
  sums = sums + 1
end
queue.live, queue.left, queue.lost = live, queue.left + lost, queue.lost + lost
at_least('next_id', ARGV[7] + 1)
at_least('next_turn', turn)
at_least('highest', highest)
local ready = call('ZCARD', rows .. ':ready')
if queue.ready_lanes ~= ready then
  queue.ready_lanes, sums = ready, sums + 1
end
if band(queue.flags, BLOCKED) == 0 and call('ZCARD', rows .. ':blocked') > 0 then
  set_flag(BLOCKED, true)
  sums = sums + 1
end
return end_step(lost)
