// A million operations leave the memory of the process as it was.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// In a process of its own, whose memory is nobody else's. Each round has every kind of call, errors
// and aborted waits among them.
const PROGRAM = `
  import { NewJob, Queue } from "./node.mjs";
  const queue = await Queue.open("memory:", "q");
  const payload = new Uint8Array(100);
  async function round() {
    for (let n = 0; n < 200; n++) await queue.push(payload, "lane");
    await queue.pushMany(Array.from({ length: 200 }, () => new NewJob(payload)));
    const jobs = [];
    for (let n = 0; n < 200; n++) jobs.push(await queue.pop());
    for (const job of jobs) await queue.markComplete(job);
    await queue.markCompleteMany(await queue.popMany(200));
    for (const job of jobs.slice(0, 10)) await queue.markComplete(job).catch(() => {});
    const controller = new AbortController();
    const waits = Array.from({ length: 10 }, () =>
      queue.pop({ wait: 60_000, signal: controller.signal }).catch(() => {}),
    );
    await queue.size();
    controller.abort();
    await Promise.all(waits);
  }
  async function rounds(count) {
    for (let n = 0; n < count; n++) await round();
    for (let n = 0; n < 5; n++) {
      globalThis.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return process.memoryUsage.rss() / 2 ** 20;
  }
  // 1,221 operations a round.
  await rounds(210);
  const before = await rounds(10);
  const after = await rounds(820);
  console.log(before.toFixed(1), after.toFixed(1));
`;

test("a million operations leave the memory flat", (t) => {
  const words = ["--expose-gc", "--max-semi-space-size=1", "--input-type=module", "--eval", PROGRAM];
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const done = execFileSync(process.execPath, words, { cwd, encoding: "utf8", timeout: 600_000 });
  const [before, after] = done.split(" ").map(Number);
  t.diagnostic(`${before} MiB after 250,000 operations, ${after} MiB after another million`);
  assert.ok(after - before <= 5, `${before} MiB before, ${after} MiB after`);
});
