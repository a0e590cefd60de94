// Measures the Node package beside the Rust core: the same work, in one run; in memory, and for orientation in
// a file.
//
// Rounds of both take turns; a round of the core is a process of its own (src/bin/core_round.rs). A
// job is pushed, popped and completed. Shown is what a job costs by the clock, and by the processor in
// all threads of the process; and the medians of the ratios of rounds that follow each other. Rounds
// are many and short, as other work on the machine comes and goes; and those of Node are spread over
// several processes, as where memory happens to lie makes one of them faster than another.
import { execFileSync, fork } from "node:child_process";
import { on, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { NewJob, Queue } from "../../node/index.mjs";

const CORE = fileURLToPath(new URL("../../target/release/core_round", import.meta.url));
const OWN = fileURLToPath(import.meta.url);
const PROCESSES = process.argv.includes("--quick") ? 3 : 7;
/** How many rounds each makes after those in which V8 compiles what runs often. */
const [ROUNDS, WARM_UP] = [9, 6];
const PAYLOAD = Buffer.alloc(100, "x");

/** What is done, against what of the core (0: one call after the other), and the bound. */
const ROWS = [
  { what: "64 calls in flight", work: inFlight, width: 64, core: 0, jobs: 10_000, bound: 2 },
  { what: "batches of 100", work: inBatches, width: 100, core: 100, jobs: 20_000, bound: 1.2 },
  { what: "batches of 1000", work: inBatches, width: 1_000, core: 1_000, jobs: 20_000, bound: 1.2 },
  { what: "batches of 1000, two in flight", work: twice, width: 1_000, core: 1_000, jobs: 20_000, bound: 1.2 },
  { what: "batches of 100, in a file", work: inBatches, width: 100, core: 100, jobs: 10_000, isInFile: true },
];

let folder;
let files = 0;

/** Names the store of a round: nobody has used it before. */
function store({ isInFile }) {
  if (!isInFile) return "memory:";
  folder ??= mkdtempSync(join(tmpdir(), "fairlane-"));
  return join(folder, `${++files}.db`);
}

/** What a worker does first is to read the payload: in Node it costs what it does not in the core. */
function check(isTrue) {
  if (!isTrue) throw new Error("a job is not as it was pushed");
}

async function inFlight(queue, width, jobs) {
  let left = jobs;
  async function work() {
    while (left-- > 0) {
      await queue.push(PAYLOAD, "lane");
      const job = await queue.pop();
      check(job.payload.length === PAYLOAD.length);
      await queue.markComplete(job);
    }
  }
  await Promise.all(Array.from({ length: width }, work));
}

async function inBatches(queue, width, jobs) {
  for (let done = 0; done < jobs; done += width) {
    const batch = [];
    while (batch.length < width) batch.push(new NewJob(PAYLOAD, "lane"));
    await queue.pushMany(batch);
    const popped = await queue.popMany(width);
    for (const job of popped) check(job.payload.length === PAYLOAD.length);
    await queue.markCompleteMany(popped);
  }
}

async function twice(queue, width, jobs) {
  await Promise.all([inBatches(queue, width, jobs / 2), inBatches(queue, width, jobs / 2)]);
}

/** Gives the nanoseconds a job, of the clock and of the processor. */
async function node(row) {
  const { work, width, jobs, path } = row;
  const queue = await Queue.open(path, "q", { durability: "normal" });
  const [began, spent] = [process.hrtime.bigint(), process.cpuUsage()];
  await work(queue, width, jobs);
  const clock = Number(process.hrtime.bigint() - began);
  const { user, system } = process.cpuUsage(spent);
  await queue.close();
  return [clock / jobs, ((user + system) * 1e3) / jobs];
}

function core(row) {
  return execFileSync(CORE, [row.core, row.jobs, store(row)].map(String), { encoding: "utf8" }).split(" ").map(Number);
}

function median(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}

/** Makes rounds of one row whenever it is told to, as a process of its own. */
async function serve(row) {
  for await (const [path] of on(process, "message")) process.send(await node({ ...row, path }));
}

async function measure(row, rounds) {
  const child = fork(OWN, ["--row", String(ROWS.indexOf(row))]);
  const ask = async () => {
    child.send(store(row));
    return (await once(child, "message"))[0];
  };
  for (let round = 0; round < WARM_UP; round++) await ask();
  for (let round = 0; round < ROUNDS; round++) rounds.push({ node: await ask(), core: core(row) });
  child.disconnect();
}

async function main() {
  console.log("| what | Node, us a job | Rust core | ratio by the clock | by the processor | bound | |");
  console.log("|---|---:|---:|---:|---:|---:|---|");
  for (const row of ROWS) {
    const rounds = [];
    for (let child = 0; child < PROCESSES; child++) await measure(row, rounds);
    const us = (side) => (median(rounds.map((round) => round[side][0])) / 1e3).toFixed(1);
    const ratio = (index) => median(rounds.map(({ node, core }) => node[index] / core[index]));
    const ratios = `${ratio(0).toFixed(2)}x | ${ratio(1).toFixed(2)}x`;
    const verdict = ratio(0) <= row.bound ? "pass" : "FAIL";
    const judged = row.bound === undefined ? "- | " : `<= ${row.bound}x | ${verdict}`;
    console.log(`| ${row.what} | ${us("node")} | ${us("core")} | ${ratios} | ${judged} |`);
  }
  if (folder) rmSync(folder, { recursive: true });
}

const given = process.argv.indexOf("--row");
if (given > 0) await serve(ROWS[process.argv[given + 1]]);
else await main();
