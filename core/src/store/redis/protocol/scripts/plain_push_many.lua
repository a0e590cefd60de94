-- Pushes plain jobs: due at once, without key, parent or rate. ARGV: 4 on their records.
-- Gives the id of the first; the others follow it. That the jobs are plain has been seen to by who
-- sends this.
local count = #ARGV - 3
local wanted, priorities, names = {'q'}, {}, {}
for index = 1, count do
  local record = ARGV[3 + index]
  local flags, name, at = read('<BHc0', record)
  local priority = 1
  if bit.band(flags, 1) ~= 0 then
    priority = string.byte(record, at)
  end
  names[index], priorities[index], wanted[index + 1] = name, priority, 'l' .. name
end
-- The language unpacks no more than about 8,000 values at once.
local found = call('HMGET', rows, unpack(wanted, 1, math.min(#wanted, 4000)))
for first = 4001, #wanted, 4000 do
  local more = call('HMGET', rows, unpack(wanted, first, math.min(first + 3999, #wanted)))
  for index = 1, #more do
    found[first + index - 1] = more[index]
  end
end
if not found[1] then
  return nil
end
local version, was, offset, event, flags, tag, live, id, virtual, highest, turn, ready =
  read(QUEUE, found[1])
local now = clock + offset
-- 8: somewhere is a limit to how many jobs may wait.
if version > 1 or now < was or event <= now or bit.band(flags, 8) ~= 0 then
  return nil
end

-- First all lanes are looked at, then all is written.
local lanes = {}
for index = 1, count do
  local name, row = names[index], found[index + 1]
  local lane = lanes[name]
  if not lane then
    lane = {start = 0, turn = 0, state = 0, mask = 0, known = 0, in_flight = 0, row = row}
    if row then
      if #row < 24 then
        return nil
      end
      lane.start, lane.turn, lane.state, lane.mask, lane.known, lane.in_flight = read(LANE, row)
      if lane.state > 1 then
        return nil
      end
    end
    lanes[name] = lane
  end
  local bit_of = 2 ^ priorities[index]
  if bit.band(lane.mask, bit_of) == 0 then
    if lane.mask < bit_of then
      lane.known = 1
    end
    lane.mask, lane.is_changed = lane.mask + bit_of, true
    if lane.state == 0 then
      lane.state, lane.turn = 1, turn
      lane.start = lane.start < virtual and virtual or lane.start
      turn, ready = turn + 1, ready + 1
    end
  end
end

local moment = pack('<I6', now - offset)
local first_id, told, fields = id, {}, {'q', false, ARGV[2], false}
for index = 1, count do
  local text = string.format('%d', id)
  told[index] = pack('<d', id)
  local priority = priorities[index]
  call('RPUSH', rows .. (priority == 1 and ':w1:' or ':w' .. priority .. ':') .. names[index], text)
  local at = index * 2 + 3
  fields[at], fields[at + 1] = 'j' .. text, moment .. ARGV[3 + index]
  id = id + 1
end
local made = count
for name, lane in pairs(lanes) do
  if lane.is_changed then
    local row = pack(LANE, lane.start, lane.turn, 1, lane.mask, lane.known, lane.in_flight)
    if not lane.row then
      call('ZADD', rows .. ':names', '0', name)
      made = made + 1
    elseif string.byte(lane.row, 14) == 1 then
      call('ZREM', rows .. ':ready', lane.row .. name)
    end
    call('ZADD', rows .. ':ready', string.format('%d', lane.in_flight * LOAD_SCALE), row .. name)
    fields[#fields + 1], fields[#fields + 2] = 'l' .. name, row
  end
end
-- 5 and 4: somebody is asleep and the queue is not paused.
if bit.band(flags, 5) == 4 and ready > 0 and call('ZADD', rows .. ':wake', '0', 'w') == 0 then
  flags = flags - 4
end
fields[2] = pack(QUEUE, 1, now, offset, event, flags, tag, live + count, id, virtual,
  highest, turn, ready)
fields[4] = sequence .. pack('<d', now) .. table.concat(told)
for first = 1, #fields, 2000 do
  made = made - call('HSET', rows, unpack(fields, first, math.min(first + 1999, #fields)))
end
if made < 0 then
  call('ZADD', rows .. ':links', string.format('%d', now), ARGV[2])
end
return first_id
