-- Removes waiting jobs, lowest ids first. ARGV: 6 the lane ('' for all), 7 how many at most.
-- Gives how many went, and whether there may be more.
local before = given_before(2)
if before then
  return close(before)
end
local name, most = ARGV[6], ARGV[7] * 1
local ids = {}

local function add_listed(lane_name)
  for priority = 0, 9 do
    for _, element in ipairs(call('LRANGE', waiting_list(lane_name, priority), 0, -1)) do
      ids[#ids + 1] = (string.match(element, '^%d+') or 0) * 1
    end
  end
end

if name ~= '' then
  add_listed(name)
else
  for _, lane_name in ipairs(call('ZRANGE', rows .. ':names', 0, -1)) do
    add_listed(lane_name)
  end
end
for _, index in ipairs({':delayed', ':blocked'}) do
  for _, member in ipairs(call('ZRANGE', rows .. index, 0, -1)) do
    local id = id_of(member)
    local job = name ~= '' and read_job(id)
    if name == '' or (job and job.lane == name) then
      ids[#ids + 1] = id
    end
  end
end
table.sort(ids)
local count = 0
for index = 1, min(#ids, most) do
  count = count + remove(ids[index])
end
return close(give({count, #ids > most and 1 or 0}))
