// The systems of Node that are measured, each with the same verbs.
//
// `push` gives jobs with these marks, in that order; `work` works until its process is killed. Run as
// `node node_systems.mjs SYSTEM push COUNT` and `... work CONCURRENCY`; where the jobs are is told by the
// variable BENCH_STORE: the URL of a Redis server, or a path.
import { appendFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const STORE = process.env.BENCH_STORE;
const BATCH = 500;

/** The job. It does nothing, but the first and the last one tell when they ran. */
function empty(mark) {
  if (mark) tell(mark);
}

function tell(mark) {
  appendFileSync(process.env.BENCH_MARKS, `${mark} ${process.hrtime.bigint()}\n`);
}

function marks(count) {
  return ["first", ...Array(count - 2).fill(""), "last"];
}

function versionOf(directory) {
  return JSON.parse(readFileSync(new URL(`${directory}/package.json`, import.meta.url), "utf8")).version;
}

function* batches(values) {
  for (let first = 0; first < values.length; first += BATCH) yield values.slice(first, first + BATCH);
}

const fairlane = {
  name: "fairlane",
  how: "new Worker(queue, async () => {}, { concurrency })",
  version: versionOf("../../../node"),
  async open() {
    const { Queue } = await import("../../../node/index.mjs");
    return Queue.open(STORE, "bench", { durability: "normal" });
  },
  async push(marks) {
    const { NewJob } = await import("../../../node/index.mjs");
    const queue = await this.open();
    for (const batch of batches(marks)) await queue.pushMany(batch.map((mark) => new NewJob(mark)));
    await queue.close();
  },
  async work(concurrency) {
    const { Worker } = await import("../../../node/index.mjs");
    const worker = new Worker(await this.open(), async (job) => empty(job.json()), { concurrency });
    await worker.run();
  },
};

const bullmq = {
  name: "BullMQ",
  how: "Worker with this concurrency, removeOnComplete; without groups, which are not free",
  version: versionOf("node_modules/bullmq"),
  connection: () => ({ host: "127.0.0.1", port: Number(new URL(STORE).port), maxRetriesPerRequest: null }),
  async push(marks) {
    const { Queue } = await import("bullmq");
    const queue = new Queue("bench", { connection: this.connection() });
    const opts = { removeOnComplete: true };
    for (const batch of batches(marks)) {
      await queue.addBulk(batch.map((mark) => ({ name: "empty", data: mark, opts })));
    }
    await queue.close();
  },
  async work(concurrency) {
    const { Worker } = await import("bullmq");
    new Worker("bench", async (job) => empty(job.data), { connection: this.connection(), concurrency });
  },
};

const plainjob = {
  name: "plainjob",
  how: "better-sqlite3, WAL and NORMAL as it sets them; a look each millisecond when idle",
  version: versionOf("node_modules/plainjob"),
  async open() {
    const { better, defineQueue } = await import("plainjob");
    const { default: Database } = await import("better-sqlite3");
    const database = new Database(STORE, { timeout: 10_000 });
    return defineQueue({ connection: better(database) });
  },
  async push(marks) {
    const queue = await this.open();
    for (const batch of batches(marks)) queue.addMany("empty", batch);
    queue.close();
  },
  async work() {
    const { defineWorker } = await import("plainjob");
    const queue = await this.open();
    const options = { queue, pollIntervall: 1 };
    await defineWorker("empty", async (job) => empty(JSON.parse(job.data)), options).start();
  },
};

export const SYSTEMS = { fairlane, bullmq, plainjob };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [system, verb, number] = process.argv.slice(2);
  if (verb === "push") {
    tell("begin");
    await SYSTEMS[system].push(marks(Number(number)));
  } else {
    await SYSTEMS[system].work(Number(number));
  }
}
