-- Looks at one lane. ARGV: 6 its name.
local lane = lane_there(ARGV[6])
return lane and tell_lane(lane)
