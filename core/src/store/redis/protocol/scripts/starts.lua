-- The starts that count against a rate, of a lane or of the queue (`holder`): a list of
-- moment and cost, with their sum and its two ends in the holder's row.
local START = '<I6I3'

local function read_starts(holder, first, last)
  local starts = {}
  for index, entry in ipairs(call('LRANGE', holder.starts, first, last)) do
    local moment, cost = unpack(START, entry)
    starts[index] = {moment, cost}
  end
  return starts
end

local function forget_starts(holder)
  if holder.used == 0 then
    return
  end
  local border = now - holder.rate_window
  if holder.rate_count == 0 or holder.newest <= border then
    call('DEL', holder.starts)
    holder.used = 0
    return
  end
  while holder.oldest <= border do
    local gone = 0
    for _, start in ipairs(read_starts(holder, 0, 99)) do
      holder.oldest = start[1]
      if start[1] > border then
        break
      end
      gone = gone + 1
      holder.used = holder.used - start[2]
    end
    call('LTRIM', holder.starts, gone, -1)
  end
end

local function remember_start(holder, cost)
  if holder.rate_count == 0 then
    return
  end
  cost = min(cost, holder.rate_count)
  if holder.used > 0 and holder.newest == now then
    local _, sum = unpack(START, call('LINDEX', holder.starts, -1))
    call('LSET', holder.starts, -1, pack(START, now, sum + cost))
  else
    call('RPUSH', holder.starts, pack(START, now, cost))
    if holder.used == 0 then
      holder.oldest = now
    end
    holder.newest = now
  end
  holder.used = holder.used + cost
end

-- Gives the moment from which a job of that cost may start; 0 if it may at once.
local function next_start(holder, cost)
  if holder.rate_count == 0 then
    return 0
  end
  local excess = holder.used + min(cost, holder.rate_count) - holder.rate_count
  local first, opens_at = 0, 0
  while excess > 0 do
    local starts = read_starts(holder, first, first + 99)
    if #starts == 0 then
      break
    end
    for _, start in ipairs(starts) do
      opens_at = start[1] + holder.rate_window
      excess = excess - start[2]
      if excess <= 0 then
        break
      end
    end
    first = first + 100
  end
  return opens_at
end

local function set_rate(holder, count, window)
  holder.rate_count, holder.rate_window = count, count == 0 and 1000 or window
  forget_starts(holder)
end
