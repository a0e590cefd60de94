-- Takes keys that nobody else holds. ARGV: 6 the lease, then key, owner and backoff of each. Gives for
-- each 1 if its owner has it, else 0.
local told = {}
for at = 7, #ARGV, 3 do
  local key, owner = ARGV[at], ARGV[at + 1]
  local hold = read_hold(key)
  if not hold then
    local kept_until = now + ARGV[at + 2]
    write_hold(key, {owner = owner, kept_until = kept_until}, max(kept_until, now + ARGV[6]))
  end
  told[#told + 1] = (not hold or hold.owner == owner) and 1 or 0
end
forget_ended_holds(2 * #told)
return close(told)
