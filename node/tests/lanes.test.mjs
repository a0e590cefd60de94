import assert from "node:assert/strict";
import { test } from "node:test";

import { Counts, LaneInfo, Limits, ManualClock, NewJob, Repaired, Stats, Swept } from "../index.mjs";
import { DAWN, onEveryStore } from "./support.mjs";

onEveryStore(({ open }) => {
  test("lanes take turns", async (t) => {
    const queue = await open(t);
    const jobs = ["a", "a", "a", "b"].map((lane) => new NewJob(lane, lane));
    await queue.pushMany(jobs);
    assert.deepEqual((await queue.popMany(4)).map((job) => job.lane), ["a", "b", "a", "a"]);
  });

  test("limits are set apart, each alone", async (t) => {
    const queue = await open(t);
    await queue.setLimits("a", { tps: 5, maxInFlight: 2, weight: 3, maxWaiting: 7 });
    await queue.setLimits("a", { maxInFlight: 4 });
    const { limits } = await queue.lane("a");
    assert.ok(limits instanceof Limits);
    assert.deepEqual({ ...limits }, { rate: [5, 1_000], maxInFlight: 4, weight: 3, maxWaiting: 7 });
    await queue.setLimits(null, { rate: [3, 60_000] });
    assert.deepEqual((await queue.stats()).limits.rate, [3, 60_000]);
    await assert.rejects(queue.setLimits(null, { weight: 2 }), { code: "InvalidArgument" });
  });

  test("a limit is exact in any window", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    for (let n = 0; n < 5; n++) await queue.push(n, "a", { tps: 2 });
    assert.equal((await queue.popMany(5)).length, 2);
    const lane = await queue.lane("a");
    assert.deepEqual([lane.state, lane.wakesAt], ["throttled", DAWN + 1_000]);
    clock.advance(999);
    assert.equal(await queue.pop(), null);
    clock.advance(1);
    assert.equal((await queue.popMany(5)).length, 2);
  });

  test("pause, resume and throttle hold a lane or all", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    await queue.push(1, "a");
    for (const lane of ["a", null]) {
      await queue.pause(lane);
      assert.equal(await queue.pop(), null);
      await queue.resume(lane);
      await queue.throttle(lane, 1_000);
      assert.equal(await queue.pop(), null);
      await queue.throttle(lane, 0);
      const job = await queue.pop();
      await queue.release(job);
    }
    await queue.pause();
    assert.equal((await queue.stats()).paused, true);
    await queue.resume();
    assert.equal((await queue.lane("a")).paused, false);
  });

  test("dethrottle moves what is due, and a dethrottler does so by itself", async (t) => {
    const clock = new ManualClock(DAWN);
    const queue = await open(t, { clock });
    await queue.push(1, "a", { delay: 50 });
    clock.advance(50);
    const swept = await queue.dethrottle();
    assert.ok(swept instanceof Swept);
    assert.deepEqual({ ...swept }, { due: 1, lapsed: 0, woken: 0 });
    await queue.push(2, "a", { delay: 50 });
    clock.advance(50);
    const dethrottler = await queue.startDethrottler(1);
    const deadline = Date.now() + 60_000;
    while ((await queue.stats()).counts.delayed > 0) assert.ok(Date.now() < deadline);
    await dethrottler.stop();
    await dethrottler.stop();
    await (await queue.startDethrottler(1_000))[Symbol.asyncDispose]();
    await assert.rejects(queue.startDethrottler(0), { code: "InvalidArgument" });
    const last = await queue.startDethrottler(1_000);
    await queue.close();
    await last.stop();
  });

  test("stats, lanes and sizes count", async (t) => {
    const queue = await open(t);
    await queue.pushMany([new NewJob(1, "a"), new NewJob(2, "b", { delay: 60_000 }), new NewJob(3, "ü")]);
    const job = await queue.pop();
    const stats = await queue.stats();
    assert.ok(stats instanceof Stats && stats.counts instanceof Counts);
    assert.deepEqual({ ...stats.counts }, { ready: 1, delayed: 1, blocked: 0, inFlight: 1 });
    assert.deepEqual([stats.counts.waiting, stats.lanes, stats.pushed], [2, 3, 3]);
    const lanes = await queue.lanes();
    assert.ok(lanes.every((lane) => lane instanceof LaneInfo));
    assert.deepEqual(lanes.map((lane) => lane.name), ["a", "b", "ü"]);
    assert.equal(await queue.lane("nobody"), null);
    assert.equal(await queue.size(), 2);
    assert.equal(await queue.size(job.lane), 0);
  });

  test("get, peek, cancel and purge", async (t) => {
    const queue = await open(t);
    const [one, two, three] = await queue.pushMany([1, 2, 3].map((n) => new NewJob({ n })));
    assert.deepEqual((await queue.get(one.id)).json(), { n: 1 });
    assert.equal(await queue.get("1099511627775"), null);
    assert.deepEqual((await queue.peek()).map((job) => job.id), [one.id]);
    assert.deepEqual((await queue.peek("default", 9)).map((job) => job.state), Array(3).fill("ready"));
    assert.equal(await queue.cancel(two.id), true);
    assert.equal(await queue.cancel(two.id), false);
    assert.equal(await queue.purge("nobody"), 0);
    assert.equal(await queue.purge(), 2);
    assert.equal(await queue.get(three.id), null);
  });

  test("dead jobs are listed, restored and cleaned", async (t) => {
    const queue = await open(t);
    await queue.pushMany(["a", "b", "b"].map((lane) => new NewJob(1, lane)));
    for (const job of await queue.popMany(3)) await queue.fail(job, job.lane);
    const dead = await queue.failed();
    assert.deepEqual(dead.map((job) => job.error).sort(), ["a", "b", "b"]);
    assert.equal((await queue.failed(1)).length, 1);
    assert.equal(await queue.restoreFailed({ lane: "a" }), 1);
    assert.equal(await queue.restoreFailed({ ids: new Set([dead[0].id, "9"]) }), 1);
    assert.equal(await queue.cleanFailed({ ids: [] }), 0);
    assert.equal(await queue.cleanFailed(), 1);
    await assert.rejects(queue.cleanFailed({ ids: [], lane: "a" }), {
      message: "ids and lane are both given: accepted is one of them",
    });
  });

  test("bumpKeys frees all keys", async (t) => {
    const queue = await open(t);
    const id = await queue.push(1, "a", { key: "k" });
    await queue.bumpKeys();
    assert.notEqual(await queue.push(1, "a", { key: "k" }), id);
  });

  test("a repair finds a sound queue sound", async (t) => {
    const queue = await open(t);
    await queue.push(1);
    const repaired = await queue.repair();
    assert.ok(repaired instanceof Repaired && repaired.isSound);
    assert.deepEqual([repaired.jobs, repaired.lanes], [1, 1]);
  });
});
