-- Begins a push, whole or not at all. ARGV as in push.lua.
local link, sequence = ARGV[2], string.sub(ARGV[1], 1, 8)
if #ARGV[1] > 8 then
  -- The reply to an earlier sending was lost: if that was carried out, it is told again.
  local last = call('HGET', rows, link)
  if last and string.sub(last, 1, 8) == sequence then
    local ids = {}
    for index = 1, ARGV[6] * 1 do
      ids[index] = unpack('<d', last, 9 + index * 8)
    end
    return {'pushed', ids}
  end
end
-- A server without memory refuses the first write of a script if it may take memory, and carries
-- out all others: before anything moves, this writes what is there.
if queue_row then
  call('HSET', rows, 'q', queue_row)
end
