-- Tells of a job: state, id, deliveries, tries, lapses, error, due, lease end, death (-1 none),
-- whether its parent is dead, the record without a key that it has lost.
local function outside(moment)
  return moment and moment > 0 and moment - queue.offset or -1
end

local function tell(state, job, run, due_at, lease_until)
  local record = job.record
  if band(job.flags, HAS_KEY) ~= 0 and not job.key and band(job.flags, LOST_KEY) == 0 then
    record = string.sub(record, 1, 6) .. string.char(job.flags + LOST_KEY) .. string.sub(record, 8)
  end
  local is_orphan = job.after and call('HEXISTS', rows, 'd' .. job.after) == 1
  return {state, job.id, run.deliveries, run.tries, run.lapses, run.error or false,
    outside(due_at), outside(lease_until), job.died_at or -1, is_orphan and 1 or 0, record}
end

local function tell_dead(id)
  local job = read_dead(id)
  if not job then
    return false
  end
  local run, has_error, at = {}
  run.deliveries, run.tries, run.lapses, has_error, at = unpack(RUN, job.run)
  run.error = has_error == 1 and string.sub(job.run, at) or nil
  return tell('dead', job, run)
end

local function tell_job(id)
  local job = read_job(id)
  if not job then
    return tell_dead(id)
  end
  local run, member = read_run(id), member_of(id)
  local delivery = read_delivery(id)
  local lease_until = call('ZSCORE', rows .. ':leases', id .. '.' .. delivery.deliveries)
  if lease_until then
    return tell('leased', job, delivery, nil, lease_until * 1)
  end
  local due_at = call('ZSCORE', rows .. ':delayed', member)
  if due_at then
    return tell('delayed', job, run, due_at * 1)
  end
  due_at = call('ZSCORE', rows .. ':blocked', member)
  if due_at then
    return tell('blocked', job, run, due_at * 1)
  end
  return tell('ready', job, run)
end

local function tell_lane(lane)
  return {lane.name, lane.state, ready_count(lane), lane.delayed, lane.blocked, lane.in_flight,
    lane.rate_count, lane.rate_window, lane.max_in_flight, lane.weight, lane.max_waiting,
    lane.paused and 1 or 0, outside(lane.wakes_at)}
end

-- Gives a lane that is there.
local function lane_there(name)
  local lane = read_lane(name)
  if not is_gone(lane, queue.virtual) then
    return lane
  end
end

local function tell_stats()
  local gone = 0
  for _, name in ipairs(call('ZRANGE', rows .. ':idle', 0, -1)) do
    if read_lane(name).row and not lane_there(name) then
      gone = gone + 1
    end
  end
  local delayed = call('ZCARD', rows .. ':delayed')
  local blocked = call('ZCARD', rows .. ':blocked')
  local in_flight = call('ZCARD', rows .. ':leases')
  local dead, pushed = call('ZCARD', rows .. ':dead'), queue.next_id - 1
  return {queue.live - delayed - blocked - in_flight, delayed, blocked, in_flight, dead, queue.lost,
    call('ZCARD', rows .. ':names') - gone, band(queue.flags, PAUSED), queue.rate_count,
    queue.rate_window, queue.max_in_flight, queue.max_waiting, pushed,
    pushed - queue.live - dead - queue.left, queue.retried, queue.died, queue.lapsed}
end
