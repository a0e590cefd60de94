-- Mends the queue's own row, when all else is in order. ARGV: 6 how many jobs were known only by an
-- entry, 7 the highest id that was seen. Gives how many of those jobs are lost.
local PAGE = 500

local live = call('ZCARD', rows .. ':leases') + call('ZCARD', rows .. ':delayed')
  + call('ZCARD', rows .. ':blocked')
write_lanes()
local names = call('ZRANGE', rows .. ':names', 0, -1)
for first = 1, #names, PAGE do
  local last, wanted = min(first + PAGE - 1, #names), {}
  for at = first, last do
    wanted[#wanted + 1] = 'l' .. names[at]
  end
  for index, row in ipairs(call('HMGET', rows, unpack_all(wanted))) do
    -- Of a lane only the mask of its priorities is read, for there may be many.
    local high, low = string.byte(row or '', 15, 16)
    local mask = low and high * 256 + low or 0
    while mask > 0 do
      local top = top_of(mask)
      live = live + call('LLEN', waiting_list(names[first + index - 1], top))
      mask = mask - 2 ^ top
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
at_least('highest', queue.virtual)
local ready = call('ZCARD', rows .. ':ready')
if queue.ready_lanes ~= ready then
  queue.ready_lanes, sums = ready, sums + 1
end
if band(queue.flags, BLOCKED) == 0
  and call('ZCARD', rows .. ':blocked') + call('EXISTS', rows .. ':awaited') > 0 then
  set_flag(BLOCKED, true)
  sums = sums + 1
end
return end_step(lost)
