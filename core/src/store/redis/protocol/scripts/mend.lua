-- What the steps of a repair share. The queue is at work between two steps, so each of them leaves
-- what it has looked at in order by itself, and what was seen by an earlier one may have moved.
--
-- Places follow from rows, and counters from places: rows are believed, unless they cannot be read.
local strays, placed, sums = 0, 0, 0
local mended_lanes, missing, damaged = {}, {}, {}
local unpack_all = _G.unpack

-- A lane whose counters are wrong may look gone.
virtual_at_first = -1

-- What is due would never be noticed.
if queue.event > first_event() then
  queue.event, sums = first_event(), sums + 1
end

local function at_least(field, bound)
  if queue[field] < bound then
    queue[field], sums = bound, sums + 1
  end
end

local function mended(lane)
  mended_lanes[#mended_lanes + 1] = lane.name
end

-- Gives the row of a job that is whole, else nil.
local function whole(id, record)
  local is_whole, job = pcall(parse, id, record)
  return is_whole and job or nil
end

-- Sees to it that a lane's row says what its lists hold and what its counters allow, and that the
-- indexes say what the row says.
local function mend_lane(lane)
  local mask, known, is_wrong = 0, 0, false
  for priority = 0, 9 do
    local length = call('LLEN', waiting_list(lane.name, priority))
    if length > 0 then
      mask, known = mask + 2 ^ priority, length
    end
  end
  if mask ~= lane.mask or lane.known > known or (mask > 0 and lane.known < 1) then
    lane.mask, lane.known, is_wrong = mask, known, true
  end
  local state, wakes_at = readiness(lane)
  if state ~= lane.state or wakes_at ~= lane.wakes_at then
    is_wrong = true
    look_again(lane)
  end
  if lane.row_member then
    local load = call('ZSCORE', rows .. ':ready', lane.row_member)
    if not load or load * 1 ~= lane.row_load then
      lane.row_load, is_wrong = nil, true
    end
  end
  if (call('ZSCORE', rows .. ':wakes', lane.name) or 0) * 1 ~= lane.row_wakes_at then
    lane.row_wakes_at, is_wrong = -1, true
  end
  local is_named = call('ZSCORE', rows .. ':names', lane.name)
  if lane.row and not is_named then
    call('ZADD', rows .. ':names', 0, lane.name)
    is_wrong = true
  elseif is_named and not lane.row and is_gone(lane, queue.virtual) then
    call('ZREM', rows .. ':names', lane.name)
    strays = strays + 1
  end
  at_least('highest', lane.start)
  at_least('next_turn', lane.state == READY and lane.turn + 1 or 0)
  if lane.max_waiting > 0 and band(queue.flags, ROOM) == 0 then
    set_flag(ROOM, true)
    sums = sums + 1
  end
  if is_wrong then
    -- It is written, whether its row has changed or not.
    lane.row = lane.row and ''
    mended(lane)
  end
end

-- Ends a step. Before what it gives stand the numbers of entries dropped, of jobs placed and of sums
-- mended, the names of mended lanes, the jobs that only an entry knew, and those whose rows cannot be
-- read.
local function end_step(...)
  return close({strays, placed, sums, mended_lanes, missing, damaged, ...})
end
