-- Sets the time: `now` is the moment of this call in the queue's own time.
local now = clock + queue.offset
if now < queue.now then
  if now < queue.now - CLOCK_TOLERANCE then
    local by = queue.now - now
    queue.offset = queue.offset + by
    -- Ticks of the calendar stay where they are.
    for _, name in ipairs(call('ZRANGE', rows .. ':ticks', 0, -1)) do
      if string.sub(call('HGET', rows .. ':schedules', name) or '', 9, 9) == 'c' then
        call('ZINCRBY', rows .. ':ticks', by, name)
      end
    end
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
