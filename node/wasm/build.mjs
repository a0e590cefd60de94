// Builds the WebAssembly modules and their JavaScript: `node build.mjs`; or, with their names, some of
// them, `bench` among them, which is for the benchmark alone. Needs Rust with the target
// wasm32-unknown-unknown and, for the embedded store, clang.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { writeTypes } from "./types.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (program, ...words) =>
  execFileSync(program, words, { cwd: here("../.."), stdio: "inherit" });

const optimizer = createRequire(here("tests/package.json")).resolve("binaryen/bin/wasm-opt");

/** The builds: their folders and features. */
const BUILDS = { edge: "", full: "sqlite", bench: "bench" };

const named = process.argv.slice(2);
for (const folder of named.length > 0 ? named : ["edge", "full"]) {
  const features = BUILDS[folder];
  if (features === undefined) {
    throw new Error(`build ${folder} is not known: accepted are ${Object.keys(BUILDS).join(", ")}`);
  }
  const crate = ["--package", "fairlane-wasm", "--features", features];
  run("cargo", "build", "--quiet", "--profile=wasm", "--target=wasm32-unknown-unknown", ...crate);
  const module = "target/wasm32-unknown-unknown/wasm/fairlane_wasm.wasm";
  run("cargo", "run", "--quiet", "--package=fairlane-wasm-bindgen", "--", module, here(folder));
  // Comments and indentation are for those who read it, and would be downloaded.
  const script = here(`${folder}/fairlane.js`);
  writeFileSync(script, readFileSync(script, "utf8").replace(/^ *\/\*\*.*?\*\/\n|^ +/gms, ""));
  const path = here(`${folder}/fairlane_bg.wasm`);
  run(process.execPath, optimizer, "-Oz", "--strip-debug", "-o", path, path);
}

writeTypes(here("../index.d.cts"), here("index.d.mts"));
