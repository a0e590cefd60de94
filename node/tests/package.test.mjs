// The package as it is published: packed, installed into an empty project, and used.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";

import { PACKAGE, folder } from "./support.mjs";

const BIN = join(PACKAGE, "node_modules", ".bin");
const LIBRARY = { darwin: "libfairlane_node.dylib", win32: "fairlane_node.dll" };

function call(cwd, command, ...args) {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 120_000 });
  assert.equal(done.status, 0, `${command} ${args.join(" ")}\n${done.stdout}\n${done.stderr}`);
  return done.stdout;
}

/** Names this machine as Rust does. */
function host() {
  return /^host: (.*)$/m.exec(call(PACKAGE, "rustc", "--version", "--verbose"))[1];
}

describe("the package, installed into an empty project", () => {
  const project = folder();
  const published = folder();
  const use = `
    const queue = await Queue.open("memory:", "q");
    await queue.push({ n: 1 }, "lane", { priority: 2 });
    const job = await queue.pop();
    console.log(job?.json().n, job?.payload.length);
  `;

  before(() => {
    const libraries = folder();
    mkdirSync(join(libraries, host()));
    const library = LIBRARY[process.platform] ?? "libfairlane_node.so";
    copyFileSync(join(PACKAGE, "fairlane.node"), join(libraries, host(), library));
    call(PACKAGE, process.execPath, "prebuild.mjs", libraries, published);
    const main = JSON.parse(readFileSync(join(published, "fairlane", "package.json"), "utf8"));
    const [addon] = Object.keys(main.optionalDependencies);
    const packed = call(join(published, "fairlane"), "npm", "pack", "--silent").trim();
    writeFileSync(join(project, "package.json"), "{}");
    const addonPackage = join(published, addon);
    call(project, "npm", "install", "--silent", "--offline", addonPackage, join(published, "fairlane", packed));
  });

  test("is used from an ES module", () => {
    writeFileSync(join(project, "use.mjs"), `import { Queue } from "fairlane"; ${use}`);
    assert.equal(call(project, process.execPath, "use.mjs"), "1 7\n");
  });

  test("is used from CommonJS", () => {
    const program = `const { Queue } = require("fairlane"); (async () => { ${use} })();`;
    writeFileSync(join(project, "use.cjs"), program);
    assert.equal(call(project, process.execPath, "use.cjs"), "1 7\n");
  });

  test("is used from TypeScript, as a module of either kind", () => {
    symlinkSync(join(PACKAGE, "node_modules", "@types"), join(project, "node_modules", "@types"));
    const body = `async function use(): Promise<string | null> {${use}
      for await (const one of queue.jobs({ signal: AbortSignal.abort() })) console.log(one.token);
      await using other = await Queue.open("memory:", "q", { durability: "normal" });
      const id: string = await other.push(new Uint8Array(1), undefined, { backoff: new BackoffPolicy({ min: 5 }) });
      // @ts-expect-error: seconds of a timer are no lane
      await queue.push("x", 5);
      // @ts-expect-error: a misspelt option
      await queue.push("x", "lane", { maxtries: 5 });
      // @ts-expect-error: a queue is opened, not made
      new Queue();
      await queue.pop().catch((error) => error instanceof StaleTokenError && error.code);
      return id;
    }
    use();`;
    writeFileSync(join(project, "use.mts"), `import { BackoffPolicy, Queue, StaleTokenError } from "fairlane";\n${body}`);
    writeFileSync(
      join(project, "use.cts"),
      `import fairlane = require("fairlane");\nconst { BackoffPolicy, Queue, StaleTokenError } = fairlane;\n${body}`,
    );
    const options = { strict: true, noEmit: true, module: "nodenext", target: "es2022", types: ["node"] };
    const lib = ["es2023", "esnext.disposable"];
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: { ...options, lib } }));
    call(project, join(BIN, "tsc"));
  });

  test("runs the program", () => {
    assert.match(call(project, "npx", "--no-install", "fairlane", "--version"), /^fairlane \d+\.\d+\.\d+\n$/);
  });

  test("has nothing that publint or are-the-types-wrong find fault with", () => {
    const packed = join(published, "fairlane");
    call(packed, join(BIN, "publint"), "--strict");
    call(packed, join(BIN, "attw"), "--pack", ".", "--entrypoints", ".");
  });
});

describe("the repository", () => {
  test("locks versions without naming a registry", () => {
    const lock = JSON.parse(readFileSync(join(PACKAGE, "package-lock.json"), "utf8"));
    for (const [name, { resolved = "" }] of Object.entries(lock.packages)) {
      assert.ok(resolved === "" || resolved.startsWith("https://registry.npmjs.org/"), name);
    }
  });

  for (const page of ["README.md", "node/README.md"]) {
    const text = readFileSync(join(PACKAGE, "..", page), "utf8");
    const blocks = Array.from(text.matchAll(/^```js\n(.*?)^```$/gms), (match) => match[1]);

    test(`${page} has JavaScript that runs as it stands`, () => {
      assert.ok(blocks.length > 0);
      for (const block of blocks) {
        const place = folder();
        mkdirSync(join(place, "node_modules"));
        symlinkSync(PACKAGE, join(place, "node_modules", "fairlane"));
        for (const name of ["prom-client", "@opentelemetry"]) {
          symlinkSync(join(PACKAGE, "node_modules", name), join(place, "node_modules", name));
        }
        writeFileSync(join(place, "block.mjs"), block);
        call(place, process.execPath, "block.mjs");
      }
    });
  }
});
