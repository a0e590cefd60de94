-- Looks at a job. ARGV: 6 its id.
return tell_job(ARGV[6] * 1)
