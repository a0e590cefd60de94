"use strict";

// Calls on their way: from the queues of this thread to their native threads, and back as results.
//
// What is called in one turn of JavaScript is handed over at its end, in one piece: the native thread
// wakes once, and finds calls that it can make together. Results come in batches likewise. As long as
// a call is pending the process stays alive.

const { Buffer } = require("node:buffer");
const { performance } = require("node:perf_hooks");
const { setImmediate } = require("node:timers");

const native = require("./native.cjs");
const { Incoming } = require("./incoming.cjs");
const { Writer } = require("./packet.cjs");
const { enter, errorOf } = require("./errors.cjs");

/** The numbers of the verbs. */
const VERBS = Object.fromEntries(native.verbs().map((name, number) => [name, number]));

/** Runs what is due at the end of this turn, for less than `queueMicrotask` does. */
const NOW = Promise.resolve();

/** For how long results come at once before the event loop has a turn again, in milliseconds. */
const SPELL = 0.5;

/** The code of a result that says: ended by its signal. */
const ABORTED = -1;

// What became of calls that were handed in: bindings/node/src/line.rs says what each means.
const HANDED_OVER = 0;
const MADE = 1;
const FETCHED = 2;

/** For results that are not to be fetched yet. */
const NO_ROOM = { numbers: new Float64Array(), bytes: Buffer.alloc(0) };

/** Who waits for which call. */
const pending = new Map();
/** The native halves of the workers that run. */
const employed = new Set();
const results = new Incoming();
const post = new native.Post(come);
let isHeld = false;
/** When the event loop last had a turn, as far as is known here. */
let turnedAt = 0;
let lastCall = 0;

/** Fetches all results and tells those who wait for them. */
function come() {
  while (!enter(() => post.fetch(results.numbers, results.bytes))) results.reserve();
  tellAll();
}

/** Tells those who wait for the results that are here. */
function tellAll() {
  results.begin();
  while (!results.isEmpty) {
    const numbers = results.number();
    const bytes = results.number();
    const [index, offset] = [results.index + numbers, results.offset + bytes];
    tell(results.number());
    results.index = index;
    results.offset = offset;
  }
  results.end();
  if (pending.size === 0) hold(false);
}

/**
 * Tells whether the results of calls that are made at once may be told at once as well. Else they are in
 * a turn of its own, which keeps the process alive until then: calls in a row must not keep the event
 * loop from its other work.
 */
function mayTell() {
  return performance.now() - turnedAt < SPELL;
}

function comeInTurn() {
  turnedAt = performance.now();
  come();
}

/** Keeps the process alive, or no longer. */
function hold(isWanted) {
  if (isWanted === isHeld) return;
  isHeld = isWanted;
  post.hold(isWanted);
}

function tell(call) {
  const waiting = pending.get(call);
  if (waiting === undefined) return;
  if (waiting.hear !== undefined) {
    results.number();
    waiting.hear(results);
    return;
  }
  pending.delete(call);
  waiting.signal?.removeEventListener("abort", waiting.abort);
  const code = results.number();
  try {
    if (code === 0) waiting.resolve(waiting.read(results));
    else if (code === ABORTED) waiting.reject(waiting.signal.reason);
    else waiting.reject(errorOf(code, results.text()));
  } catch (error) {
    // No memory for what came, for instance.
    waiting.reject(error);
  }
}

/**
 * Ends the workers with the process: neither process.exit nor an error that nobody catches tears the
 * environment down.
 */
function abandon() {
  for (const worker of employed) enter(() => worker.abandon());
}

/**
 * Makes the native half of a worker, which calls `hear` with what it has to say until `dismiss` is
 * called. Until then the process stays alive.
 */
function employ(hear) {
  const number = ++lastCall;
  const worker = enter(() => post.worker(number));
  hold(true);
  pending.set(number, { hear });
  if (employed.size === 0) process.on("exit", abandon);
  employed.add(worker);
  const dismiss = () => {
    employed.delete(worker);
    if (employed.size === 0) process.off("exit", abandon);
    pending.delete(number);
    if (pending.size === 0) hold(false);
  };
  return { worker, dismiss };
}

/** The line to the native thread of one queue. */
class Line {
  #native;
  #writer = new Writer();
  /** Where the part begins that is handed over next. */
  #mark = this.#writer.open();
  #isDue = false;
  #flushSoon = () => {
    const isSoon = mayTell();
    const done = this.#flush(isSoon ? results : NO_ROOM);
    if (done === FETCHED) tellAll();
    else if (done === MADE && isSoon) come();
    else if (done === MADE) setImmediate(comeInTurn);
  };

  constructor(clock) {
    this.#native = enter(() => post.line(clock));
  }

  /**
   * Makes a call: `write` writes its arguments, and what it throws is the call's error; `read` reads
   * the result. A signal ends it if it waits.
   */
  call(verb, write, read, signal) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const call = ++lastCall;
      this.#write(verb, call, write);
      // The line is named so that it is not collected, and its thread ended, while the call is pending.
      const waiting = { line: this, resolve, reject, read, signal, abort: undefined };
      if (signal !== undefined) {
        waiting.abort = () => this.#write(VERBS.abort, 0, (writer) => writer.number(call));
        signal.addEventListener("abort", waiting.abort, { once: true });
      }
      pending.set(call, waiting);
    });
  }

  /** Makes a call whose result nobody waits for. */
  tell(verb, write) {
    this.#write(verb, 0, write);
  }

  /** Has a worker work for the queue of this line. */
  lend(worker, weight) {
    enter(() => worker.add(this.#native, weight));
  }

  /** Lets the native thread end when it has made the calls until now. */
  end() {
    if (this.#flush(NO_ROOM) === MADE) setImmediate(come);
    enter(() => this.#native.end());
  }

  #write(verb, call, write) {
    const writer = this.#writer;
    const mark = writer.open();
    try {
      writer.number(verb);
      writer.number(call);
      write(writer);
      writer.close(mark);
    } catch (error) {
      writer.cancel(mark);
      throw error;
    }
    if (!this.#isDue) {
      this.#isDue = true;
      NOW.then(this.#flushSoon);
    }
  }

  /** Hands over what there is; tells what became of it, results of which are fetched into that room. */
  #flush(room) {
    const writer = this.#writer;
    this.#isDue = false;
    if (writer.isBare(this.#mark)) return HANDED_OVER;
    writer.close(this.#mark);
    const done = enter(() => this.#native.submit(writer.numbers, writer.bytes, room.numbers, room.bytes));
    if (done === HANDED_OVER && pending.size > 0) hold(true);
    writer.reset();
    this.#mark = writer.open();
    return done;
  }
}

module.exports = { Line, VERBS, employ };
