-- Ends holds. ARGV: 6 whether the work was done, 1 or 0, then key and owner of each. Gives for each 1
-- if its owner had it still, else 0.
local told = {}
for at = 7, #ARGV, 2 do
  local hold = read_hold(ARGV[at])
  local is_there = hold and hold.owner == ARGV[at + 1]
  if is_there then
    write_hold(ARGV[at], hold, ARGV[6] == '1' and hold.kept_until or now)
  end
  told[#told + 1] = is_there and 1 or 0
end
forget_ended_holds(2 * #told)
return close(told)
