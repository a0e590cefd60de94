-- Lists dead jobs, the latest first. ARGV: 6 how many.
local told = {}
if ARGV[6] * 1 > 0 then
  for _, member in ipairs(call('ZREVRANGE', rows .. ':dead', 0, ARGV[6] - 1)) do
    told[#told + 1] = #member == 5 and tell_dead(id_of(member)) or nil
  end
end
return told
