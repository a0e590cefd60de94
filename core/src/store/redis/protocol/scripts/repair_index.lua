-- Drops what an index holds beside the rows. ARGV: 6 which (ready, wakes, names, dead, kept, ticks; or
-- results, the rows, for what the index of their ends lacks), 7 where the scan goes on. Gives where it
-- goes on then, and of the names those that are there.
local page = call(ARGV[6] == 'results' and 'HSCAN' or 'ZSCAN', rows .. ':' .. ARGV[6], ARGV[7], 'COUNT', 200)
local told = {}

local function lane_at(name)
  local row = call('HGET', rows, 'l' .. name)
  local lane = {}
  blank(lane)
  return row and pcall(decode_lane, lane, row) and lane, row
end

local is_right = {
  ready = function(member, score)
    local lane, row = lane_at(string.sub(member, 25))
    return lane and lane.state == READY and string.sub(row, 1, 24) == string.sub(member, 1, 24)
      and load_of(lane) == score
  end,
  wakes = function(name, score)
    local lane = lane_at(name)
    return lane and lane.wakes_at == score
  end,
  names = function(name)
    told[#told + 1] = name
    return true
  end,
  ticks = function(name)
    return call('HEXISTS', rows .. ':schedules', name) == 1
  end,
  kept = function(id, score)
    local row = call('HGET', rows .. ':results', id)
    return row and #row >= 8 and (unpack('<d', row)) == score
  end,
  dead = function(member)
    local id = #member == 5 and id_of(member)
    if id and call('HEXISTS', rows, 'd' .. id) == 1 then
      return true
    end
    if id and id < queue.next_id and call('HEXISTS', rows, 'j' .. id) == 0 then
      -- The row is lost: it has not completed.
      queue.left, queue.lost = queue.left + 1, queue.lost + 1
      damaged[#damaged + 1] = id
    end
  end,
}

local function mend_result(id, row)
  if #row < 8 then
    strays = strays + call('HDEL', rows .. ':results', id)
  elseif not call('ZSCORE', rows .. ':kept', id) then
    call('ZADD', rows .. ':kept', (unpack('<d', row)), id)
  end
end

for at = 1, #page[2], 2 do
  local member, value = page[2][at], page[2][at + 1]
  if ARGV[6] == 'results' then
    mend_result(member, value)
  elseif not is_right[ARGV[6]](member, value * 1) then
    strays = strays + call('ZREM', rows .. ':' .. ARGV[6], member)
  end
end
return end_step(page[1], told)
