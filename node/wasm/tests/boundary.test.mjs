// What comes in wrong, or breaks inside, is an error of fairlane and never a crash.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as module from "../full/fairlane.js";
import { door } from "../errors.mjs";
import { FairlaneError, InternalError, InvalidArgumentError, ManualClock, NewJob } from "../node.mjs";
import { Backoff, BackoffPolicy, Queue, UnsupportedError } from "../node.mjs";

const WRONG = [undefined, null, true, 7, -1, NaN, Infinity, 2 ** 60, 5n, "", "\ud800", "\0", Symbol("x")];
WRONG.push([], {}, () => {}, new Date(NaN), new Uint8Array(3), new Proxy({}, {}));

test("no argument of any verb brings anything down", async () => {
  const queue = await Queue.open("memory:", "mail");
  const verbs = Object.getOwnPropertyNames(Queue.prototype).filter(
    (name) => !["constructor", "name", "close", "jobs", "startDethrottler"].includes(name),
  );
  for (const verb of verbs) {
    for (const one of WRONG) {
      for (const other of WRONG) {
        await queue[verb](one, other, other).catch((error) => {
          assert.ok(error instanceof FairlaneError, `${verb}: ${error.stack}`);
          assert.notEqual(error.code, "Internal", `${verb}: ${error.message}`);
        });
      }
    }
  }
  await queue.purge();
  await queue.push("still here");
  assert.equal((await queue.pop()).json(), "still here");
});

test("no argument of any constructor does", () => {
  for (const Class of [Backoff, BackoffPolicy, ManualClock, NewJob]) {
    for (const one of WRONG) {
      for (const other of WRONG) {
        try {
          new Class(one, other, other);
        } catch (error) {
          assert.ok(error instanceof FairlaneError, `${Class.name}: ${error.stack}`);
        }
      }
    }
  }
});

test("a payload that throws when it is read is refused", async () => {
  const queue = await Queue.open("memory:", "mail");
  const payload = {
    toJSON() {
      throw new Error("not today");
    },
  };
  await assert.rejects(queue.push(payload), InvalidArgumentError);
  const options = {
    get priority() {
      throw new Error("not today");
    },
  };
  await assert.rejects(queue.push(1, "a", options));
  assert.equal(await queue.size(), 0);
});

test("a misspelt option is refused", async () => {
  const queue = await Queue.open("memory:", "mail");
  await assert.rejects(queue.push(1, "a", { prority: 5 }), /option prority is not known/);
});

test("a Redis client that answers nonsense is an error", async () => {
  for (const answer of [{}, Symbol("x"), () => {}, "text", [[[null]]], 5, 2n ** 70n, null]) {
    const queue = await Queue.open(async () => answer, "mail");
    await assert.rejects(queue.stats(), InternalError);
  }
});

test("a Redis client that throws is one that was not reached", async () => {
  const client = () => {
    throw new Error("no route to host");
  };
  const queue = await Queue.open(client, "mail", { busyTimeout: 0 });
  await assert.rejects(queue.push(1), {
    code: "ConnectionLost",
    message: "connection to redis server was lost: no route to host",
  });
});

test("places that this host does not have are refused", async () => {
  await assert.rejects(Queue.open("jobs.db", "mail"), UnsupportedError);
  await assert.rejects(Queue.open("redis://localhost", "mail"), UnsupportedError);
  await assert.rejects(Queue.open(7, "mail"), InvalidArgumentError);
  assert.throws(() => new Queue(), InvalidArgumentError);
});

test("a panic is an error, not the end", () => {
  assert.throws(() => door(() => module.panic("told")), {
    constructor: InternalError,
    message: /^defect in fairlane, please report it/,
  });
  assert.equal(new Backoff({ min: 1 }).duration(), 1);
});
