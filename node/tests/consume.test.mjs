import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { ManualClock, NewJob } from "../index.mjs";
import { DAWN, collect, onEveryStore } from "./support.mjs";

onEveryStore(({ open, place, kind }) => {
  test("a job is delivered with all that is known of it", async (t) => {
    const queue = await open(t, { clock: new ManualClock(DAWN) });
    const id = await queue.push({ n: 1 }, "tenant-7", { key: "k", priority: 2, maxTries: 3 });
    const job = await queue.pop({ lease: 30_000 });
    const { payload, token, ...rest } = job.toJSON();
    assert.equal(token, job.token);
    assert.ok(Buffer.isBuffer(payload));
    assert.deepEqual(job.json(), { n: 1 });
    assert.match(token, new RegExp(`^${id}\\.1\\.[0-9a-f]{8}$`));
    assert.deepEqual(rest, {
      id,
      lane: "tenant-7",
      priority: 2,
      cost: 1,
      tries: 1,
      maxTries: 3,
      lapses: 0,
      pushedAt: DAWN,
      startedAt: DAWN,
      leaseUntil: DAWN + 30_000,
      key: "k",
      after: null,
      error: null,
      headers: {},
    });
  });

  test("a lease of 0 is at most once", async (t) => {
    const queue = await open(t);
    await queue.push(1);
    assert.equal((await queue.pop({ lease: 0 })).leaseUntil, null);
    assert.equal((await queue.stats()).completed, 1);
  });

  test("popMany gives what there is", async (t) => {
    const queue = await open(t);
    await queue.pushMany([1, 2, 3].map((n) => new NewJob(n)));
    assert.deepEqual((await queue.popMany(2)).map((job) => job.json()), [1, 2]);
    assert.deepEqual((await queue.popMany(9)).map((job) => job.json()), [3]);
    assert.deepEqual(await queue.popMany(9), []);
  });

  test("payloads of a batch stay as they were, whatever comes after them", async (t) => {
    const queue = await open(t);
    const payloads = [0, 1, 100, 4096, 4097, 3000, 3000, 3000, 3000, 3000, 20_000, 0, 5].map(
      (length, n) => Buffer.alloc(length, n + 1),
    );
    await queue.pushMany(payloads.map((payload) => new NewJob(payload)));
    const jobs = await queue.popMany(payloads.length);
    await queue.pushMany(payloads.map(({ length }) => new NewJob(Buffer.alloc(length, "other"))));
    await queue.popMany(payloads.length);
    assert.deepEqual(jobs.map((job) => job.payload), payloads);
  });

  test("a batch arrives as it was, whatever stands beside each other in it", async (t) => {
    const queue = await open(t);
    const shared = new NewJob("shared", "a");
    const news = [
      shared,
      new NewJob("é", "a"),
      new NewJob("later", "b", { key: "key", headers: { name: "value" } }),
      new NewJob(Buffer.alloc(0), "a"),
      new NewJob("next", "b"),
      new NewJob(Buffer.alloc(5_000, "long"), "é".repeat(50)),
      new NewJob("short", "c", { after: await queue.push("first", "z") }),
      shared,
      new NewJob(new Uint16Array([1, 2]), "c"),
    ];
    const pushed = await queue.pushMany(news);
    for (const [at, { id }] of pushed.entries()) {
      const { lane, payload, key } = await queue.get(id);
      const { lane: ownLane, payload: ownPayload, key: ownKey } = news[at];
      assert.deepEqual([lane, payload, key], [ownLane, ownPayload, ownKey], `job ${at}`);
    }
  });

  test("a popped job is shown whole", async (t) => {
    const queue = await open(t);
    await queue.push({ n: 1 });
    const job = await queue.pop();
    assert.equal(job.payload, job.payload);
    const { token, id, tries, payload } = JSON.parse(JSON.stringify(job));
    assert.deepEqual([token, id, tries], [job.token, job.id, 1]);
    assert.deepEqual(Buffer.from(payload), job.payload);
    assert.match(inspect(job), /^Job \{[^]*id: '1'[^]*payload: <Buffer /);
  });

  test("a long payload may be given away, and the rest of its job is still there", async (t) => {
    const queue = await open(t);
    await queue.push(Buffer.alloc(5_000, "x"), "tenant", { key: "k" });
    const job = await queue.pop();
    const { buffer } = job.payload;
    structuredClone(buffer, { transfer: [buffer] });
    assert.equal(buffer.byteLength, 0);
    assert.deepEqual([job.lane, job.key, job.tries], ["tenant", "k", 1]);
    await queue.markComplete(job);
  });

  test("a short payload keeps little in memory beside itself, and none can give it away", async (t) => {
    const queue = await open(t);
    await queue.pushMany(Array.from({ length: 100 }, () => new NewJob(Buffer.alloc(1000))));
    const jobs = await queue.popMany(100);
    for (const { payload } of jobs) {
      assert.ok(payload.buffer.byteLength <= 16_384);
      try {
        structuredClone(payload, { transfer: [payload.buffer] });
      } catch (error) {
        // Node 20 copies instead.
        assert.equal(error.name, "DataCloneError");
      }
    }
    for (const { payload } of jobs) assert.equal(payload.length, 1000);
  });

  test("jobs of all sizes arrive whole in one batch", async (t) => {
    const queue = await open(t);
    const sizes = [0, 3, 100, 4_096, 4_097, 1_000, 9_000];
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`name-${n}`, `${n}`]));
    const news = Array.from({ length: 400 }, (_, n) => {
      const headers = [undefined, { n: `${n}` }, many][n % 3 === 0 ? 0 : n % 10 === 0 ? 2 : 1];
      return new NewJob(Buffer.alloc(sizes[n % sizes.length], `${n} `), `lane-${n % 2}`, { headers });
    });
    const pushed = await queue.pushMany(news);
    const popped = await queue.popMany(news.length);
    const byId = new Map(popped.map((job) => [job.id, job]));
    for (const [at, { id }] of pushed.entries()) {
      const [job, was] = [byId.get(id), news[at]];
      assert.deepEqual([job.payload, job.lane, job.headers], [was.payload, was.lane, was.headers]);
    }
    assert.deepEqual(await queue.markCompleteMany(popped), news.map(() => null));
  });

  test("lanes are told apart, however many there are and however alike", async (t) => {
    const queue = await open(t);
    const lanes = Array.from({ length: 700 }, (_, n) => `lane-é-${n}-${"x".repeat(n % 32)}`);
    await queue.pushMany(lanes.map((lane) => new NewJob(lane, lane)));
    for (const job of await queue.popMany(lanes.length)) assert.equal(job.lane, job.json());
  });

  test("pops in flight together share what there is, each job once", async (t) => {
    const queue = await open(t);
    await queue.pushMany(Array.from({ length: 50 }, (_, n) => new NewJob(n)));
    const pops = [queue.popMany(20), ...Array.from({ length: 40 }, () => queue.pop())];
    const [many, ...single] = await Promise.all(pops);
    assert.equal(many.length, 20);
    const got = single.filter((job) => job !== null);
    assert.equal(got.length, 30);
    assert.equal(new Set([...many, ...got].map((job) => job.id)).size, 50);
  });

  test("a completed job is gone, and its token is stale", async (t) => {
    const queue = await open(t);
    await queue.push(1);
    const job = await queue.pop();
    assert.equal(await queue.markComplete(job), undefined);
    await assert.rejects(queue.markComplete(job.token), { code: "StaleToken" });
    assert.equal(await queue.get(job.id), null);
  });

  test("follow-ups are pushed in the same step, or nothing is done", async (t) => {
    const queue = await open(t);
    await queue.push(1);
    const job = await queue.pop();
    const wrong = [new NewJob(2), new NewJob(3, "", {})];
    await assert.rejects(queue.markComplete(job, { then: wrong }), { code: "InvalidArgument" });
    assert.equal(await queue.size(), 0);
    await queue.markComplete(job, { then: [new NewJob(2), new NewJob(3)] });
    assert.equal(await queue.size(), 2);
  });

  test("many are completed at once, each by itself", async (t) => {
    const queue = await open(t);
    await queue.pushMany([1, 2].map((n) => new NewJob(n)));
    const [one, other] = await queue.popMany(2);
    await queue.markComplete(one);
    const verdicts = await queue.markCompleteMany(new Set([one, other.token]));
    assert.equal(verdicts[0].code, "StaleToken");
    assert.equal(verdicts[1], null);
    await queue.push(3);
    const last = await queue.pop();
    const together = [one, last, "1.1", last.token].map((token) => queue.markComplete(token));
    const codes = (await Promise.allSettled(together)).map((one) => one.reason?.code ?? "ok");
    assert.deepEqual(codes, ["StaleToken", "ok", "InvalidArgument", "StaleToken"]);
  });

  test("release, retry, fail and extend", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    await queue.push(1, "a", { maxTries: 2 });
    let job = await queue.pop();
    await queue.release(job);
    job = await queue.pop();
    assert.equal(job.tries, 1);
    await queue.release(job, { delay: 10 });
    assert.equal(await queue.pop(), null);
    clock.advance(10);
    job = await queue.pop({ lease: 100 });
    await queue.extend(job, { lease: 1_000 });
    assert.deepEqual(await queue.extendMany([job], { lease: 500 }), [null]);
    assert.equal((await queue.get(job.id)).leaseUntil, clock.now + 500);
    await queue.retry(job, "first", { delay: 0 });
    job = await queue.pop();
    assert.deepEqual([job.tries, job.error], [2, "first"]);
    await queue.retry(job, "second");
    assert.deepEqual((await queue.failed()).map((one) => [one.state, one.error]), [["dead", "second"]]);
    await queue.restoreFailed();
    job = await queue.pop();
    await queue.fail(job, "for good");
    assert.equal((await queue.failed(1))[0].error, "for good");
    await assert.rejects(queue.extend(job), { code: "StaleToken" });
    assert.equal((await queue.extendMany([job]))[0].code, "StaleToken");
  });

  test("a lapsed delivery can end nothing", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    await queue.push(1);
    const job = await queue.pop({ lease: 1_000 });
    clock.advance(1_000);
    await assert.rejects(queue.markComplete(job), { code: "StaleToken" });
    assert.equal((await queue.pop()).lapses, 1);
  });

  test("a waiting pop gets a job that is pushed later, while other calls go on", async (t) => {
    const queue = await open(t);
    const waiting = queue.pop({ wait: 60_000 });
    assert.equal(await queue.size(), 0);
    await queue.push("awaited");
    assert.equal((await waiting).json(), "awaited");
  });

  test("many waiting pops are served in their order by one thread", async (t) => {
    const queue = await open(t);
    const order = [];
    const pops = Array.from({ length: 100 }, (_, n) =>
      queue.pop({ wait: 60_000 }).then((job) => order.push([n, job.json()])),
    );
    await queue.size();
    await queue.pushMany(Array.from({ length: 60 }, (_, n) => new NewJob(n)));
    for (let n = 60; n < 100; n++) await queue.push(n);
    await Promise.all(pops);
    assert.deepEqual(order, Array.from({ length: 100 }, (_, n) => [n, n]));
  });

  test("a wait ends with nothing when its time is over", async (t) => {
    const queue = await open(t);
    const start = performance.now();
    const [short, many] = await Promise.all([
      queue.pop({ wait: 30 }),
      queue.popMany(3, { wait: 60 }),
    ]);
    assert.equal(short, null);
    assert.deepEqual(many, []);
    const waited = performance.now() - start;
    assert.ok(waited >= 59, `${waited} ms`);
  });

  test("a waiting pop with another handle in the way gets its job", async (t) => {
    if (kind === "memory") return assert.equal(await place(), "memory:");
    const url = await place();
    const { Queue } = await import("../index.mjs");
    const [one, other] = await Promise.all([Queue.open(url, "tests"), Queue.open(url, "tests")]);
    t.after(() => Promise.all([one.close(), other.close()]));
    const waiting = one.pop({ wait: 60_000 });
    await one.size();
    await other.push("from another handle");
    assert.equal((await waiting).json(), "from another handle");
  });

  test("for await takes job after job until the signal", async (t) => {
    const queue = await open(t);
    const controller = new AbortController();
    await queue.pushMany([0, 1, 2].map((n) => new NewJob(n)));
    const seen = [];
    for await (const job of queue.jobs({ signal: controller.signal, lease: 5_000 })) {
      seen.push(job.json());
      await queue.markComplete(job);
      if (seen.length === 3) setImmediate(() => controller.abort());
    }
    assert.deepEqual(seen, [0, 1, 2]);
    assert.equal((await queue.stats()).completed, 3);
  });

  test("for await ends when the queue is closed, and at a break", async (t) => {
    const queue = await open(t);
    await queue.push("only");
    for await (const job of queue.jobs()) {
      assert.equal(job.json(), "only");
      break;
    }
    const rest = collect(queue.jobs());
    await queue.size();
    await queue.close();
    assert.deepEqual(await rest, []);
  });

  test("a signal ends a wait with its reason, and takes no job along", async (t) => {
    const queue = await open(t);
    const controller = new AbortController();
    const ended = queue.pop({ wait: 60_000, signal: controller.signal });
    const stays = queue.pop({ wait: 60_000 });
    await queue.size();
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(ended, (error) => error === reason);
    await queue.push("for the other");
    assert.equal((await stays).json(), "for the other");
    const late = queue.pop({ wait: 1, signal: AbortSignal.abort() });
    await assert.rejects(late, { name: "AbortError" });
    await assert.rejects(queue.pop({ wait: 60_000, signal: AbortSignal.timeout(5) }), {
      name: "TimeoutError",
    });
  });

  test("after all pops have left, a push is for whoever comes next", async (t) => {
    const queue = await open(t);
    const controller = new AbortController();
    const pops = Array.from({ length: 5 }, () =>
      queue.pop({ wait: 60_000, lease: 0, signal: controller.signal }),
    );
    await queue.size();
    controller.abort();
    await Promise.allSettled(pops);
    await queue.push("kept");
    await queue.dethrottle();
    assert.equal(await queue.size(), 1);
    assert.equal((await queue.pop({ wait: 60_000 })).json(), "kept");
  });

  test("closing ends every waiting pop and refuses later calls", async (t) => {
    const queue = await open(t);
    const pops = Array.from({ length: 4 }, () => queue.pop({ wait: 60_000 }));
    // Settled before the close is told: without a listener then, a rejection would end the test.
    const settled = Promise.allSettled(pops);
    await queue.size();
    const pushed = queue.push("before");
    await queue.close();
    assert.match(await pushed, /^[0-9]+$/);
    for (const [index, end] of (await settled).entries()) {
      assert.ok(end.status === "fulfilled" ? index === 0 : end.reason.code === "Closed", index);
    }
    await assert.rejects(queue.size(), { code: "Closed" });
    await queue.close();
  });
});
