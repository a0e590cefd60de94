-- Looks at what the latest changing call left: moves nothing, reads no clock.
local now, virtual_at_first = queue.now, queue.virtual
local is_looking = true

local function expect() end
