-- Makes leases last from now. ARGV: 6 the lease, 7 how many, then id, delivery and tag of each.
-- Gives for each 'done', 'stale' or 'foreign'.
local fares = {}
for index = 1, ARGV[7] * 1 do
  local at = 5 + index * 3
  local lease = ARGV[at] .. '.' .. ARGV[at + 1]
  if ARGV[at + 2] * 1 ~= queue.tag then
    fares[index] = 'foreign'
  elseif call('ZSCORE', rows .. ':leases', lease) then
    call('ZADD', rows .. ':leases', now + ARGV[6], lease)
    expect(now + ARGV[6])
    fares[index] = 'done'
  else
    fares[index] = 'stale'
  end
end
return close(fares)
