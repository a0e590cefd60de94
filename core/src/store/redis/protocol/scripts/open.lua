-- Opens the queue: reads its row.
--
-- KEYS[1] is a hash that holds all rows: q and Q the queue, l<lane>, j<id> a live job, r<id> what
-- its earlier deliveries left, d<id> a dead job, c<link> the last push of a connection, W who of those that sleep looks again when something is due. Every other key has
-- KEYS[1] as its prefix, so that all share one hash slot.
--
-- ARGV: 1 a number of 8 bytes for this request, and one more byte if it is repeated, 2 the row of the
-- connection, 3 the clock ('' asks the server), 4 max_failed, 5 a number to draw the tag from; the
-- verb's own follow.
--
-- Moments are kept in the queue's own time, clock + offset, which never goes back: a clock that
-- is set back raises the offset, and every stored moment moves with it.
local rows = KEYS[1]
local call, pack, unpack = redis.call, struct.pack, struct.unpack
local floor, max, min, band = math.floor, math.max, math.min, bit.band

-- BLOCKED: somebody waits for the end of a job, another job or a caller.
local VERSION = 1
local NEVER = 9007199254740992
local CLOCK_TOLERANCE = 2000
local PAUSED, LIMITED, ASLEEP, ROOM, BLOCKED, HAS_KEY_FLOOR = 1, 2, 4, 8, 16, 32
local QUEUE_HOT = '<Bddddddddddd'
local QUEUE_COLD = '<ddddddddddddddd'

local queue = {}
local queue_rows = call('HMGET', rows, 'q', 'Q')
local queue_row, queue_cold = queue_rows[1], queue_rows[2]
if queue_row then
  local version, at
  version, queue.now, queue.offset, queue.event, queue.flags, queue.tag, queue.live, queue.next_id,
    queue.virtual, queue.highest, queue.next_turn, queue.ready_lanes = unpack(QUEUE_HOT, queue_row)
  if version > VERSION then
    local shards = call('HGET', rows, 'S')
    return redis.error_reply(shards and 'SHARDED ' .. shards .. ' shards has the queue'
      or 'NEWER ' .. version .. ' is the version of the queue')
  end
  queue.retried, queue.died, queue.lapsed, queue.left, queue.key_floor, queue.lost, queue.watch,
    queue.max_in_flight, queue.max_waiting, queue.rate_count, queue.rate_window,
    queue.throttled_until, queue.used, queue.oldest, queue.newest, at =
    unpack(QUEUE_COLD, queue_cold)
  -- What a later release has added stays as it is.
  queue.rest = string.sub(queue_cold, at)
else
  local time = call('TIME')
  -- Those who waited for a queue that was deleted still sleep.
  queue = {
    now = 0, offset = 0, virtual = 0, highest = 0, next_turn = 0, next_id = 1, ready_lanes = 0,
    event = NEVER, live = 0, flags = ASLEEP, tag = (ARGV[5] * 1 + time[1] * 1000003 + time[2]) % 4294967296,
    retried = 0, died = 0, lapsed = 0, left = 0, key_floor = 0, lost = 0, watch = 0,
    max_in_flight = 0, max_waiting = 0, rate_count = 0, rate_window = 1000, throttled_until = 0,
    used = 0, oldest = 0, newest = 0, rest = '',
  }
end
queue.starts = rows .. ':s:'
