-- A server without memory refuses the first write of a script if it may take memory, and carries
-- out all others. Verbs that give memory back, or whose failure would hold up those that do, are
-- carried out whole: their first write is one that takes none.
call('HDEL', rows, '')
