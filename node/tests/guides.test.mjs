// The guide for those who come from BullMQ: the code of each row runs as it stands.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import * as fairlane from "../index.mjs";
import { DAWN, folder } from "./support.mjs";

const page = readFileSync(new URL("../../tests/guides/bullmq.md", import.meta.url), "utf8");
const rows = new Map();
for (const [, theirs, ours] of page.matchAll(/^\|([^|]+)\|([^|]*`[^|]*)\|[^|]+\|$/gm)) {
  const code = [...ours.matchAll(/`([^`]+)`/g)].map(([, code]) => code).join("\n");
  rows.set(theirs.trim().replaceAll("`", ""), code);
}

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
const { ManualClock, NewJob, Queue, StaleTokenError, Worker } = fairlane;
const path = folder();
let files = 0;

/** Gives a function that runs the code of a row, with these names, and gives what it declares. */
function runner(code) {
  const [, declared] = code.match(/^const (\w+|\{[^}]+\}) =/) ?? [];
  return (names = {}) => {
    const scope = { ...fairlane, ...names };
    // What the row declares stands in the way of a name that was given.
    const given = Object.keys(scope).filter((name) => name !== declared);
    const body = declared ? `${code}; return ${declared.replace("{", "({").replace("}", "})")};` : code;
    return new AsyncFunction(...given, body)(...given.map((name) => scope[name]));
  };
}

/** Tests a row: the test gets a queue of its own by a clock that it turns, and what runs the code. */
function row(theirs, check) {
  const code = rows.get(theirs);
  assert.ok(code, `no such row, or tested twice: ${theirs}`);
  rows.delete(theirs);
  test(theirs, async (t) => {
    const url = join(path, `${++files}.db`);
    const clock = new ManualClock(DAWN);
    const queue = await Queue.open(url, "mail", { clock });
    t.after(() => queue.close());
    await check({ t, url, clock, queue, ours: runner(code) });
  });
}

/** Has a worker call a handler with one job, and gives the first event that says how it ended. */
async function workOn(t, url, handler) {
  const queue = await Queue.open(url, "work");
  const worker = new Worker(queue, handler);
  t.after(async () => {
    await worker.stop({ timeout: 0 });
    await queue.close();
  });
  const names = ["done", "failed", "dead", "released"];
  const ended = Promise.race(names.map(async (name) => [name, ...(await once(worker, name))]));
  await queue.push("x");
  await worker.start();
  const [name, job] = await ended;
  await worker.stop();
  return { name, info: await queue.get(job.id) };
}

row('new Queue("mail", { connection })', async ({ t, url, ours }) => {
  const queue = await ours({ url });
  t.after(() => queue.close());
  assert.equal(queue.name, "mail");
});

row('await queue.add("send", data)', async ({ queue, ours }) => {
  const id = await ours({ queue, data: { to: "ada" } });
  assert.deepEqual((await queue.get(id)).json(), { to: "ada" });
  const other = await ours({ queue, data: new Uint8Array([0, 255]) });
  assert.deepEqual([...(await queue.get(other)).payload], [0, 255]);
});

row("await queue.addBulk(jobs)", async ({ queue, ours }) => {
  await ours({ queue, users: ["ada", "bob"] });
  assert.deepEqual((await queue.popMany(2)).map((job) => job.json().user), ["ada", "bob"]);
  await queue.setLimits(null, { maxWaiting: 1 });
  await assert.rejects(ours({ queue, users: ["eve", "joe"] }), fairlane.QueueFullError);
  assert.equal(await queue.size(), 0);
});

row('await queue.add("send", data, { group: { id: "tenant-7" } })', async ({ queue, clock, ours }) => {
  for (let number = 0; number < 12; number++) await ours({ queue, data: number });
  await queue.push("other", "tenant-8");
  const lanes = (await queue.popMany(100)).map((job) => job.lane);
  assert.deepEqual(lanes.slice(0, 3), ["tenant-7", "tenant-8", "tenant-7"]);
  assert.equal(lanes.length, 11);
  clock.advance(999);
  assert.equal(await queue.pop(), null);
  clock.advance(1);
  assert.equal((await queue.popMany(100)).length, 2);
});

row('await queue.add("send", data, { delay: 60_000 })', async ({ queue, clock, ours }) => {
  await ours({ queue, data: "x" });
  clock.advance(59_999);
  assert.equal(await queue.pop(), null);
  clock.advance(1);
  assert.notEqual(await queue.pop(), null);
});

row('await queue.add("send", data, { priority: 1 })', async ({ queue, ours }) => {
  await queue.push("usual", "tenant-7");
  const id = await ours({ queue, data: "urgent" });
  assert.equal((await queue.pop()).id, id);
});

row(
  'await queue.add("send", data, { attempts: 3, backoff: { type: "exponential", delay: 1_000 } })',
  async ({ queue, clock, ours }) => {
    await ours({ queue, data: "x" });
    for (let tries = 1; tries <= 3; tries++) {
      const job = await queue.pop();
      assert.equal(job.tries, tries);
      await queue.retry(job, "no luck");
      clock.advance(600_000);
    }
    assert.equal(await queue.pop(), null);
    assert.equal((await queue.stats()).dead, 1);
  },
);

row(
  'await queue.add("send", data, { deduplication: { id: "mail-7", ttl: 60_000 } })',
  async ({ queue, clock, ours }) => {
    const first = await ours({ queue, data: "x" });
    const job = await queue.pop({ lease: 120_000 });
    clock.advance(60_000);
    assert.equal(await ours({ queue, data: "x" }), first, "it still runs");
    await queue.markComplete(job);
    assert.notEqual(await ours({ queue, data: "x" }), first);
  },
);

row('await flow.add({ name: "last", children: [{ name: "first" }] })', async ({ queue, ours }) => {
  const first = await queue.push("first");
  await ours({ queue, first });
  const job = await queue.pop();
  assert.equal(await queue.pop(), null);
  await queue.markComplete(job);
  assert.equal((await queue.pop()).json(), "last");
});

row(
  'const worker = new Worker("mail", send, { connection, concurrency: 100 })',
  async ({ t, url, ours }) => {
    const queue = await Queue.open(url, "work");
    let running = 0;
    let open;
    const all = new Promise((resolve) => (open = resolve));
    await queue.pushMany(Array.from({ length: 100 }, () => new NewJob("x")));
    const send = () => (++running === 100 ? open() : all);
    const worker = await ours({ queue, send });
    t.after(() => queue.close());
    await all;
    assert.equal(await worker.stop(), true);
    assert.equal((await queue.stats()).completed, 100);
  },
);

row("{ limiter: { max: 10, duration: 1_000 } }", async ({ queue, clock, ours }) => {
  await ours({ queue });
  for (let number = 0; number < 12; number++) await queue.push("x", `tenant-${number}`);
  assert.equal((await queue.popMany(100)).length, 10);
  clock.advance(999);
  assert.equal(await queue.pop(), null);
  clock.advance(1);
  assert.equal((await queue.popMany(100)).length, 2);
});

row("await queue.setGlobalConcurrency(4)", async ({ queue, ours }) => {
  await ours({ queue });
  await queue.pushMany(Array.from({ length: 5 }, () => new NewJob("x")));
  assert.equal((await queue.popMany(100)).length, 4);
});

row('throw new UnrecoverableError("no use")', async ({ t, url, ours }) => {
  const { name, info } = await workOn(t, url, () => ours());
  assert.deepEqual([name, info.state, info.error], ["dead", "dead", "no use"]);
});

row(
  "await job.moveToDelayed(Date.now() + 30_000, token); throw new DelayedError()",
  async ({ t, url, ours }) => {
    const { name, info } = await workOn(t, url, () => ours());
    assert.deepEqual([name, info.state, info.tries], ["released", "delayed", 0]);
  },
);

for (const [theirs, handle, event] of [
  ['worker.on("completed", told)', () => {}, "done"],
  [
    'worker.on("failed", told)',
    () => {
      throw new Error("no luck");
    },
    "failed",
  ],
]) {
  row(theirs, async ({ t, url, ours }) => {
    const queue = await Queue.open(url, "work");
    const worker = new Worker(queue, handle);
    t.after(async () => {
      await worker.stop({ timeout: 0 });
      await queue.close();
    });
    const told = new Promise((resolve) => ours({ worker, told: (...values) => resolve(values) }));
    const ended = once(worker, event);
    const id = await queue.push("x");
    await worker.start();
    const [job, took] = await told;
    assert.equal(job.id, id);
    assert.ok(took >= 0);
    await ended;
  });
}

row("await worker.close()", async ({ t, url, ours }) => {
  const queue = await Queue.open(url, "work");
  t.after(() => queue.close());
  const worker = new Worker(queue, () => {});
  await worker.start();
  await ours({ worker });
  assert.equal(worker.state, "stopped");
});

row("await queue.pause()", async ({ queue, ours }) => {
  await queue.push("x");
  await ours({ queue });
  assert.equal(await queue.pop(), null);
});

row("await queue.getJobCounts()", async ({ queue, ours }) => {
  await queue.push("x");
  await queue.push("x", "default", { delay: 1_000 });
  await queue.fail(await queue.pop());
  const { counts, dead } = await ours({ queue });
  assert.deepEqual([counts.ready, counts.delayed, dead], [0, 1, 1]);
});

row("await queue.getJob(id)", async ({ queue, ours }) => {
  const id = await queue.push("x");
  assert.equal((await ours({ queue, id })).state, "ready");
  await queue.markComplete(await queue.pop());
  assert.equal(await ours({ queue, id }), null);
});

row("await job.waitUntilFinished(events, 500) or job.returnvalue", async ({ t, url, queue, ours }) => {
  const id = await queue.push("x");
  await assert.rejects(ours({ queue, id }), fairlane.TimeoutError);
  await queue.markComplete(await queue.pop(), { result: { sent: true } });
  assert.deepEqual(JSON.parse(await ours({ queue, id })), { sent: true });
  const dead = await queue.push("y");
  await queue.fail(await queue.pop(), "no use");
  await assert.rejects(ours({ queue, id: dead }), fairlane.JobFailedError);
  const work = await Queue.open(url, "results");
  t.after(() => work.close());
  const worker = new Worker(work, async () => "sent");
  await worker.start();
  t.after(() => worker.stop());
  // Else half a second may be too short for a slow disk.
  const done = once(worker, "done");
  const sent = await work.push("z");
  await done;
  assert.equal(JSON.parse(await ours({ queue: work, id: sent })), "sent");
});

row("await job.remove()", async ({ queue, ours }) => {
  const id = await queue.push("x");
  const job = await queue.pop();
  assert.equal(await ours({ queue, id }), true);
  await assert.rejects(queue.markComplete(job), StaleTokenError);
});

/** Makes two jobs dead, a second apart. */
async function failTwo(queue, clock) {
  for (const name of ["first", "second"]) {
    await queue.push(name);
    await queue.fail(await queue.pop(), "no use");
    clock.advance(1_000);
  }
}

row("await queue.getFailed(0, 19)", async ({ queue, clock, ours }) => {
  await failTwo(queue, clock);
  assert.deepEqual((await ours({ queue })).map((job) => job.json()), ["second", "first"]);
});

row("await queue.retryJobs()", async ({ queue, clock, ours }) => {
  await failTwo(queue, clock);
  assert.equal(await ours({ queue }), 2);
  assert.equal((await queue.popMany(2)).length, 2);
});

row('await queue.clean(0, 1000, "failed")', async ({ queue, clock, ours }) => {
  await failTwo(queue, clock);
  assert.equal(await ours({ queue }), 2);
  assert.deepEqual(await queue.failed(), []);
});

row("await queue.drain()", async ({ queue, ours }) => {
  await queue.push("running");
  const job = await queue.pop();
  await queue.push("x");
  await queue.push("x", "default", { delay: 1_000 });
  assert.equal(await ours({ queue }), 2);
  await queue.markComplete(job);
});

row(
  'await queue.upsertJobScheduler("report", { pattern: "0 8 * * *", tz: "Europe/Berlin" }, { data })',
  async ({ t, url, queue, clock, ours }) => {
    const another = await Queue.open(url, "mail", { clock });
    t.after(() => another.close());
    for (const each of [queue, another]) await ours({ queue: each, data: "x" });
    for (const day of ["15", "16"]) {
      const eight = Date.parse(`2023-11-${day}T08:00:00+01:00`);
      clock.set(eight - 1);
      assert.equal(await queue.pop(), null);
      clock.set(eight);
      const job = await another.pop();
      assert.equal(job.json(), "x");
      assert.equal(await queue.pop(), null);
      await queue.markComplete(job);
    }
    clock.advance(3 * 24 * 3_600_000);
    assert.equal((await queue.popMany(10)).length, 1, "one for all that were missed");
  },
);

row('await queue.upsertJobScheduler("tidy", { every: 60_000 }, { data })', async ({ queue, clock, ours }) => {
  await ours({ queue, data: "x" });
  clock.advance(30_000);
  await ours({ queue, data: "x" });
  clock.advance(29_999);
  assert.equal(await queue.pop(), null);
  clock.advance(1);
  assert.equal((await queue.pop()).json(), "x");
});

row("await queue.getJobSchedulers()", async ({ queue, clock, ours }) => {
  await queue.schedule("tidy", "x", "default", { every: 60_000 });
  await queue.schedule("report", "x", "default", { cron: "0 8 * * *" });
  clock.advance(60_000);
  await queue.pop();
  const [report, tidy] = await ours({ queue });
  assert.deepEqual([report.name, report.cron, report.lastAt], ["report", "0 8 * * *", null]);
  assert.deepEqual([tidy.nextAt, tidy.lastAt], [DAWN + 120_000, DAWN + 60_000]);
});

row('await queue.removeJobScheduler("report")', async ({ queue, clock, ours }) => {
  await queue.schedule("report", "x", "default", { every: 60_000 });
  clock.advance(60_000);
  await queue.dethrottle();
  assert.equal(await ours({ queue }), true);
  assert.equal(await ours({ queue }), false);
  clock.advance(60_000);
  assert.equal((await queue.popMany(10)).length, 1);
});

row("await queue.close()", async ({ queue, ours }) => {
  await ours({ queue });
  await assert.rejects(queue.pop(), fairlane.ClosedError);
});

test("every row has its test", () => assert.deepEqual([...rows.keys()], []));
