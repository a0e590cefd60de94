-- The plain case of a verb, done with few commands: the scripts <verb>.lua do every case, keep the
-- same rules, and say what the rows hold; read open.lua, lanes.lua and jobs.lua first. A script
-- that finds its case not plain has changed nothing and gives nothing: then <verb>.lua is sent.
--
-- A request that is sent again, its reply lost, must be recognised here: the request for <verb>.lua
-- would be a new one, which nobody takes for a repeat.
--
-- What makes a case plain: the clock has not gone back, nothing has come due; lanes
-- that have no limits, no weight, no pause, no delayed or blocked jobs and only jobs of cost 1.
--
-- ARGV: 1 a number of 8 bytes for this request, and one more byte if it is repeated, 2 the row of the
-- connection, 3 the clock; the verb's own follow.
--
-- Every command, every string that is made and every number that is written as text counts here:
-- Redis spends far more time on these than on the data. So the frequent case of such a text is a
-- literal.
local rows, call, pack, read = KEYS[1], redis.call, struct.pack, struct.unpack
local QUEUE, LANE = '<Bddddddddddd', '>I7I6BI2I4I4'
local UNIT, LOAD_SCALE = 100000, 1073741824
