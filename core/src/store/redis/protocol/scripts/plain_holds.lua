-- Opens the queue for holds in the plain case: hold.lua, keep.lua and let_go.lua follow, as they do
-- in the general one. They touch no lane and no job, so only the clock is to be looked at.
local unpack, max = read, math.max
local row = call('HGET', rows, 'q')
if not row then
  return nil
end
local version, was, offset, event, _, _, _, _, virtual, highest, _, ready = read(QUEUE, row)
local now = clock + offset
if version > 1 or now < was or event <= now then
  return nil
end
-- The busy period ends with this call.
if ready == 0 and virtual ~= highest and call('ZCARD', rows .. ':leases') == 0 then
  return nil
end

local function close(told)
  if now > was then
    call('HSET', rows, 'q', string.sub(row, 1, 1) .. pack('<d', now) .. string.sub(row, 10))
  end
  return told
end
