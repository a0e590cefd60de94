-- Moves what has come due, before the verb does anything.
local function forget_ended_keys()
  for _, key in ipairs(call('ZRANGEBYSCORE', rows .. ':ends', '-inf', now, 'LIMIT', 0, 100)) do
    call('ZREM', rows .. ':ends', key)
    if not holder_of(key) then
      call('HDEL', rows .. ':keys', key)
    end
  end
end

local function look_at_idle_lanes()
  for _, name in ipairs(call('ZRANGEBYSCORE', rows .. ':idle', '-inf', now, 'LIMIT', 0, 16)) do
    call('ZREM', rows .. ':idle', name)
    -- The end of the call lets it go, or notes it down again.
    lane_of(name)
  end
end

local function lapse_leases()
  local ended = call('ZRANGEBYSCORE', rows .. ':leases', '-inf', now, 'WITHSCORES')
  local leases = {}
  for index = 1, #ended, 2 do
    local id, delivery = string.match(ended[index], '^(%d+)%.(%d+)$')
    if id then
      leases[#leases + 1] = {id * 1, ended[index + 1] * 1, delivery}
    else
      call('ZREM', rows .. ':leases', ended[index])
    end
  end
  table.sort(leases, function(a, b)
    if a[2] ~= b[2] then
      return a[2] > b[2]
    end
    return a[1] > b[1]
  end)
  for _, lease in ipairs(leases) do
    local job = read_job(lease[1])
    if not job then
      -- Nothing is left to deliver. Which lane counts it is not known: a repair finds out.
      call('ZREM', rows .. ':leases', lease[1] .. '.' .. lease[3])
      lose(lease[1])
    elseif take_lease(job, lease[3]) then
      local run = read_delivery(job.id)
      run.lapses = run.lapses + 1
      queue.lapsed = queue.lapsed + 1
      if job.max_tries >= 0 and run.tries >= job.max_tries then
        die(job, run, 'lease lapsed')
      else
        come_again(job, run, 0, true)
      end
    end
  end
  return #leases
end

local function move_due_jobs()
  local due = call('ZRANGEBYSCORE', rows .. ':delayed', '-inf', now)
  for _, member in ipairs(due) do
    call('ZREM', rows .. ':delayed', member)
    local id = #member == 5 and id_of(member)
    local job = id and read_job(id)
    if id and not job then
      lose(id)
    elseif job then
      local lane = lane_of(job.lane)
      lane.delayed = lane.delayed - 1
      put_ready(job, false, read_run(job.id).is_row)
      look_again(lane)
    end
  end
  return #due
end

local function wake_lanes()
  write_lanes()
  local woken = call('ZRANGEBYSCORE', rows .. ':wakes', '-inf', now)
  for _, name in ipairs(woken) do
    look_again(lane_of(name))
  end
  return #woken
end

-- Gives the first moment at which anything comes due.
local function first_event()
  local event = NEVER
  for _, index in ipairs({':leases', ':delayed', ':wakes', ':ends', ':idle', ':ticks'}) do
    local first = call('ZRANGE', rows .. index, 0, 0, 'WITHSCORES')
    event = first[2] and min(event, first[2] * 1) or event
  end
  return event
end

local swept = {0, 0, 0}
if queue.throttled_until <= now then
  queue.throttled_until = 0
end
forget_starts(queue)
if queue.event <= now then
  swept[2] = lapse_leases()
  swept[1] = move_due_jobs()
  swept[3] = wake_lanes()
  forget_ended_keys()
  look_at_idle_lanes()
  queue.event = first_event()
end
