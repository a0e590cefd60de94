-- Mends the rows of lanes, and reads their lists of ready jobs. ARGV: 6 the priority from which the
-- lists of the first lane are read, 7 from which place on, 8 the element that stood before it, 9 on
-- the lanes. Gives how many lanes are done, and where to go on with the next one as in 6 to 8; then
-- for each list the number of its lane, its priority and its elements.
local MOST = 5000
local priority, place, before = ARGV[6] * 1, ARGV[7] * 1, ARGV[8]
local lists, left, done = {}, MOST, 0

-- Finds where to go on in a list whose head has moved meanwhile.
local function moved(list)
  if place > 0 and call('LINDEX', list, place - 1) ~= before then
    place = (call('LPOS', list, before) or -1) + 1
  end
end

for at = 9, #ARGV do
  local lane = lane_of(ARGV[at])
  mend_lane(lane)
  while priority >= 0 and left > 0 do
    local list = waiting_list(lane.name, priority)
    moved(list)
    local elements = call('LRANGE', list, place, place + left - 1)
    if #elements > 0 then
      lists[#lists + 1] = {at - 9, priority, elements}
    end
    place, before, left = place + #elements, elements[#elements] or before, left - #elements
    if left > 0 then
      priority, place = priority - 1, 0
    end
  end
  if priority >= 0 then
    break
  end
  done, priority, place = done + 1, 9, 0
end
return end_step(done, priority, place, before, lists)
