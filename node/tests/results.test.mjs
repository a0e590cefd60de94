import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { ManualClock, NewJob, Queue, Worker } from "../index.mjs";
import { DAWN, PACKAGE, onEveryStore } from "./support.mjs";

const LONG = 60_000;

/** How often is measured what the machine may delay; a wait that nobody calls takes seconds each time. */
const TRIES = 3;

/** What another process does: it waits for jobs, and ends each with the time as its result. */
const OTHER = `
  import { Queue } from "./index.mjs";
  const queue = await Queue.open(process.argv[1], "tests");
  process.stdout.write("ready");
  for (let n = 0; n < ${TRIES}; n++) {
    const job = await queue.pop({ wait: 60_000 });
    await queue.markComplete(job, { result: Date.now() });
  }
  await queue.close();
`;

onEveryStore(({ kind, open, place }) => {
  // A queue in memory belongs to its process.
  if (kind !== "memory") {
    test("the end of a job in another process ends a wait", async (t) => {
      const url = await place();
      const queue = await Queue.open(url, "tests");
      t.after(() => queue.close());
      const options = { cwd: PACKAGE, stdio: ["ignore", "pipe", "inherit"] };
      const command = ["--input-type=module", "--eval", OTHER, url];
      const other = spawn(process.execPath, command, options);
      t.after(() => other.kill());
      await once(other.stdout, "data");
      const late = [];
      for (let n = 0; n < TRIES; n++) {
        const id = await queue.push(1, undefined, { delay: 100 });
        const ended = JSON.parse(await queue.result(id, { wait: LONG }));
        late.push(Date.now() - ended);
      }
      assert.ok(Math.min(...late) < 2_000, `${late} ms`);
    });
  }

  test("a result is bytes or JSON", async (t) => {
    const queue = await open(t);
    const given = [
      [Buffer.from("as it is"), "as it is"],
      [Uint8Array.of(0x61), "a"],
      [{ sum: 42 }, '{"sum":42}'],
      ["", '""'],
      [Buffer.alloc(0), ""],
      [0, "0"],
      [false, "false"],
    ];
    for (const [result, bytes] of given) {
      const id = await queue.push(1);
      await queue.markComplete(await queue.pop(), { result });
      for (const wait of [0, LONG]) {
        const kept = await queue.result(id, { wait });
        assert.ok(Buffer.isBuffer(kept));
        assert.equal(String(kept), bytes);
      }
    }
  });

  test("without a result there is none", async (t) => {
    const queue = await open(t);
    for (const options of [undefined, {}, { result: null }, { result: 1, resultTtl: 0 }]) {
      const id = await queue.push(1);
      await queue.markComplete(await queue.pop(), options);
      assert.equal(await queue.result(id, { wait: LONG }), null);
    }
  });

  test("a result is kept for its time", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    const id = await queue.push(1);
    await queue.markComplete(await queue.pop(), { result: 1, resultTtl: 250 });
    clock.advance(249);
    assert.equal(String(await queue.result(id)), "1");
    clock.advance(1);
    assert.equal(await queue.result(id), null);
  });

  test("a job that has not ended has no result yet", async (t) => {
    const queue = await open(t);
    const id = await queue.push(1);
    const message = `job ${id} has not ended: wait for its result, or ask again`;
    await assert.rejects(queue.result(id), { code: "Timeout", message });
    await assert.rejects(queue.result(id, { wait: 20 }), {
      code: "Timeout",
      message: `job ${id} has not ended within 20 ms: wait longer, or ask again`,
    });
  });

  test("a dead job has failed", async (t) => {
    const queue = await open(t);
    const id = await queue.push(1);
    await queue.fail(await queue.pop(), "no such address");
    const message = `job ${id} is dead: no such address`;
    await assert.rejects(queue.result(id, { wait: LONG }), { code: "JobFailed", message });
  });

  test("a wait ends when the job does, for all who wait, and by a signal", async (t) => {
    const queue = await open(t);
    const late = [];
    for (let n = 0; n < TRIES; n++) {
      const ids = [await queue.push(1), await queue.push(2)];
      const ending = new AbortController();
      const waits = [...ids, ids[0]].map((id) => queue.result(id, { wait: LONG }));
      const aborted = queue.result(ids[0], { wait: LONG, signal: ending.signal });
      ending.abort(new Error("enough"));
      await assert.rejects(aborted, { message: "enough" });
      await sleep(30);
      const jobs = await queue.popMany(2);
      const ended = performance.now();
      assert.deepEqual(await queue.markCompleteMany(jobs, { results: ["one", null] }), [null, null]);
      assert.deepEqual((await Promise.all(waits)).map((value) => value && String(value)), [
        '"one"',
        null,
        '"one"',
      ]);
      late.push(performance.now() - ended);
    }
    assert.ok(Math.min(...late) < 2_000, `${late} ms`);
  });

  test("a thousand waits are held by one thread", async (t) => {
    const queue = await open(t);
    const pushed = await queue.pushMany(Array.from({ length: 1_000 }, (_, n) => new NewJob(n)));
    const waits = pushed.map(({ id }) => queue.result(id, { wait: LONG }));
    const jobs = await queue.popMany(1_000);
    await queue.markCompleteMany(jobs, { results: jobs.map((job) => job.payload) });
    const results = await Promise.all(waits);
    assert.deepEqual(results.map(String), pushed.map((_, n) => String(n)));
  });

  test("closing the queue ends a wait", async (t) => {
    const queue = await open(t);
    const waiting = queue.result(await queue.push(1), { wait: LONG });
    const refused = assert.rejects(waiting, { code: "Closed" });
    await queue.close();
    await refused;
  });

  test("what is not accepted is refused", async (t) => {
    const queue = await open(t, { maxPayload: 10 });
    await queue.push(1);
    const job = await queue.pop();
    const refused = (options, message) =>
      assert.rejects(queue.markComplete(job, options), { message });
    await refused({ result: "too long for it" }, /^result of 17 bytes is too large/);
    await refused({ result: () => 1 }, /^result is not JSON: function has none: accepted are/);
    await refused({ result: 1, resultTtl: -1 }, /^result_ttl -1 ms is out of range/);
    await assert.rejects(queue.markCompleteMany([job], { results: [] }), {
      message: "0 results are given for 1 tokens: accepted is one for each, which may be none",
    });
    const [error] = await queue.markCompleteMany([job], { results: ["too long for it"] });
    assert.equal(error.code, "PayloadTooLarge");
    await queue.markComplete(job);
  });

  for (const value of [Buffer.from("bytes"), { a: [1] }, 0, [], "text", new Date(0)]) {
    test(`what a handler gives back is the result: ${JSON.stringify(value)}`, async (t) => {
      const queue = await open(t);
      const worker = new Worker(queue, async () => value);
      await worker.start();
      t.after(() => worker.stop());
      const result = await queue.result(await queue.push(1), { wait: LONG });
      if (Buffer.isBuffer(value)) assert.deepEqual(result, value);
      else assert.equal(String(result), JSON.stringify(value));
    });
  }

  test("a handler that gives back nothing leaves nothing, and what has no JSON is a failed try", async (t) => {
    const queue = await open(t);
    const worker = new Worker(queue, (job) => (job.json() === 1 ? undefined : () => 1));
    await worker.start();
    t.after(() => worker.stop());
    assert.equal(await queue.result(await queue.push(1), { wait: LONG }), null);
    const id = await queue.push(2, undefined, { maxTries: 1 });
    await assert.rejects(queue.result(id, { wait: LONG }), {
      code: "JobFailed",
      message: /is dead: cannot complete: result is not JSON/,
    });
  });
});
