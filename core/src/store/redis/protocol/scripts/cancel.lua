-- Removes a job in whatever state. ARGV: 6 the id. Tells whether there was one.
local before = given_before(1)
if before then
  return close(before[1])
end
local id = ARGV[6] * 1
local dead = read_dead(id)
local count = 1
if dead then
  free_key(dead)
  forget_dead(id)
else
  count = min(remove(id), 1)
end
return close(give({count})[1])
