-- Gives the whole state, for tests: virtual time, stats, throttle, starts, ready lanes in order,
-- lanes, live jobs, dead jobs, keys, holds, schedules, results.
local function starts_of(holder)
  local told = {}
  if holder.rate_count > 0 and holder.used > 0 then
    for _, start in ipairs(read_starts(holder, 0, -1)) do
      if start[1] > now - holder.rate_window then
        told[#told + 1] = start[1] - queue.offset
        told[#told + 1] = start[2]
      end
    end
  end
  return told
end

local function throttle_of(holder)
  return outside(holder.throttled_until > now and holder.throttled_until)
end

local ready = {}
for _, member in ipairs(call('ZRANGE', rows .. ':ready', 0, -1)) do
  ready[#ready + 1] = string.sub(member, 25)
end

local told_lanes = {}
for _, name in ipairs(call('ZRANGE', rows .. ':names', 0, -1)) do
  local lane = lane_there(name)
  if lane then
    local ids = {}
    for priority = 9, 0, -1 do
      for _, element in ipairs(call('LRANGE', waiting_list(name, priority), 0, -1)) do
        ids[#ids + 1] = (string.match(element, '^%d+') or 0) * 1
      end
    end
    told_lanes[#told_lanes + 1] = {tell_lane(lane), max(lane.start, queue.virtual),
      throttle_of(lane), starts_of(lane), ids}
  end
end

local live, dead = {}, {}
for _, field in ipairs(call('HKEYS', rows)) do
  local kind, id = string.match(field, '^([jd])(%d+)$')
  if kind == 'j' then
    live[#live + 1] = id * 1
  elseif kind == 'd' then
    dead[#dead + 1] = id * 1
  end
end
table.sort(live)
table.sort(dead)
local told_live, told_dead = {}, {}
for _, id in ipairs(live) do
  -- A damaged one hides no other.
  local is_told, job = pcall(tell_job, id)
  told_live[#told_live + 1] = is_told and job or nil
end
for _, id in ipairs(dead) do
  told_dead[#told_dead + 1] = tell_dead(id) or nil
end

local keys = call('HKEYS', rows .. ':keys')
local told_keys = {}
for _, key in ipairs(keys) do
  local holder = holder_of(key)
  if holder then
    local _, held_until = unpack('<dd', call('HGET', rows .. ':keys', key))
    told_keys[#told_keys + 1] = {key, holder, held_until > now and held_until - queue.offset or 0}
  end
end

local told_holds = {}
for _, key in ipairs(call('HKEYS', rows .. ':holds')) do
  local hold = read_hold(key)
  if hold then
    told_holds[#told_holds + 1] = {key, hold.owner, hold.kept_until - queue.offset,
      hold.ends_at - queue.offset}
  end
end

local told_schedules = {}
for _, name in ipairs(call('HKEYS', rows .. ':schedules')) do
  told_schedules[#told_schedules + 1] = tell_schedule(name)
end

local told_results = {}
for _, id in ipairs(call('HKEYS', rows .. ':results')) do
  local row = call('HGET', rows .. ':results', id)
  local kept_until = unpack('<d', row)
  if kept_until > now then
    told_results[#told_results + 1] = {id * 1, string.sub(row, 9), kept_until - queue.offset}
  end
end
return {queue.virtual, tell_stats(), throttle_of(queue), starts_of(queue), ready, told_lanes,
  told_live, told_dead, told_keys, told_holds, told_schedules,
  told_results}
