"use strict";

const { EventEmitter } = require("node:events");
const { debuglog } = require("node:util");
const check = require("./check.cjs");
const { classes } = require("./errors.cjs");
const { Holds } = require("./holds.cjs");
const { textOf } = require("./outcome.cjs");
const { VERBS } = require("./post.cjs");
const { Queue, lineOf } = require("./queue.cjs");
const read = require("./read.cjs");
const write = require("./write.cjs");

const OPTIONS = new Set(["name", "concurrency", "lease", "pause", "failOpen"]);
const CLOSE = new Set(["drain", "timeout"]);
const MOST = 1024;
const LEASE = 30_000;
/** How long what runs may take by default when it is closed. */
const PATIENCE = 30_000;
/** How long a close waits, at its end, for the store to be told what was dropped. */
const GIVING_BACK = 1000;
/** The longest time that a timer of JavaScript takes. */
const LONGEST = 2 ** 31 - 1;

const log = debuglog("fairlane");

/** Calls a function with what is scheduled, one piece of work a key over all processes. */
class BackgroundProcessor extends EventEmitter {
  #fn;
  #concurrency;
  #pause;
  #failOpen;
  #line;
  /** The promise of a queue that belongs to the processor. */
  #own = null;
  #holds;
  /** What waits, { hold, arg } by key, the longest first. */
  #waiting = new Map();
  /** Promises of callers who ask the store for a key, by key. */
  #claims = new Map();
  /** How often each key is being worked on. */
  #running = new Map();
  /** How many slots are taken, those included that rest. */
  #taken = 0;
  /** The timers of slots that rest. */
  #rests = new Set();
  #isDue = false;
  #isClosed = false;
  /** Those who are to be told when something has ended. */
  #watchers = new Set();

  constructor(queue, fn, options = undefined) {
    // A listener that is an async function and throws is treated as one that throws.
    super({ captureRejections: true });
    const given = check.options(options, OPTIONS);
    this.#fn = check.callable("fn", fn, "a function of an argument");
    this.#concurrency = check.integer("concurrency", given.concurrency ?? 1);
    if (this.#concurrency < 1 || this.#concurrency > MOST) {
      throw new classes.InvalidArgumentError(
        `concurrency ${this.#concurrency} is out of range: accepted are 1 to ${MOST}`,
      );
    }
    const lease = check.span("lease", given.lease ?? LEASE);
    if (lease === 0) {
      throw new classes.InvalidArgumentError("lease 0 ms is out of range: accepted is 1 ms or more");
    }
    this.#pause = check.span("pause", given.pause ?? 0);
    this.#failOpen = check.truth("failOpen", given.failOpen ?? true);
    if (queue instanceof Queue) {
      this.#line = Promise.resolve(lineOf(queue));
    } else {
      if (typeof queue !== "string") throw check.refusal("queue", queue, "a Queue or a URL");
      this.#own = Queue.open(queue, check.text("name", given.name ?? "background"));
      this.#line = this.#own.then(lineOf);
      // Each call tells of it; nobody may have called yet.
      this.#line.catch(() => {});
    }
    this.#holds = new Holds(this.#line, lease, (name, ...values) => this.#tell(name, values));
    this.#holds.onTold = () => this.#changed();
  }

  async schedule(key, remoteBackoff, arg) {
    check.text("key", key);
    check.time("remoteBackoff", remoteBackoff);
    // While another caller asks the store for the key this one waits: were that one to fail, nobody
    // would do what this one was told is coming.
    for (;;) {
      if (this.#isClosed) throw closed();
      if (this.#waiting.has(key)) return false;
      if (!this.#claims.has(key)) break;
      await this.#claims.get(key);
    }
    const asked = this.#ask(key, remoteBackoff, arg);
    const decided = asked.catch(() => {}).then(() => this.#claims.delete(key));
    this.#claims.set(key, decided);
    return asked.finally(() => this.#changed());
  }

  queueLength() {
    return this.#waiting.size;
  }

  async bumpRemoteDedupKey() {
    await (await this.#line).call(VERBS.bumpHolds, write.nothing, read.nothing);
  }

  async close(options = undefined) {
    const { drain = true, timeout = PATIENCE } = check.options(options, CLOSE);
    check.truth("drain", drain);
    check.span("timeout", timeout);
    this.#isClosed = true;
    if (!drain) this.#drop();
    const hasEnded = () => this.#waiting.size === 0 && this.#running.size === 0;
    const isOver = () => hasEnded() && this.#claims.size === 0 && this.#holds.isTold;
    if (!(await this.#until(isOver, timeout))) {
      this.#drop();
      await this.#until(() => this.#holds.isTold, GIVING_BACK);
    }
    if (hasEnded() && this.#own !== null) {
      await this.#own.then(
        (queue) => queue.close(),
        () => {},
      );
    }
    return hasEnded();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /** Asks the store for a key, and puts the work into the queue. */
  async #ask(key, backoff, arg) {
    const hold = Holds.of(key);
    const until = performance.now() + backoff;
    let isBlind = false;
    try {
      if (!(await this.#holds.take(hold, backoff))) return false;
    } catch (error) {
      if (!error.retryable || !this.#failOpen) throw error;
      // What the store cannot tell, this process knows of its own work.
      if (this.#running.has(key)) return false;
      isBlind = true;
    }
    // Also where the store gave no answer: the hold may have been taken.
    if (isBlind) this.#holds.keepBlindly(hold, until);
    else this.#holds.keep(hold);
    if (this.#isClosed) {
      this.#holds.end(hold, false);
      throw closed();
    }
    this.#waiting.set(key, { hold, arg });
    for (const rest of this.#rests) rest.ref();
    this.#workSoon();
    return true;
  }

  /** Begins in a turn of its own: a function that blocks holds up nobody who was told true. */
  #workSoon() {
    if (this.#isDue || this.#waiting.size === 0 || this.#taken >= this.#concurrency) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (this.#waiting.size === 0 || this.#taken >= this.#concurrency) return;
      const [key, work] = this.#waiting.entries().next().value;
      this.#waiting.delete(key);
      this.#taken++;
      this.#work(work);
      this.#workSoon();
    });
  }

  async #work({ hold, arg }) {
    const { key } = hold;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
    this.#tell("started", [key]);
    const began = performance.now();
    try {
      await this.#fn.call(undefined, arg);
      this.#tell("done", [key, performance.now() - began]);
    } catch (error) {
      const took = performance.now() - began;
      // An error that nobody hears of would be gone.
      if (this.listenerCount("failed") > 0) this.#tell("failed", [key, took, error]);
      else process.emitWarning(`background work on ${key} failed: ${textOf(error)}`, "FairlaneWarning");
    }
    const others = this.#running.get(key) - 1;
    if (others === 0) this.#running.delete(key);
    else this.#running.set(key, others);
    this.#holds.end(hold, true);
    this.#changed();
    if (this.#pause > 0) await this.#rest();
    this.#taken--;
    this.#workSoon();
  }

  /** Rests after a call. While nothing waits, that keeps no process alive. */
  async #rest() {
    let rest;
    await new Promise((resolve) => {
      rest = setTimeout(resolve, Math.min(this.#pause, LONGEST));
      if (this.#waiting.size === 0) rest.unref();
      this.#rests.add(rest);
    });
    this.#rests.delete(rest);
  }

  /** Frees the keys of what waits. */
  #drop() {
    const dropped = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { hold } of dropped) {
      this.#holds.end(hold, false);
      this.#tell("dropped", [hold.key]);
    }
  }

  /** Waits until something holds, for a time at most; tells whether it does. */
  #until(holds, timeout) {
    return new Promise((resolve) => {
      let timer;
      const end = (isMet) => {
        this.#watchers.delete(look);
        clearTimeout(timer);
        resolve(isMet);
      };
      const look = () => holds() && end(true);
      this.#watchers.add(look);
      timer = setTimeout(() => end(holds()), Math.min(Math.max(timeout, 0), LONGEST));
      look();
    });
  }

  #changed() {
    for (const look of this.#watchers) look();
  }

  /** Emits an event. What a listener throws is warned of, and changes nothing. */
  #tell(name, values) {
    if (log.enabled) log("background work: %s %s", name, values.map(textOf).join(" "));
    try {
      this.emit(name, ...values);
    } catch (error) {
      warn(name, error);
    }
  }

  [Symbol.for("nodejs.rejection")](error, name) {
    warn(name, error);
  }
}

function closed() {
  return new classes.ClosedError("background processor is closed");
}

function warn(name, error) {
  process.emitWarning(`listener of ${name} threw ${textOf(error)}`, "FairlaneWarning");
}

module.exports = { BackgroundProcessor };
