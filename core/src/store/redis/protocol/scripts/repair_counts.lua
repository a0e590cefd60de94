-- Counts the jobs in flight, the delayed or the blocked of every lane anew, all in one step: between
-- two, jobs could come and go. ARGV: 6 which (leases, delayed, blocked), 7 on the lanes whose counters
-- were not 0.
local PAGE = 500
local FIELDS = {leases = 'in_flight', delayed = 'delayed', blocked = 'blocked'}
local index, field = rows .. ':' .. ARGV[6], FIELDS[ARGV[6]]
local is_flight = field == 'in_flight'
local counts = {}
for at = 7, #ARGV do
  counts[ARGV[at]] = 0
end

-- Gives the id that an entry names, and the delivery if it is a lease.
local function named(member)
  if is_flight then
    local id, delivery = string.match(member, '^(%d+)%.(%d+)$')
    return id and id * 1, delivery and delivery * 1
  end
  return #member == 5 and id_of(member) or nil
end

-- Tells whether a lease is of the delivery that is under way; one without whose row was lost is
-- believed, so that its worker can end it.
local function is_under_way(id, delivery)
  local run = read_delivery(id)
  if delivery <= run.deliveries then
    return delivery == run.deliveries
  end
  if call('ZSCORE', index, id .. '.' .. run.deliveries) then
    return false
  end
  run.deliveries, run.tries = delivery, max(run.tries, 1)
  write_run(id, run)
  placed = placed + 1
  return true
end

local members = call('ZRANGE', index, 0, -1)
for first = 1, #members, PAGE do
  local last = min(first + PAGE - 1, #members)
  local wanted = {}
  for at = first, last do
    wanted[#wanted + 1] = 'j' .. (named(members[at]) or '')
  end
  local records = call('HMGET', rows, unpack_all(wanted))
  for at = first, last do
    local member, record = members[at], records[at - first + 1]
    local id, delivery = named(member)
    local job = record and whole(id, record)
    if not job or (is_flight and not is_under_way(id, delivery)) then
      call('ZREM', index, member)
      strays = strays + 1
      if id and not job then
        missing[#missing + 1] = id
      end
    else
      counts[job.lane] = (counts[job.lane] or 0) + 1
    end
  end
end

for name, count in pairs(counts) do
  local lane = lane_of(name)
  if lane[field] ~= count then
    lane[field] = count
    mended(lane)
    mend_lane(lane)
  end
end
return end_step()
