-- Reads the clock: `now` is the moment of this call in the queue's own time.
local now
if ARGV[3] == '' then
  local time = call('TIME')
  now = time[1] * 1000 + floor(time[2] / 1000) + queue.offset
else
  now = ARGV[3] + queue.offset
end
if now < queue.now then
  if now < queue.now - CLOCK_TOLERANCE then
    queue.offset = queue.offset + queue.now - now
  end
  now = queue.now
end
queue.now = now
local virtual_at_first = queue.virtual
local is_looking = false

-- Says that something comes due at that moment: `event` is a lower bound of all such moments, and
-- `soonest` the first of those that this call has added.
local soonest = NEVER

local function expect(moment)
  queue.event, soonest = min(queue.event, moment), min(soonest, moment)
end
