-- Looks closely at jobs that seem not to stand where they should, all at once: some have only moved.
-- ARGV: 6 on, for each its id ('' if its element names none), and the lane, the priority and the element by which it was found ('' if it was not found in a list). Gives how many were looked at.
local MOST_SEARCHED = 200000
local searched, done = 0, 0

-- Lists where an element stands.
local function places_of(list, element)
  searched = searched + call('LLEN', list)
  return call('LPOS', list, element, 'COUNT', 0)
end

local function drop(lane_name, priority, element)
  if element == '' then
    return
  end
  local dropped = call('LREM', waiting_list(lane_name, priority), 0, element)
  if dropped > 0 then
    local lane = lane_of(lane_name)
    look_at_list(lane, priority)
    look_again(lane)
    strays = strays + dropped
  end
end

-- Sees to it that a job stands once in its list.
local function stand_once(job, run)
  local list = waiting_list(job.lane, job.priority)
  local places = places_of(list, job.id)
  local again = places_of(list, job.id .. 'r')
  for _, place in ipairs(again) do
    places[#places + 1] = place
  end
  table.sort(places)
  if not places[1] then
    -- Nobody knows whether a worker has it: it is taken for a job whose lease has lapsed, so that
    -- no token fits any more.
    run = read_delivery(job.id)
    run.lapses, queue.lapsed = run.lapses + 1, queue.lapsed + 1
    placed = placed + 1
    if job.max_tries >= 0 and run.tries >= job.max_tries then
      die(job, run, 'lease lapsed')
    else
      come_again(job, run, 0, true)
    end
    return
  end
  if #places > 1 or (#again == 1) ~= run.is_row then
    call('LSET', list, places[1], run.is_row and job.id .. 'r' or job.id)
    for index = 2, #places do
      call('LSET', list, places[index], '')
    end
    call('LREM', list, 0, '')
    strays = strays + #places - 1
    placed = placed + (#places == 1 and 1 or 0)
    local lane = lane_of(job.lane)
    look_at_list(lane, job.priority)
    look_again(lane)
  end
end

local function look_at_job(id, lane_name, priority, element)
  local job = id ~= '' and read_job(id * 1)
  if not job then
    drop(lane_name, priority, element)
    if id ~= '' then
      missing[#missing + 1] = id * 1
    end
    return
  end
  if element ~= '' and (lane_name ~= job.lane or priority ~= job.priority) then
    drop(lane_name, priority, element)
  end
  local run, member = read_run(job.id), member_of(job.id)
  if call('ZSCORE', rows .. ':leases', job.id .. '.' .. max(run.deliveries, 1))
    or call('ZSCORE', rows .. ':delayed', member) or call('ZSCORE', rows .. ':blocked', member) then
    drop(job.lane, job.priority, job.id)
    drop(job.lane, job.priority, job.id .. 'r')
  else
    stand_once(job, run)
  end
end

for at = 6, #ARGV, 4 do
  look_at_job(ARGV[at], ARGV[at + 1], ARGV[at + 2] * 1, ARGV[at + 3])
  done = done + 1
  if searched > MOST_SEARCHED then
    break
  end
end
return end_step(done)
