-- Finds dead jobs, the oldest first. ARGV: 6 which: a all, l of the lane in 7, i the ids in 8 on.
local function dead_that_match()
  local wanted = {}
  for index = 8, #ARGV do
    wanted[ARGV[index] * 1] = true
  end
  local found = {}
  for _, member in ipairs(call('ZRANGE', rows .. ':dead', 0, -1)) do
    local id = id_of(member)
    if ARGV[6] == 'a' or (ARGV[6] == 'i' and wanted[id])
      or (ARGV[6] == 'l' and read_dead(id).lane == ARGV[7]) then
      found[#found + 1] = id
    end
  end
  return found
end
