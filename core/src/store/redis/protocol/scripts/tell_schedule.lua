-- Tells of a schedule: its name, its next tick, its row.
local function tell_schedule(name)
  local next_at = call('ZSCORE', rows .. ':ticks', name)
  local row = call('HGET', rows .. ':schedules', name)
  return next_at and row and {name, next_at - queue.offset, row} or nil
end
