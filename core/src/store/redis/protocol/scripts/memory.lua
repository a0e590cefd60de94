-- Estimates the bytes that the server spends on the queue: its rows and indexes by samples, the
-- lists of its lanes by those of the first hundred.
local total = 0
for _, suffix in ipairs({'', ':ready', ':leases', ':delayed', ':blocked', ':wakes', ':names', ':dead',
  ':idle', ':keys', ':ends', ':holds', ':held', ':links', ':schedules', ':ticks', ':results', ':kept',
  ':s:'}) do
  total = total + (call('MEMORY', 'USAGE', rows .. suffix, 'SAMPLES', 50) or 0)
end
local names, of_lists = call('ZRANGE', rows .. ':names', 0, 99), 0
for _, name in ipairs(names) do
  for priority = 0, 9 do
    of_lists = of_lists + (call('MEMORY', 'USAGE', waiting_list(name, priority)) or 0)
  end
end
if #names > 0 then
  total = total + of_lists / #names * call('ZCARD', rows .. ':names')
end
return floor(total)
