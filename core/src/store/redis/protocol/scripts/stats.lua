-- Gives the counts of the queue.
return tell_stats()
