-- Delivers one job of a plain lane, whose row is all that is to know of it and stands in the index
-- of ready lanes. ARGV: 4 the lease, more than 0. Gives in one string the moment, the tag, the first
-- id that may have a key, the id, deliveries, tries, lapses and whether an error; the error with its
-- length before it; the record.
local index = rows .. ':ready'
local popped = call('ZPOPMIN', index)
local member = popped[1]
if not member then
  return nil
end
local start, of_turn, state, mask, known, in_flight
if #member > 24 then
  start, of_turn, state, mask, known, in_flight = read(LANE, member)
end
if state ~= 1 or mask == 0 then
  call('ZADD', index, popped[2], member)
  return nil
end
local name, top = string.sub(member, 25), 1
if mask ~= 2 then
  top = 9
  while mask < 2 ^ top do
    top = top - 1
  end
end
local list = rows .. (top == 1 and ':w1:' or ':w' .. top .. ':') .. name
local element = call('LPOP', list)
local id, delivery, run, record = element, '1', nil, nil
if element then
  if string.byte(element, -1) == LETTER_R then
    id = string.sub(element, 1, -2)
    run = call('HGET', rows, 'r' .. id)
  end
  record = call('HGET', rows, 'j' .. id)
end
if not is_whole(record, name) or (run ~= nil and (not run or #run < 25)) then
  -- Something else has been at these rows: as if nothing had happened, pop.lua finds out.
  if element then
    call('LPUSH', list, element)
  end
  call('ZADD', index, popped[2], member)
  return nil
end
if run then
  local number, tries, lapses = read('<ddd', run)
  delivery = string.format('%d', number + 1)
  run = pack('<ddd', number + 1, tries + 1, lapses) .. string.sub(run, 25)
  call('HSET', rows, 'r' .. id, run)
end
local lease_until = now + ARGV[4]
call('ZADD', rows .. ':leases', string.format('%d', lease_until), id .. '.' .. delivery)
-- Who sleeps may not know that something will be due so soon: events nearer than a second may be
-- of a kind that nobody is woken for.
local is_news = event > lease_until or event <= now + 1000
event = event > lease_until and lease_until or event

virtual = virtual < start and start or virtual
start = virtual + UNIT
highest = highest < start and start or highest
known, in_flight = known - 1, in_flight + 1
while known == 0 and mask ~= 0 do
  known = call('LLEN', rows .. ':w' .. top .. ':' .. name)
  if known == 0 then
    mask, top = mask - 2 ^ top, top - 1
    while top >= 0 and mask < 2 ^ top do
      top = top - 1
    end
  end
end
local lane
if mask > 0 then
  lane = pack(LANE, start, of_turn, 1, mask, known, in_flight)
  call('ZADD', index, in_flight == 1 and '1073741824' or string.format('%d', in_flight * LOAD_SCALE),
    lane .. name)
else
  ready = ready - 1
  lane = pack(LANE, start, of_turn, 0, 0, 0, in_flight)
end
-- 4: somebody is asleep.
if (ready > 0 or is_news) and bit.band(flags, 4) ~= 0
  and call('ZADD', rows .. ':wake', '0', 'w') == 0 then
  flags = flags - 4
end
call('HSET', rows, 'l' .. name, lane, 'q', pack(QUEUE, 1, now, offset, event, flags, tag, live,
  next_id, virtual, highest, turn, ready))
-- 32: the keys of jobs below some id are void.
local key_floor = bit.band(flags, 32) ~= 0 and read('<d', call('HGET', rows, 'Q'), 33) or 0
if run then
  return pack('<dddd', now - offset, tag, key_floor, id) .. string.sub(run, 1, 25)
    .. pack('<I4', #run - 25) .. string.sub(run, 26) .. record
end
-- The first delivery: 1 delivery, 1 try, no lapse, no error.
return pack('<dddddddBI4c0', now - offset, tag, key_floor, id, 1, 1, 0, 0, 0, record)
