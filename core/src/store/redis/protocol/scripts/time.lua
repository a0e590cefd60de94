-- Reads the clock, in milliseconds: the server's, unless the request brings a time.
local clock = ARGV[3]
if clock == '' then
  local time = redis.call('TIME')
  clock = time[1] * 1000 + math.floor(time[2] / 1000)
end
