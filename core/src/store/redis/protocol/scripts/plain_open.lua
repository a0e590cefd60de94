-- Opens the queue for a plain pop.
local row = call('HGET', rows, 'q')
if not row then
  return nil
end
local version, was, offset, event, flags, tag, live, next_id, virtual, highest, turn, ready =
  read(QUEUE, row)
local now = clock + offset
-- 3: the queue is paused or has limits.
if version > 1 or now < was or event <= now or ready == 0 or bit.band(flags, 3) ~= 0 then
  return nil
end
