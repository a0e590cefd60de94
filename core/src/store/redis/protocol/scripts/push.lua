-- Pushes jobs, all or none. ARGV: 6 how many, then each as in adding.lua.
-- Gives the ids; that of a job that holds the key is negative.
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
