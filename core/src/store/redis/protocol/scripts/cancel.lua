-- Removes a job in whatever state. ARGV: 6 the id. Tells whether there was one.
local id = ARGV[6] * 1
local dead = read_dead(id)
if dead then
  free_key(dead)
  forget_dead(id)
  return close(1)
end
return close(remove(id) > 0 and 1 or 0)
