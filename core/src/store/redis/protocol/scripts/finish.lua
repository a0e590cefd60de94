-- Ends deliveries, each by itself. ARGV: 6 how many, then for each its kind, id, delivery, tag and
--   c complete: how many follow-ups, and each as in adding.lua
--   k complete and keep a result: for how long, its bytes; and as c
--   b release: the delay
--   r retry: the error, the delay ('' by the job's backoff), a number in [0, 1) for jitter
--   f fail: the error
-- Gives for each 'done', 'stale', 'foreign', or why a follow-up was refused.
local at = 7
-- By the place of an ending: 1 if an earlier sending of this request is known to have carried it out.
local before = given_before(ARGV[6] * 1)
-- Whether more than the end of deliveries depends on this request, so that a repeat has to know.
local brings_more = false

local function argument()
  at = at + 1
  return ARGV[at - 1]
end

local function backoff_delay(job, attempt, random)
  local policy = job.backoff or {1000, 600000, 2, 1}
  local base, power, grown = policy[3], attempt, policy[1]
  local factor = 1
  while power > 0 do
    if power % 2 == 1 then
      factor = factor * base
    end
    power = floor(power / 2)
    base = base * base
  end
  grown = max(min(policy[1] * factor, policy[2]), policy[1])
  if policy[4] == 1 then
    grown = policy[1] + random * (grown - policy[1])
  end
  return floor(grown)
end

-- Finds the job whose delivery is under way; else how the ending fares.
local function find(index, id, delivery, tag, kind, has_more)
  if tag ~= queue.tag then
    return nil, 'foreign'
  end
  if call('ZSCORE', rows .. ':leases', id .. '.' .. delivery) then
    return read_job(id), 'stale'
  end
  -- Sent again after a lost reply: what that delivery was to become, it is. Not so if its lease has
  -- lapsed first: then the job is live though it was to be ended for good, or dead though it was to
  -- be complete. If it is gone, another delivery may have completed it, without these follow-ups and
  -- this result: then only what was noted counts.
  if before and before[index] == 1 then
    return nil, 'done'
  end
  if #ARGV[1] > 8 and not has_more then
    local completes = kind == 'c' or kind == 'k'
    if call('HEXISTS', rows, 'j' .. id) == 0 then
      local is_dead = call('HEXISTS', rows, 'd' .. id) == 1
      return nil, completes and is_dead and 'stale' or 'done'
    end
    local run = read_run(id)
    if not completes and kind ~= 'f' and run.is_row and run.deliveries == delivery then
      return nil, 'done'
    end
  end
  return nil, 'stale'
end

local function finish(index)
  local kind = argument()
  local id, delivery, tag = argument() * 1, argument() * 1, argument() * 1
  if kind == 'c' or kind == 'k' then
    local ttl, value
    if kind == 'k' then
      ttl, value = argument() * 1, argument()
    end
    local count, first = argument() * 1, at
    at = at + count * 2
    local has_more = count > 0 or kind == 'k'
    brings_more = brings_more or has_more
    local job, fare = find(index, id, delivery, tag, kind, has_more)
    if job then
      local jobs, refused = check_group(first, count, id)
      if not jobs then
        return refused
      end
      take_lease(job, delivery)
      complete(job)
      add_group(jobs)
      if value then
        keep_result(id, ttl, value)
      end
      return 'done'
    end
    return fare
  end
  local job, fare = find(index, id, delivery, tag, kind, false)
  if kind == 'b' then
    local delay = argument() * 1
    if job then
      local run = read_delivery(id)
      take_lease(job, delivery)
      run.tries = run.tries - 1
      come_again(job, run, delay, true)
      return 'done'
    end
  elseif kind == 'r' then
    local text, delay, random = argument(), argument(), argument() * 1
    if job then
      local run = read_delivery(id)
      take_lease(job, delivery)
      if job.max_tries >= 0 and run.tries >= job.max_tries then
        die(job, run, text)
      else
        run.error = text
        queue.retried = queue.retried + 1
        delay = delay == '' and backoff_delay(job, max(run.tries - 1, 0), random) or delay * 1
        come_again(job, run, delay, false)
      end
      return 'done'
    end
  else
    local text = argument()
    if job then
      local run = read_delivery(id)
      take_lease(job, delivery)
      die(job, run, text)
      return 'done'
    end
  end
  return fare
end

local fares, done = {}, {}
for index = 1, ARGV[6] * 1 do
  fares[index] = finish(index)
  done[index] = fares[index] == 'done' and 1 or 0
end
if brings_more then
  give(done)
end
return close(fares)
