// Results: in memory, and on a real server through real npm clients.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ManualClock, NewJob, Queue } from "../node.mjs";
import { CLIENTS } from "./clients.mjs";
import { startServer } from "./server.mjs";

const LONG = 60_000;

let server;
before(async () => {
  server = await startServer();
});
after(() => server?.stop());

/** The stores: each opens queues of that name; two of the same name are one queue on Redis alone. */
const STORES = {
  "in memory": () => ({ open: (name, options) => Queue.open("memory:", name, options), end() {} }),
};
for (const [client, connect] of Object.entries(CLIENTS)) {
  for (const isCalled of [true, false]) {
    // A gateway cannot be waited at.
    if (isCalled && client === "HTTP gateway") continue;
    STORES[`on Redis, by ${client}, ${isCalled ? "called" : "looking"}`] = async () => {
      const clients = [await connect(server.port)];
      const patience = { busyTimeout: LONG, callTimeout: LONG / 2 };
      // A client at which one queue waits carries nothing of another.
      const waiting = async () => {
        if (!isCalled) return { pollInterval: 50 };
        clients.push(await connect(server.port));
        return { blocking: clients.at(-1).send };
      };
      return {
        open: async (name, options) =>
          Queue.open(clients[0].send, name, { ...patience, ...(await waiting()), ...options }),
        send: clients[0].send,
        end: () => clients.forEach(({ end }) => end()),
      };
    };
  }
}

for (const [kind, connect] of Object.entries(STORES)) {
  describe(kind, () => {
    let store;
    before(async () => {
      store = await connect();
    });
    after(() => store?.end());
    const open = async (t, options) => {
      const queue = await store.open(`${kind}: ${t.name}`, options);
      t.after(() => queue.close());
      return queue;
    };

    test("a result is bytes or JSON", async (t) => {
      const queue = await open(t);
      const given = [
        [Uint8Array.of(0, 255), Uint8Array.of(0, 255)],
        [{ sum: 42 }, '{"sum":42}'],
        ["", '""'],
        [new Uint8Array(), ""],
        [0, "0"],
        [false, "false"],
      ];
      for (const [result, kept] of given) {
        const id = await queue.push(1);
        await queue.markComplete(await queue.pop(), { result });
        const bytes = typeof kept === "string" ? new TextEncoder().encode(kept) : kept;
        for (const wait of [0, LONG]) {
          assert.deepEqual(await queue.result(id, { wait }), bytes);
        }
      }
    });

    test("without a result there is none", async (t) => {
      const queue = await open(t);
      for (const options of [undefined, {}, { result: null }, { result: 1, resultTtl: 0 }]) {
        const id = await queue.push(1);
        await queue.markComplete(await queue.pop(), options);
        assert.equal(await queue.result(id, { wait: LONG }), null);
      }
    });

    test("a result is kept for its time", async (t) => {
      const clock = new ManualClock(1_700_000_000_000);
      const queue = await open(t, { clock });
      const id = await queue.push(1);
      await queue.markComplete(await queue.pop(), { result: 1, resultTtl: 250 });
      clock.advance(249);
      assert.equal(text(await queue.result(id)), "1");
      clock.advance(1);
      assert.equal(await queue.result(id), null);
    });

    test("a job that has not ended has no result yet", async (t) => {
      const queue = await open(t);
      const id = await queue.push(1);
      await assert.rejects(queue.result(id), {
        code: "Timeout",
        message: `job ${id} has not ended: wait for its result, or ask again`,
      });
      await assert.rejects(queue.result(id, { wait: 20 }), {
        code: "Timeout",
        message: `job ${id} has not ended within 20 ms: wait longer, or ask again`,
      });
    });

    test("each way in which a job ends ends a wait for it", async (t) => {
      const queue = await open(t);
      const begin = async (settings) => {
        const id = await queue.push(1, "a", settings);
        const told = queue.result(id, { wait: LONG }).then(text, ({ code, message }) => [code, message]);
        // The wait has entered before the job ends.
        await queue.size();
        return { id, told, job: settings?.delay ? null : await queue.pop() };
      };
      const done = await begin();
      await queue.markComplete(done.job, { result: "one" });
      assert.equal(await done.told, '"one"');
      const dead = await begin();
      await queue.fail(dead.job, "no such address");
      assert.deepEqual(await dead.told, ["JobFailed", `job ${dead.id} is dead: no such address`]);
      const spent = await begin({ maxTries: 1 });
      await queue.retry(spent.job, "once more");
      assert.deepEqual(await spent.told, ["JobFailed", `job ${spent.id} is dead: once more`]);
      const cancelled = await begin({ delay: LONG });
      await queue.cancel(cancelled.id);
      assert.equal(await cancelled.told, null);
      const purged = await begin({ delay: LONG });
      await queue.purge();
      assert.equal(await purged.told, null);
    });

    test("all who wait for a job are told, and an abort ends one wait", async (t) => {
      const queue = await open(t);
      const ids = [await queue.push(1), await queue.push(2)];
      const ending = new AbortController();
      const waits = [...ids, ids[0]].map((id) => queue.result(id, { wait: LONG }));
      const aborted = queue.result(ids[0], { wait: LONG, signal: ending.signal });
      ending.abort(new Error("enough"));
      await assert.rejects(aborted, /enough/);
      const jobs = await queue.popMany(2);
      assert.deepEqual(await queue.markCompleteMany(jobs, { results: ["one", null] }), [null, null]);
      assert.deepEqual((await Promise.all(waits)).map(text), ['"one"', null, '"one"']);
    });

    test("a worker and who waits for its result wait side by side", async (t) => {
      const queue = await open(t);
      const working = (async () => {
        for await (const job of queue.jobs()) {
          await queue.markComplete(job, { result: job.json() + 1 });
        }
      })();
      for (let n = 0; n < 5; n++) {
        const id = await queue.push(n);
        assert.equal(text(await queue.result(id, { wait: LONG })), String(n + 1));
      }
      await queue.close();
      await working;
    });

    test("a pop that comes while others wait for results is called by a push", async (t) => {
      const queue = await open(t);
      const id = await queue.push(1, "a", { delay: LONG });
      const waiting = assert.rejects(queue.result(id, { wait: LONG }), { code: "Closed" });
      await queue.size();
      const popping = queue.pop({ wait: LONG });
      await queue.push(2);
      assert.equal((await popping).json(), 2);
      await queue.close();
      await waiting;
    });

    test("a hundred wait at once", async (t) => {
      const queue = await open(t);
      const pushed = await queue.pushMany(Array.from({ length: 100 }, (_, n) => new NewJob(n)));
      const waits = pushed.map(({ id }) => queue.result(id, { wait: LONG }));
      const jobs = await queue.popMany(100);
      await queue.markCompleteMany(jobs, { results: jobs.map(({ payload }) => payload) });
      const results = await Promise.all(waits);
      assert.deepEqual(results.map(text), pushed.map((_, n) => String(n)));
    });

    test("what is not accepted is refused", async (t) => {
      const queue = await open(t, { maxPayload: 10 });
      await queue.push(1);
      const job = await queue.pop();
      const refused = (options, message) =>
        assert.rejects(queue.markComplete(job, options), { message });
      await refused({ result: "too long for it" }, /^result of 17 bytes is too large/);
      await refused({ result: () => 1 }, /^result is not JSON: function has none: accepted are/);
      await refused({ result: 1, resultTtl: -1 }, /^result_ttl -1 ms is out of range/);
      await assert.rejects(queue.markCompleteMany([job], { results: [] }), {
        message: "0 results are given for 1 tokens: accepted is one for each, which may be none",
      });
      const [error] = await queue.markCompleteMany([job], { results: ["too long for it"] });
      assert.equal(error.code, "PayloadTooLarge");
      await queue.markComplete(job);
    });
  });
}

test("a job that another handle ends ends a wait at once", async (t) => {
  const open = async () => {
    const clients = [await CLIENTS.ioredis(server.port), await CLIENTS.ioredis(server.port)];
    t.after(() => clients.forEach(({ end }) => end()));
    return Queue.open(clients[0].send, "shared", { blocking: clients[1].send });
  };
  const [one, other] = [await open(), await open()];
  const late = [];
  for (let n = 0; n < 3; n++) {
    const id = await one.push(1, "a", { delay: 50 });
    const told = one.result(id, { wait: LONG }).then((value) => [text(value), performance.now()]);
    const job = await other.pop({ wait: LONG });
    const began = performance.now();
    await other.markComplete(job, { result: "there" });
    const [result, at] = await told;
    assert.equal(result, '"there"');
    late.push(at - began);
  }
  // By its own look it would learn of that after seconds, each time; a pause of the machine is rare.
  assert.ok(Math.min(...late) < 2_000, `${late} ms`);
});

function text(bytes) {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}
