// What is downloaded.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const HERE = new URL("../", import.meta.url);

/** Gives the size of a build in kB as it is downloaded: module and JavaScript, compressed. */
function downloaded(folder) {
  // Those that build the package are not part of it.
  const scripts = readdirSync(HERE).filter((name) => /^(?!build|types)\w+\.mjs$/.test(name));
  const files = [`${folder}/fairlane_bg.wasm`, `${folder}/fairlane.js`, ...scripts];
  const sizes = files.map((file) => gzipSync(readFileSync(new URL(file, HERE))).length);
  return sizes.reduce((sum, size) => sum + size) / 1000;
}

for (const [folder, most] of [
  ["edge", 150],
  ["full", 900],
]) {
  test(`the build for ${folder} is at most ${most} kB`, (context) => {
    const size = downloaded(folder);
    context.diagnostic(`${folder}: ${Math.round(size)} kB`);
    assert.ok(size <= most, `${size} kB`);
  });
}
