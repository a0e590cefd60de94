// The build without the embedded store.

import assert from "node:assert/strict";
import { test } from "node:test";

import { InvalidArgumentError, UnsupportedError } from "../node.mjs";
import { CLIENTS } from "./clients.mjs";
import { Backoff, ManualClock, Queue } from "./edge_build.mjs";
import { startServer } from "./server.mjs";

test("a job goes through", async () => {
  const server = await startServer();
  const client = await CLIENTS["node-redis"](server.port);
  const queue = await Queue.open(client.send, "mail");
  await queue.push({ to: "ada" });
  const job = await queue.pop();
  await queue.markComplete(job);
  assert.deepEqual(job.json(), { to: "ada" });
  client.end();
  await server.stop();
});

test("schedules tick by an interval, and not by the calendar", async () => {
  const server = await startServer();
  const client = await CLIENTS["node-redis"](server.port);
  const clock = new ManualClock(0);
  const queue = await Queue.open(client.send, "chores", { clock });
  await assert.rejects(queue.schedule("a", 1, "l", { cron: "@daily" }), UnsupportedError);
  await queue.schedule("a", 1, "l", { every: 1_000 });
  assert.deepEqual((await queue.schedules()).map(({ name, nextAt }) => [name, nextAt]), [["a", 1_000]]);
  clock.advance(1_000);
  assert.equal((await queue.pop()).lane, "l");
  client.end();
  await server.stop();
});

test("a worker that waits is woken by a tick", async () => {
  const server = await startServer();
  const client = await CLIENTS["node-redis"](server.port);
  const queue = await Queue.open(client.send, "chores");
  await queue.schedule("a", 1, "l", { every: 50 });
  assert.equal((await queue.pop({ wait: 60_000 })).lane, "l");
  client.end();
  await server.stop();
});

test("queues in memory and in files are told to need the other build", async () => {
  for (const url of ["memory:", "jobs.db"]) {
    await assert.rejects(Queue.open(url, "mail"), UnsupportedError);
  }
});

test("what is pure is all there", () => {
  const backoff = new Backoff({ min: 10, max: 40, limit: 4 });
  const delays = Array.from({ length: 5 }, () => backoff.duration());
  assert.deepEqual(delays, [10, 20, 40, 40, null]);
  assert.throws(() => new Backoff({ min: 5, max: 4 }), InvalidArgumentError);
});
