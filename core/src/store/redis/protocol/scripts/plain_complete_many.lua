-- Completes jobs without a key or children, of plain lanes. ARGV: 4 the tag, 5 on id and delivery.
-- Gives a digit for each: 1 if it is done; if 0, its token is stale. Gives -1 if finish.lua is to
-- find out what became of an earlier sending.
if #ARGV[1] > 8 then
  return -1
end
local count = (#ARGV - 4) / 2
local leases, wanted = {}, {'q'}
for index = 1, count do
  local id = ARGV[3 + index * 2]
  leases[index], wanted[index + 1] = id .. '.' .. ARGV[4 + index * 2], 'j' .. id
end
local found = call('HMGET', rows, unpack(wanted))
if not found[1] then
  return nil
end
local version, was, offset, event, flags, tag, live, next_id, virtual, highest, turn, ready =
  read(QUEUE, found[1])
local now = clock + offset
-- 16: some jobs are blocked, perhaps on one of these.
if version > 1 or now < was or event <= now or bit.band(flags, 16) ~= 0 or ARGV[4] * 1 ~= tag then
  return nil
end

local held = call('ZMSCORE', rows .. ':leases', unpack(leases))
local fares, ended, gone, lane_fields, ends, seen = {}, {}, {}, {}, {}, {}
for index = 1, count do
  local record, lease = found[index + 1], leases[index]
  fares[index] = '0'
  -- One that is named twice ends once.
  if held[index] and record and not seen[lease] then
    local is_whole, _, of_job, name = pcall(read, '<I6BHc0', record)
    if not is_whole or bit.band(of_job, 2) ~= 0 then
      return nil
    end
    fares[index], seen[lease] = '1', true
    ended[#ended + 1], gone[#gone + 1] = lease, wanted[index + 1]
    if ARGV[4 + index * 2] ~= '1' then
      gone[#gone + 1] = 'r' .. ARGV[3 + index * 2]
    end
    local lane = 'l' .. name
    if not ends[lane] then
      lane_fields[#lane_fields + 1] = lane
    end
    ends[lane] = (ends[lane] or 0) + 1
  end
end
if not ended[1] then
  return table.concat(fares)
end
local lane_rows = call('HMGET', rows, unpack(lane_fields))
local leave, stand, fields, idle = {}, {}, {'q', false}, nil
for index = 1, #lane_fields do
  local field, row = lane_fields[index], lane_rows[index]
  if not row or #row < 24 then
    return nil
  end
  local start, of_turn, state, mask, known, in_flight = read(LANE, row)
  if state > 1 then
    return nil
  end
  in_flight = in_flight > ends[field] and in_flight - ends[field] or 0
  local hot = pack(LANE, start, of_turn, state, mask, known, in_flight)
  if state == 1 then
    local name = string.sub(field, 2)
    leave[#leave + 1] = row .. name
    stand[#stand + 1] = in_flight == 0 and '0' or string.format('%d', in_flight * LOAD_SCALE)
    stand[#stand + 1] = hot .. name
  elseif in_flight == 0 then
    idle = idle or {}
    idle[field] = start
  end
  fields[#fields + 1], fields[#fields + 2] = field, hot
end
call('ZREM', rows .. ':leases', unpack(ended))
if leave[1] then
  call('ZREM', rows .. ':ready', unpack(leave))
  call('ZADD', rows .. ':ready', unpack(stand))
end
if ready == 0 and virtual ~= highest and call('ZCARD', rows .. ':leases') == 0 then
  virtual = highest
end
if idle then
  -- Nothing is left of these lanes, or will not be when virtual time has passed their start.
  for field, start in pairs(idle) do
    local name = string.sub(field, 2)
    if start <= virtual then
      call('ZREM', rows .. ':names', name)
      gone[#gone + 1] = field
    else
      call('ZADD', rows .. ':idle', string.format('%d', now + 1000), name)
      event = event > now + 1000 and now + 1000 or event
    end
  end
end
fields[2] = pack(QUEUE, 1, now, offset, event, flags, tag, live - #ended, next_id, virtual,
  highest, turn, ready)
call('HSET', rows, unpack(fields))
call('HDEL', rows, unpack(gone))
return table.concat(fares)
