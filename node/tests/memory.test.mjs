// A million operations leave the memory of the process as it was.
import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "./support.mjs";

test("a million operations leave the memory flat", (t) => {
  // In a process of its own, whose memory is nobody else's. Each round has every kind of call, errors
  // and aborted waits among them.
  const done = run(
    `
    import { NewJob, Queue } from "./index.mjs";
    const queue = await Queue.open("memory:", "q");
    const payload = Buffer.alloc(100);
    async function round() {
      const pushes = Array.from({ length: 200 }, () => queue.push(payload, "lane"));
      await Promise.all(pushes);
      await queue.pushMany(Array.from({ length: 200 }, () => new NewJob(payload)));
      const jobs = await Promise.all(Array.from({ length: 200 }, () => queue.pop()));
      await Promise.all(jobs.map((job) => queue.markComplete(job)));
      await queue.markCompleteMany(await queue.popMany(200));
      const refused = Array.from({ length: 10 }, () => queue.markComplete(jobs[0]).catch(() => {}));
      const controller = new AbortController();
      const waits = Array.from({ length: 10 }, () =>
        queue.pop({ wait: 60_000, signal: controller.signal }).catch(() => {}),
      );
      await Promise.all([...refused, queue.size(), queue.pop({ wait: 0.01 })]);
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
    // 1,222 operations a round.
    // After the first collection the memory grows once more, by some MiB, and then stays.
    await rounds(210);
    await rounds(200);
    const before = await rounds(10);
    const after = await rounds(820);
    console.log(before.toFixed(1), after.toFixed(1));
    `,
    { flags: ["--expose-gc", "--max-semi-space-size=1"], timeout: 600_000 },
  );
  assert.equal(done.status, 0, done.stderr);
  const [before, after] = done.stdout.split(" ").map(Number);
  t.diagnostic(`${before} MiB after 500,000 operations, ${after} MiB after another million`);
  assert.ok(after - before <= 5, `${before} MiB before, ${after} MiB after`);
});
