import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

import fairlane from "../index.cjs";
import { ManualClock, NewJob, Queue } from "../index.mjs";
import { DAWN, folder } from "./support.mjs";

describe("opening", () => {
  const place = folder();

  test("a file is made, found again, and shared by handles", async () => {
    const file = join(place, "jobs.db");
    const one = await Queue.open(file, "mail");
    const other = await Queue.open(`sqlite:${file}`, "mail", { durability: "normal" });
    assert.equal(one.name, "mail");
    await one.push("x");
    assert.equal((await other.pop()).json(), "x");
    await Promise.all([one.close(), other.close()]);
    assert.ok(existsSync(file));
  });

  test("what cannot be opened says so in its promise", async () => {
    const text = join(place, "text.db");
    writeFileSync(text, "no database, but long enough to be looked at".repeat(99));
    const cases = [
      [["amqp://host", "q"], "InvalidArgument"],
      [["", "q"], "InvalidArgument"],
      [["memory:", ""], "InvalidArgument"],
      [["memory:", "q", { durability: "none" }], "InvalidArgument"],
      [["memory:", "q", { maxPayload: 0 }], "InvalidArgument"],
      [["memory:", "q", { maxPayload: -1 }], "InvalidArgument"],
      [["memory:", "q", { busyTimeout: -1 }], "InvalidArgument"],
      [["memory:", "q", { clock: { now: 1 } }], "InvalidArgument"],
      [["memory:", "q", { colour: "red" }], "InvalidArgument"],
      [["memory:", "q", null], "InvalidArgument"],
      [[42, "q"], "InvalidArgument"],
      [["memory:", Symbol("q")], "InvalidArgument"],
      [[join(place, "no", "such", "folder.db"), "q"], "Unavailable"],
      [[join(place, "none.db"), "q", { create: false }], "Unavailable"],
      [[text, "q"], "Corrupt"],
    ];
    for (const [args, code] of cases) {
      await assert.rejects(Queue.open(...args), { code }, String(args[0]));
    }
    assert.throws(() => new Queue(), { code: "InvalidArgument" });
  });

  test("the options are heeded", async () => {
    const options = { maxPayload: 10, maxFailed: 1, clock: new ManualClock(DAWN) };
    const queue = await Queue.open("memory:", "q", options);
    await assert.rejects(queue.push(Buffer.alloc(11)), { code: "PayloadTooLarge", number: 4 });
    await queue.pushMany([new NewJob(1), new NewJob(2)]);
    for (const job of await queue.popMany(2)) await queue.fail(job);
    assert.equal((await queue.failed()).length, 1);
    await queue.close();
  });

  test("a hundred queues are opened and closed at once", async () => {
    const queues = await Promise.all(
      Array.from({ length: 100 }, (_, n) => Queue.open("memory:", `q${n}`)),
    );
    await Promise.all(queues.map((queue) => queue.push(queue.name)));
    const jobs = await Promise.all(queues.map((queue) => queue.pop()));
    assert.deepEqual(jobs.map((job) => job.json()), queues.map((queue) => queue.name));
    await Promise.all(queues.map((queue) => queue[Symbol.asyncDispose]()));
  });

  test("ES module and CommonJS have the same classes", async () => {
    const module = await import("../index.mjs");
    for (const [name, value] of Object.entries(fairlane)) assert.equal(module[name], value, name);
    assert.equal(Object.keys(module).length, Object.keys(fairlane).length);
  });
});
