-- The order in which ready lanes are served, each given as load, start and turn.
local function is_before(a, b)
  if a.load ~= b.load then
    return a.load < b.load
  elseif a.start ~= b.start then
    return a.start < b.start
  end
  return a.turn < b.turn
end

-- Puts a lane that was served and is ready still to its place among others of that kind.
local function stand_again(again, lane)
  local place = #again + 1
  while place > 1 and is_before(lane, again[place - 1]) do
    place = place - 1
  end
  table.insert(again, place, lane)
end
