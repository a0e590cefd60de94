-- The arguments came as text, as their carrier takes nothing else: each byte from 128 on as the
-- character of that number, which is two bytes here.
local ARGV = (function(given)
  local arguments = {}
  for index, text in ipairs(given) do
    arguments[index] = string.gsub(text, '([\194\195])(.)', function(lead, trail)
      return lead == '\194' and trail or string.char(string.byte(trail) + 64)
    end)
  end
  return arguments
end)(ARGV)
