-- Tells what has become of a job. ARGV: 6 its id. The one look that reads the clock.
return fate_of(ARGV[6] * 1, max(clock + queue.offset, queue.now))
