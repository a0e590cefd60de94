-- Forgets dead jobs. ARGV as in dead.lua.
local before = given_before(1)
if before then
  return close(before[1])
end
local found = dead_that_match()
for _, id in ipairs(found) do
  forget_dead(id)
end
return close(give({#found})[1])
