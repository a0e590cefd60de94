// The types hold for a program that uses them.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("a program that uses the surface has no errors, and a wrong one has", () => {
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const program = fileURLToPath(new URL("program.mts", import.meta.url));
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--lib", "esnext,dom"];
  const check = [join(typescript, "bin/tsc"), ...options, "--types", "", program];
  try {
    execFileSync(process.execPath, check, { encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
});
