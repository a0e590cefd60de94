-- Tells what has become of a job: open, kept and the result, dead and the error, gone, or unknown.
-- The result is looked at by that moment.
local function fate_of(id, moment)
  if id < 1 or id >= queue.next_id then
    return {'unknown'}
  elseif call('HEXISTS', rows, 'j' .. id) == 1 then
    return {'open'}
  end
  local dead = read_dead(id)
  if dead then
    local _, _, _, has_error, at = unpack(RUN, dead.run)
    return {'dead', has_error == 1 and string.sub(dead.run, at) or ''}
  end
  local row = call('HGET', rows .. ':results', id)
  if row and (unpack('<d', row)) > moment then
    return {'kept', string.sub(row, 9)}
  end
  return {'gone'}
end
