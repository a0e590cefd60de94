// The queue.

import * as check from "./check.mjs";
import { Dethrottler } from "./dethrottler.mjs";
import { ClosedError, InvalidArgumentError, door, errorOf } from "./errors.mjs";
import { Job, JobInfo, LaneInfo, Pushed, Repaired } from "./nouns.mjs";
import { ScheduleInfo, Stats, Swept, packDeliveries } from "./nouns.mjs";
import { Reader } from "./packet.mjs";
import { encodeResult } from "./payload.mjs";

const POP = ["wait", "lease", "signal"];
const JOBS = ["lease", "signal"];
const COMPLETE = ["then", "result", "resultTtl"];
const COMPLETE_MANY = ["results", "resultTtl"];
const RESULT = ["wait", "signal"];
const LIMITS = ["tps", "rate", "maxInFlight", "weight", "maxWaiting"];
const FILTER = ["ids", "lane"];
const TERMS = ["cron", "every", "timezone", "catchUp"];
const SCHEDULE = [...TERMS, "priority", "cost", "key", "keyTtl", "maxTries", "backoff"];

/** How long one pop of `jobs` waits, after which the next begins. */
const ROUND = 3_600_000;

const asIs = (value) => value;
const nothing = () => undefined;
const of = (Noun) => (row) => new Noun(row);
const maybeOf = (Noun) => (row) => (row === null ? null : new Noun(row));
const manyOf = (Noun) => (rows) => rows.map(of(Noun));
const jobsOf = (packet) => new Reader(packet).many(Job);

function pushed(numbers) {
  const made = [];
  for (let at = 0; at < numbers.length; at += 2) made.push(new Pushed(numbers[at], numbers[at + 1]));
  return made;
}

/** Reads how many deliveries have fared: their number, if all went well. */
const verdicts = (rows) =>
  typeof rows === "number"
    ? new Array(rows).fill(null)
    : rows.map((row) => (row === null ? null : errorOf(row)));

/** Makes the class of one build of the module; `open` finds the store of a queue. */
export function queueClass(module, open, { NewJob, manyOf: newJobsOf, pack }) {
  /** One named queue in one store. */
  class Queue {
    #core;
    #store;
    #closing;

    constructor(key, { core, store, closing } = {}) {
      if (key !== KEY) {
        throw new InvalidArgumentError("queue is not made by new: accepted is Queue.open");
      }
      this.#core = core;
      this.#store = store;
      this.#closing = closing;
    }

    static async open(where, name, options = undefined) {
      return new Queue(KEY, await open(where, name, options));
    }

    get name() {
      return this.#core.name();
    }

    async close() {
      if (this.#closing.isClosed) return;
      this.#closing.close();
      door(() => this.#core.close());
      this.#store.close();
    }

    async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
      await this.close();
    }

    async push(payload, lane = undefined, options = undefined) {
      const [{ id }] = await this.#push([new NewJob(payload, lane, options)]);
      return id;
    }

    async pushMany(jobs) {
      return this.#push(newJobsOf(jobs));
    }

    #push(jobs) {
      return this.#change(() => this.#core.pushMany(...pack(jobs)), pushed);
    }

    async pop(options = undefined) {
      const [job = null] = await this.#deliver(1, check.options(options, POP));
      return job;
    }

    async popMany(n, options = undefined) {
      return this.#deliver(n, check.options(options, POP));
    }

    async *jobs(options = undefined) {
      const { lease, signal } = check.options(options, JOBS);
      for (;;) {
        let job;
        try {
          [job] = await this.#deliver(1, { wait: ROUND, lease, signal });
        } catch (error) {
          if (signal?.aborted || error instanceof ClosedError) return;
          throw error;
        }
        if (job) yield job;
      }
    }

    async markComplete(token, options = undefined) {
      const { then = [], result, resultTtl } = check.options(options, COMPLETE);
      const [many, value] = [newJobsOf(then), encodeResult(result)];
      const begin = () => this.#core.markComplete(token, many, value, resultTtl);
      return this.#change(begin, nothing);
    }

    async markCompleteMany(tokens, options = undefined) {
      const { results = null, resultTtl } = check.options(options, COMPLETE_MANY);
      const many = packDeliveries(check.many("tokens", tokens));
      const values = results && check.many("results", results).map(encodeResult);
      return this.#change(() => this.#core.markCompleteMany(...many, values, resultTtl), verdicts);
    }

    async result(id, options = undefined) {
      const { wait = 0, signal } = check.options(options, RESULT);
      check.signal(signal);
      const end = performance.now() + door(() => module.wait(wait));
      signal?.throwIfAborted();
      const lastLook = () => this.#run(() => this.#core.result(id, wait), asIs);
      if (wait === 0) return lastLook();
      const { listener } = this.#store;
      const look = () => this.#run(() => this.#core.result(id, undefined, listener), asIs);
      // Entered before the first look: the end of the job calls it from then on.
      const place = this.#store.await(id, signal);
      try {
        for (;;) {
          const left = end - performance.now();
          if (left <= 0) return await lastLook();
          place.isOpen = false;
          const told = await look();
          if (told !== undefined) return told;
          place.isOpen = true;
          signal?.throwIfAborted();
          await place.wait(left);
          signal?.throwIfAborted();
        }
      } finally {
        place.leave();
      }
    }

    async release(token, options = undefined) {
      const { delay } = check.options(options, ["delay"]);
      return this.#change(() => this.#core.release(token, delay), nothing);
    }

    async retry(token, error = "", options = undefined) {
      const { delay } = check.options(options, ["delay"]);
      return this.#change(() => this.#core.retry(token, error, delay), nothing);
    }

    async fail(token, error = "") {
      return this.#change(() => this.#core.fail(token, error), nothing);
    }

    async extend(token, options = undefined) {
      const { lease } = check.options(options, ["lease"]);
      return this.#change(() => this.#core.extend(token, lease), nothing);
    }

    async extendMany(tokens, options = undefined) {
      const many = packDeliveries(check.many("tokens", tokens));
      const { lease } = check.options(options, ["lease"]);
      return this.#change(() => this.#core.extendMany(...many, lease), verdicts);
    }

    async dethrottle() {
      return this.#change(() => this.#core.dethrottle(), of(Swept));
    }

    async startDethrottler(interval) {
      const checked = door(() => module.interval(interval));
      return new Dethrottler(checked, () => this.dethrottle());
    }

    async repair() {
      return this.#change(() => this.#core.repair(), of(Repaired));
    }

    async throttle(lane, duration) {
      return this.#change(() => this.#core.throttle(lane, duration), nothing);
    }

    async setLimits(lane, options) {
      const limits = check.options(options, LIMITS);
      return this.#change(() => this.#core.setLimits(lane, limits), nothing);
    }

    async pause(lane = null) {
      return this.#change(() => this.#core.pause(lane), nothing);
    }

    async resume(lane = null) {
      return this.#change(() => this.#core.resume(lane), nothing);
    }

    async stats() {
      return this.#run(() => this.#core.stats(), of(Stats));
    }

    async size(lane = null) {
      return this.#run(() => this.#core.size(lane), asIs);
    }

    async lanes() {
      return this.#run(() => this.#core.lanes(), manyOf(LaneInfo));
    }

    async lane(name) {
      return this.#run(() => this.#core.lane(name), maybeOf(LaneInfo));
    }

    async get(id) {
      return this.#run(() => this.#core.get(id), maybeOf(JobInfo));
    }

    async peek(lane = undefined, n = 1) {
      return this.#run(() => this.#core.peek(lane, n), manyOf(JobInfo));
    }

    async cancel(id) {
      return this.#change(() => this.#core.cancel(id), asIs);
    }

    async purge(lane = null) {
      return this.#change(() => this.#core.purge(lane), asIs);
    }

    async failed(n = 100) {
      return this.#run(() => this.#core.failed(n), manyOf(JobInfo));
    }

    async restoreFailed(filter = undefined) {
      const { ids, lane } = filterOf(filter);
      return this.#change(() => this.#core.restoreFailed(ids, lane), asIs);
    }

    async cleanFailed(filter = undefined) {
      const { ids, lane } = filterOf(filter);
      return this.#change(() => this.#core.cleanFailed(ids, lane), asIs);
    }

    async bumpKeys() {
      return this.#change(() => this.#core.bumpKeys(), nothing);
    }

    async schedule(name, payload, lane = undefined, options = undefined) {
      const terms = check.options(options, SCHEDULE);
      const settings = Object.entries(terms).filter(([name]) => !TERMS.includes(name));
      const job = new NewJob(payload, lane, Object.fromEntries(settings));
      return this.#change(() => this.#core.schedule(name, job, terms), nothing);
    }

    async unschedule(name) {
      return this.#change(() => this.#core.unschedule(name), asIs);
    }

    async schedules() {
      return this.#run(() => this.#core.schedules(), manyOf(ScheduleInfo));
    }

    async #change(begin, read) {
      const result = await this.#run(begin, read);
      this.#store.changed();
      return result;
    }

    /** Carries a verb to its end. */
    async #run(begin, read) {
      const verb = door(begin);
      try {
        for (;;) {
          const request = door(() => verb.advance());
          if (!request) return read(door(() => verb.result()));
          try {
            verb.answer(await this.#store.call(request));
          } catch (error) {
            if (error.number === undefined) throw error;
            verb.refuse(error.number, error.message);
          } finally {
            request.free();
          }
        }
      } finally {
        verb.free();
      }
    }

    async #deliver(count, { wait = 0, lease, signal }) {
      check.signal(signal);
      const end = performance.now() + door(() => module.wait(wait));
      signal?.throwIfAborted();
      const first = await this.#change(() => this.#core.pop(count, lease), jobsOf);
      if (first.length > 0 || wait === 0) return first;
      const place = this.#store.place(signal);
      let hasLooked = false;
      try {
        for (;;) {
          hasLooked = false;
          const look = () => this.#core.popWaiting(count, lease, place.rung, place.watches);
          const [packet, due] = await this.#run(look, asIs);
          const jobs = jobsOf(packet);
          hasLooked = true;
          place.watches = due !== null && jobs.length === 0;
          if (jobs.length > 0) {
            this.#store.changed();
            return jobs;
          }
          const left = end - performance.now();
          if (left <= 0) return [];
          signal?.throwIfAborted();
          await place.wait(Math.min(left, due ?? Infinity));
          if (signal?.aborted) {
            hasLooked = !place.rung;
            throw signal.reason;
          }
        }
      } finally {
        place.leave(hasLooked);
      }
    }
  }

  return Queue;
}

function filterOf(filter) {
  const { ids, lane } = check.options(filter, FILTER);
  return { ids: ids === undefined || ids === null ? ids : check.many("ids", ids), lane };
}

/** What only this file can show. */
const KEY = Symbol("key");
