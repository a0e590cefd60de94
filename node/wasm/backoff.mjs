// Backoff, which the module computes.

import * as check from "./check.mjs";
import { door } from "./errors.mjs";

const POLICY = ["min", "max", "factor", "jitter"];
const OPTIONS = [...POLICY, "limit", "expiration"];

/** Makes the classes of one build of the module. */
export function backoffClasses(module) {
  /** How long a job waits before its next try. */
  class BackoffPolicy {
    constructor(options = undefined) {
      const given = check.options(options, POLICY);
      [this.min, this.max, this.factor, this.jitter] = door(() => module.backoffPolicy(given));
      Object.freeze(this);
    }
  }

  /** Counts attempts and tells how long to wait before the next one. */
  class Backoff {
    #counter;
    #options;

    constructor(options = undefined) {
      this.#options = { ...check.options(options, OPTIONS) };
      this.#counter = door(() => new module.Backoff(this.#options));
    }

    duration() {
      return door(() => this.#counter.duration());
    }

    forAttempt(attempt) {
      return door(() => this.#counter.forAttempt(attempt));
    }

    get attempt() {
      return this.#counter.attempt();
    }

    reset() {
      this.#counter.reset();
    }

    copy() {
      return new Backoff(this.#options);
    }

    static policyOf(backoff) {
      const [min, max, factor, jitter] = backoff.#counter.policy();
      return new BackoffPolicy({ min, max, factor, jitter });
    }
  }

  const { policyOf: policyOfBackoff } = Backoff;
  delete Backoff.policyOf;

  /** Reads the policy of a job: given as such, or as a Backoff of which the policy is taken. */
  function policyOf(value) {
    if (value === undefined || value === null) return null;
    if (value instanceof BackoffPolicy) return value;
    if (value instanceof Backoff) return policyOfBackoff(value);
    throw check.refusal("backoff", value, "a BackoffPolicy or a Backoff");
  }

  return { Backoff, BackoffPolicy, policyOf };
}
