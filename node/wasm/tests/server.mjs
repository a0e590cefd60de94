// A Redis server of a test's own, and a proxy that loses replies.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Gives a port that was free a moment ago. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a server; `stop` ends it. */
export async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), "fairlane-redis-"));
  for (let tries = 0; tries < 5; tries++) {
    const port = await freePort();
    const options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder];
    // It has no stream of this process, whose end would not be seen where the server outlives it.
    const server = spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] });
    process.once("exit", () => server.kill());
    const ended = once(server, "exit");
    if (await isReady(server)) {
      const stop = async () => {
        server.kill();
        await ended;
        rmSync(folder, { recursive: true });
      };
      return { port, stop };
    }
    // Somebody else has taken the port meanwhile.
    await ended;
  }
  throw new Error("redis-server does not start");
}

/** Waits until a server accepts connections, or has ended; tells which. */
async function isReady(server) {
  for await (const line of createInterface(server.stdout)) {
    if (/ready to accept connections/i.test(line)) {
      server.stdout.resume();
      return true;
    }
  }
  return false;
}

/** Stands before a server. `loseNext(word)` breaks the connection on which the next reply comes to a
 * command that holds the word: the server has carried it out, and the client learns nothing. */
export async function startProxy(port) {
  let losing;
  const proxy = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    let isDoomed = false;
    client.on("data", (bytes) => {
      if (losing && bytes.includes(losing)) {
        losing = undefined;
        isDoomed = true;
      }
      server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (isDoomed) {
        client.destroy();
        server.destroy();
      } else {
        client.write(bytes);
      }
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      one.on("close", () => other.destroy());
      one.on("error", () => other.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    port: proxy.address().port,
    loseNext: (word) => (losing = word),
    stop: () => proxy.close(),
  };
}
