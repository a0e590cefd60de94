// Metrics, through Prometheus' client library.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { Registry } from "prom-client";

import { BackoffPolicy, Discard, Queue, Release, Worker } from "../index.mjs";
import { QueueCollector, WorkerMetrics } from "../metrics.mjs";
import { PACKAGE, folder } from "./support.mjs";

/** Gives the lines of a text, each without what prom-client leaves empty between metrics. */
const lines = (text) => text.split("\n").filter((line) => line !== "").sort();

test("the program and the collector tell the same", async () => {
  const file = join(folder(), "jobs.db");
  const queue = await Queue.open(file, "mail");
  const parent = await queue.push("parent", 'ten"ant');
  await queue.push("child", "back\\slash", { after: parent });
  await queue.push("late", "two\nlines", { delay: 3_600_000 });
  await queue.throttle("two\nlines", 3_600_000);
  const registry = new Registry();
  new QueueCollector([queue], { lanes: true, registry });
  const collected = lines(await registry.metrics()).filter((line) => !line.includes("fairlane_queue_up"));
  const program = [join(PACKAGE, "bin", "fairlane.cjs"), "-u", file, "-q", "mail", "metrics", "--lanes"];
  assert.deepEqual(collected, lines(execFileSync(process.execPath, program, { encoding: "utf8" })));
  await queue.push("more");
  assert.match(await registry.metrics(), /^fairlane_jobs_pushed_total\{queue="mail"\} 4$/m);
  await queue.close();
});

test("a queue that cannot be asked takes nothing from the others", async () => {
  const [up, down] = await Promise.all(["up", "down"].map((name) => Queue.open("memory:", name)));
  await down.close();
  const registry = new Registry();
  new QueueCollector([up, down], { registry });
  const told = await registry.metrics();
  assert.match(told, /^fairlane_queue_up\{queue="up"\} 1$/m);
  assert.match(told, /^fairlane_queue_up\{queue="down"\} 0$/m);
  assert.doesNotMatch(told, /fairlane_lanes\{queue="down"\}/);
  await up.close();
});

test("what a worker does is counted and timed", async (t) => {
  const queue = await Queue.open("memory:", "mail");
  const registry = new Registry();
  const handler = (job) => {
    const what = job.payload.toString();
    if (what === "dead") throw new Discard("never");
    if (what === "failed") throw new Error("not now");
    if (what === "released") throw new Release({ delay: 3_600_000 });
  };
  const worker = new Worker(queue, handler, { concurrency: 1 });
  t.after(async () => {
    await worker.stop({ timeout: 0 });
    await queue.close();
  });
  new WorkerMetrics({ registry, buckets: [10] }).observe(worker, queue);
  const last = once(worker, "released");
  // What has failed does not come again before the end.
  const backoff = new BackoffPolicy({ min: 3_600_000, max: 3_600_000 });
  for (const what of ["done", "done", "failed", "dead", "released"]) {
    await queue.push(Buffer.from(what), "default", { backoff });
  }
  await worker.start();
  await last;
  const told = await registry.metrics();
  for (const [outcome, count] of Object.entries({ done: 2, failed: 1, dead: 1, released: 1, lost: 0 })) {
    assert.ok(lines(told).includes(`fairlane_deliveries_total{queue="mail",outcome="${outcome}"} ${count}`), told);
  }
  assert.match(told, /^fairlane_job_duration_seconds_bucket\{le="10",queue="mail"\} 4$/m);
  assert.match(told, /^fairlane_job_duration_seconds_count\{queue="mail"\} 4$/m);
  assert.match(told, /^fairlane_store_errors_total\{queue="mail"\} 0$/m);
});

test("the jobs of several queues are counted under their own", async () => {
  const [mail, post] = await Promise.all(["mail", "post"].map((name) => Queue.open("memory:", name)));
  await mail.push(1);
  for (let number = 0; number < 2; number++) await post.push(number);
  const registry = new Registry();
  const worker = new Worker(mail, () => null, { also: [[post, 1]], untilEmpty: true });
  new WorkerMetrics({ registry }).observe(worker, mail);
  await worker.start();
  await worker.wait();
  const told = await registry.metrics();
  for (const [queue, count] of Object.entries({ mail: 1, post: 2 })) {
    assert.ok(lines(told).includes(`fairlane_deliveries_total{queue="${queue}",outcome="done"} ${count}`), told);
    assert.ok(lines(told).includes(`fairlane_job_duration_seconds_count{queue="${queue}"} ${count}`), told);
  }
  await Promise.all([mail.close(), post.close()]);
});
