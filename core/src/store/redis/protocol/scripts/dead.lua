-- Finds dead jobs, the oldest first. ARGV: 6 which: a all, l of the lane in 7, i the ids in 8 on.
local function dead_that_match()
  local wanted = {}
  for index = 8, #ARGV do
    wanted[ARGV[index] * 1] = true
  end
  local found = {}
  for _, member in ipairs(call('ZRANGE', rows .. ':dead', 0, -1)) do
    local id = id_of(member)
    local job, row = read_dead(id)
    if not job then
      -- It hides no other, and is set aside when it is to live again, or to be forgotten.
      if row then
        set_aside('d', id, row)
      end
      call('ZREM', rows .. ':dead', member)
      queue.lost, queue.left = queue.lost + 1, queue.left + 1
    elseif ARGV[6] == 'a' or (ARGV[6] == 'i' and wanted[id])
      or (ARGV[6] == 'l' and job.lane == ARGV[7]) then
      found[#found + 1] = id
    end
  end
  return found
end
