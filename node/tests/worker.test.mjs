// Workers: how handlers are called, and what follows from how they end.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { BackoffPolicy, Discard, NewJob, Queue, Release, Retry, Worker } from "../index.mjs";
import { onEveryStore } from "./support.mjs";

const SOON = 20_000;

/** Makes a worker that is stopped after the test. */
export function employ(context, ...given) {
  const worker = new Worker(...given);
  context.after(() => worker.stop({ timeout: 0 }));
  return worker;
}

/** Gives a promise and what fulfils it. */
function gate() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { passed, open };
}

/** Works on one job, and gives the first event that says how it ended. */
async function workOn(context, queue, handler, options) {
  const worker = employ(context, queue, handler, options);
  const names = ["done", "failed", "dead", "released", "lost"];
  const ended = Promise.race(names.map(async (name) => [name, ...(await once(worker, name))]));
  await worker.start();
  const [name, job, , error] = await ended;
  await worker.stop();
  return { name, job, error };
}

onEveryStore(({ open, place, kind }) => {
  test("the handler gets the job, and its end is the end of the job", async (t) => {
    const queue = await open(t);
    const [got, told] = [gate(), []];
    const worker = employ(t, queue, async (job, context) => got.open([job, context]), { concurrency: 2 });
    worker.on("started", (job) => told.push(["started", job]));
    const done = once(worker, "done");
    await worker.start();
    assert.equal(worker.state, "running");
    const id = await queue.push({ to: "ada" }, "tenant-7");
    const [job, { signal, queue: from }] = await got.passed;
    assert.deepEqual([job.id, job.lane, job.json(), job.tries], [id, "tenant-7", { to: "ada" }, 1]);
    assert.ok(signal instanceof AbortSignal && !signal.aborted);
    assert.equal(from, queue);
    const [same, took] = await done;
    assert.equal(same, job);
    assert.ok(took >= 0);
    assert.deepEqual(told, [["started", job]]);
    assert.equal(await worker.stop(), true);
    assert.equal(worker.state, "stopped");
    assert.equal(await queue.get(id), null);
  });

  for (const [what, give, payloads] of [
    ["a job", () => new NewJob("next"), ["next"]],
    ["jobs", async () => [new NewJob("next"), new NewJob("last")], ["next", "last"]],
    ["something else", () => "next", []],
    ["an array of something else", () => ["next"], []],
  ]) {
    test(`what follows if a handler returns ${what}`, async (t) => {
      const queue = await open(t);
      await queue.push("first");
      const done = [];
      const expected = ["first", ...payloads];
      const all = gate();
      const worker = employ(t, queue, (job) => (job.json() === "first" ? give() : null));
      worker.on("done", (job) => {
        done.push(job.json());
        if (done.length === expected.length) all.open();
      });
      await worker.start();
      await all.passed;
      assert.deepEqual(done.sort(), expected.sort());
      assert.equal(await queue.size(), 0);
    });
  }

  for (const [what, thrown, name, text] of [
    ["an error", () => new TypeError("bad address"), "failed", "TypeError: bad address"],
    ["no error", () => 7, "failed", "7"],
    ["what has no text", () => Object.create(null), "failed", "error without a text"],
    ["half a character", () => "\udcff", "failed", "\ufffd"],
    ["Retry", () => new Retry("not now", { delay: 3_600_000 }), "failed", "not now"],
    ["Discard", () => new Discard("never"), "dead", "never"],
  ]) {
    test(`a try has failed if a handler throws ${what}`, async (t) => {
      const queue = await open(t);
      // It does not come again before it has been looked at.
      const backoff = new BackoffPolicy({ min: 3_600_000, max: 3_600_000 });
      for (const handler of [
        () => {
          throw thrown();
        },
        async () => {
          throw thrown();
        },
      ]) {
        const id = await queue.push(1, "default", { backoff });
        const ended = await workOn(t, queue, handler);
        assert.deepEqual([ended.name, ended.error], [name, text]);
        const job = await queue.get(id);
        assert.deepEqual([job.error, job.tries], [text, 1]);
        assert.equal(job.state, name === "dead" ? "dead" : "delayed");
        await queue.cancel(id);
      }
    });
  }

  test("Release charges no try", async (t) => {
    const queue = await open(t);
    const id = await queue.push(1);
    const release = () => {
      throw new Release({ delay: 3_600_000 });
    };
    assert.equal((await workOn(t, queue, release)).name, "released");
    const { state, tries } = await queue.get(id);
    assert.deepEqual([state, tries], ["delayed", 0]);
  });

  test("retryIf narrows what is tried again", async (t) => {
    const queue = await open(t);
    const retryIf = (error) => error instanceof RangeError;
    for (const [error, name] of [[new RangeError(), "failed"], [new TypeError(), "dead"]]) {
      await queue.push(1);
      assert.equal((await workOn(t, queue, () => Promise.reject(error), { retryIf })).name, name);
    }
    await queue.push(1, "retry");
    const retry = () => Promise.reject(new Retry());
    assert.equal((await workOn(t, queue, retry, { retryIf })).name, "failed");
  });

  test("a follow-up that is not accepted is a failed try", async (t) => {
    const queue = await open(t);
    await queue.push(1);
    const { name, error } = await workOn(t, queue, () => new NewJob(1, "default", { priority: 99 }));
    assert.equal(name, "failed");
    assert.match(error, /^cannot complete: priority 99 is out of range/);
  });

  test("as many handlers run at once as allowed, and no more", async (t) => {
    const queue = await open(t);
    await queue.pushMany(Array.from({ length: 50 }, (_, n) => new NewJob(n)));
    let [running, most, done] = [0, 0, 0];
    const [all, full] = [gate(), gate()];
    const worker = employ(
      t,
      queue,
      async () => {
        most = Math.max(most, ++running);
        if (running === 7) full.open();
        await Promise.race([full.passed, sleep(SOON, null, { ref: false })]);
        await new Promise(setImmediate);
        running--;
        if (++done === 50) all.open();
      },
      { concurrency: 7 },
    );
    await worker.start();
    await all.passed;
    assert.equal(most, 7);
  });

  test("a handler that takes too long is given up, even while it blocks the event loop", async (t) => {
    const queue = await open(t);
    await queue.push(1, "default", { maxTries: 1 });
    const aborted = gate();
    const worker = employ(
      t,
      queue,
      async (_, { signal }) => {
        signal.addEventListener("abort", () => aborted.open(signal.reason));
        const end = Date.now() + 200;
        while (Date.now() < end);
        await aborted.passed;
      },
      { timeout: 50 },
    );
    const dead = once(worker, "dead");
    await worker.start();
    const [, , error] = await dead;
    assert.equal(error, "handler took longer than 50ms");
    const { name, message } = await aborted.passed;
    assert.deepEqual([name, message], ["TimeoutError", "timed out"]);
  });

  test("a handler that blocks the event loop keeps its lease", async (t) => {
    const queue = await open(t);
    await queue.push(1);
    const block = () => {
      const end = Date.now() + 5_000;
      while (Date.now() < end);
    };
    // So long a lease that a pause of the machine, in which nobody can extend it, does not end it.
    const { name, job } = await workOn(t, queue, block, { lease: 4_000 });
    assert.deepEqual([name, job.lapses], ["done", 0]);
    assert.equal((await queue.stats()).lapsed, 0);
  });

  test("a job that is cancelled aborts its handler", async (t) => {
    const queue = await open(t);
    await queue.push(1);
    const [began, aborted] = [gate(), gate()];
    const worker = employ(
      t,
      queue,
      async (job, { signal }) => {
        signal.addEventListener("abort", () => aborted.open(signal.reason.message));
        began.open(job);
        await aborted.passed;
      },
      { lease: 1_500 },
    );
    const lost = once(worker, "lost");
    await worker.start();
    const job = await began.passed;
    assert.equal(await queue.cancel(job.id), true);
    assert.equal(await aborted.passed, "lost");
    assert.deepEqual(await lost, [job]);
  });

  test("a stop waits for handlers, and gives back at the deadline what still runs", async (t) => {
    const queue = await open(t);
    const id = await queue.push("endless");
    const [began, end] = [gate(), gate()];
    const handler = async (_, { signal }) => {
      began.open(signal);
      await end.passed;
    };
    const worker = employ(t, queue, handler, { concurrency: 1 });
    assert.equal(await worker.stop(), true);
    await worker.start();
    await worker.start();
    const signal = await began.passed;
    assert.equal(await worker.wait({ timeout: 10 }), false);
    const stopping = worker.stop({ timeout: 20 });
    assert.equal(worker.state, "stopping");
    await assert.rejects(worker.start(), { code: "Unavailable" });
    assert.equal(await stopping, false);
    // The stop has not waited for the store for longer than a second.
    const again = await queue.pop({ wait: SOON });
    assert.deepEqual([again.id, again.tries], [id, 1]);
    end.open();
    await queue.markComplete(again);
    assert.equal(await worker.wait(), true);
    assert.equal((await queue.stats()).counts.waiting, 0);
  });

  test("a stop aborts signals at once, and to finish is fine", async (t) => {
    const queue = await open(t);
    const id = await queue.push(1);
    const began = gate();
    const worker = employ(t, queue, async (_, { signal }) => {
      began.open();
      await once(signal, "abort");
      return signal.reason.message;
    });
    await worker.start();
    await began.passed;
    assert.equal(await worker.stop({ timeout: SOON }), true);
    assert.equal(String(await queue.result(id)), '"stopping"');
  });

  for (const [what, leave] of [
    ["the reason of a stop", (signal) => once(signal, "abort").then(() => signal.throwIfAborted())],
    ["what the reason of a stop has caused", (signal) => sleep(SOON, null, { signal })],
  ]) {
    test(`a handler that throws ${what} gives its job back untried`, async (t) => {
      const queue = await open(t);
      await queue.push(1, "default", { maxTries: 1 });
      const began = gate();
      const worker = employ(t, queue, async (_, { signal }) => {
        began.open();
        await leave(signal);
      });
      const released = once(worker, "released");
      await worker.start();
      await began.passed;
      assert.equal(await worker.stop({ timeout: SOON }), true);
      await released;
      assert.equal((await queue.pop()).tries, 1);
    });
  }

  test("with maxJobs a worker stops by itself", async (t) => {
    const queue = await open(t);
    for (let number = 0; number < 3; number++) await queue.push(number);
    const worker = employ(t, queue, () => null, { concurrency: 4, maxJobs: 2 });
    await worker.start();
    assert.equal(await worker.wait({ timeout: SOON }), true);
    const { counts, completed } = await queue.stats();
    assert.deepEqual([counts.waiting, counts.inFlight, completed], [1, 0, 2]);
  });

  test("with untilEmpty a worker works off what can still come", async (t) => {
    const queue = await open(t);
    await queue.push("now");
    await queue.push("later", "default", { delay: 50 });
    const worker = employ(t, queue, () => null, { untilEmpty: true });
    await worker.start();
    assert.equal(await worker.wait({ timeout: SOON }), true);
    assert.equal((await queue.stats()).completed, 2);
  });

  test("a worker that was stopped may be started again", async (t) => {
    const queue = await open(t);
    const worker = employ(t, queue, () => null);
    for (let round = 0; round < 3; round++) {
      const done = once(worker, "done");
      await queue.push(round);
      await worker.start();
      assert.equal((await done)[0].json(), round);
      assert.equal(await worker.stop(), true);
    }
  });

  test("several queues share one worker", async (t) => {
    const url = await place();
    const [one, other] = [await Queue.open(url, "one"), await Queue.open(url, "other")];
    t.after(() => Promise.all([one.close(), other.close()]));
    const from = [];
    const handler = (job, { queue }) => void from.push(queue.name);
    const worker = employ(t, one, handler, { also: [[other, 3]], concurrency: 1 });
    await worker.start();
    for (const queue of [one, other]) {
      const done = once(worker, "done");
      await queue.push(queue.name);
      assert.equal((await done)[0].json(), queue.name);
    }
    assert.deepEqual(from, ["one", "other"]);
  });

  test("a worker ends with its queue", async (t) => {
    const queue = await open(t);
    const worker = employ(t, queue, () => null);
    await worker.start();
    await queue.close();
    await assert.rejects(worker.wait(), { code: "Closed" });
    assert.equal(await worker.stop(), true);
    assert.equal(worker.state, "stopped");
  });

  if (kind === "memory") {
    test("a listener that throws is warned of, and changes nothing", async (t) => {
      const queue = await open(t);
      const worker = employ(t, queue, () => null);
      const warnings = [];
      const warned = gate();
      const hear = ({ name, message }) => {
        if (name !== "FairlaneWarning") return;
        warnings.push(message);
        if (warnings.length === 2) warned.open();
      };
      process.on("warning", hear);
      t.after(() => process.off("warning", hear));
      worker.on("started", () => {
        throw new Error("no");
      });
      worker.on("done", async () => {
        throw new Error("later");
      });
      const done = once(worker, "done");
      await queue.push(1);
      await worker.start();
      await done;
      await warned.passed;
      assert.deepEqual(warnings, [
        "listener of started threw Error: no",
        "listener of done threw Error: later",
      ]);
      assert.equal(await queue.size(), 0);
    });

    for (const [options, message] of [
      [{ concurrency: 0 }, "concurrency 0 is out of range: accepted are 1 to 1024"],
      [{ lease: 0 }, "lease 0 ms is out of range: a worker extends its leases"],
    ]) {
      test(`${JSON.stringify(options)} is refused at the start`, async (t) => {
        const worker = employ(t, await open(t), () => null, options);
        await assert.rejects(worker.start(), { code: "InvalidArgument", message });
        assert.equal(worker.state, "stopped");
      });
    }

    test("a time to wait that is out of range is refused", async (t) => {
      const worker = employ(t, await open(t), () => null);
      const isRefused = { code: "InvalidArgument", message: /imeout -1 ms is out of range/ };
      await assert.rejects(worker.stop({ timeout: -1 }), isRefused);
      await assert.rejects(worker.wait({ timeout: -1 }), isRefused);
      await assert.rejects(worker.run({ stopTimeout: -1 }), isRefused);
    });

    test("what is no handler, queue or option is refused", async (t) => {
      const queue = await open(t);
      for (const [given, message] of [
        [[queue, "module:function"], "handler string is not accepted: accepted is a function of a job"],
        [["jobs.db", () => null], "queue string is not accepted: accepted is a Queue"],
        [[queue, () => null, { also: [queue] }], "also Queue is not accepted: accepted is [queue, weight]"],
        [[queue, () => null, { retryOn: [] }], /^option retryOn is not known/],
      ]) {
        assert.throws(() => new Worker(...given), { code: "InvalidArgument", message });
      }
    });
  }
});
