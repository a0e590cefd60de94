-- Lists the schedules.
local told = {}
for _, name in ipairs(call('HKEYS', rows .. ':schedules')) do
  told[#told + 1] = tell_schedule(name)
end
return told
