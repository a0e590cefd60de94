// The Redis queue through real npm clients on a real server.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ClosedError, InvalidArgumentError, NewJob, Queue, StaleTokenError } from "../node.mjs";
import { CLIENTS } from "./clients.mjs";
import { startProxy, startServer } from "./server.mjs";

let server;
before(async () => {
  server = await startServer();
});
after(() => server?.stop());

for (const [name, connect] of Object.entries(CLIENTS)) {
  describe(name, () => {
    const clients = [];
    const client = async (port = server.port) => {
      const made = await connect(port);
      clients.push(made);
      return made.send;
    };
    after(() => clients.forEach(({ end }) => end()));

    let queues = 0;
    /** Patient, so that a slow machine is not taken for a server that is away. */
    const patience = { busyTimeout: 60_000, callTimeout: 30_000 };
    const open = async (t, send, options) => {
      const queue = await Queue.open(send, `${name}-${queues++}`, { ...patience, ...options });
      t.after(() => queue.close());
      return queue;
    };
    /** Stands before the server until the test ends. */
    const proxied = async (t) => {
      const proxy = await startProxy(server.port);
      t.after(proxy.stop);
      return proxy;
    };

    test("a job goes through", async (t) => {
      const queue = await open(t, await client());
      const id = await queue.push({ to: "ada" }, "tenant-7");
      const job = await queue.pop();
      assert.deepEqual([job.id, job.lane, job.json()], [id, "tenant-7", { to: "ada" }]);
      await queue.markComplete(job);
      await assert.rejects(queue.markComplete(job), StaleTokenError);
      assert.equal(await queue.get(id), null);
    });

    test("bytes come back as they went", async (t) => {
      const queue = await open(t, await client());
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      await queue.push(bytes, "straße\0", { key: "ключ" });
      const job = await queue.pop();
      assert.deepEqual(job.payload, bytes);
      assert.deepEqual([job.lane, job.key], ["straße\0", "ключ"]);
    });

    test("scripts that the server has forgotten are loaded again", async (t) => {
      const send = await client();
      const queue = await open(t, send);
      await queue.push(1);
      await send(["SCRIPT", "FLUSH"]);
      assert.equal((await queue.pop()).json(), 1);
    });

    test("a push whose reply was lost makes one job", async (t) => {
      const proxy = await proxied(t);
      const queue = await open(t, await client(proxy.port));
      for (const settings of [{}, { delay: 60_000 }]) {
        await queue.push("first", "a", settings);
        const before = await queue.size();
        proxy.loseNext("lost in transit");
        const id = await queue.push("lost in transit", "a", settings);
        assert.equal(await queue.size(), before + 1);
        assert.equal((await queue.get(id)).json(), "lost in transit");
      }
    });

    test("a completion whose reply was lost is no error", async (t) => {
      const proxy = await proxied(t);
      const queue = await open(t, await client(proxy.port));
      await queue.push(1);
      const job = await queue.pop();
      proxy.loseNext("EVALSHA");
      await queue.markComplete(job).catch((error) => {
        // A client that sends again by itself cannot say so.
        assert.ok(name !== "node-redis" && error instanceof StaleTokenError, error);
      });
      assert.equal(await queue.get(job.id), null);
    });

    test("a waiting pop is called by the server", async (t) => {
      const queue = await open(t, await client(), { blocking: await client() });
      const waiting = queue.pop({ wait: 20_000 });
      const other = queue.pop({ wait: 20_000 });
      await queue.pushMany([new NewJob(1), new NewJob(2)]);
      const jobs = await Promise.all([waiting, other]);
      assert.deepEqual(jobs.map((job) => job.json()).sort(), [1, 2]);
    });

    test("a waiting pop without a second client looks now and then", async (t) => {
      const queue = await open(t, await client(), { pollInterval: 10 });
      const waiting = queue.pop({ wait: 20_000 });
      await queue.push(1);
      assert.equal((await waiting).json(), 1);
    });

    test("a waiting pop takes a delayed job when it is due", async (t) => {
      const queue = await open(t, await client(), { blocking: await client() });
      await queue.push(1, "a", { delay: 50 });
      assert.equal((await queue.pop({ wait: 20_000 })).json(), 1);
    });

    test("a wait ends with its time, its signal and its queue", async (t) => {
      const queue = await open(t, await client(), { blocking: await client() });
      assert.equal(await queue.pop({ wait: 20 }), null);
      const aborting = new AbortController();
      const aborted = queue.pop({ wait: 20_000, signal: aborting.signal });
      const closed = queue.pop({ wait: 20_000 });
      aborting.abort(new Error("enough"));
      await assert.rejects(aborted, /enough/);
      await queue.close();
      await assert.rejects(closed, ClosedError);
      await assert.rejects(queue.push(1), ClosedError);
    });

    test("errors say what would be accepted", async (t) => {
      const queue = await open(t, await client());
      await assert.rejects(queue.push(1, "a", { priority: 10 }), {
        constructor: InvalidArgumentError,
        code: "InvalidArgument",
        message: "priority 10 is out of range: accepted are 0 to 9",
      });
      await assert.rejects(queue.push(1, 7), InvalidArgumentError);
      await assert.rejects(queue.pop({ lease: -1 }), InvalidArgumentError);
    });
  });
}
