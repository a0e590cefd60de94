-- Forgets dead jobs. ARGV as in dead.lua.
local found = dead_that_match()
for _, id in ipairs(found) do
  forget_dead(id)
end
return close(#found)
