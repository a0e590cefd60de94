-- Frees all keys: the jobs pushed until now have none any more.
queue.key_floor = queue.next_id
set_flag(HAS_KEY_FLOOR, true)
call('UNLINK', rows .. ':keys', rows .. ':ends')
return close('done')
