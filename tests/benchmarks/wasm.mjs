// Measures the WebAssembly package beside the core inside the same module: the same work, in one run, in
// memory. `node ../../node/wasm/build.mjs bench` makes the module.
//
// Rounds of both take turns. A job is pushed, popped and completed, in batches. Shown is what a job costs by
// the clock, and the median of the ratios of rounds that follow each other; for information also what it
// costs the core outside WebAssembly (src/bin/core_round.rs), if that is built.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import * as module from "../../node/wasm/bench/fairlane.js";
import { surface } from "../../node/wasm/surface.mjs";

const here = (path) => new URL(path, import.meta.url);
module.initSync({ module: readFileSync(here("../../node/wasm/bench/fairlane_bg.wasm")) });
const { NewJob, Queue } = surface(module);

const NATIVE = fileURLToPath(here("../../target/release/core_round"));
const ROUNDS = process.argv.includes("--quick") ? 5 : 21;
const JOBS = 20_000;
const BOUND = 1.2;
const PAYLOAD = new Uint8Array(100).fill(120);

async function fromJavaScript(width) {
  const queue = await Queue.open("memory:", "q", { durability: "normal" });
  for (let done = 0; done < JOBS; done += width) {
    const batch = [];
    while (batch.length < width) batch.push(new NewJob(PAYLOAD, "lane"));
    await queue.pushMany(batch);
    await queue.markCompleteMany(await queue.popMany(width));
  }
  await queue.close();
}

/** Gives the microseconds a job. */
async function timed(work) {
  const began = performance.now();
  await work();
  return ((performance.now() - began) * 1e3) / JOBS;
}

function native(width) {
  if (!existsSync(NATIVE)) return NaN;
  const words = [width, JOBS, "memory:"].map(String);
  return Number(execFileSync(NATIVE, words, { encoding: "utf8" }).split(" ")[0]) / 1e3;
}

function median(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}

console.log("| what | from JavaScript, us a job | core in WebAssembly | ratio | bound | | core outside | core in of outside |");
console.log("|---|---:|---:|---:|---:|---|---:|---:|");
for (const width of [100, 1_000]) {
  await fromJavaScript(width);
  module.coreRound(width, JOBS);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      host: await timed(() => fromJavaScript(width)),
      core: await timed(() => module.coreRound(width, JOBS)),
      native: native(width),
    });
  }
  const us = (side) => median(rounds.map((round) => round[side])).toFixed(1);
  const ratio = median(rounds.map(({ host, core }) => host / core));
  const wide = median(rounds.map(({ core, native }) => core / native));
  const verdict = ratio <= BOUND ? "pass" : "FAIL";
  console.log(
    `| batches of ${width} | ${us("host")} | ${us("core")} | ${ratio.toFixed(2)}x | <= ${BOUND}x | ${verdict} ` +
      `| ${us("native")} | ${wide.toFixed(2)}x |`,
  );
}
