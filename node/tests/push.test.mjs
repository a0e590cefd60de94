import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff, BackoffPolicy, ManualClock, NewJob } from "../index.mjs";
import { DAWN, onEveryStore } from "./support.mjs";

onEveryStore(({ open }) => {
  test("calls are made in their order, long ones and short ones", async (t) => {
    const queue = await open(t);
    const [many, one] = await Promise.all([
      queue.pushMany(Array.from({ length: 2000 }, (_, n) => new NewJob(n))),
      // Two turns of promises later, while the first is being made.
      Promise.resolve().then(() => {}).then(() => queue.push(2000)),
    ]);
    const first = Number(many[0].id);
    const ids = [...many.map((pushed) => pushed.id), one];
    assert.deepEqual(ids, Array.from({ length: 2001 }, (_, n) => String(first + n)));
    const popped = [...(await queue.popMany(10)), ...(await queue.popMany(2000))];
    assert.deepEqual(popped.map((job) => job.json()), Array.from({ length: 2001 }, (_, n) => n));
  });

  test("calls in a row leave the event loop its turns", async (t) => {
    const queue = await open(t);
    let turns = 0;
    setImmediate(() => turns++);
    for (let n = 0; n < 10_000 && turns === 0; n++) await queue.push(n);
    assert.equal(turns, 1);
  });

  test("bytes are pushed as they are, everything else as JSON", async (t) => {
    const queue = await open(t);
    const pushed = [
      [Buffer.from([0, 255, 10]), "00ff0a"],
      [new Uint8Array([1, 2]), "0102"],
      [new Uint16Array([0x0201]), "0102"],
      [new DataView(new Uint8Array([9, 8, 7]).buffer, 1, 1), "08"],
      [new Uint8Array([3]).buffer, "03"],
      [new SharedArrayBuffer(1), "00"],
      [Buffer.alloc(0), ""],
      [{ to: "ada" }, Buffer.from('{"to":"ada"}').toString("hex")],
      ["ü", Buffer.from('"ü"').toString("hex")],
      [null, Buffer.from("null").toString("hex")],
      [[1, true], Buffer.from("[1,true]").toString("hex")],
    ];
    for (const [payload, bytes] of pushed) {
      await queue.push(payload);
      const job = await queue.pop();
      assert.equal(job.payload.toString("hex"), bytes);
      await queue.markComplete(job);
    }
  });

  test("what is done to a buffer after the call is not pushed", async (t) => {
    const queue = await open(t);
    const payload = Buffer.from("before");
    const job = new NewJob(payload);
    const pushed = queue.push(payload);
    payload.fill(0);
    await pushed;
    await queue.pushMany([job]);
    const jobs = await queue.popMany(2);
    assert.deepEqual(jobs.map((one) => String(one.payload)), ["before", "before"]);
  });

  test("a job keeps its payload, whoever tries to give its memory away", async (t) => {
    const queue = await open(t);
    for (const length of [10, 5_000]) {
      const job = new NewJob("x".repeat(length), "a");
      const { buffer } = job.payload;
      try {
        structuredClone(buffer, { transfer: [buffer] });
      } catch (error) {
        // Node 20 copies instead.
        assert.equal(error.name, "DataCloneError");
      }
      await queue.pushMany([job, new NewJob("next", "a")]);
      const jobs = await queue.popMany(2);
      assert.deepEqual(jobs.map((one) => one.json()), ["x".repeat(length), "next"]);
    }
  });

  test("a batch of which one is refused leaves nothing behind for the next call", async (t) => {
    const queue = await open(t);
    const both = [queue.pushMany([new NewJob("kept", "a"), "no job"]), queue.pushMany([new NewJob("other", "b")])];
    await assert.rejects(both[0], { code: "InvalidArgument" });
    await both[1];
    assert.deepEqual((await queue.popMany(2)).map((job) => [job.lane, job.json()]), [["b", "other"]]);
  });

  test("every setting reaches the job", async (t) => {
    const queue = await open(t, { clock: new ManualClock(DAWN) });
    const parent = await queue.push("parent", "other");
    const id = await queue.push("child", "tenant-7", {
      priority: 5,
      rate: [10, 60_000],
      at: new Date(DAWN + 5_000),
      cost: 3,
      key: "k",
      keyTtl: 1_000,
      maxTries: 4,
      backoff: new BackoffPolicy({ min: 5, max: 10, factor: 3, jitter: false }),
      after: parent,
      headers: { source: "import" },
    });
    const { payload, ...job } = await queue.get(id);
    assert.equal(String(payload), '"child"');
    assert.deepEqual(job, {
      id,
      state: "blocked",
      lane: "tenant-7",
      priority: 5,
      cost: 3,
      tries: 0,
      maxTries: 4,
      lapses: 0,
      pushedAt: DAWN,
      dueAt: DAWN + 5_000,
      leaseUntil: null,
      diedAt: null,
      key: "k",
      after: parent,
      parentDead: false,
      error: null,
      headers: { source: "import" },
    });
    assert.deepEqual((await queue.lane("tenant-7")).limits.rate, [10, 60_000]);
  });

  test("tps is a rate of a second", async (t) => {
    const queue = await open(t);
    await queue.push(1, "a", { tps: 7 });
    assert.deepEqual((await queue.lane("a")).limits.rate, [7, 1_000]);
  });

  test("a delayed job is due when its time has come, to the fraction rounded up", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    const id = await queue.push(1, "default", { delay: 1.2 });
    assert.equal((await queue.get(id)).dueAt, DAWN + 2);
    clock.advance(1);
    assert.equal(await queue.pop(), null);
    clock.advance(1);
    assert.equal((await queue.pop()).id, id);
  });

  test("a key makes one job", async (t) => {
    const queue = await open(t);
    const id = await queue.push(1, "a", { key: "k" });
    assert.equal(await queue.push(2, "b", { key: "k" }), id);
    const again = await queue.pushMany([new NewJob(3, "a", { key: "k" }), new NewJob(4)]);
    assert.deepEqual(again.map((one) => one.isNew), [false, true]);
    assert.equal(again[0].id, id);
  });

  test("pushMany is all or nothing, and takes any iterable", async (t) => {
    const queue = await open(t);
    const jobs = new Set([new NewJob(1), new NewJob(2, "b", { priority: 9 })]);
    assert.equal((await queue.pushMany(jobs)).length, 2);
    assert.deepEqual(await queue.pushMany([]), []);
    const bad = [new NewJob(1), new NewJob(2, "b", { priority: 10 })];
    await assert.rejects(queue.pushMany(bad), {
      code: "InvalidArgument",
      message: "job 1: priority 10 is out of range: accepted are 0 to 9",
    });
    assert.equal(await queue.size(), 2);
  });

  test("headers travel with a job, whatever their names", async (t) => {
    const queue = await open(t);
    const headers = JSON.parse('{"traceparent":"00-1-2-01","__proto__":"plain","7":"","é":"🦊"}');
    const news = new NewJob(1, "default", { headers });
    assert.deepEqual(news.headers, headers);
    assert.ok(Object.isFrozen(news.headers));
    await queue.push(1, "default", { headers });
    await queue.pushMany([news, new NewJob(2)]);
    assert.deepEqual((await queue.peek("default", 3)).map((job) => job.headers), [headers, headers, {}]);
    const jobs = await queue.popMany(3);
    assert.deepEqual(jobs.map((job) => job.headers), [headers, headers, {}]);
    assert.ok(jobs.every((job) => Object.isFrozen(job.headers)));
    for (const [wrong, message] of [
      [["n"], "headers Array is not accepted: accepted is an object of strings"],
      [{ n: 1 }, 'header "n" 1 is not accepted: accepted is a string'],
      [{ "": "v" }, "header name of 0 bytes is not accepted: accepted are 1 to 8192 bytes"],
    ]) {
      await assert.rejects(queue.push(1, "default", { headers: wrong }), { code: "InvalidArgument", message });
    }
  });

  test("the policy of a Backoff is that of the job", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    await queue.push(1, "a", { backoff: new Backoff({ min: 3_000, max: 9_000 }) });
    const job = await queue.pop();
    await queue.retry(job, "no");
    assert.equal((await queue.get(job.id)).dueAt, DAWN + 3_000);
  });

  test("pushes in flight together get their own ids and their own errors", async (t) => {
    const queue = await open(t);
    await queue.setLimits("full", { maxWaiting: 1 });
    const pushes = Array.from({ length: 200 }, (_, n) => {
      if (n % 10 === 3) return queue.push(n, "full");
      return queue.push(n, "a", { priority: n % 10 === 7 ? 10 : 1 });
    });
    const ended = await Promise.allSettled(pushes);
    const codes = ended.map((one) => one.reason?.code ?? "ok");
    for (const [n, code] of codes.entries()) {
      if (n % 10 === 3) assert.equal(code, n === 3 ? "ok" : "QueueFull", n);
      else assert.equal(code, n % 10 === 7 ? "InvalidArgument" : "ok", n);
    }
    const ids = ended.filter((one) => one.value).map((one) => Number(one.value));
    assert.deepEqual(ids, [...ids].sort((a, b) => a - b), "pushed in the order of the calls");
    assert.equal(new Set(ids).size, 161);
    assert.equal((await queue.stats()).pushed, 161);
  });
});
