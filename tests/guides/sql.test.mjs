// Pushing inside a transaction of one's own, by the copies of SQLite that Node programs use. Here
// they have the file open, and fairlane has it open in another process, as the guide demands.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import Database from "better-sqlite3";

const page = readFileSync(new URL("sql.md", import.meta.url), "utf8");
const block = (language) => page.match(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms"))[1];
const INSERT = "INSERT INTO fairlane_inbox (queue, payload) VALUES ('mail', ?)";

const POP = `
import { Queue } from "./index.mjs";
const queue = await Queue.open(process.argv[1], "mail");
const jobs = await queue.popMany(100);
console.log(JSON.stringify(jobs.map((job) => [job.lane, job.payload.toString()])));
await queue.close();
`;

/** Gives lanes and payloads of all jobs, as a process that works sees them. */
function jobs(path) {
  const cwd = fileURLToPath(new URL("../../node", import.meta.url));
  const command = ["--input-type=module", "--eval", POP, path];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** Makes the file of a program that has tables of its own. */
function file(t) {
  const folder = mkdtempSync(join(tmpdir(), "fairlane-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "app.db");
  const db = new Database(path);
  db.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)");
  db.exec(block("sql"));
  db.close();
  return path;
}

test("the JavaScript of the page", (t) => {
  const path = file(t);
  const run = new Function("Database", block("js"));
  run(function () {
    return new Database(path);
  });
  assert.deepEqual(jobs(path), [["tenant-7", '{"order":1}']]);
});

const drivers = [["better-sqlite3", Database]];
if (isBuiltin("node:sqlite")) {
  // From Node 22 on.
  drivers.push(["node:sqlite", (await import("node:sqlite")).DatabaseSync]);
}

for (const [name, Driver] of drivers) {
  test(`${name}: committed with the transaction, gone with its rollback`, (t) => {
    const path = file(t);
    const db = new Driver(path);
    const push = db.prepare(INSERT);
    db.exec("BEGIN");
    push.run("committed");
    db.exec("COMMIT");
    db.exec("BEGIN");
    push.run("rolled back");
    db.exec("ROLLBACK");
    push.run(Buffer.from("bytes"));
    assert.deepEqual(jobs(path), [
      ["default", "committed"],
      ["default", "bytes"],
    ]);
    assert.equal(db.prepare("SELECT count(*) AS left FROM fairlane_inbox").get().left, 0);
    assert.deepEqual(jobs(path), [
      // Their worker has ended without a word: they come again.
      ["default", "committed"],
      ["default", "bytes"],
    ]);
    db.close();
  });
}
