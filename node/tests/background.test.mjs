// Background processors: one piece of work a key, whatever the function does.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { BackgroundProcessor, ManualClock, Queue } from "../index.mjs";
import { DAWN, Redis, folder, onEveryStore, run } from "./support.mjs";

const HOUR = 3_600_000;

/** Gives a promise and what fulfils it. */
function gate() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { passed, open };
}

/** Makes a processor that is closed after the test. */
function processor(context, ...given) {
  const made = new BackgroundProcessor(...given);
  context.after(() => made.close({ drain: false, timeout: 0 }));
  return made;
}

onEveryStore(({ open, kind }) => {
  test("the function gets any value, and a key is taken once", async (t) => {
    const queue = await open(t);
    const [got, end] = [gate(), gate()];
    const one = processor(t, queue, async (arg) => {
      got.open(arg);
      await end.passed;
    });
    const other = processor(t, queue, () => {});
    const value = new Map();
    assert.equal(await one.schedule("first", 0, value), true);
    assert.equal(await got.passed, value);
    assert.equal(await one.schedule("second", HOUR, () => {}), true);
    assert.equal(one.queueLength(), 1);
    for (const key of ["first", "second"]) {
      assert.equal(await one.schedule(key, 0), false);
      assert.equal(await other.schedule(key, 0), false);
    }
    end.open();
    assert.equal(await one.close(), true);
    assert.equal(await other.schedule("first", 0), true);
    assert.equal(await other.schedule("second", 0), false, "its backoff has not passed");
    assert.equal((await queue.stats()).pushed, 0);
  });

  test("a key is taken until its backoff has passed", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    const first = processor(t, queue, () => {});
    assert.equal(await first.schedule("key", 60_000), true);
    assert.equal(await first.close(), true);
    const second = processor(t, queue, () => {});
    clock.advance(59_999);
    assert.equal(await second.schedule("key", 0), false);
    clock.advance(1);
    assert.equal(await second.schedule("key", 0), true);
  });

  test("an end frees no key that was taken after a bump", async (t) => {
    const queue = await open(t);
    const [old, held] = [gate(), gate()];
    const before = processor(t, queue, () => old.passed);
    assert.equal(await before.schedule("key", HOUR), true);
    await once(before, "started");
    await before.bumpRemoteDedupKey();
    const after = processor(t, queue, () => held.passed);
    assert.equal(await after.schedule("key", 0), true);
    old.open();
    assert.equal(await before.close(), true);
    const third = processor(t, queue, () => {});
    assert.equal(await third.schedule("key", 0), false);
    held.open();
    assert.equal(await after.close(), true);
    assert.equal(await third.schedule("key", 0), true);
  });

  test("closing drains or drops", async (t) => {
    const queue = await open(t);
    const calls = [];
    const drained = processor(t, queue, (arg) => calls.push(arg));
    for (const key of ["one", "two"]) await drained.schedule(key, 0, key);
    assert.equal(await drained.close(), true);
    assert.deepEqual(calls, ["one", "two"]);
    await assert.rejects(drained.schedule("three", 0), {
      name: "ClosedError",
      message: "background processor is closed",
    });

    const end = gate();
    const dropping = processor(t, queue, () => end.passed);
    const started = once(dropping, "started");
    for (const key of ["one", "two"]) assert.equal(await dropping.schedule(key, HOUR), true);
    await started;
    const dropped = once(dropping, "dropped");
    assert.equal(await dropping.close({ drain: false, timeout: 0 }), false);
    assert.deepEqual(await dropped, ["two"]);
    end.open();
    assert.equal(await dropping.close(), true);
    const next = processor(t, queue, () => {});
    assert.equal(await next.schedule("one", 0), false, "its backoff has not passed");
    assert.equal(await next.schedule("two", 0), true, "it was not done");
  });

  if (kind === "memory") return;

  test("a key is kept for as long as its work takes", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    const end = gate();
    const one = processor(t, queue, () => end.passed, { lease: 150 });
    const other = processor(t, queue, () => {});
    assert.equal(await one.schedule("key", 0), true);
    for (let round = 0; round < 3; round++) {
      // The key is kept at thirds of the lease by the system's clock. What is under way when the hand
      // is turned has been made when the first size is told, and one more when the second is.
      for (let turn = 0; turn < 2; turn++) {
        await sleep(100);
        await queue.size();
      }
      clock.advance(149);
    }
    assert.equal(await other.schedule("key", 0), false);
    end.open();
  });
});

test("of callers that schedule one key at once one is told true", async (t) => {
  const queue = await Queue.open("memory:", "tests");
  const end = gate();
  const one = processor(t, queue, () => end.passed);
  const told = await Promise.all(Array.from({ length: 8 }, () => one.schedule("key", 0)));
  assert.deepEqual(told.filter(Boolean), [true]);
  end.open();
});

test("what the function throws ends nothing, and a listener hears of it", async (t) => {
  const one = processor(t, "memory:", (arg) => {
    if (arg === "throw") throw new Error("no way");
    if (arg === "reject") return Promise.reject(undefined);
    return undefined;
  });
  const told = [];
  for (const name of ["started", "done", "failed"]) {
    one.on(name, (key, _took, error) => told.push([name, key, error?.message]));
  }
  one.on("started", () => {
    throw new Error("a listener may be broken too");
  });
  const warned = [];
  const hear = ({ message }) => warned.push(message);
  process.on("warning", hear);
  t.after(() => process.off("warning", hear));
  for (const key of ["throw", "reject", "fine"]) assert.equal(await one.schedule(key, 0, key), true);
  assert.equal(await one.close(), true);
  assert.deepEqual(told, [
    ["started", "throw", undefined],
    ["failed", "throw", "no way"],
    ["started", "reject", undefined],
    ["failed", "reject", undefined],
    ["started", "fine", undefined],
    ["done", "fine", undefined],
  ]);
  assert.equal(warned[0], "listener of started threw Error: a listener may be broken too");
});

test("an error that nobody listens for is warned of", async (t) => {
  const warned = once(process, "warning");
  const one = processor(t, "memory:", () => {
    throw new Error("no way");
  });
  assert.equal(await one.schedule("key", 0), true);
  const [{ message }] = await warned;
  assert.equal(message, "background work on key failed: Error: no way");
});

test("as many calls run at once as allowed, and rest as told", async (t) => {
  let [running, most] = [0, 0];
  const full = gate();
  const work = async () => {
    most = Math.max(most, ++running);
    if (running === 3) full.open();
    await full.passed;
    await sleep(5);
    running--;
  };
  const wide = processor(t, "memory:", work, { concurrency: 3 });
  for (let number = 0; number < 9; number++) await wide.schedule(String(number), 0);
  assert.equal(await wide.close(), true);
  assert.equal(most, 3);

  const times = [];
  const slow = processor(t, "memory:", () => times.push(performance.now()), { pause: 40 });
  for (let number = 0; number < 3; number++) await slow.schedule(String(number), 0);
  assert.equal(await slow.close(), true);
  // A timer may be a millisecond early.
  assert.ok(times[1] - times[0] >= 39 && times[2] - times[1] >= 39, String(times));
});

for (const failOpen of [true, false]) {
  test(`without a store work ${failOpen ? "goes on" : "is refused"}`, async (t) => {
    const queue = await Queue.open("redis://localhost:1", "tests", { busyTimeout: 100 });
    const end = gate();
    const one = processor(t, queue, () => end.passed, { failOpen, lease: 200 });
    const trouble = once(one, "trouble");
    if (failOpen) {
      for (const key of ["runs", "waits"]) assert.equal(await one.schedule(key, 0), true);
      for (const key of ["runs", "waits"]) {
        assert.equal(await one.schedule(key, 0), false, "this process knows its own work");
      }
    } else {
      await assert.rejects(one.schedule("key", 0), { retryable: true });
      assert.equal(one.queueLength(), 0);
    }
    const [error] = await trouble;
    assert.equal(error.retryable, true);
    end.open();
    assert.equal(await one.close(), true);
  });
}

test("a processor opens the queue of a URL", async (t) => {
  const file = `${folder()}/jobs.db`;
  const end = gate();
  const one = processor(t, file, () => end.passed);
  const queue = await Queue.open(file, "background");
  t.after(() => queue.close());
  const same = processor(t, queue, () => {});
  const other = processor(t, file, () => {}, { name: "other" });
  assert.equal(await one.schedule("key", 0), true);
  assert.equal(await same.schedule("key", 0), false);
  assert.equal(await other.schedule("key", 0), true);
  end.open();
  const wrong = processor(t, "amqp://host", () => {});
  await assert.rejects(wrong.schedule("key", 0), { code: "InvalidArgument" });
});

test("what is out of range is refused by name", async (t) => {
  const make = (options) => () => new BackgroundProcessor("memory:", () => {}, options);
  assert.throws(make({ concurrency: 0 }), {
    code: "InvalidArgument",
    message: "concurrency 0 is out of range: accepted are 1 to 1024",
  });
  assert.throws(make({ concurency: 1 }), { code: "InvalidArgument" });
  assert.throws(() => new BackgroundProcessor(1, () => {}), { code: "InvalidArgument" });
  assert.throws(() => new BackgroundProcessor("memory:", 1), { code: "InvalidArgument" });
  const one = processor(t, "memory:", () => {});
  await assert.rejects(one.schedule("", 0), { code: "InvalidArgument" });
  await assert.rejects(one.schedule("key", -1), { code: "InvalidArgument" });
  assert.equal(await one.schedule("key", 0), true, "a refused call has claimed nothing");
});

test("a process ends when nothing waits, and its keys come free after their lease", async (t) => {
  const file = `${folder()}/jobs.db`;
  const lease = 1_000;
  const { status, stdout, stderr } = run(`
    import { BackgroundProcessor } from "./index.mjs";
    const calls = [];
    const began = Date.now();
    const processor = new BackgroundProcessor(${JSON.stringify(file)}, (arg) => {
      calls.push(arg);
      if (arg === "never") return new Promise(() => {});
    }, { lease: ${lease}, concurrency: 2 });
    process.on("exit", () => console.log(JSON.stringify({ calls, began })));
    await processor.schedule("never", 0, "never");
    await processor.schedule("soon", 0, "soon");
    await processor.schedule("later", 0, "later");
  `);
  assert.equal(stderr, "");
  assert.equal(status, 0);
  const { calls, began } = JSON.parse(stdout);
  assert.deepEqual(calls, ["never", "soon", "later"]);
  const other = processor(t, file, () => {});
  const deadline = Date.now() + 20_000;
  while (!(await other.schedule("never", 0))) {
    assert.ok(Date.now() < deadline);
    await sleep(20);
  }
  assert.ok(Date.now() >= began + lease, "not before");
});

test("what is scheduled while the store is away has its key when that is back", async (t) => {
  const redis = await Redis.start();
  t.after(() => redis.stop());
  const url = await redis.url();
  const open = async (options) => {
    const queue = await Queue.open(url, "tests", options);
    t.after(() => queue.close());
    return queue;
  };
  const isHeld = async (key) => (await redis.ask(`HEXISTS {fairlane:tests}:holds ${key}`)) === ":1\r\n";
  const end = gate();
  const hasty = await open({ busyTimeout: 100 });
  const one = processor(t, hasty, (isSlow) => isSlow && end.passed, { lease: 6_000 });
  const other = processor(t, await open(), () => {}, { failOpen: false });
  const stopped = once(redis.process, "exit");
  redis.stop();
  await stopped;
  const done = once(one, "done");
  assert.equal(await one.schedule("quick", HOUR, false), true);
  await done;
  assert.equal(await one.schedule("slow", 0, true), true);
  await redis.listen();
  const deadline = Date.now() + 60_000;
  for (const key of ["quick", "slow"]) {
    while (!(await isHeld(key))) {
      assert.ok(Date.now() < deadline, key);
      await sleep(5);
    }
    assert.equal(await other.schedule(key, 0), false);
  }
  end.open();
  assert.equal(await one.close(), true);
  assert.equal(await other.schedule("slow", 0), true);
  assert.equal(await other.schedule("quick", 0), false, "its backoff has not passed");
});
