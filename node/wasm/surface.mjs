// All that one build of the module offers beside the values and errors.

import { backoffClasses } from "./backoff.mjs";
import { manualClockClass } from "./manual_clock.mjs";
import { newJobClass } from "./new_job.mjs";
import { opener } from "./open.mjs";
import { queueClass } from "./queue.mjs";

export function surface(module) {
  const { Backoff, BackoffPolicy, policyOf } = backoffClasses(module);
  const { ManualClock, shareOf } = manualClockClass(module);
  const newJobs = newJobClass(module, policyOf);
  const Queue = queueClass(module, opener(module, shareOf), newJobs);
  const [
    BULK_PRIORITY,
    DEFAULT_PRIORITY,
    MAX_PRIORITY,
    DEFAULT_LANE,
    DEFAULT_LEASE,
    DEFAULT_MAX_TRIES,
    VERSION,
  ] = module.constants();
  return {
    BULK_PRIORITY,
    DEFAULT_LANE,
    DEFAULT_LEASE,
    DEFAULT_MAX_TRIES,
    DEFAULT_PRIORITY,
    MAX_PRIORITY,
    VERSION,
    Backoff,
    BackoffPolicy,
    ManualClock,
    NewJob: newJobs.NewJob,
    Queue,
  };
}
