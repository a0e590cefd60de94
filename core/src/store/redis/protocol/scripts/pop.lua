-- Delivers jobs. ARGV: 6 how many, 7 the lease, 8 what the worker says of itself: s it sleeps if
-- nothing comes, r it has taken the marker, w it was the one to look again when something is due.
-- Gives the moment, the tag, the first id that may have a key, when to look again (-1 never; if a
-- tick has come, less 2, and less that moment if there is one), then for each job its id, or <id, deliveries, tries, lapses, whether an error, the error> if it was
-- delivered before, and its record.
local count, lease, manner = ARGV[6] * 1, ARGV[7] * 1, ARGV[8]

-- The ready lanes that may be served by this call, in order: as many as it may take jobs, and those
-- that it has served and that are ready still.
local window, head, again, has_dropped

local function read_window(size)
  write_lanes()
  window, head, again = call('ZRANGE', rows .. ':ready', 0, size - 1, 'WITHSCORES'), 1, {}
end

local function next_lane()
  local first
  while window[head] and not first do
    local member = window[head]
    local name = string.sub(member, 25)
    if name ~= '' and lane_of(name).row_member == member then
      local start, turn = unpack('>I7I6', member)
      first = {load = window[head + 1] * 1, start = start, turn = turn, name = name}
    else
      -- No lane has put it there.
      call('ZREM', rows .. ':ready', member)
      head, has_dropped = head + 2, true
    end
  end
  if again[1] and (not first or is_before(again[1], first)) then
    return table.remove(again, 1)
  end
  head = head + 2
  return first
end

-- What else was due has been moved.
local has_tick = queue.event <= now and call('ZCOUNT', rows .. ':ticks', '-inf', now) > 0
local reply = {now - queue.offset, queue.tag, queue.key_floor, has_tick and -2 or -1}
local taken, opens_at = 0, 0
local in_flight = queue.max_in_flight > 0 and call('ZCARD', rows .. ':leases') or 0

local function may_start()
  return band(queue.flags, PAUSED) == 0 and queue.throttled_until == 0
    and (queue.max_in_flight == 0 or in_flight < queue.max_in_flight)
end

-- Takes the foremost job of a lane; tells whether blocked jobs came free by it.
local function start(lane)
  local element = lane.mask > 0 and call('LPOP', waiting_list(lane.name, top_of(lane.mask)))
  lane.known = lane.known - 1
  if lane.known <= 0 or not element then
    look_at_top(lane)
  end
  local id = (element and string.match(element, '^%d+') or 0) * 1
  local job = id > 0 and read_job(id)
  if not job or job.lane ~= lane.name then
    -- Its row was evicted, deleted or damaged by somebody else: nothing is left to deliver.
    if id > 0 and not job then
      lose(id)
    end
    look_again(lane)
    return false
  end
  local delivery = 1
  if string.sub(element, -1) == 'r' then
    local run = read_run(id)
    run.deliveries, run.tries = run.deliveries + 1, run.tries + 1
    delivery = run.deliveries
    write_run(id, run)
    reply[#reply + 1] = pack('<d', id) .. encode_run(run)
  else
    reply[#reply + 1] = id
  end
  reply[#reply + 1] = job.record
  taken = taken + 1

  queue.virtual = max(queue.virtual, lane.start)
  lane.start = queue.virtual + floor(100000 * job.cost / lane.weight)
  queue.highest = max(queue.highest, lane.start)
  remember_start(lane, job.cost)
  remember_start(queue, job.cost)
  if lease == 0 then
    return complete(job)
  end
  in_flight = in_flight + 1
  lane.in_flight = lane.in_flight + 1
  call('ZADD', rows .. ':leases', now + lease, id .. '.' .. delivery)
  expect(now + lease)
  look_again(lane)
  return false
end

read_window(count)
while taken < count and may_start() do
  local entry = next_lane()
  while not entry and has_dropped do
    has_dropped = false
    read_window(count - taken)
    entry = next_lane()
  end
  if not entry then
    break
  end
  local lane = lane_of(entry.name)
  opens_at = queue.rate_count > 0 and next_start(queue, foremost_cost(lane)) or 0
  if opens_at > 0 then
    break
  end
  if start(lane) then
    read_window(count - taken)
  elseif lane.state == READY then
    stand_again(again, {load = load_of(lane), start = lane.start, turn = lane.turn, name = lane.name})
  end
end

-- Of all who sleep, three look again when something is due, a little apart: no herd, and enough
-- that some may die. They are of different connections, since what dies is mostly a process. Who
-- was rung for nothing looks in any case: the marker may be one that a watcher left behind.
local LOOK_APART, MOST_WATCHERS, WATCH_KEPT, WATCHER = 20, 3, 16000, '<HI6'

-- Gives when the worker that goes to sleep is to look again, NEVER if others do.
local function watch(due)
  local places, own, heard_of_own = {}, #ARGV[2] > 2 and unpack('<H', ARGV[2], 2) or 0, nil
  if queue.watch <= now or due < queue.watch then
    queue.watch = due
  else
    local row = call('HGET', rows, 'W') or ''
    for at = 1, #row, 8 do
      local link, heard = unpack(WATCHER, row, at)
      if heard > now - WATCH_KEPT then
        if link == own then
          heard_of_own = heard
        else
          places[#places + 1] = string.sub(row, at, at + 7)
        end
      end
    end
  end
  local is_watcher = string.find(manner, 'r', 1, true) ~= nil
  if heard_of_own then
    is_watcher = is_watcher or string.find(manner, 'w', 1, true) ~= nil
  else
    is_watcher = is_watcher or #places < MOST_WATCHERS
  end
  if is_watcher and #places == MOST_WATCHERS then
    table.remove(places, 1)
  end
  local ahead = #places
  if is_watcher or heard_of_own then
    places[#places + 1] = pack(WATCHER, own, is_watcher and now or heard_of_own)
  end
  call('HSET', rows, 'W', table.concat(places))
  return is_watcher and queue.watch + LOOK_APART * ahead or NEVER
end

if taken < count then
  write_lanes()
  local due = NEVER
  for _, index in ipairs({':delayed', ':leases', ':wakes'}) do
    local first = call('ZRANGE', rows .. index, 0, 0, 'WITHSCORES')
    due = first[2] and min(due, first[2] * 1) or due
  end
  local tick = call('ZRANGEBYSCORE', rows .. ':ticks', string.format('(%d', now), '+inf', 'WITHSCORES',
    'LIMIT', 0, 1)
  due = tick[2] and min(due, tick[2] * 1) or due
  due = queue.throttled_until > 0 and min(due, queue.throttled_until) or due
  due = opens_at > 0 and min(due, opens_at) or due
  if taken == 0 and string.find(manner, 's', 1, true) then
    set_flag(ASLEEP, true)
    queue.event = first_event()
    due = due < NEVER and watch(due) or NEVER
  end
  if due < NEVER then
    reply[4] = has_tick and queue.offset - due - 2 or due - queue.offset
  end
end
if taken > 0 and string.find(manner, 'w', 1, true) then
  -- Who was to look again works now: another takes over.
  queue.watch = 0
  ring()
elseif string.find(manner, 'r', 1, true) and queue.ready_lanes > 0 and taken > 0 then
  ring()
end
return close(reply, taken == 0)
