-- Delivers jobs of plain lanes, whose row is all that is to know of them and stands in the index of
-- ready lanes. ARGV: 4 how many, 5 the lease, more than 0. Gives what pop.lua gives, but fewer jobs
-- than were asked for where a lane that is not plain would be next, and nothing if it is the first.
local count, lease_until = ARGV[4] * 1, now + ARGV[5]
local lease_text = string.format('%d', lease_until)
local window = call('ZRANGE', rows .. ':ready', '0', string.format('%d', count - 1), 'WITHSCORES')

-- The next lane is the first of the window, or the first of those that were served and stand again.
local head, first, again = 1, nil, {}
local ids, deliveries, leases, order, size = {}, {}, {}, {}, 0
local lists, elements, names, runs, is_sound = {}, {}, {}, {}, true
while size < count do
  local member = window[head]
  if not first and member then
    local start, of_turn, state, mask, known, in_flight
    if #member > 24 then
      start, of_turn, state, mask, known, in_flight = read(LANE, member)
    end
    first = {name = string.sub(member, 25), member = member, load = window[head + 1] * 1,
      start = start, turn = of_turn, state = state, mask = mask, known = known,
      in_flight = in_flight}
    head = head + 2
  end
  local lane = first
  if again[1] and not (first and is_before(first, again[1])) then
    lane = table.remove(again, 1)
  elseif first and first.state == 1 and first.mask > 0 then
    first, order[#order + 1] = nil, lane
  else
    break
  end
  local top, mask = 1, lane.mask
  if mask ~= 2 then
    top = 9
    while mask < 2 ^ top do
      top = top - 1
    end
  end
  local list = rows .. (top == 1 and ':w1:' or ':w' .. top .. ':') .. lane.name
  local element = call('LPOP', list)
  if not element then
    is_sound = false
    break
  end
  local id, delivery = element, '1'
  size = size + 1
  lists[size], elements[size], names[size] = list, element, lane.name
  if string.byte(element, -1) == LETTER_R then
    id = string.sub(element, 1, -2)
    local run = call('HGET', rows, 'r' .. id)
    if not run or #run < 25 then
      is_sound = false
      break
    end
    local number, tries, lapses = read('<ddd', run)
    delivery = string.format('%d', number + 1)
    run = pack('<ddd', number + 1, tries + 1, lapses) .. string.sub(run, 25)
    deliveries[size], runs[#runs + 1], runs[#runs + 2] = pack('<d', id) .. run, 'r' .. id, run
  end
  ids[size], leases[size * 2 - 1], leases[size * 2] = 'j' .. id, lease_text, id .. '.' .. delivery

  virtual = virtual < lane.start and lane.start or virtual
  lane.start = virtual + UNIT
  highest = highest < lane.start and lane.start or highest
  lane.known, lane.in_flight = lane.known - 1, lane.in_flight + 1
  lane.load = lane.in_flight * LOAD_SCALE
  while lane.known == 0 and mask ~= 0 do
    lane.known = call('LLEN', rows .. ':w' .. top .. ':' .. lane.name)
    if lane.known == 0 then
      mask, top = mask - 2 ^ top, top - 1
      while top >= 0 and mask < 2 ^ top do
        top = top - 1
      end
    end
  end
  lane.mask = mask
  if mask == 0 then
    lane.state, ready = 0, ready - 1
  elseif size < count then
    stand_again(again, lane)
  end
end
local records = is_sound and size > 0 and call('HMGET', rows, unpack(ids))
for index = 1, records and size or 0 do
  is_sound = is_sound and is_whole(records[index], names[index])
end
if not is_sound then
  -- Something else has been at these rows: as if nothing had happened, pop.lua finds out.
  for index = size, 1, -1 do
    call('LPUSH', lists[index], elements[index])
  end
end
if not is_sound or size == 0 then
  return nil
end
if runs[1] then
  call('HSET', rows, unpack(runs))
end
local leave, stand, fields = {}, {}, {'q', false}
for index = 1, #order do
  local lane = order[index]
  local hot = pack(LANE, lane.start, lane.turn, lane.state, lane.mask, lane.known, lane.in_flight)
  leave[index] = lane.member
  if lane.state == 1 then
    stand[#stand + 1] = lane.load == LOAD_SCALE and '1073741824' or string.format('%d', lane.load)
    stand[#stand + 1] = hot .. lane.name
  end
  fields[index * 2 + 1], fields[index * 2 + 2] = 'l' .. lane.name, hot
end
call('ZADD', rows .. ':leases', unpack(leases))
call('ZREM', rows .. ':ready', unpack(leave))
if stand[1] then
  call('ZADD', rows .. ':ready', unpack(stand))
end
-- Who sleeps may not know that something will be due so soon: events nearer than a second may be
-- of a kind that nobody is woken for.
local is_news = event > lease_until or event <= now + 1000
event = event > lease_until and lease_until or event
-- 4: somebody is asleep.
if (ready > 0 or is_news) and bit.band(flags, 4) ~= 0
  and call('ZADD', rows .. ':wake', '0', 'w') == 0 then
  flags = flags - 4
end
fields[2] = pack(QUEUE, 1, now, offset, event, flags, tag, live, next_id, virtual,
  highest, turn, ready)
call('HSET', rows, unpack(fields))

-- 32: the keys of jobs below some id are void.
local key_floor = bit.band(flags, 32) ~= 0 and read('<d', call('HGET', rows, 'Q'), 33) or 0
local reply = {now - offset, tag, key_floor, -1}
for index = 1, size do
  reply[#reply + 1] = deliveries[index] or string.sub(ids[index], 2) * 1
  reply[#reply + 1] = records[index]
end
return reply
