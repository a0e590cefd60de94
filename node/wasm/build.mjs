// Builds the WebAssembly modules and their JavaScript: `node build.mjs`. Needs Rust with the target
// wasm32-unknown-unknown and, for the embedded store, clang.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { writeTypes } from "./types.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (program, ...words) =>
  execFileSync(program, words, { cwd: here("../.."), stdio: "inherit" });

const optimizer = createRequire(here("tests/package.json")).resolve("binaryen/bin/wasm-opt");

for (const [folder, features] of [
  ["edge", ""],
  ["full", "sqlite"],
]) {
  const crate = ["--package", "fairlane-wasm", "--features", features];
  run("cargo", "build", "--quiet", "--profile=wasm", "--target=wasm32-unknown-unknown", ...crate);
  const module = "target/wasm32-unknown-unknown/wasm/fairlane_wasm.wasm";
  run("cargo", "run", "--quiet", "--package=fairlane-wasm-bindgen", "--", module, here(folder));
  const path = here(`${folder}/fairlane_bg.wasm`);
  run(process.execPath, optimizer, "-Oz", "--strip-debug", "-o", path, path);
}

writeTypes(here("../index.d.cts"), here("index.d.mts"));
