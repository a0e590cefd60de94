"use strict";

// One start of a worker, from there to its end: it calls handlers with what the native half hands
// over, and hands over what they say, once a turn of JavaScript.

const { Context, isReason, raise } = require("./context.cjs");
const { enter, errorOf } = require("./errors.cjs");
const { Job } = require("./job.cjs");
const { PLAIN, Release, returned, writeDone, writeRefused, writeThrown } = require("./outcome.cjs");
const { Writer } = require("./packet.cjs");
const { origins } = require("./origins.cjs");
const { employ } = require("./post.cjs");

/** How long a stop waits, at its end, for the store to take back what still runs. */
const GIVING_BACK = 1000;

/** The longest time that a timer of JavaScript takes. */
const LONGEST = 2 ** 31 - 1;

class Crew {
  #plan;
  #native;
  #dismiss;
  #tell;
  #count;
  #writer = new Writer();
  #isDue = false;
  #isObserved = false;
  #isGivenUp = false;
  #isOver = false;
  /** What handlers run, by number. */
  #running = new Map();
  /** What handlers have ended and the native half has yet to tell of, by token. */
  #ending = new Map();
  /** Those who are to be told when it is over, or a handler returns. */
  #watchers = new Set();

  /** Starts; `tell` emits an event, and `count` tells how many listen to one. */
  constructor(plan, tell, count) {
    this.#plan = plan;
    this.#tell = tell;
    this.#count = count;
    const { worker, dismiss } = employ((reader) => this.#hear(reader));
    this.#native = worker;
    this.#dismiss = dismiss;
    try {
      for (const { line, weight } of plan.sources) line.lend(worker, weight);
      this.#observe();
      const { concurrency, lease, timeout, maxJobs, untilEmpty } = plan;
      enter(() =>
        worker.start(
          concurrency ?? undefined,
          lease,
          timeout ?? undefined,
          maxJobs ?? undefined,
          untilEmpty,
        ),
      );
    } catch (error) {
      dismiss();
      throw error;
    }
  }

  get state() {
    return enter(() => this.#native.state());
  }

  /** Throws why it ended by itself, if it did. */
  check() {
    enter(() => this.#native.check());
  }

  /** Takes no more jobs. */
  drain() {
    enter(() => this.#native.drain());
  }

  /** Gives back what still runs. */
  giveUp() {
    this.#isGivenUp = true;
    enter(() => this.#native.giveUp());
  }

  /** Ends within a time; tells whether every handler has returned. */
  async stop(timeout) {
    this.drain();
    const isDone = () => this.#isOver && (this.#isGivenUp || this.#running.size === 0);
    if (!(await this.#until(isDone, timeout))) {
      this.giveUp();
      await this.#until(isDone, GIVING_BACK);
    }
    return this.#isOver && this.#running.size === 0;
  }

  /** Waits for the end; tells whether it has come. */
  async wait(timeout) {
    return this.#until(() => this.#isOver, timeout);
  }

  /** Waits until something holds, for a time at most. */
  #until(holds, timeout) {
    return new Promise((resolve) => {
      let timer;
      const look = () => {
        if (!holds()) return;
        this.#watchers.delete(look);
        clearTimeout(timer);
        resolve(true);
      };
      this.#watchers.add(look);
      if (timeout !== null && timeout <= LONGEST) {
        timer = setTimeout(() => {
          this.#watchers.delete(look);
          resolve(holds());
        }, timeout);
      }
      look();
    });
  }

  #changed() {
    for (const look of this.#watchers) look();
  }

  /** Has those events told that somebody listens to. */
  #observe() {
    const isObserved = this.#count("done") + this.#count("idle") > 0;
    if (isObserved === this.#isObserved) return;
    this.#isObserved = isObserved;
    enter(() => this.#native.observe(isObserved));
  }

  #hear(reader) {
    const about = reader.number();
    if (about === 0) this.#begin(reader.many(readDelivery));
    else if (about === 1) this.#raise(reader.number(), reader.text());
    else if (about === 2) this.#end();
    else this.#event(reader.text(), reader);
  }

  #begin(deliveries) {
    this.#observe();
    const tellsStart = this.#count("started") > 0;
    for (const { number, place, job } of deliveries) {
      const context = new Context(this.#plan.sources[place].queue);
      this.#running.set(number, { job, context });
      if (tellsStart) this.#tell("started", job);
      this.#call(number, job, context);
    }
  }

  #call(number, job, context) {
    let result;
    try {
      result = this.#plan.handler(job, context);
      if (typeof result?.then === "function") {
        // One that is not JavaScript's own may call back twice, or throw.
        if (!(result instanceof Promise)) result = Promise.resolve(result);
        result.then(
          (value) => this.#done(number, value),
          (error) => this.#thrown(number, error),
        );
        return;
      }
    } catch (error) {
      this.#thrown(number, error);
      return;
    }
    this.#done(number, result);
  }

  #done(number, result) {
    let outcome;
    try {
      outcome = returned(result);
    } catch (error) {
      this.#say(number, true, (writer) => writeRefused(writer, error));
      return;
    }
    // What is more than plain may be refused, and is told then.
    const isTold = outcome !== PLAIN || this.#isObserved;
    this.#say(number, isTold, (writer) => writeDone(writer, outcome));
  }

  #thrown(number, thrown) {
    // What takes a signal throws the signal's own reason: the handler left off when it was told.
    const hasLeftOff = isReason(this.#running.get(number).context, thrown);
    const error = hasLeftOff ? new Release() : thrown;
    this.#say(number, true, (writer) => writeThrown(writer, error, this.#plan.retryIf));
  }

  /** Writes what a handler says; an event that follows from it is about the same job object. */
  #say(number, isTold, write) {
    const running = this.#running.get(number);
    this.#running.delete(number);
    if (this.#isOver) {
      this.#changed();
      return;
    }
    if (isTold) this.#ending.set(running.job.token, running.job);
    const mark = this.#writer.open();
    this.#writer.number(number);
    write(this.#writer);
    this.#writer.close(mark);
    if (!this.#isDue) {
      this.#isDue = true;
      queueMicrotask(() => this.#flush());
    }
  }

  #flush() {
    const writer = this.#writer;
    this.#isDue = false;
    const numbers = writer.numbers.subarray(0, writer.count);
    const bytes = writer.bytes.subarray(0, writer.length);
    enter(() => this.#native.end(numbers, bytes));
    writer.reset();
  }

  #raise(number, reason) {
    const running = this.#running.get(number);
    if (running !== undefined) raise(running.context, reason);
  }

  #event(name, reader) {
    if (name === "idle") {
      this.#tell(name, reader.text());
    } else if (name === "trouble") {
      const queue = reader.text();
      this.#tell(name, queue, errorOf(reader.number(), reader.text()));
    } else {
      const place = reader.number();
      const job = this.#same(new Job(reader));
      if (place > 0) origins.set(job, this.#plan.sources[place].queue.name);
      const [took, error] = [reader.maybe(), reader.maybeText()];
      if (took === null) this.#tell(name, job);
      else if (error === null) this.#tell(name, job, took);
      else this.#tell(name, job, took, error);
    }
  }

  /** Gives the job object that the handler got, if it is still known. */
  #same(job) {
    const { token } = job;
    const ending = this.#ending.get(token);
    if (ending !== undefined) {
      this.#ending.delete(token);
      return ending;
    }
    for (const running of this.#running.values()) {
      if (running.job.token === token) return running.job;
    }
    return job;
  }

  #end() {
    this.#isOver = true;
    this.#ending.clear();
    this.#dismiss();
    this.#changed();
  }
}

function readDelivery(reader) {
  return { number: reader.number(), place: reader.number(), job: new Job(reader) };
}

module.exports = { Crew };
