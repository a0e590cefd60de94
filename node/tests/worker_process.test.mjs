// What a worker means for its process: signals, and ends of every kind while handlers run.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Worker as Thread } from "node:worker_threads";

import { Queue } from "../index.mjs";
import { PACKAGE, Redis, folder } from "./support.mjs";

const SOON = 20_000;

/** Begins a program that works on the queue at a URL until the test ends; `handler` is its text. */
function begin(context, url, handler, rest) {
  const program = `
    import { Queue, Worker } from "./index.mjs";
    const queue = await Queue.open(${JSON.stringify(url)}, "tests");
    const worker = new Worker(queue, ${handler}, { concurrency: 1 });
    worker.on("started", () => console.log("began"));
    ${rest}
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: PACKAGE,
    stdio: ["ignore", "pipe", "pipe"],
  });
  context.after(() => child.kill("SIGKILL"));
  let told = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (told += text));
  const began = once(child.stdout, "data");
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, told }));
  return { child, began, ended };
}

const PATIENT = `async (job, { signal }) => {
  await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
}`;
const ENDLESS = "() => new Promise((resolve) => setTimeout(resolve, 600_000))";
const RUN = 'await worker.run({ stopTimeout: 10_000 }); console.log("left"); process.exit();';

for (const kind of ["file", "redis"]) {
  describe(`a worker on ${kind}`, () => {
    let redis;
    let files = 0;
    const place = folder();
    before(async () => {
      if (kind === "redis") redis = await Redis.start();
    });
    after(() => redis?.stop());

    async function open(context) {
      const url = kind === "file" ? join(place, `${++files}.db`) : await redis.url();
      const queue = await Queue.open(url, "tests");
      context.after(() => queue.close());
      return { url, queue };
    }

    for (const signal of ["SIGINT", "SIGTERM"]) {
      test(`ends with ${signal} when its handlers have finished`, async (t) => {
        const { url, queue } = await open(t);
        const id = await queue.push(1);
        const { child, began, ended } = begin(t, url, PATIENT, RUN);
        await began;
        child.kill(signal);
        assert.deepEqual(await ended, { code: 0, signal: null, told: "began\nleft\n" });
        assert.equal(await queue.get(id), null);
      });
    }

    test("gives back at a second signal what runs", async (t) => {
      const { url, queue } = await open(t);
      await queue.push(1);
      const { child, began, ended } = begin(t, url, ENDLESS, RUN);
      await began;
      child.kill("SIGINT");
      child.kill("SIGTERM");
      const again = await queue.pop({ wait: SOON });
      assert.deepEqual([again.tries, again.lapses], [1, 0]);
      assert.deepEqual(await ended, { code: 0, signal: null, told: "began\nleft\n" });
    });

    test("that ends its process from a handler leaves a lapse, at once", async (t) => {
      const { url, queue } = await open(t);
      await queue.push(1);
      const { ended } = begin(t, url, "() => process.exit(3)", "await worker.start();");
      assert.equal((await ended).code, 3);
      const again = await queue.pop({ wait: SOON });
      assert.deepEqual([again.tries, again.lapses], [2, 1]);
    });

    test("whose process ends by an error that nobody catches leaves a lapse, at once", async (t) => {
      const { url, queue } = await open(t);
      await queue.push(1);
      const handler = "() => new Promise(() => setTimeout(() => { throw new Error('stray'); }))";
      const { ended } = begin(t, url, handler, "await worker.start();");
      const { code, told } = await ended;
      assert.equal(code, 1);
      assert.match(told, /Error: stray/);
      const again = await queue.pop({ wait: SOON });
      assert.deepEqual([again.tries, again.lapses], [2, 1]);
    });

    test("makes a job dead that ends its process again and again", async (t) => {
      const { url, queue } = await open(t);
      const id = await queue.push(1, "default", { maxTries: 2 });
      for (let round = 0; round < 2; round++) {
        await begin(t, url, "() => process.exit(3)", "await worker.start();").ended;
      }
      await queue.dethrottle();
      const { state, error, lapses } = await queue.get(id);
      assert.deepEqual([state, error, lapses], ["dead", "lease lapsed", 2]);
    });

    test("in a worker thread that is ended leaves a lapse, and the process goes on", async (t) => {
      const { url, queue } = await open(t);
      await queue.push(1);
      const program = `
        const { parentPort } = require("node:worker_threads");
        const { Queue, Worker } = require(${JSON.stringify(join(PACKAGE, "index.cjs"))});
        Queue.open(${JSON.stringify(url)}, "tests").then(async (queue) => {
          const worker = new Worker(queue, () => {
            parentPort.postMessage("began");
            return new Promise(() => {});
          });
          await worker.start();
        });
      `;
      const thread = new Thread(program, { eval: true });
      await once(thread, "message");
      await thread.terminate();
      const again = await queue.pop({ wait: SOON });
      assert.deepEqual([again.tries, again.lapses], [2, 1]);
    });
  });
}

test("a worker that was killed leaves a lapse, at once in a file", async (t) => {
  const url = join(folder(), "jobs.db");
  const queue = await Queue.open(url, "tests");
  t.after(() => queue.close());
  await queue.push(1);
  const { child, began, ended } = begin(t, url, ENDLESS, "await worker.start();");
  await began;
  child.kill("SIGKILL");
  await ended;
  const again = await queue.pop({ wait: SOON });
  assert.deepEqual([again.tries, again.lapses], [2, 1]);
});

test("a running worker keeps its process alive, and a stopped one does not", async (t) => {
  const url = join(folder(), "jobs.db");
  const rest = `
    await worker.start();
    setTimeout(() => queue.push(1), 50);
    worker.on("done", async () => console.log(await worker.stop()));
  `;
  const { ended } = begin(t, url, "() => null", rest);
  assert.deepEqual(await ended, { code: 0, signal: null, told: "began\ntrue\n" });
});
