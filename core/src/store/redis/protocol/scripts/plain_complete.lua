-- Completes one job without a key or children, of a plain lane. ARGV: 4 the tag, 5 id, 6 delivery.
-- Gives 1 if it is done; if 0, its token is stale; if -1, finish.lua is to find out what became of
-- an earlier sending.
if #ARGV[1] > 8 then
  return -1
end
local id = ARGV[5]
local of_record = 'j' .. id
local found = call('HMGET', rows, 'q', of_record)
local row, record = found[1], found[2]
if not row then
  return nil
end
local version, was, offset, event, flags, tag, live, next_id, virtual, highest, turn, ready =
  read(QUEUE, row)
local now = clock + offset
-- 16: some jobs are blocked, perhaps on this one.
if version > 1 or now < was or event <= now or bit.band(flags, 16) ~= 0 or ARGV[4] * 1 ~= tag then
  return nil
end
if not record then
  return 0
end
local is_whole, _, of_job, name = pcall(read, '<I6BHc0', record)
if not is_whole then
  return nil
end
local of_lane = 'l' .. name
local lane = call('HGET', rows, of_lane)
if bit.band(of_job, 2) ~= 0 or not lane or #lane < 24 then
  return nil
end
local start, of_turn, state, mask, known, in_flight = read(LANE, lane)
if state > 1 then
  return nil
end
if call('ZREM', rows .. ':leases', id .. '.' .. ARGV[6]) == 0 then
  return 0
end
in_flight = in_flight > 0 and in_flight - 1 or 0
local after, is_gone = pack(LANE, start, of_turn, state, mask, known, in_flight), false
if state == 1 then
  local index = rows .. ':ready'
  call('ZREM', index, lane .. name)
  call('ZADD', index, in_flight == 0 and '0' or string.format('%d', in_flight * LOAD_SCALE),
    after .. name)
elseif in_flight == 0 then
  if ready == 0 and virtual ~= highest and call('ZCARD', rows .. ':leases') == 0 then
    virtual = highest
  end
  -- Nothing is left of the lane, or will not be when virtual time has passed its start.
  is_gone = start <= virtual
  if is_gone then
    call('ZREM', rows .. ':names', name)
    call('HDEL', rows, of_lane)
  else
    call('ZADD', rows .. ':idle', string.format('%d', now + 1000), name)
    event = event > now + 1000 and now + 1000 or event
  end
end
row = pack(QUEUE, 1, now, offset, event, flags, tag, live - 1, next_id, virtual, highest, turn,
  ready)
if is_gone then
  call('HSET', rows, 'q', row)
else
  call('HSET', rows, 'q', row, of_lane, after)
end
if ARGV[6] == '1' then
  call('HDEL', rows, of_record)
else
  call('HDEL', rows, of_record, 'r' .. id)
end
return 1
