// The entry points for hosts of other kinds, each in that very host.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startGateway } from "./gateway.mjs";
import { startServer } from "./server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { resolve } = createRequire(import.meta.url);

test("Deno", async () => {
  const deno = resolve("@deno/linux-x64-glibc/deno");
  // The package `deno` would do that by a script, which npm does not run unasked.
  chmodSync(deno, 0o755);
  const words = ["run", "--no-check", "--no-config", "--allow-read", here("hosts/program.mjs")];
  const { stdout } = await promisify(execFile)(deno, words);
  assert.deepEqual(JSON.parse(stdout), { payload: { from: "deno" }, completed: 1 });
});

/** Names every file of the build as a module of the worker, which listens at a port that is free. */
function configOf() {
  const scripts = readdirSync(here("..")).filter((name) => /\.mjs$/.test(name));
  const used = scripts.filter((name) => !/^(build|types|node|deno|browser)\.mjs$/.test(name));
  const modules = [
    `(name = "worker.mjs", esModule = embed "tests/hosts/worker.mjs")`,
    `(name = "edge/fairlane.js", esModule = embed "edge/fairlane.js")`,
    `(name = "edge/fairlane_bg.wasm", wasm = embed "edge/fairlane_bg.wasm")`,
    ...used.map((name) => `(name = "${name}", esModule = embed "${name}")`),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${modules.join(", ")}],
      compatibilityDate = "2025-01-01",
    )),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

test("workerd", async () => {
  const server = await startServer();
  const gateway = await startGateway(server.port, "secret");
  const folder = mkdtempSync(join(tmpdir(), "fairlane-workerd-"));
  for (const name of readdirSync(here(".."))) {
    symlinkSync(here(`../${name}`), join(folder, name));
  }
  writeFileSync(join(folder, "config.capnp"), configOf());
  const program = resolve("@cloudflare/workerd-linux-64/bin/workerd");
  const worker = spawn(program, ["serve", join(folder, "config.capnp"), "--control-fd=3"], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const ended = once(worker, "exit");
  try {
    for (const stream of [worker.stdout, worker.stderr]) stream.pipe(process.stderr);
    // It says so when it listens.
    const [told] = await Promise.race([once(createInterface(worker.stdio[3]), "line"), ended]);
    const { port } = JSON.parse(told);
    const response = await fetch(`http://127.0.0.1:${port}/?gateway=${gateway.url}`);
    const answer = await response.text();
    assert.deepEqual(JSON.parse(answer), { payload: { from: "workerd" }, completed: 1 });
  } finally {
    worker.kill();
    await ended;
    gateway.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});
