// Jobs to push.

import * as check from "./check.mjs";
import { door } from "./errors.mjs";
import { encode } from "./payload.mjs";

const OPTIONS = [
  "priority",
  "tps",
  "rate",
  "delay",
  "at",
  "cost",
  "key",
  "keyTtl",
  "maxTries",
  "backoff",
  "after",
];

/** Makes the class of one build of the module. */
export function newJobClass(module, policyOf) {
  /** A job to push: the arguments are those of `push`. */
  class NewJob {
    constructor(payload, lane = undefined, options = undefined) {
      const given = check.options(options, OPTIONS);
      this.payload = encode(payload);
      this.backoff = policyOf(given.backoff);
      const terms = { ...given, payload: this.payload, backoff: this.backoff, lane };
      [
        this.lane,
        this.priority,
        this.rate,
        this.delay,
        this.at,
        this.cost,
        this.key,
        this.keyTtl,
        this.maxTries,
        this.after,
      ] = door(() => module.newJob(terms));
      // Checked once: nothing may change it before it is pushed.
      Object.freeze(this);
    }
  }

  /** Checks the jobs of an iterable. */
  function manyOf(jobs) {
    const many = check.many("jobs", jobs);
    for (const job of many) {
      if (!(job instanceof NewJob)) throw check.refusal("job", job, "a NewJob");
    }
    return many;
  }

  return { NewJob, manyOf };
}
