// Measures workers of Node: how many empty jobs a second they get through, side by side in one run.
//
// On Redis the jobs wait before the worker starts, and the time runs from the start of the first job to
// that of the last. On SQLite one process pushes them while another works, and the time runs from the
// first push. Rounds in which the systems take turns are compared one by one; the ratios are medians.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { SYSTEMS } from "./node_systems.mjs";

const PROGRAM = fileURLToPath(new URL("node_systems.mjs", import.meta.url));
const CONCURRENCY = 100;
const BOUND = 2;
const STORES = {
  Redis: { names: ["fairlane", "bullmq"], run: onRedis },
  SQLite: { names: ["fairlane", "plainjob"], run: onSqlite },
};

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Starts a process that ends with this one, should a round fail. */
function begin(command, ...rest) {
  const child = spawn(command, ...rest);
  const end = () => child.kill("SIGKILL");
  process.on("exit", end);
  child.on("exit", () => process.off("exit", end));
  return child;
}

/** One system, a store of its own, and what its jobs have marked. */
class Round {
  constructor(system, store, directory) {
    this.system = system;
    this.marks = join(directory, `marks-${process.hrtime.bigint()}`);
    this.env = { ...process.env, BENCH_STORE: store, BENCH_MARKS: this.marks };
    this.forget();
  }

  forget() {
    writeFileSync(this.marks, "");
  }

  push(count) {
    execFileSync(process.execPath, [PROGRAM, this.system, "push", String(count)], { env: this.env });
  }

  worker() {
    const stdio = ["ignore", "ignore", "inherit"];
    const words = [PROGRAM, this.system, "work", String(CONCURRENCY)];
    return begin(process.execPath, words, { env: this.env, stdio });
  }

  /** Gives the nanoseconds from a mark to the last job. */
  async span(from) {
    for (;;) {
      const marked = readFileSync(this.marks, "utf8").trim().split("\n").map((line) => line.split(" "));
      const { [from]: begin, last } = Object.fromEntries(marked);
      if (begin !== undefined && last !== undefined) return Number(BigInt(last) - BigInt(begin));
      await sleep(5);
    }
  }
}

async function onRedis(system, jobs, directory) {
  const port = await freePort();
  const server = begin("redis-server", ["--port", String(port), "--save", "", "--dir", directory]);
  await new Promise((resolve) => {
    server.stdout.on("data", (text) => String(text).includes("Ready to accept") && resolve());
  });
  const round = new Round(system, `redis://127.0.0.1:${port}/0`, directory);
  round.push(jobs);
  const worker = round.worker();
  const span = await round.span("first");
  worker.kill("SIGKILL");
  server.kill();
  return jobs / (span / 1e9);
}

async function onSqlite(system, jobs, directory) {
  const round = new Round(system, join(directory, `${system}-${process.hrtime.bigint()}.db`), directory);
  round.push(2);
  const worker = round.worker();
  // The worker is awake when it has done these.
  await round.span("begin");
  round.forget();
  round.push(jobs);
  const span = await round.span("begin");
  worker.kill("SIGKILL");
  return jobs / (span / 1e9);
}

function median(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}

const { values: options } = parseArgs({
  options: {
    directory: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "5" },
    jobs: { type: "string", default: "20000" },
    quick: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
  },
});
const [rounds, jobs] = options.quick ? [3, 3_000] : [Number(options.rounds), Number(options.jobs)];
const directory = mkdtempSync(join(options.directory, "bench-"));
let holds = true;
for (const [store, { names, run }] of Object.entries(STORES)) {
  const rates = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) rates[name].push(await run(name, jobs, directory));
  }
  console.log(`\n| ${store} | version | jobs/s | fairlane's rate over it | bound | | how |`);
  console.log("|---|---|---:|---:|---:|---|---|");
  const best = Math.max(...names.map((name) => median(rates[name])));
  for (const name of names) {
    const ratio = median(rates[name].map((theirs, round) => rates.fairlane[round] / theirs));
    const verdict = ratio >= BOUND ? "pass" : "FAIL";
    const isOurs = name === "fairlane";
    holds &&= isOurs || ratio >= BOUND;
    const cells = isOurs ? ["-", "-", ""] : [`${ratio.toFixed(1)}x`, `>= ${BOUND}x`, verdict];
    const { name: title, how, version } = SYSTEMS[name];
    const rate = Math.round(median(rates[name])).toLocaleString("en");
    console.log(`| ${[title, version, rate, ...cells, how].join(" | ")} |`);
  }
  console.log();
  for (const name of names) {
    const bar = "█".repeat(Math.ceil((40 * median(rates[name])) / best));
    console.log(`${SYSTEMS[name].name.padEnd(10)} ${bar}`);
  }
}
rmSync(directory, { recursive: true });
if (options.strict && !holds) process.exitCode = 1;
