// What the README says of WebAssembly, run as it stands.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startServer } from "./server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test("the block of the README works on a Redis server", async () => {
  const [, block] = /^```javascript\n(.*?)^```$/ms.exec(readFileSync(here("../../../README.md"), "utf8"));
  const server = await startServer();
  const folder = mkdtempSync(join(tmpdir(), "fairlane-readme-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(here("../.."), join(folder, "node_modules", "fairlane"));
    symlinkSync(here("node_modules/redis"), join(folder, "node_modules", "redis"));
    writeFileSync(join(folder, "block.mjs"), block);
    const env = { ...process.env, REDIS_URL: `redis://127.0.0.1:${server.port}` };
    const { stdout } = await promisify(execFile)(process.execPath, ["block.mjs"], { cwd: folder, env, timeout: 60_000 });
    assert.equal(stdout, "tenant-7 ada@example.com\n");
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});
