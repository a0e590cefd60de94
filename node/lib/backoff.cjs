"use strict";

const check = require("./check.cjs");
const { enter } = require("./errors.cjs");
const native = require("./native.cjs");

const POLICY = new Set(["min", "max", "factor", "jitter"]);
const OPTIONS = new Set([...POLICY, "limit", "expiration"]);

/** How long a job waits before its next try. */
class BackoffPolicy {
  constructor(options = undefined) {
    const { min = 1000, max = 600_000, factor = 2, jitter = true } = check.options(options, POLICY);
    const settings = policy(min, max, factor, jitter);
    [this.min, this.max] = enter(() => native.backoffDelays(...settings));
    this.factor = factor;
    this.jitter = jitter;
    Object.freeze(this);
  }
}

/** Counts attempts and tells how long to wait before the next one. */
class Backoff {
  #native;
  #options;
  #policy;

  constructor(options = undefined) {
    const given = check.options(options, OPTIONS);
    const { min = 100, max = 10_000, factor = 2, jitter = false } = given;
    const settings = policy(min, max, factor, jitter);
    const limit = check.maybe(check.integer, "limit", given.limit);
    const expiration = check.maybe(check.time, "expiration", given.expiration);
    this.#options = { min, max, factor, jitter, limit, expiration };
    this.#native = enter(() => new native.Backoff(...settings, limit, expiration));
    this.#policy = new BackoffPolicy({ min, max, factor, jitter });
  }

  duration() {
    return enter(() => this.#native.duration());
  }

  forAttempt(attempt) {
    check.integer("attempt", attempt);
    return enter(() => this.#native.forAttempt(attempt));
  }

  get attempt() {
    return enter(() => this.#native.attempt());
  }

  reset() {
    enter(() => this.#native.reset());
  }

  copy() {
    return new Backoff(this.#options);
  }

  static policyOf(backoff) {
    return backoff.#policy;
  }
}

const { policyOf: policyOfBackoff } = Backoff;
delete Backoff.policyOf;

function policy(min, max, factor, jitter) {
  return [
    check.time("min", min),
    check.time("max", max),
    check.number("factor", factor),
    check.truth("jitter", jitter),
  ];
}

/** Reads the policy of a job: given as such, or as a Backoff of which the policy is taken. */
function policyOf(value) {
  if (value === undefined || value === null) return null;
  if (value instanceof BackoffPolicy) return value;
  if (value instanceof Backoff) return policyOfBackoff(value);
  throw check.refusal("backoff", value, "a BackoffPolicy or a Backoff");
}

module.exports = { Backoff, BackoffPolicy, policyOf };
