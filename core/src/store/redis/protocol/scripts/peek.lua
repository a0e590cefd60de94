-- Looks at the first ready jobs of a lane. ARGV: 6 the lane, 7 how many.
local told, most = {}, ARGV[7] * 1
for priority = 9, 0, -1 do
  local wanted = most - #told
  if wanted > 0 then
    for _, element in ipairs(call('LRANGE', waiting_list(ARGV[6], priority), 0, wanted - 1)) do
      -- A damaged one hides no other.
      local is_told, job = pcall(tell_job, (string.match(element, '^%d+') or 0) * 1)
      told[#told + 1] = is_told and job or nil
    end
  end
end
return told
