-- Gives the moment and the schedules whose ticks have come, the earliest first. ARGV: 6 how many.
local told = {now - queue.offset}
for _, name in ipairs(call('ZRANGEBYSCORE', rows .. ':ticks', '-inf', now, 'LIMIT', 0, ARGV[6])) do
  local schedule = tell_schedule(name)
  if not schedule then
    -- Something else has deleted its row.
    call('ZREM', rows .. ':ticks', name)
  end
  told[#told + 1] = schedule
end
return close(told)
