-- Pushes one plain job: due at once, without key, parent or rate. ARGV: 4 its record.
-- Gives its id. That the job is plain has been seen to by who sends this.
local record = ARGV[4]
local of_job, name, at = read('<BHc0', record)
local priority = 1
if bit.band(of_job, 1) ~= 0 then
  priority = string.byte(record, at)
end
local found = call('HMGET', rows, 'q', 'l' .. name)
local row, lane = found[1], found[2]
if not row then
  return nil
end
local version, was, offset, event, flags, tag, live, id, virtual, highest, turn, ready =
  read(QUEUE, row)
local now = clock + offset
-- 8: somewhere is a limit to how many jobs may wait.
if version > 1 or now < was or event <= now or bit.band(flags, 8) ~= 0 then
  return nil
end

-- The state and the mask of priorities stand in the bytes 14 to 16 of the row.
local state, mask, bit_of = 0, 0, 2 ^ priority
if lane then
  local high, low
  state, high, low = string.byte(lane, 14, 16)
  if state ~= 0 and state ~= 1 or #lane < 24 then
    return nil
  end
  mask = high * 256 + low
end
-- The first write is one that a server without memory refuses: later ones it carries out.
local text = string.format('%d', id)
call('RPUSH', rows .. (priority == 1 and ':w1:' or ':w' .. priority .. ':') .. name, text)
local is_ready = state == 1
if not is_ready or bit.band(mask, bit_of) == 0 then
  local start, of_turn, known, in_flight = 0, 0, 0, 0
  if lane then
    start, of_turn, state, mask, known, in_flight = read(LANE, lane)
    if is_ready then
      call('ZREM', rows .. ':ready', lane .. name)
    end
  else
    call('ZADD', rows .. ':names', '0', name)
  end
  if not is_ready then
    of_turn, start = turn, start < virtual and virtual or start
    turn, ready = turn + 1, ready + 1
  end
  lane = pack(LANE, start, of_turn, 1, mask + bit_of, mask < bit_of and 1 or known, in_flight)
  call('ZADD', rows .. ':ready', string.format('%d', in_flight * LOAD_SCALE), lane .. name)
  call('HSET', rows, 'l' .. name, lane)
end
-- 5 and 4: somebody is asleep and the queue is not paused.
if bit.band(flags, 5) == 4 and call('ZADD', rows .. ':wake', '0', 'w') == 0 then
  flags = flags - 4
end
local made = call('HSET', rows, 'j' .. text, pack('<I6c0', now - offset, record),
  'q', pack(QUEUE, 1, now, offset, event, flags, tag, live + 1, id + 1, virtual, highest, turn,
    ready),
  ARGV[2], pack('<c0dd', sequence, now, id))
if made > 1 then
  call('ZADD', rows .. ':links', string.format('%d', now), ARGV[2])
end
return id
