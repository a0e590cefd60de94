// Measures the Node package beside the Rust core: the same work, in one run; in memory, and for orientation in
// a file.
//
// Rounds of both take turns; a round of the core is a process of its own (src/bin/core_round.rs). A
// job is pushed, popped and completed. Shown is what a job costs by the clock, and by the processor in
// all threads of the process; and the medians of the ratios of rounds that follow each other. Rounds
// are many and short, as other work on the machine comes and goes.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { NewJob, Queue } from "../../node/index.mjs";

const CORE = fileURLToPath(new URL("../../target/release/core_round", import.meta.url));
const ROUNDS = process.argv.includes("--quick") ? 15 : 51;
const PAYLOAD = Buffer.alloc(100, "x");

/** What is done, against what of the core (0: one call after the other), and the bound. */
const ROWS = [
  { what: "64 calls in flight", work: inFlight, width: 64, core: 0, jobs: 10_000, bound: 2 },
  { what: "batches of 100", work: inBatches, width: 100, core: 100, jobs: 20_000, bound: 1.2 },
  { what: "batches of 1000", work: inBatches, width: 1_000, core: 1_000, jobs: 20_000, bound: 1.2 },
  { what: "batches of 1000, two in flight", work: twice, width: 1_000, core: 1_000, jobs: 20_000, bound: 1.2 },
  { what: "batches of 100, in a file", work: inBatches, width: 100, core: 100, jobs: 10_000, isInFile: true },
];

const FOLDER = mkdtempSync(join(tmpdir(), "fairlane-"));
let files = 0;

/** Names the store of a round: nobody has used it before. */
function store({ isInFile }) {
  return isInFile ? join(FOLDER, `${++files}.db`) : "memory:";
}

async function inFlight(queue, width, jobs) {
  let left = jobs;
  async function work() {
    while (left-- > 0) {
      await queue.push(PAYLOAD, "lane");
      await queue.markComplete(await queue.pop());
    }
  }
  await Promise.all(Array.from({ length: width }, work));
}

async function inBatches(queue, width, jobs) {
  for (let done = 0; done < jobs; done += width) {
    const batch = [];
    while (batch.length < width) batch.push(new NewJob(PAYLOAD, "lane"));
    await queue.pushMany(batch);
    await queue.markCompleteMany(await queue.popMany(width));
  }
}

async function twice(queue, width, jobs) {
  await Promise.all([inBatches(queue, width, jobs / 2), inBatches(queue, width, jobs / 2)]);
}

/** Gives the nanoseconds a job, of the clock and of the processor. */
async function node(row) {
  const { work, width, jobs } = row;
  const queue = await Queue.open(store(row), "q", { durability: "normal" });
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

console.log("| what | Node, us a job | Rust core | ratio by the clock | by the processor | bound | |");
console.log("|---|---:|---:|---:|---:|---:|---|");
for (const row of ROWS) {
  // Until V8 has compiled what runs often.
  for (let round = 0; round < 5; round++) await node(row);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push({ node: await node(row), core: core(row) });
  const us = (side) => (median(rounds.map((round) => round[side][0])) / 1e3).toFixed(1);
  const ratio = (index) => median(rounds.map(({ node, core }) => node[index] / core[index]));
  const ratios = `${ratio(0).toFixed(2)}x | ${ratio(1).toFixed(2)}x`;
  const verdict = ratio(0) <= row.bound ? "pass" : "FAIL";
  const judged = row.bound === undefined ? "- | " : `<= ${row.bound}x | ${verdict}`;
  console.log(`| ${row.what} | ${us("node")} | ${us("core")} | ${ratios} | ${judged} |`);
}
rmSync(FOLDER, { recursive: true });
