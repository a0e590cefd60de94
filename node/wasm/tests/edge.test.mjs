// The build without the embedded store.

import assert from "node:assert/strict";
import { test } from "node:test";

import { InvalidArgumentError, UnsupportedError } from "../node.mjs";
import { CLIENTS } from "./clients.mjs";
import { Backoff, ManualClock, Queue } from "./edge_build.mjs";
import { startServer } from "./server.mjs";

/** Connects to a server of its own, which ends with the test. */
async function connect(context) {
  const server = await startServer();
  let client;
  context.after(async () => {
    client?.end();
    await server.stop();
  });
  client = await CLIENTS["node-redis"](server.port);
  return client;
}

test("a job goes through", async (t) => {
  const client = await connect(t);
  const queue = await Queue.open(client.send, "mail");
  await queue.push({ to: "ada" });
  const job = await queue.pop();
  await queue.markComplete(job);
  assert.deepEqual(job.json(), { to: "ada" });
});

test("schedules tick by an interval, and not by the calendar", async (t) => {
  const client = await connect(t);
  const clock = new ManualClock(0);
  const queue = await Queue.open(client.send, "chores", { clock });
  await assert.rejects(queue.schedule("a", 1, "l", { cron: "@daily" }), UnsupportedError);
  await queue.schedule("a", 1, "l", { every: 1_000 });
  assert.deepEqual((await queue.schedules()).map(({ name, nextAt }) => [name, nextAt]), [["a", 1_000]]);
  clock.advance(1_000);
  assert.equal((await queue.pop()).lane, "l");
});

test("a worker that waits is woken by a tick", async (t) => {
  const client = await connect(t);
  const queue = await Queue.open(client.send, "chores");
  await queue.schedule("a", 1, "l", { every: 50 });
  assert.equal((await queue.pop({ wait: 60_000 })).lane, "l");
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
