-- Lists lanes by name. ARGV: 6 the name after which to begin ('' from the first), 7 how many.
local told, from, most = {}, ARGV[6] == '' and '-' or '(' .. ARGV[6], ARGV[7] * 1
while #told < most do
  local names = call('ZRANGEBYLEX', rows .. ':names', from, '+', 'LIMIT', 0, 100)
  for _, name in ipairs(names) do
    from = '(' .. name
    local lane = lane_there(name)
    if lane and #told < most then
      told[#told + 1] = tell_lane(lane)
    end
  end
  if #names < 100 then
    break
  end
end
return told
