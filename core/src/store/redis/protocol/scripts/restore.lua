-- Puts dead jobs back to the end of their lanes, with all their tries. ARGV as in dead.lua.
local before = given_before(1)
if before then
  return close(before[1])
end
local found = dead_that_match()
for _, id in ipairs(found) do
  local job = read_dead(id)
  call('ZREM', rows .. ':dead', member_of(id))
  call('HDEL', rows, 'd' .. id)
  if job.key then
    local holder = holder_of(job.key)
    if not holder then
      call('HSET', rows .. ':keys', job.key, pack('<dd', id, now))
    elseif holder ~= id then
      -- Another job holds it: this one has none from now on.
      job.record = string.sub(job.record, 1, 6) .. string.char(job.flags + LOST_KEY)
        .. string.sub(job.record, 8)
    end
  end
  call('HSET', rows, 'j' .. id, job.record)
  local deliveries, _, lapses, has_error, at = unpack(RUN, job.run)
  local run = {deliveries = deliveries, tries = 0, lapses = lapses}
  run.error = has_error == 1 and string.sub(job.run, at) or nil
  write_run(id, run)
  queue.live = queue.live + 1
  put_ready(job, false, true)
  look_again(lane_of(job.lane))
end
return close(give({#found})[1])
