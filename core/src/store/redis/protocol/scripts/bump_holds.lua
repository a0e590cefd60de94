-- Ends all holds.
call('UNLINK', rows .. ':holds', rows .. ':held')
return close('done')
