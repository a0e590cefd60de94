-- Changes a lane, or the queue if its name is ''. ARGV: 6 the lane, 7 the change:
--   l limits: rate count and window, max_in_flight, weight, max_waiting, each '' to stay
--   p pause, r resume
--   t throttle: for how long
local name, change = ARGV[6], ARGV[7]
local holder = name == '' and queue or lane_of(name)
if change == 'l' then
  if ARGV[8] ~= '' then
    set_rate(holder, ARGV[8] * 1, ARGV[9] * 1)
  end
  for index, field in ipairs({'max_in_flight', 'weight', 'max_waiting'}) do
    local value = ARGV[9 + index]
    if value ~= '' then
      holder[field] = value * 1
    end
  end
  if holder.max_waiting > 0 then
    set_flag(ROOM, true)
  end
  holder.kept = holder.rate_count > 0 or holder.max_in_flight > 0 or holder.weight ~= 1
    or holder.max_waiting > 0
elseif change == 't' then
  holder.throttled_until = ARGV[8] * 1 > 0 and now + ARGV[8] or 0
elseif name == '' then
  set_flag(PAUSED, change == 'p')
else
  holder.paused = change == 'p'
end
if name ~= '' then
  look_again(holder)
end
return close('done')
