-- Lanes: their rows, whether they are ready, and the indexes that follow from that.
--
-- A row begins with what its member in the index of ready lanes begins with: start and turn, big
-- endian, so that the index of equal loads sorts by them. Ready jobs stand in a list for each
-- priority: `mask` has the bit of each that is not empty, `known` is how many jobs the highest
-- of them holds at least.
local EMPTY, READY, LANE_PAUSED, CAPPED, THROTTLED = 0, 1, 2, 3, 4
local IS_PAUSED, IS_KEPT, IS_DEAR, HAS_COLD = 8, 16, 32, 64
local LANE_HOT = '>I7I6BI2I4I4'
local LANE_COLD = '<dddddddddddd'
local LOAD_SCALE = 1073741824
local MAX_KNOWN = 4294967295
-- How long an empty lane may stay before it is looked at whether it can go, in milliseconds.
local IDLE_CHECK = 1000

local lanes, touched = {}, {}

local function blank(lane)
  lane.start, lane.turn, lane.state, lane.mask, lane.known, lane.in_flight = 0, 0, EMPTY, 0, 0, 0
  lane.paused, lane.kept, lane.dear = false, false, false
  lane.delayed, lane.blocked, lane.weight, lane.max_in_flight, lane.max_waiting = 0, 0, 1, 0, 0
  lane.rate_count, lane.rate_window, lane.throttled_until, lane.wakes_at = 0, 1000, 0, 0
  lane.used, lane.oldest, lane.newest = 0, 0, 0
end

local function decode_lane(lane, row)
  local flags, at
  lane.start, lane.turn, flags, lane.mask, lane.known, lane.in_flight, at = unpack(LANE_HOT, row)
  lane.state = band(flags, 7)
  lane.paused, lane.kept = band(flags, IS_PAUSED) ~= 0, band(flags, IS_KEPT) ~= 0
  lane.dear = band(flags, IS_DEAR) ~= 0
  if band(flags, HAS_COLD) ~= 0 then
    lane.delayed, lane.blocked, lane.weight, lane.max_in_flight, lane.max_waiting, lane.rate_count,
      lane.rate_window, lane.throttled_until, lane.wakes_at, lane.used, lane.oldest, lane.newest, at =
      unpack(LANE_COLD, row, at)
  end
  lane.rest = string.sub(row, at)
end

local function encode_lane(lane)
  local has_cold = lane.delayed ~= 0 or lane.blocked ~= 0 or lane.weight ~= 1
    or lane.max_in_flight ~= 0 or lane.max_waiting ~= 0 or lane.rate_count ~= 0
    or lane.throttled_until ~= 0 or lane.wakes_at ~= 0 or lane.used ~= 0 or lane.rest ~= ''
  local flags = lane.state + (lane.paused and IS_PAUSED or 0) + (lane.kept and IS_KEPT or 0)
    + (lane.dear and IS_DEAR or 0) + (has_cold and HAS_COLD or 0)
  local hot = pack(LANE_HOT, lane.start, lane.turn, flags, lane.mask, min(lane.known, MAX_KNOWN),
    lane.in_flight)
  if not has_cold then
    return hot, hot
  end
  return hot, hot .. pack(LANE_COLD, lane.delayed, lane.blocked, lane.weight, lane.max_in_flight,
    lane.max_waiting, lane.rate_count, lane.rate_window, lane.throttled_until, lane.wakes_at,
    lane.used, lane.oldest, lane.newest) .. lane.rest
end

local function load_of(lane)
  local product = lane.in_flight * LOAD_SCALE
  return (product - math.fmod(product, lane.weight)) / lane.weight
end

-- Tells whether nothing is left of the lane that could make a difference, by that virtual time.
local function is_gone(lane, virtual)
  return lane.mask == 0 and lane.in_flight == 0 and lane.delayed == 0 and lane.blocked == 0
    and not lane.kept and not lane.paused and lane.throttled_until <= now
    and (lane.rate_count == 0 or lane.used == 0 or lane.newest <= now - lane.rate_window)
    and lane.start <= virtual
end

local function waiting_list(name, priority)
  return rows .. ':w' .. priority .. ':' .. name
end

-- Finds the waiting jobs of a lane whose row cannot be read; its limits are lost.
local function recover_lane(lane)
  blank(lane)
  lane.rest, lane.row = '', ''
  for priority = 0, 9 do
    local length = call('LLEN', waiting_list(lane.name, priority))
    if length > 0 then
      lane.mask, lane.known = lane.mask + 2 ^ priority, length
    end
  end
end

local function read_lane(name)
  local lane = lanes[name]
  if lane then
    return lane
  end
  local row = call('HGET', rows, 'l' .. name)
  lane = {name = name, starts = rows .. ':s:' .. name, rest = ''}
  blank(lane)
  lanes[name] = lane
  touched[#touched + 1] = lane
  lane.row, lane.row_wakes_at = row, 0
  if row and not pcall(decode_lane, lane, row) then
    recover_lane(lane)
  elseif row then
    if lane.state == READY then
      lane.row_member, lane.row_load = string.sub(row, 1, 24) .. name, load_of(lane)
    end
    lane.row_wakes_at = lane.wakes_at
    -- It went at the moment of this call, before anything else.
    if is_gone(lane, virtual_at_first) then
      if lane.used > 0 and not is_looking then
        call('DEL', lane.starts)
      end
      blank(lane)
    end
  end
  return lane
end

-- Gives a lane to a call that changes it.
local function lane_of(name)
  local lane = lanes[name]
  if not lane then
    lane = read_lane(name)
    if lane.throttled_until <= now then
      lane.throttled_until = 0
    end
    forget_starts(lane)
  end
  return lane
end

local function top_of(mask)
  for priority = 9, 0, -1 do
    if band(mask, 2 ^ priority) ~= 0 then
      return priority
    end
  end
end

local function ready_count(lane)
  local count = 0
  for priority = 0, 9 do
    if band(lane.mask, 2 ^ priority) ~= 0 then
      count = count + call('LLEN', waiting_list(lane.name, priority))
    end
  end
  return count
end

-- Finds out how long the highest list is, when it may have become empty.
local function look_at_top(lane)
  lane.known = 0
  while lane.mask ~= 0 and lane.known == 0 do
    local top = top_of(lane.mask)
    lane.known = call('LLEN', waiting_list(lane.name, top))
    if lane.known == 0 then
      lane.mask = lane.mask - 2 ^ top
    end
  end
end

-- Does so after a job has left the middle of the list of that priority.
local function look_at_list(lane, priority)
  if band(lane.mask, 2 ^ priority) ~= 0
    and call('LLEN', waiting_list(lane.name, priority)) == 0 then
    lane.mask = lane.mask - 2 ^ priority
  end
  look_at_top(lane)
end

local function foremost_cost(lane)
  if not lane.dear then
    return 1
  end
  local element = call('LINDEX', waiting_list(lane.name, top_of(lane.mask)), 0)
  local record = element and call('HGET', rows, 'j' .. (string.match(element, '%d+') or ''))
  -- A damaged job must not hide behind the limit: popping finds it.
  if not record or #record < 20 + #lane.name then
    return 1
  end
  local _, flags, _, at = unpack('<I6BHc0', record)
  if band(flags, 1) == 0 then
    return 1
  end
  local _, cost = unpack('<BH', record, at)
  return cost
end

local function readiness(lane)
  if lane.paused then
    return LANE_PAUSED, 0
  end
  if lane.mask == 0 then
    return EMPTY, 0
  end
  if lane.max_in_flight > 0 and lane.in_flight >= lane.max_in_flight then
    return CAPPED, 0
  end
  local wakes_at = lane.throttled_until > now and lane.throttled_until or 0
  if lane.rate_count > 0 then
    wakes_at = max(wakes_at, next_start(lane, foremost_cost(lane)))
  end
  return wakes_at > 0 and THROTTLED or READY, wakes_at
end

-- Looks whether a lane is ready, as is done after every single change to it.
local function look_again(lane)
  local state, wakes_at = readiness(lane)
  if state == READY and lane.state ~= READY then
    lane.start = max(lane.start, queue.virtual)
    lane.turn = queue.next_turn
    queue.next_turn = queue.next_turn + 1
    queue.ready_lanes = queue.ready_lanes + 1
  elseif state ~= READY and lane.state == READY then
    queue.ready_lanes = queue.ready_lanes - 1
  end
  lane.state, lane.wakes_at = state, wakes_at
end

-- Brings a lane's place in the indexes up to date.
local function index_lane(lane, hot)
  local member = lane.state == READY and hot .. lane.name or nil
  local load = load_of(lane)
  if member ~= lane.row_member or load ~= lane.row_load then
    if lane.row_member and lane.row_member ~= member then
      call('ZREM', rows .. ':ready', lane.row_member)
    end
    if member then
      call('ZADD', rows .. ':ready', load, member)
    end
    lane.row_member, lane.row_load = member, load
  end
  if lane.wakes_at ~= lane.row_wakes_at then
    if lane.wakes_at == 0 then
      call('ZREM', rows .. ':wakes', lane.name)
    else
      call('ZADD', rows .. ':wakes', lane.wakes_at, lane.name)
      expect(lane.wakes_at)
    end
    lane.row_wakes_at = lane.wakes_at
  end
end

-- Writes the lanes that the call has changed, so that the indexes can be read.
local function write_lanes()
  for _, lane in ipairs(touched) do
    local hot, row = encode_lane(lane)
    if row ~= lane.row then
      if not lane.row then
        call('ZADD', rows .. ':names', 0, lane.name)
      end
      call('HSET', rows, 'l' .. lane.name, row)
      lane.row = row
      index_lane(lane, hot)
    end
  end
end

-- Writes the lanes at the end of a call: those of which nothing is left go, those which will go
-- when time has passed are noted down.
local function write_lanes_at_last()
  for _, lane in ipairs(touched) do
    if is_gone(lane, queue.virtual) then
      if lane.row then
        lane.state, lane.wakes_at = EMPTY, 0
        index_lane(lane)
        call('HDEL', rows, 'l' .. lane.name)
        call('ZREM', rows .. ':names', lane.name)
      end
      if lane.used > 0 then
        call('DEL', lane.starts)
      end
      lane.row, lane.is_deleted = nil, true
    elseif lane.mask == 0 and lane.in_flight == 0 and lane.delayed == 0 and lane.blocked == 0
      and not lane.kept and not lane.paused then
      local at = max(now + IDLE_CHECK, lane.throttled_until)
      if lane.used > 0 then
        at = max(at, lane.newest + lane.rate_window)
      end
      call('ZADD', rows .. ':idle', at, lane.name)
      queue.event = min(queue.event, at)
    end
  end
  local kept = {}
  for _, lane in ipairs(touched) do
    if not lane.is_deleted then
      kept[#kept + 1] = lane
    end
  end
  touched = kept
  write_lanes()
end
