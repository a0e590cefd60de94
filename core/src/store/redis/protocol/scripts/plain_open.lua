-- Opens the queue for a plain pop.
local LETTER_R = 114
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

-- Tells whether a record is that of a job of that lane, and as long as its head says.
local function is_whole(record, name)
  if not record or string.sub(record, 10, 9 + #name) ~= name then
    return false
  end
  local of_job = string.byte(record, 7)
  if of_job == 0 then
    return string.byte(record, 8) + 256 * string.byte(record, 9) == #name
  end
  local format = '<I6BHc0' .. (bit.band(of_job, 1) ~= 0 and 'BHd' or '')
    .. (bit.band(of_job, 2) ~= 0 and 'Hc0' or '') .. (bit.band(of_job, 4) ~= 0 and 'd' or '')
    .. (bit.band(of_job, 8) ~= 0 and 'dddB' or '') .. (bit.band(of_job, 32) ~= 0 and 'Hc0' or '')
  return (pcall(read, format, record))
end
