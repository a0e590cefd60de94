-- Pushes jobs, all or none. ARGV: 6 how many, then each as in adding.lua.
-- Gives the ids; that of a job that holds the key is negative.
local jobs, refused = check_group(7, ARGV[6] * 1)
if not jobs then
  return close(refused)
end
local ids = add_group(jobs)
local told = {}
for index, id in ipairs(ids) do
  told[index] = pack('<d', id)
end
if call('HSET', rows, link, sequence .. pack('<d', now) .. table.concat(told)) == 1 then
  call('ZADD', rows .. ':links', now, link)
end
return close({'pushed', ids})
