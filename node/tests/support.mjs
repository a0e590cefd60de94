// What the tests share: where queues live, and processes of their own.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { Queue } from "../index.mjs";

export const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
export const DAWN = 1_700_000_000_000;

/** Makes a folder that is there as long as the tests of the file. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "fairlane-"));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A redis-server of its own, on a socket in a folder of its own. */
export class Redis {
  static async start() {
    const redis = new Redis();
    redis.socket = join(folder(), "redis.socket");
    await redis.listen();
    return redis;
  }

  /** Starts the server, also anew after a stop; it is empty. */
  async listen() {
    const options = ["--port", "0", "--unixsocket", this.socket, "--save", ""];
    this.process = spawn("redis-server", options, { stdio: "ignore" });
    this.process.once("error", (error) => (this.failure = error));
    const deadline = Date.now() + 30_000;
    while (!(await this.answers())) {
      if (this.failure || Date.now() > deadline) {
        this.stop();
        throw new Error("redis-server did not start");
      }
      await sleep(10);
    }
  }

  /** Empties the server and gives its URL. */
  async url() {
    const reply = await this.ask("FLUSHALL");
    if (!reply.startsWith("+OK")) throw new Error(reply);
    return `redis+unix://${this.socket}`;
  }

  answers() {
    return this.ask("PING").then(
      (reply) => reply.startsWith("+PONG"),
      () => false,
    );
  }

  /** Sends a command and gives the reply. */
  async ask(command) {
    const connection = connect(this.socket);
    const ended = new AbortController();
    connection.once("close", () => ended.abort());
    try {
      connection.write(`${command}\r\n`);
      const [reply] = await once(connection, "data", { signal: ended.signal });
      return String(reply);
    } finally {
      connection.destroy();
    }
  }

  stop() {
    this.process.kill("SIGKILL");
  }
}

/**
 * Runs tests on every kind of store; `place` gives the URL of an empty one, and `open` opens a queue
 * that is closed after the test.
 */
export function onEveryStore(tests) {
  for (const kind of ["memory", "file", "redis"]) {
    describe(`on ${kind}`, () => {
      let redis;
      let files = 0;
      const path = kind === "file" ? folder() : undefined;
      before(async () => {
        if (kind === "redis") redis = await Redis.start();
      });
      after(() => redis?.stop());

      async function place() {
        if (kind === "memory") return "memory:";
        return kind === "file" ? join(path, `${++files}.db`) : redis.url();
      }

      async function open(context, options) {
        const queue = await Queue.open(await place(), "tests", options);
        context.after(() => queue.close());
        return queue;
      }

      tests({ kind, place, open });
    });
  }
}

/** Runs a program in a process of its own; gives how it ended. */
export function run(program, { flags = [], ...options } = {}) {
  const command = [...flags, "--input-type=module", "--eval", program];
  return spawnSync(process.execPath, command, {
    cwd: PACKAGE,
    encoding: "utf8",
    timeout: 60_000,
    ...options,
  });
}

/** Collects what an iterable gives. */
export async function collect(iterable) {
  const values = [];
  for await (const value of iterable) values.push(value);
  return values;
}
