-- Jobs: their records, and the moves between the places where they stand.
--
-- A record is written by the push and read by the worker: the moment of the push, flags, the
-- lane; terms, key, parent, backoff and headers if the flags say so; the payload. A job that was delivered
-- once and has come back has a row r as well; one without that is fresh, or in its first delivery.
--
-- Places: the waiting list of its lane (an element is the id, with an r if there is a row r), or
-- the sorted set of those delayed, blocked or leased. A lease is named <id>.<delivery>, so that no
-- token of another delivery can end it.
local HAS_TERMS, HAS_KEY, HAS_PARENT, HAS_BACKOFF, LOST_KEY, HAS_HEADERS = 1, 2, 4, 8, 16, 32
local RUN = '<dddB'
-- More than any delivery that was ever given, for a job whose row does not tell its number any more.
local FRESH_DELIVERY = 1048576

local function parse(id, record)
  local job = {id = id, record = record, priority = 1, cost = 1, max_tries = 10}
  local at
  job.pushed_at, job.flags, job.lane, at = unpack('<I6BHc0', record)
  if band(job.flags, HAS_TERMS) ~= 0 then
    job.priority, job.cost, job.max_tries, at = unpack('<BHd', record, at)
  end
  if band(job.flags, HAS_KEY) ~= 0 then
    local key
    key, at = unpack('<Hc0', record, at)
    if band(job.flags, LOST_KEY) == 0 and id >= queue.key_floor then
      job.key = key
    end
  end
  if band(job.flags, HAS_PARENT) ~= 0 then
    job.after, at = unpack('<d', record, at)
  end
  if band(job.flags, HAS_BACKOFF) ~= 0 then
    job.backoff = {unpack('<dddB', record, at)}
    at = job.backoff[5]
  end
  if band(job.flags, HAS_HEADERS) ~= 0 then
    unpack('<Hc0', record, at)
  end
  return job
end

-- Counts a job as lost whose row is gone, unless that was done when it was set aside. Where it stood,
-- the caller has seen to.
local function lose(id)
  if id < queue.next_id and call('HEXISTS', rows, 'x' .. id) == 0 then
    queue.lost, queue.live, queue.left = queue.lost + 1, queue.live - 1, queue.left + 1
  end
end

-- Sets a row aside that cannot be read, so that it holds up nothing else.
local function set_aside(kind, id, row)
  redis.log(redis.LOG_WARNING, 'fairlane: job ' .. id .. ' of ' .. rows
    .. ' is damaged and was set aside as field x' .. id)
  call('HSET', rows, 'x' .. id, row)
  call('HDEL', rows, kind .. id, 'r' .. id)
end

-- Reads a job. One whose row cannot be read is lost from then on, like one without a row.
local function read_job(id)
  local record = call('HGET', rows, 'j' .. id)
  if not record then
    return
  end
  local is_whole, job = pcall(parse, id, record)
  if is_whole then
    return job
  elseif is_looking then
    error('job ' .. id .. ' is damaged')
  end
  lose(id)
  set_aside('j', id, record)
end

-- Gives what the deliveries of a job have left; `is_row` tells whether any has ended.
local function read_run(id)
  local row = call('HGET', rows, 'r' .. id)
  if row and #row < 25 then
    return {deliveries = FRESH_DELIVERY, tries = 0, lapses = 0, is_row = true}
  elseif not row then
    return {deliveries = 0, tries = 0, lapses = 0, is_row = false}
  end
  local run, has_error, at = {is_row = true}
  run.deliveries, run.tries, run.lapses, has_error, at = unpack(RUN, row)
  if has_error == 1 then
    run.error = string.sub(row, at)
  end
  return run
end

-- The same for a job in flight: its first delivery leaves a row only when it ends.
local function read_delivery(id)
  local run = read_run(id)
  if not run.is_row then
    run.deliveries, run.tries = 1, 1
  end
  return run
end

local function encode_run(run)
  return pack(RUN, run.deliveries, run.tries, run.lapses, run.error and 1 or 0) .. (run.error or '')
end

local function write_run(id, run)
  call('HSET', rows, 'r' .. id, encode_run(run))
  run.is_row = true
end

local function member_of(id)
  return pack('>I5', id)
end

local function id_of(member)
  return (unpack('>I5', member))
end

-- Puts a job to an end of its lane. The caller looks again at the lane.
local function put_ready(job, is_front, is_row)
  local lane = lane_of(job.lane)
  local list = waiting_list(job.lane, job.priority)
  local length = call(is_front and 'LPUSH' or 'RPUSH', list, is_row and job.id .. 'r' or job.id)
  if job.cost ~= 1 then
    lane.dear = true
  end
  local bit_of = 2 ^ job.priority
  if length == 1 and band(lane.mask, bit_of) == 0 then
    lane.mask = lane.mask + bit_of
  end
  if lane.mask < 2 * bit_of then
    lane.known = length
  end
end

local function put_delayed(job, due_at)
  local lane = lane_of(job.lane)
  lane.delayed = lane.delayed + 1
  call('ZADD', rows .. ':delayed', due_at, member_of(job.id))
  expect(due_at)
end

-- Makes a job come again after its delivery: the run is kept.
local function come_again(job, run, delay, is_front)
  write_run(job.id, run)
  if delay > 0 then
    put_delayed(job, now + delay)
  else
    put_ready(job, is_front, true)
  end
  look_again(lane_of(job.lane))
end

-- Takes a job that is not in flight out of where it stands; false if it stands nowhere.
local function take_waiting(job)
  local lane, member = lane_of(job.lane), member_of(job.id)
  if call('ZREM', rows .. ':delayed', member) == 1 then
    lane.delayed = lane.delayed - 1
    return true
  end
  if job.after and call('ZREM', rows .. ':blocked', member) == 1 then
    lane.blocked = lane.blocked - 1
    call('LREM', rows .. ':a:' .. job.after, 1, job.id)
    return true
  end
  local list = waiting_list(job.lane, job.priority)
  local is_there = call('LREM', list, 1, job.id) + call('LREM', list, 1, job.id .. 'r') > 0
  look_at_list(lane, job.priority)
  return is_there
end

-- Takes the lease of a job away; false if it is not in flight.
local function take_lease(job, delivery)
  if call('ZREM', rows .. ':leases', job.id .. '.' .. delivery) == 0 then
    return false
  end
  local lane = lane_of(job.lane)
  lane.in_flight = max(lane.in_flight - 1, 0)
  return true
end

local function holder_of(key)
  local row = call('HGET', rows .. ':keys', key)
  if row then
    local holder, held_until = unpack('<dd', row)
    if held_until > now or call('HEXISTS', rows, 'j' .. holder) == 1 then
      return holder
    end
  end
end

-- Lets the key of a job go when it ends: at once, or when its ttl has passed.
local function let_key_go(job)
  local row = job.key and call('HGET', rows .. ':keys', job.key)
  if row then
    local holder, held_until = unpack('<dd', row)
    if holder == job.id then
      if held_until <= now then
        call('HDEL', rows .. ':keys', job.key)
      else
        call('ZADD', rows .. ':ends', held_until, job.key)
        queue.event = min(queue.event, held_until)
      end
    end
  end
end

-- Frees the key of a job whatever its ttl.
local function free_key(job)
  local row = job.key and call('HGET', rows .. ':keys', job.key)
  if row and (unpack('<dd', row)) == job.id then
    call('HDEL', rows .. ':keys', job.key)
  end
end

-- Calls those who wait for the end of a job: its id is put into the box of each.
local function call_who_awaits(id)
  if band(queue.flags, BLOCKED) ~= 0 and call('SREM', rows .. ':awaited', id) == 1 then
    for _, listener in ipairs(call('SMEMBERS', rows .. ':await:' .. id)) do
      call('ZADD', rows .. ':ends:' .. listener, 0, id)
      call('PEXPIRE', rows .. ':ends:' .. listener, 60000)
    end
    call('DEL', rows .. ':await:' .. id)
  end
end

local function blocked_on(parent)
  if band(queue.flags, BLOCKED) == 0 then
    return {}
  end
  return call('LRANGE', rows .. ':a:' .. parent, 0, -1)
end

-- Removes a live job with the jobs blocked on it, and theirs; tells how many went.
local function remove(id)
  local job = read_job(id)
  if not job then
    return 0
  end
  if not take_lease(job, max(read_run(id).deliveries, 1)) then
    take_waiting(job)
  end
  call('HDEL', rows, 'j' .. id, 'r' .. id)
  queue.live, queue.left = queue.live - 1, queue.left + 1
  look_again(lane_of(job.lane))
  free_key(job)
  call_who_awaits(id)
  local count = 1
  for _, child in ipairs(blocked_on(id)) do
    count = count + remove(child * 1)
  end
  return count
end

-- Drops a dead job for good, with the jobs blocked on it.
local function forget_dead(id)
  call('ZREM', rows .. ':dead', member_of(id))
  call('HDEL', rows, 'd' .. id)
  queue.left = queue.left + 1
  for _, child in ipairs(blocked_on(id)) do
    remove(child * 1)
  end
end

-- Moves a job that has just left its lane into the archive, which drops its oldest to keep its size.
local function die(job, run, text)
  look_again(lane_of(job.lane))
  run.error = text
  call('HDEL', rows, 'j' .. job.id, 'r' .. job.id)
  let_key_go(job)
  call_who_awaits(job.id)
  local died_at, row = now - queue.offset, encode_run(run)
  call('HSET', rows, 'd' .. job.id, pack('<dI4', died_at, #row) .. row .. job.record)
  call('ZADD', rows .. ':dead', died_at, member_of(job.id))
  queue.live, queue.died = queue.live - 1, queue.died + 1
  local dead = call('ZCARD', rows .. ':dead')
  while dead > ARGV[4] * 1 do
    forget_dead(id_of(call('ZRANGE', rows .. ':dead', 0, 0)[1]))
    dead = dead - 1
  end
end

local function parse_dead(id, row)
  local died_at, length, at = unpack('<dI4', row)
  local job = parse(id, string.sub(row, at + length))
  job.died_at, job.run = died_at, string.sub(row, at, at + length - 1)
  unpack(RUN, job.run)
  return job
end

-- Reads a dead job; nil, and its row, if that cannot be read.
local function read_dead(id)
  local row = call('HGET', rows, 'd' .. id)
  if row then
    local is_whole, job = pcall(parse_dead, id, row)
    return is_whole and job or nil, row
  end
end

-- Puts a blocked job to the back of its lane, or delays it if its time has not come.
local function unblock(id)
  local member = member_of(id)
  local due_at = call('ZSCORE', rows .. ':blocked', member)
  local job = due_at and read_job(id)
  call('ZREM', rows .. ':blocked', member)
  if not job then
    if due_at then
      lose(id)
    end
    return
  end
  local lane = lane_of(job.lane)
  lane.blocked = lane.blocked - 1
  if due_at * 1 > now then
    put_delayed(job, due_at * 1)
  else
    put_ready(job, false, false)
  end
  look_again(lane)
end

-- Removes a job that is done and has left its lane, and releases those blocked on it; tells
-- whether there were any.
local function complete(job)
  look_again(lane_of(job.lane))
  call('HDEL', rows, 'j' .. job.id, 'r' .. job.id)
  queue.live = queue.live - 1
  let_key_go(job)
  call_who_awaits(job.id)
  local children = blocked_on(job.id)
  if #children > 0 then
    call('DEL', rows .. ':a:' .. job.id)
    for _, child in ipairs(children) do
      unblock(child * 1)
    end
  end
  if band(queue.flags, BLOCKED) ~= 0 and call('ZCARD', rows .. ':blocked') == 0
    and call('EXISTS', rows .. ':awaited') == 0 then
    queue.flags = queue.flags - BLOCKED
  end
  return #children > 0
end
