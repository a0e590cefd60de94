-- Recognises a push that is sent again: gives the id that its earlier sending gave to its first job.
local sequence = ARGV[1]
if #sequence > 8 then
  -- The reply to an earlier sending was lost: if that was carried out, it is told again.
  sequence = string.sub(sequence, 1, 8)
  local last = call('HGET', rows, ARGV[2])
  if last and string.sub(last, 1, 8) == sequence then
    return (read('<d', last, 17))
  end
end
