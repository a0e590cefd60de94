// What the package means for a process: when it ends, its threads, and the program in it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

import { Queue } from "../index.mjs";
import { PACKAGE, Redis, folder, run } from "./support.mjs";

const OPEN = 'import { Queue } from "./index.mjs"; const queue = await Queue.open("memory:", "q");';
/** How many worker threads are made and ended. */
const WORKERS = Number(process.env.FAIRLANE_WORKERS ?? 100);

describe("the end of a process", () => {
  test("comes when nothing is pending, though a queue is open", () => {
    for (const rest of ["", "await queue.push(1);", "await queue.pop({ wait: 5 });"]) {
      const done = run(`${OPEN} ${rest} process.on("exit", () => console.log("end"));`);
      assert.deepEqual([done.status, done.stdout, done.stderr], [0, "end\n", ""], rest);
    }
  });

  test("does not come while a call is pending", () => {
    const done = run(`${OPEN}
      queue.pop({ wait: 300 }).then((job) => console.log("waited for", job));
      queue.size().then((size) => console.log("size", size));
    `);
    assert.deepEqual([done.status, done.stdout], [0, "size 0\nwaited for null\n"], done.stderr);
  });

  test("does not come for a queue that nobody names any more, while one of its calls is pending", () => {
    const done = run(
      `${OPEN.replace("const queue", "let queue")}
        queue.pop({ wait: 300 }).then((job) => console.log("waited for", job));
        await queue.size();
        queue = undefined;
        for (let n = 0; n < 10; n++) {
          globalThis.gc();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      `,
      { flags: ["--expose-gc"] },
    );
    assert.deepEqual([done.status, done.stdout], [0, "waited for null\n"], done.stderr);
  });

  test("comes as soon as the last wait has ended, on Redis too", async (t) => {
    const redis = await Redis.start();
    t.after(() => redis.stop());
    const done = run(`
      import { Queue } from "./index.mjs";
      const queue = await Queue.open(${JSON.stringify(await redis.url())}, "q");
      console.log(await queue.pop({ wait: 50 }));
      process.on("exit", () => console.log("exit"));
    `);
    assert.deepEqual([done.status, done.stdout], [0, "null\nexit\n"], done.stderr);
  });

  test("may be forced while calls are pending", () => {
    const done = run(`${OPEN}
      for (let n = 0; n < 100; n++) queue.pop({ wait: 60_000 });
      queue.pushMany([]);
      await queue.size();
      process.exit(7);
    `);
    assert.deepEqual([done.status, done.stderr], [7, ""]);
  });

  test("is not held up by a server that does not answer", () => {
    const place = `redis+unix://${join(folder(), "nobody.socket")}`;
    const done = run(`
      import { Queue } from "./index.mjs";
      const queue = await Queue.open("${place}", "q", { busyTimeout: 60_000 });
      queue.push(1);
      queue.push(2, "other");
      setTimeout(() => process.exit(3), 50);
    `, { timeout: 30_000 });
    assert.deepEqual([done.status, done.signal], [3, null], done.stderr);
  });

  test("by Ctrl-C ends a wait", async () => {
    const program = `${OPEN} queue.pop({ wait: 60_000 }); await queue.size(); console.log("waits");`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: PACKAGE,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "exit"), [null, "SIGINT"]);
  });

  test("a rejected promise that nobody handles is reported as any other", () => {
    const done = run(`${OPEN} queue.markComplete("garbage");`);
    assert.equal(done.status, 1);
    assert.match(done.stderr, /InvalidArgumentError: token "garbage" is not one that pop gave/);
  });
});

describe("worker threads", () => {
  const file = join(folder(), "jobs.db");
  const program = `
    const { parentPort } = require("node:worker_threads");
    const { Queue } = require(${JSON.stringify(join(PACKAGE, "index.cjs"))});
    (async () => {
      const queue = await Queue.open(${JSON.stringify(file)}, "q", { durability: "normal" });
      await queue.push("from a worker");
      // Another thread's wait may take the job of this one, and leaves one of its own.
      const job = await queue.pop({ wait: 60_000 });
      await queue.markComplete(job);
      parentPort.postMessage(job.json());
      WAIT
    })();
  `;

  function start(rest) {
    return new Worker(program.replace("WAIT", rest), { eval: true });
  }

  test("each has queues of its own, and ends by itself", async () => {
    const ends = Array.from({ length: 4 }, () => start("")).map((worker) =>
      Promise.all([once(worker, "message"), once(worker, "exit")]),
    );
    assert.deepEqual(await Promise.all(ends), Array(4).fill([["from a worker"], [0]]));
  });

  test(`${WORKERS} are made and ended, half of them in the midst of waits, and leave no thread`, async () => {
    const queue = await Queue.open(file, "q");
    const before = readdirSync("/proc/self/task").length;
    const rests = ["", "queue.pop({ wait: 60_000 }); for (;;) await queue.push(1);"];
    for (let made = 0; made < WORKERS; made += 4) {
      const group = Array.from({ length: 4 }, (_, n) => start(rests[n % 2]));
      try {
        await Promise.all(group.map((worker) => once(worker, "message")));
      } finally {
        // Else those that push for ever keep this process, whose test has failed, from its end.
        await Promise.all(group.map((worker) => worker.terminate()));
      }
    }
    // A thread that has ended, and that another has waited for, may be listed a moment longer.
    const deadline = Date.now() + 10_000;
    while (readdirSync("/proc/self/task").length > before) {
      assert.ok(Date.now() < deadline, "threads are left");
      await sleep(10);
    }
    await queue.purge();
    await queue.close();
  });
});

describe("the program", () => {
  const file = join(folder(), "fairlane.db");

  function fairlane(...args) {
    const command = [join(PACKAGE, "bin", "fairlane.cjs"), "--url", file, ...args];
    return spawnSync(process.execPath, command, { encoding: "utf8" });
  }

  test("is the one of the other languages", async () => {
    assert.equal(fairlane("push", "hello", "--lane", "tenant-7").status, 0);
    const stats = JSON.parse(fairlane("stats", "--json").stdout);
    assert.equal(stats.ready, 1);
    assert.equal(fairlane("pop", "--no-such-option").status, 2);
  });

  test("works jobs off and ends with Ctrl-C", async () => {
    const child = spawn(
      process.execPath,
      [join(PACKAGE, "bin", "fairlane.cjs"), "--url", file, "work", "--", "cat"],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    await once(child.stdout, "data");
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "exit"), [130, null]);
  });
});
