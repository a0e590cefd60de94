// Headers, beside what the conformance scenarios say of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { InvalidArgumentError, NewJob, Queue } from "../node.mjs";

test("headers are a copy that nobody changes", () => {
  const given = { traceparent: "00-1" };
  const job = new NewJob(1, "a", { headers: given });
  given.traceparent = "00-2";
  assert.deepEqual(job.headers, { traceparent: "00-1" });
  assert.ok(Object.isFrozen(job.headers));
  assert.deepEqual(new NewJob(1).headers, {});
});

test("any text is a name, in a batch with jobs that have none", async () => {
  const queue = await Queue.open("memory:", "mail");
  const headers = JSON.parse(`{"__proto__": "ß"}`);
  await queue.pushMany([new NewJob(1), new NewJob(2, "default", { headers }), new NewJob(3)]);
  const jobs = await queue.popMany(3);
  assert.deepEqual(jobs.map((job) => Object.entries(job.headers)), [[], [["__proto__", "ß"]], []]);
  assert.deepEqual(jobs.map((job) => job.json()), [1, 2, 3]);
  assert.deepEqual(Object.entries((await queue.get(jobs[1].id)).headers), [["__proto__", "ß"]]);
});

test("headers that are no texts are refused", async () => {
  for (const headers of [7, [], new Map(), { a: 1 }, { a: null }, { a: "\ud800" }, { "\ud800": "a" }]) {
    assert.throws(() => new NewJob(1, "a", { headers }), InvalidArgumentError);
  }
});
