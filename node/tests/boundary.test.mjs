// Bad input through the boundary gives an error, never a crash; and a panic is an error too.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { FairlaneError, NewJob, Queue } from "../index.mjs";
import { run } from "./support.mjs";

const THROWING = new Proxy({}, { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws });

function throws() {
  throw new RangeError("thrown by a trap");
}

/** Values that nobody expects. */
const BAD = [
  null, NaN, Infinity, -Infinity, -1, 0.5, 2 ** 53, 1e308, 10n ** 30n, "", "\ud800", "\0", "a".repeat(2_000),
  Symbol("s"), true, [], [[]], {}, { length: 2 ** 32 }, () => 1, new Date(NaN), new Map(), /x/,
  new Proxy([], {}), THROWING, { [Symbol.iterator]: throws }, { toJSON: throws }, { get wait() { throws(); } },
  new Uint8Array(3), new Float64Array([NaN]), Object.create(null), class {}, new AbortController(),
];

/** Every call with an argument, and how many it takes. */
const CALLS = {
  push: 3, pushMany: 1, pop: 1, popMany: 2, markComplete: 2, markCompleteMany: 1, release: 2, retry: 3, fail: 2,
  extend: 2, extendMany: 2, startDethrottler: 1, throttle: 2, setLimits: 2, pause: 1, resume: 1, size: 1, lane: 1,
  get: 1, peek: 2, cancel: 1, purge: 1, failed: 1, restoreFailed: 1, cleanFailed: 1,
};

/** What a promise of the user's own code may be rejected with, besides an error of fairlane. */
const OWN = "thrown by a trap";

describe("bad input", () => {
  test("gives an error of fairlane or a result, never anything else", async () => {
    const queue = await Queue.open("memory:", "q");
    await queue.push("there", "lane");
    const job = await queue.pop();
    const good = { push: "x", markComplete: job, retry: job, release: job, extend: job, throttle: "a", popMany: 1 };
    let refused = 0;
    const calls = [];
    for (const [verb, count] of Object.entries(CALLS)) {
      for (const value of BAD) {
        for (let place = 0; place < count; place++) {
          const args = [good[verb] ?? "a", undefined, undefined].slice(0, place);
          calls.push(
            queue[verb](...args, value).then(
              () => {},
              (error) => {
                refused++;
                if (error.message === OWN) return;
                assert.ok(error instanceof FairlaneError, `${verb} ${place}: ${error.stack}`);
                assert.notEqual(error.code, "Internal", `${verb} ${place}: ${error.stack}`);
              },
            ),
          );
        }
      }
    }
    await Promise.all(calls);
    assert.ok(refused > 700, `${refused} of ${calls.length}`);
    assert.equal((await queue.stats()).quarantined, 0);
    await queue.close();
  });

  test("is refused in words that say what would be accepted", async () => {
    const queue = await Queue.open("memory:", "q");
    const cases = [
      [() => queue.push(undefined), /^payload is not JSON: undefined has none: accepted are bytes and JSON values$/],
      [() => queue.push(1n), /^payload is not JSON: .*BigInt/],
      [() => queue.push(1, 5), "lane 5 is not accepted: accepted is a string"],
      [() => queue.push(1, ""), "lane name of 0 bytes is not accepted: accepted are 1 to 1024 bytes"],
      [
        () => queue.push(1, "a\ud800"),
        'text "a\\ud800" holds half a character: accepted is text that UTF-8 can encode',
      ],
      [() => queue.push(1, "a", { maxTries: 0 }), /^max_tries 0 is out of range/],
      [() => queue.push(1, "a", { maxtries: 3 }), /^option maxtries is not known: accepted are priority, tps,/],
      [() => queue.push(1, "a", { delay: -1 }), /^delay -1 ms is out of range: accepted are 0 ms to/],
      [() => queue.push(1, "a", { rate: [1] }), /^rate Array is not accepted: accepted is \[count, window/],
      [() => queue.push(1, "a", { keyTtl: 5 }), "key_ttl 5 ms is given without a key: name the key too"],
      [() => queue.push(1, "a", { after: "x" }), /^job id "x" is not one that push gave$/],
      [() => queue.pushMany([{ payload: 1 }]), "job Object is not accepted: accepted is a NewJob"],
      [() => queue.pushMany(1), "jobs 1 is not accepted: accepted is an iterable"],
      [() => queue.pop({ wait: "1" }), "wait string is not accepted: accepted is a number of milliseconds"],
      [() => queue.pop({ signal: {} }), "signal Object is not accepted: accepted is an AbortSignal"],
      [() => queue.popMany(0), "count 0 is out of range: accepted are 1 to 10000"],
      [() => queue.popMany(10_001), "count 10001 is out of range: accepted are 1 to 10000"],
      [() => queue.popMany(-1), "count -1 is out of range: accepted are 0 and above"],
      [() => queue.markComplete("garbage"), 'token "garbage" is not one that pop gave'],
      [() => queue.markComplete({ token: "1.1.00000000" }), /^delivery Object is not accepted/],
      [() => queue.throttle("a", -1), /^throttle -1 ms is out of range/],
    ];
    for (const [call, message] of cases) {
      await assert.rejects(call(), { code: "InvalidArgument", message }, String(call));
    }
    await queue.close();
  });

  test("a payload as large as a queue accepts goes through, a larger one does not", async () => {
    const queue = await Queue.open("memory:", "q", { maxPayload: 64 << 20 });
    const payload = Buffer.alloc(64 << 20, 7);
    await queue.push(payload);
    const job = await queue.pop();
    assert.ok(job.payload.equals(payload));
    await assert.rejects(queue.push(Buffer.alloc((64 << 20) + 1)), { code: "PayloadTooLarge" });
    await queue.close();
  });

  test("a payload that is no JSON throws where it is read", async () => {
    const queue = await Queue.open("memory:", "q");
    for (const payload of [Buffer.from("{"), Buffer.from([0xff])]) {
      await queue.push(payload);
      const job = await queue.pop();
      assert.throws(() => job.json(), SyntaxError);
    }
    await queue.close();
  });

  test("names of any characters come back as they were", async () => {
    const queue = await Queue.open("memory:", "q");
    for (const lane of ["\0", "a\nb", "😀", "\ufeffx", "ß\u0301", "%$,", "a".repeat(1_024)]) {
      await queue.push(new NewJob(1).payload, lane, { key: lane });
      const job = await queue.pop();
      assert.deepEqual([job.lane, job.key], [lane, lane]);
      await queue.fail(job, lane);
      assert.equal((await queue.failed(1))[0].error, lane);
    }
    await queue.close();
  });
});

describe("a panic", () => {
  test("becomes an error, on JavaScript's thread and on the queue's, and all goes on", () => {
    // In a process of its own: a panic writes where it happened to stderr.
    const done = run(`
      import { Queue, InternalError } from "./index.mjs";
      import native from "./lib/native.cjs";
      import { panic } from "./lib/queue.cjs";
      import { enter } from "./lib/errors.cjs";
      const queue = await Queue.open("memory:", "q");
      for (const forced of [async () => enter(() => native.panic("first")), () => panic(queue, "second")]) {
        await forced().catch((error) => console.log(error instanceof InternalError, error.message));
      }
      await queue.push("");
      console.log(await queue.size());
    `);
    assert.deepEqual(done.stdout.trim().split("\n"), [
      "true defect in fairlane, please report it: first",
      "true defect in fairlane, please report it: second",
      "1",
    ], done.stderr);
    assert.equal(done.status, 0);
  });
});
