-- Makes holds last from now. ARGV: 6 the lease, then key and owner of each. Gives for each 1 if its
-- owner has it still, else 0.
local told = {}
for at = 7, #ARGV, 2 do
  local hold = read_hold(ARGV[at])
  local is_there = hold and hold.owner == ARGV[at + 1]
  if is_there then
    write_hold(ARGV[at], hold, max(hold.kept_until, now + ARGV[6]))
  end
  told[#told + 1] = is_there and 1 or 0
end
return close(told)
