-- Closes the call: ends a busy period, writes what has changed, rings who sleeps.
local function set_flag(flag, is_set)
  local was_set = band(queue.flags, flag) ~= 0
  if is_set ~= was_set then
    queue.flags = queue.flags + (is_set and flag or -flag)
  end
end

local has_rung = false

local function ring()
  -- Sleepers are given the marker after the call: that this call has set it says nothing of them.
  if has_rung then
    return
  end
  has_rung = true
  -- Nobody has taken the marker of an earlier call: whoever comes to sleep will find it.
  if call('ZADD', rows .. ':wake', 0, 'w') == 0 then
    set_flag(ASLEEP, false)
  end
end

local function write_queue()
  set_flag(LIMITED, queue.max_in_flight > 0 or queue.rate_count > 0 or queue.throttled_until > 0)
  local hot = pack(QUEUE_HOT, VERSION, queue.now, queue.offset, queue.event, queue.flags, queue.tag,
    queue.live, queue.next_id, queue.virtual, queue.highest, queue.next_turn, queue.ready_lanes)
  local cold = pack(QUEUE_COLD, queue.retried, queue.died, queue.lapsed, queue.left,
    queue.key_floor, queue.lost, queue.watch, queue.max_in_flight, queue.max_waiting,
    queue.rate_count, queue.rate_window, queue.throttled_until, queue.used, queue.oldest,
    queue.newest) .. queue.rest
  if cold == queue_cold then
    call('HSET', rows, 'q', hot)
  else
    call('HSET', rows, 'q', hot, 'Q', cold)
  end
end

local function close(reply, is_silent)
  if queue.ready_lanes == 0 and queue.virtual ~= queue.highest
    and call('ZCARD', rows .. ':leases') == 0 then
    queue.virtual = queue.highest
  end
  write_lanes_at_last()
  -- One sleeper is rung, who passes it on while work remains; also for what comes due before
  -- the moment at which one of them will look again by himself.
  if not is_silent and band(queue.flags, ASLEEP) ~= 0 and band(queue.flags, PAUSED) == 0
    and (queue.ready_lanes > 0 or soonest < (queue.watch > now and queue.watch or NEVER)) then
    ring()
  end
  write_queue()
  return reply
end
