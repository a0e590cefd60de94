import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";

import * as fairlane from "../index.mjs";
import { Backoff, BackoffPolicy, FairlaneError, ManualClock, NewJob } from "../index.mjs";
import native from "../lib/native.cjs";
import packageFile from "../package.json" with { type: "json" };
import { DAWN } from "./support.mjs";

const YEAR_9999 = 253_402_300_799_999;

describe("errors", () => {
  test("every code of the core has its class", () => {
    const classes = Object.values(fairlane).filter((one) => one?.prototype instanceof FairlaneError);
    const made = classes.map((one) => new one("a sentence"));
    const shown = made.map(({ code, number, retryable }) => ({ name: code, number, retryable }));
    shown.sort((one, other) => one.number - other.number);
    assert.deepEqual(shown, native.errorCodes());
    for (const error of made) {
      assert.equal(error.name, `${error.code}Error`);
      assert.equal(error.constructor, fairlane[error.name]);
      assert.equal(String(error), `${error.name}: a sentence`);
    }
  });
});

describe("constants", () => {
  test("they are the core's", () => {
    assert.equal(fairlane.VERSION, packageFile.version);
    assert.deepEqual(
      [fairlane.BULK_PRIORITY, fairlane.DEFAULT_PRIORITY, fairlane.MAX_PRIORITY],
      [0, 1, 9],
    );
    assert.equal(fairlane.DEFAULT_LANE, "default");
    assert.equal(fairlane.DEFAULT_LEASE, 120_000);
    assert.equal(fairlane.DEFAULT_MAX_TRIES, 10);
  });
});

describe("backoff", () => {
  test("it counts its delays up to the limit", () => {
    const backoff = new Backoff({ min: 100, max: 300, limit: 3 });
    const delays = [1, 2, 3, 4].map(() => backoff.duration());
    assert.deepEqual(delays, [100, 200, 300, null]);
    assert.equal(backoff.attempt, 3);
    assert.equal(backoff.copy().attempt, 0);
    backoff.reset();
    assert.equal(backoff.duration(), 100);
    assert.equal(backoff.forAttempt(1), 200);
    assert.equal(new Backoff({ expiration: 0 }).duration(), null);
  });

  test("a policy has the defaults of a job that names none", () => {
    const { min, max, factor, jitter } = new BackoffPolicy();
    assert.deepEqual([min, max, factor, jitter], [1_000, 600_000, 2, true]);
  });

  test("wrong settings are named", () => {
    const wrong = (make, message) => assert.throws(make, { code: "InvalidArgument", message });
    wrong(() => new Backoff({ factor: 0 }), "backoff factor 0 is out of range: accepted are 1 to 1000");
    wrong(() => new BackoffPolicy({ min: 5, max: 4 }), /min 5 ms is above max 4 ms/);
    wrong(() => new Backoff({ limit: -1 }), "limit -1 is out of range: accepted are 0 and above");
    wrong(() => new Backoff({ limit: 0.5 }), "limit 0.5 is not accepted: accepted is a whole number");
    wrong(() => new Backoff().forAttempt(-1), /^attempt -1 is out of range/);
    wrong(() => new Backoff().forAttempt("1"), "attempt string is not accepted: accepted is a whole number");
    wrong(() => new BackoffPolicy({ jitter: 1 }), /^jitter 1 is not accepted/);
    wrong(() => new NewJob(1, "a", { backoff: {} }), /^backoff Object is not accepted/);
  });
});

describe("clock", () => {
  test("it shows what it was turned to, between 1970 and 9999", () => {
    const clock = new ManualClock(new Date(DAWN));
    clock.advance(-500);
    assert.equal(clock.now, DAWN - 500);
    clock.set(YEAR_9999);
    clock.advance(1);
    assert.equal(clock.now, YEAR_9999);
    const wrong = (turn) => assert.throws(turn, { code: "InvalidArgument" });
    wrong(() => new ManualClock(-1));
    wrong(() => clock.set(NaN));
    wrong(() => clock.set(new Date(NaN)));
    wrong(() => clock.advance(Infinity));
    wrong(() => clock.advance("1"));
    assert.equal(clock.now, YEAR_9999);
  });
});

describe("a job to push", () => {
  test("it is what it was made of, and stays so", () => {
    const job = new NewJob("x", "a", { tps: 5, delay: 10, key: "k", backoff: new Backoff() });
    assert.deepEqual([job.rate, job.delay, job.at, job.key], [[5, 1_000], 10, null, "k"]);
    assert.ok(job.backoff instanceof BackoffPolicy);
    assert.throws(() => (job.lane = "b"), TypeError);
  });

  test("it is shown whole", () => {
    const job = new NewJob(1, "a", { key: "k" });
    const { payload, ...others } = JSON.parse(JSON.stringify(job));
    assert.deepEqual(payload, { type: "Buffer", data: [...Buffer.from("1")] });
    assert.equal(others.lane, "a");
    assert.equal(others.key, "k");
    assert.equal(others.at, null);
    assert.match(inspect(job), /^NewJob \{[^]*payload: <Buffer 31>[^]*lane: 'a'/);
  });

  test("two ways to say one thing are refused", () => {
    const both = (options, names) =>
      assert.throws(() => new NewJob(1, "a", options), {
        code: "InvalidArgument",
        message: `${names} are both given: accepted is one of them`,
      });
    both({ tps: 1, rate: [1, 1_000] }, "tps and rate");
    both({ delay: 1, at: DAWN }, "delay and at");
  });
});
