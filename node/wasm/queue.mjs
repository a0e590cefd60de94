// The queue.

import { bytesOf } from "./payload.mjs";
import { Embedded } from "./embedded.mjs";
import { ClosedError, InvalidArgumentError, door, errorOf } from "./errors.mjs";
import { Job, JobInfo, LaneInfo, Pushed, Stats, Swept } from "./nouns.mjs";
import { Redis } from "./redis.mjs";
import { Closing } from "./waiting.mjs";

const asIs = (value) => value;
const nothing = () => undefined;
const each = (Noun) => (rows) => rows.map((row) => new Noun(row));
const fares = (rows) => rows.map((row) => (row === null ? null : errorOf(row)));
const jobOf = ({ payload, ...settings }) => ({ ...settings, payload: bytesOf(payload) });
const jobsOf = (jobs) => Array.from(jobs, jobOf);

/** Makes the class of queues of one build of the module. */
export const queueClass = (module, clockOf) =>
  class Queue {
    #core;
    #store;
    #closing;

    constructor(core, store, closing) {
      this.#core = core;
      this.#store = store;
      this.#closing = closing;
    }

    static async open(where, name, options = {}) {
      const closing = new Closing();
      const clock = options.clock && clockOf(options.clock).share();
      if (typeof where === "function") {
        const core = door(() => module.Queue.remote(name, options, clock));
        const redis = new Redis(module, where, core.wakeKey(), options, closing);
        return new Queue(core, redis, closing);
      }
      const core = door(() => module.Queue.memory(name, options, clock));
      return new Queue(core, new Embedded(), closing);
    }

    get name() {
      return this.#core.name();
    }

    async push(payload, settings = {}) {
      const job = jobOf({ ...settings, payload });
      return this.#change(() => this.#core.push(job), asIs);
    }

    async pushMany(jobs) {
      const read = jobsOf(jobs);
      return this.#change(() => this.#core.pushMany(read), each(Pushed));
    }

    async pop(options = {}) {
      const [job = null] = await this.#deliver(1, options);
      return job;
    }

    async popMany(n, options = {}) {
      return this.#deliver(n, options);
    }

    async *jobs({ lease, signal } = {}) {
      while (!signal?.aborted) {
        const job = await this.pop({ wait: Infinity, lease, signal });
        if (job) yield job;
      }
    }

    async markComplete(token, { then = [] } = {}) {
      const follow = jobsOf(then);
      return this.#change(() => this.#core.markComplete(token, follow), nothing);
    }

    async markCompleteMany(tokens) {
      return this.#change(() => this.#core.markCompleteMany(Array.from(tokens)), fares);
    }

    async release(token, { delay } = {}) {
      return this.#change(() => this.#core.release(token, delay), nothing);
    }

    async retry(token, { error, delay } = {}) {
      return this.#change(() => this.#core.retry(token, error, delay), nothing);
    }

    async fail(token, { error } = {}) {
      return this.#change(() => this.#core.fail(token, error), nothing);
    }

    async extend(token, { lease } = {}) {
      return this.#change(() => this.#core.extend(token, lease), nothing);
    }

    async extendMany(tokens, { lease } = {}) {
      return this.#change(() => this.#core.extendMany(Array.from(tokens), lease), fares);
    }

    async setLimits(lane, limits = {}) {
      return this.#change(() => this.#core.setLimits(lane, limits), nothing);
    }

    async pause(lane) {
      return this.#change(() => this.#core.pause(lane), nothing);
    }

    async resume(lane) {
      return this.#change(() => this.#core.resume(lane), nothing);
    }

    async throttle(lane, duration) {
      return this.#change(() => this.#core.throttle(lane, duration), nothing);
    }

    async dethrottle() {
      return this.#change(() => this.#core.dethrottle(), (row) => new Swept(row));
    }

    async stats() {
      return this.#run(() => this.#core.stats(), (row) => new Stats(row));
    }

    async size(lane) {
      return this.#run(() => this.#core.size(lane), asIs);
    }

    async lanes() {
      return this.#run(() => this.#core.lanes(), each(LaneInfo));
    }

    async lane(name) {
      return this.#run(() => this.#core.lane(name), LaneInfo.orNull);
    }

    async get(id) {
      return this.#run(() => this.#core.get(id), JobInfo.orNull);
    }

    async peek(lane, { n } = {}) {
      return this.#run(() => this.#core.peek(lane, n), each(JobInfo));
    }

    async cancel(id) {
      return this.#change(() => this.#core.cancel(id), asIs);
    }

    async purge(lane) {
      return this.#change(() => this.#core.purge(lane), asIs);
    }

    async failed({ n } = {}) {
      return this.#run(() => this.#core.failed(n), each(JobInfo));
    }

    async restoreFailed({ ids, lane } = {}) {
      return this.#change(() => this.#core.restoreFailed(ids && Array.from(ids), lane), asIs);
    }

    async cleanFailed({ ids, lane } = {}) {
      return this.#change(() => this.#core.cleanFailed(ids && Array.from(ids), lane), asIs);
    }

    async bumpKeys() {
      return this.#change(() => this.#core.bumpKeys(), nothing);
    }

    async close() {
      if (!this.#closing.isClosed) {
        this.#closing.close();
        door(() => this.#core.close());
        this.#store.close();
      }
    }

    async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
      await this.close();
    }

    async #change(begin, read) {
      const result = await this.#run(begin, read);
      this.#store.changed();
      return result;
    }

    /** Carries a verb to its end. */
    async #run(begin, read) {
      this.#checkOpen();
      const verb = door(begin);
      try {
        for (;;) {
          const request = door(() => verb.advance());
          if (!request) {
            return read(door(() => verb.result()));
          }
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
      if (typeof wait !== "number" || !(wait >= 0)) {
        throw new InvalidArgumentError(`wait ${wait} ms is out of range: accepted are 0 ms and more`);
      }
      signal?.throwIfAborted();
      const end = performance.now() + wait;
      const first = await this.#change(() => this.#core.pop(count, lease), each(Job));
      if (first.length > 0 || wait === 0) {
        return first;
      }
      const place = this.#store.place(signal);
      let hasLooked = false;
      try {
        for (;;) {
          hasLooked = false;
          const look = () => this.#core.popWaiting(count, lease, place.rung, place.watches);
          const [jobs, due] = await this.#run(look, asIs);
          hasLooked = true;
          place.watches = due !== null && jobs.length === 0;
          if (jobs.length > 0) {
            this.#store.changed();
            return each(Job)(jobs);
          }
          const left = end - performance.now();
          if (left <= 0) {
            return [];
          }
          signal?.throwIfAborted();
          await place.wait(Math.min(left, due ?? Infinity));
          signal?.throwIfAborted();
        }
      } finally {
        place.leave(hasLooked);
      }
    }

    #checkOpen() {
      if (this.#closing.isClosed) {
        throw new ClosedError("queue is closed: open it again to go on");
      }
    }
  };
