-- Ends a schedule. ARGV: 6 the name. Tells whether there was one.
local before = given_before(1)
if before then
  return close(before[1])
end
call('ZREM', rows .. ':ticks', ARGV[6])
return close(give({call('HDEL', rows .. ':schedules', ARGV[6])})[1])
