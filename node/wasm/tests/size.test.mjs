// What is downloaded.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const HERE = new URL("../", import.meta.url);

/** Gives the text of a script; none of a module. */
const textOf = (name) => (name.endsWith("js") ? readFileSync(new URL(name, HERE), "utf8") : "");

/** Gives the files that a script imports, and those that these import, with the script. */
function imported(script, found = new Set()) {
  if (found.has(script)) return found;
  found.add(script);
  for (const [, name] of textOf(script).matchAll(/ from "\.\/(\S+)";$/gm)) {
    imported(name, found);
  }
  return found;
}

/** Gives the size of a build in kB as it is downloaded: module and JavaScript, compressed. */
function downloaded(folder, entry) {
  const files = imported(entry).add(`${folder}/fairlane_bg.wasm`);
  assert.ok(files.has(`${folder}/fairlane.js`) && files.has("redis.mjs"), "imports are not found");
  const sizes = [...files].map((file) => gzipSync(readFileSync(new URL(file, HERE))).length);
  return sizes.reduce((sum, size) => sum + size) / 1000;
}

for (const [folder, entry, most] of [
  ["edge", "edge.mjs", 150],
  ["full", "browser.mjs", 900],
]) {
  test(`the build for ${folder} is at most ${most} kB`, (context) => {
    const size = downloaded(folder, entry);
    context.diagnostic(`${folder}: ${size.toFixed(1)} kB`);
    assert.ok(size <= most, `${size} kB`);
  });
}
