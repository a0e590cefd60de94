-- Adds jobs: first all checks, then all changes, so that a group is pushed whole or not at all.
--
-- A job comes as two arguments: its record without the moment, and what is told only to the push:
-- '' or due (0 now, 1 in, 2 at), when, key ttl, whether a rate comes along, count and window.
local EXTRAS = '<BddBdd'

local function read_new_job(record, extras)
  local job = parse(NEVER, pack('<I6', now - queue.offset) .. record)
  job.due, job.key_ttl = 0, 0
  if extras ~= '' then
    local kind, time, has_rate, count, window
    kind, time, job.key_ttl, has_rate, count, window = unpack(EXTRAS, extras)
    if kind == 1 then
      job.due = now + time
    elseif kind == 2 then
      job.due = time + queue.offset
    end
    if has_rate == 1 then
      job.rate = {count, window}
    end
  end
  return job
end

-- Reads `count` jobs from the arguments at `at`, and checks whether they can be pushed when the
-- job `gone` has completed. Sets the holder of a held key. Gives an error for the one to blame.
local function check_group(at, count, gone)
  local jobs, held, in_lane, in_queue, next_id = {}, {}, {}, 0, queue.next_id
  for index = 1, count do
    local job = read_new_job(ARGV[at + index * 2 - 2], ARGV[at + index * 2 - 1])
    jobs[index] = job
    if job.key then
      job.holder = held[job.key]
      if not job.holder then
        local holder = holder_of(job.key)
        if holder and holder == gone then
          -- It has completed by then: only its ttl holds the key still.
          local _, held_until = unpack('<dd', call('HGET', rows .. ':keys', job.key))
          holder = held_until > now and holder
        end
        job.holder = holder
      end
    end
    if not job.holder then
      if job.after then
        if job.after == 0 or job.after >= next_id then
          return nil, {'unknown', index - 1, 0, 0}
        end
        job.is_blocked = job.after ~= gone and (job.after >= queue.next_id
          or call('HEXISTS', rows, 'j' .. job.after) == 1
          or call('HEXISTS', rows, 'd' .. job.after) == 1)
      end
      if band(queue.flags, ROOM) ~= 0 then
        local lane = lane_of(job.lane)
        local waiting = in_lane[job.lane] or ready_count(lane) + lane.delayed + lane.blocked
        if lane.max_waiting > 0 and waiting >= lane.max_waiting then
          return nil, {'lane full', index - 1, waiting, lane.max_waiting}
        end
        local of_queue = queue.live - call('ZCARD', rows .. ':leases') + in_queue
        if queue.max_waiting > 0 and of_queue >= queue.max_waiting then
          return nil, {'queue full', index - 1, of_queue, queue.max_waiting}
        end
        in_lane[job.lane], in_queue = waiting + 1, in_queue + 1
      end
      if job.key then
        held[job.key] = next_id
      end
      next_id = next_id + 1
    end
  end
  return jobs
end

local function add(job)
  local id = queue.next_id
  job.id, queue.next_id, queue.live = id, id + 1, queue.live + 1
  call('HSET', rows, 'j' .. id, job.record)
  if job.key then
    call('HSET', rows .. ':keys', job.key, pack('<dd', id, now + job.key_ttl))
  end
  local lane = lane_of(job.lane)
  if job.rate then
    set_rate(lane, job.rate[1], job.rate[2])
  end
  if job.is_blocked then
    lane.blocked = lane.blocked + 1
    call('ZADD', rows .. ':blocked', job.due > now and job.due or 0, member_of(id))
    call('RPUSH', rows .. ':a:' .. job.after, id)
    if band(queue.flags, BLOCKED) == 0 then
      queue.flags = queue.flags + BLOCKED
    end
  elseif job.due > now then
    put_delayed(job, job.due)
  else
    put_ready(job, false, false)
  end
  look_again(lane)
  return id
end

local function add_group(jobs)
  local ids = {}
  for index, job in ipairs(jobs) do
    ids[index] = job.holder and -job.holder or add(job)
  end
  return ids
end
