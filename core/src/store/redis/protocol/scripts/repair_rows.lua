-- Looks at some rows of the queue: whether live and dead jobs stand where they should, apart from
-- the lists of ready ones. ARGV: 6 where the scan goes on. Gives where it goes on then; the live jobs, as id * 4
-- + 1 if it was delivered before + 2 if it is delayed, blocked or in flight; the dead ones; the
-- lanes, each as its name after one letter for each counter that is not 0 (f, d, b) and a space.
local PAGE = 200

local page = call('HSCAN', rows, ARGV[6], 'COUNT', PAGE)
local jobs, told_dead, told_lanes, known_lanes, wanted_lanes = {}, {}, {}, {}, {}

local function look_at_dead(id, row)
  local job = read_dead(id)
  if not job then
    set_aside('d', id, row)
    call('ZREM', rows .. ':dead', member_of(id))
    queue.left, queue.lost = queue.left + 1, queue.lost + 1
    damaged[#damaged + 1] = id
    return
  end
  told_dead[#told_dead + 1] = id
  if not call('ZSCORE', rows .. ':dead', member_of(id)) then
    call('ZADD', rows .. ':dead', job.died_at, member_of(id))
    placed = placed + 1
  end
end

local function look_at_run(id, row)
  if call('HEXISTS', rows, 'j' .. id) == 0 then
    call('HDEL', rows, 'r' .. id)
    strays = strays + 1
  elseif #row < 25 then
    write_run(id, {deliveries = FRESH_DELIVERY, tries = 1, lapses = 0})
    placed = placed + 1
  end
end

local function look_at_lane(name, row)
  local lane = {}
  blank(lane)
  local told = ''
  if pcall(decode_lane, lane, row) then
    told = (lane.in_flight ~= 0 and 'f' or '') .. (lane.delayed ~= 0 and 'd' or '')
      .. (lane.blocked ~= 0 and 'b' or '')
  else
    -- Its limits are lost; all else is found again.
    call('HDEL', rows, 'l' .. name)
    mended({name = name})
  end
  known_lanes[name] = true
  told_lanes[#told_lanes + 1] = told .. ' ' .. name
end

for index = 1, #page[2], 2 do
  local field, row = page[2][index], page[2][index + 1]
  local kind, id = string.match(field, '^([jdr])(%d+)$')
  id = kind and id * 1
  if kind == 'j' then
    local job = whole(id, row)
    if job then
      jobs[#jobs + 1] = job
    else
      -- What stands for it elsewhere is found by the later steps.
      lose(id)
      set_aside('j', id, row)
      damaged[#damaged + 1] = id
    end
  elseif kind == 'd' then
    look_at_dead(id, row)
  elseif kind == 'r' then
    look_at_run(id, row)
  elseif string.sub(field, 1, 1) == 'l' then
    look_at_lane(string.sub(field, 2), row)
  end
end

-- Sees to it that a job blocked on another is known there, and not blocked for ever.
local function look_at_blocked(job)
  local parent = job.after
  if not parent or (call('HEXISTS', rows, 'j' .. parent) == 0
    and call('HEXISTS', rows, 'd' .. parent) == 0) then
    unblock(job.id)
    placed = placed + 1
    return
  end
  local children = rows .. ':a:' .. parent
  if not call('LPOS', children, job.id, 'MAXLEN', 1000) and call('LLEN', children) < 1000 then
    call('RPUSH', children, job.id)
    placed = placed + 1
  end
end

local told_jobs = {}
if jobs[1] then
  local runs, leases, members = {}, {}, {}
  for index, job in ipairs(jobs) do
    runs[index], members[index] = 'r' .. job.id, member_of(job.id)
  end
  runs = call('HMGET', rows, unpack_all(runs))
  for index, job in ipairs(jobs) do
    local run = runs[index]
    leases[index] = job.id .. '.' .. (run and #run >= 25 and (unpack('<d', run)) or 1)
  end
  leases = call('ZMSCORE', rows .. ':leases', unpack_all(leases))
  local delayed = call('ZMSCORE', rows .. ':delayed', unpack_all(members))
  local blocked = call('ZMSCORE', rows .. ':blocked', unpack_all(members))
  for index, job in ipairs(jobs) do
    local is_elsewhere = leases[index] or delayed[index] or blocked[index]
    if delayed[index] and leases[index] then
      strays = strays + call('ZREM', rows .. ':delayed', members[index])
    end
    if blocked[index] and (leases[index] or delayed[index]) then
      strays = strays + call('ZREM', rows .. ':blocked', members[index])
    elseif blocked[index] then
      look_at_blocked(job)
    end
    if job.key then
      local hold = call('HGET', rows .. ':keys', job.key)
      if not hold or #hold < 16 then
        call('HSET', rows .. ':keys', job.key, pack('<dd', job.id, now))
        placed = placed + 1
      end
    end
    if job.cost ~= 1 and not is_elsewhere and not lane_of(job.lane).dear then
      lane_of(job.lane).dear = true
      mended(lane_of(job.lane))
      mend_lane(lane_of(job.lane))
    end
    if not known_lanes[job.lane] then
      known_lanes[job.lane] = true
      wanted_lanes[#wanted_lanes + 1] = job.lane
    end
    told_jobs[index] = job.id * 4 + (runs[index] and 1 or 0) + (is_elsewhere and 2 or 0)
  end
end
for _, name in ipairs(wanted_lanes) do
  if call('HEXISTS', rows, 'l' .. name) == 0 then
    told_lanes[#told_lanes + 1] = ' ' .. name
  end
end
return end_step(page[1], told_jobs, told_dead, told_lanes)
