"use strict";

const check = require("./check.cjs");
const { Dethrottler } = require("./dethrottler.cjs");
const { classes } = require("./errors.cjs");
const { Job } = require("./job.cjs");
const { JobInfo } = require("./job_info.cjs");
const { nativeOf } = require("./manual_clock.cjs");
const { NewJob, writeNew, writeNews } = require("./new_job.cjs");
const { constants } = require("./native.cjs");
const { encodeResult } = require("./payload.cjs");
const { Line, VERBS } = require("./post.cjs");
const read = require("./read.cjs");
const write = require("./write.cjs");

const { defaultLane, defaultLease, defaultResultTtl } = constants();

const OPEN = new Set([
  "durability", "create", "keepLeases", "maxPayload", "maxFailed", "busyTimeout", "clock",
]);
const POP = new Set(["wait", "lease", "signal"]);
const JOBS = new Set(["lease", "signal"]);
const COMPLETE = new Set(["then", "result", "resultTtl"]);
const COMPLETE_MANY = new Set(["results", "resultTtl"]);
const RESULT = new Set(["wait", "signal"]);
const DELAY = new Set(["delay"]);
const LEASE = new Set(["lease"]);
const LIMITS = new Set(["tps", "rate", "maxInFlight", "weight", "maxWaiting"]);
const FILTER = new Set(["ids", "lane"]);
const SCHEDULE = new Set([
  "cron", "every", "timezone", "catchUp", "priority", "cost", "key", "keyTtl", "maxTries", "backoff",
]);

/** How long one pop of `jobs` waits, after which the next begins. */
const ROUND = 3_600_000;

/** One named queue in one store. */
class Queue {
  #line;
  #name;
  #dethrottlers = 0;

  constructor(key, line, name) {
    if (key !== KEY) {
      throw new classes.InvalidArgumentError("queue is not made by new: accepted is Queue.open");
    }
    this.#line = line;
    this.#name = name;
  }

  static async open(url, name, options = undefined) {
    const given = check.options(options, OPEN);
    const clock = check.maybe((_, clock) => nativeOf(clock), "clock", given.clock);
    const writeOpen = write.opening(url, name, given);
    const line = new Line(clock ?? undefined);
    try {
      await line.call(VERBS.open, writeOpen, read.nothing);
    } catch (error) {
      line.end();
      throw error;
    }
    return new Queue(KEY, line, name);
  }

  get name() {
    return this.#name;
  }

  async close() {
    const closed = this.#line.call(VERBS.close, write.nothing, read.nothing);
    this.#line.end();
    await closed;
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  async push(payload, lane = defaultLane, options = undefined) {
    const job = new NewJob(payload, lane, options);
    return this.#line.call(VERBS.push, (writer) => writeNew(writer, job), read.id);
  }

  async pushMany(jobs) {
    return this.#line.call(VERBS.pushMany, (writer) => writeNews(writer, jobs), read.pushed);
  }

  async pop(options = undefined) {
    return this.#pop(1, check.options(options, POP), read.maybeJob);
  }

  async popMany(n, options = undefined) {
    return this.#pop(check.integer("n", n), check.options(options, POP), read.jobs);
  }

  #pop(count, { wait = 0, lease = defaultLease, signal }, read) {
    check.signal(signal);
    const writePop = (writer) => {
      writer.number(count);
      writer.number(check.time("wait", wait));
      writer.number(check.time("lease", lease));
    };
    return this.#line.call(VERBS.pop, writePop, read, signal);
  }

  async *jobs(options = undefined) {
    const { lease, signal } = check.options(options, JOBS);
    for (;;) {
      let job;
      try {
        job = await this.#pop(1, { wait: ROUND, lease, signal }, read.maybeJob);
      } catch (error) {
        if (signal?.aborted || error instanceof classes.ClosedError) return;
        throw error;
      }
      if (job !== null) yield job;
    }
  }

  async markComplete(token, options = undefined) {
    if (options === undefined) {
      return this.#line.call(VERBS.markComplete, write.token(token), read.nothing);
    }
    const given = check.options(options, COMPLETE);
    const { then = [], resultTtl = defaultResultTtl } = given;
    const result = encodeResult(given.result);
    const writeAll = (writer) => {
      write.token(token)(writer);
      writeNews(writer, then);
      writer.maybeBlob(result);
      writer.number(check.time("resultTtl", resultTtl));
    };
    return this.#line.call(VERBS.markCompleteWith, writeAll, read.nothing);
  }

  async markCompleteMany(tokens, options = undefined) {
    const { results = null, resultTtl = defaultResultTtl } = check.options(options, COMPLETE_MANY);
    if (results === null) {
      return this.#line.call(VERBS.markCompleteMany, write.tokens(tokens), read.verdicts);
    }
    const values = Array.from(check.many("results", results), encodeResult);
    const writeAll = (writer) => {
      write.tokens(tokens)(writer);
      writer.number(values.length);
      for (const value of values) writer.maybeBlob(value);
      writer.number(check.time("resultTtl", resultTtl));
    };
    return this.#line.call(VERBS.markCompleteManyWith, writeAll, read.verdicts);
  }

  async result(id, options = undefined) {
    const { wait = 0, signal } = check.options(options, RESULT);
    check.signal(signal);
    const writeBoth = (writer) => {
      writer.text(check.text("id", id));
      writer.number(check.time("wait", wait));
    };
    return this.#line.call(VERBS.result, writeBoth, read.maybeBlob, signal);
  }

  async release(token, options = undefined) {
    const { delay = 0 } = check.options(options, DELAY);
    const writeBoth = (writer) => {
      write.token(token)(writer);
      writer.number(check.time("delay", delay));
    };
    return this.#line.call(VERBS.release, writeBoth, read.nothing);
  }

  async retry(token, error = "", options = undefined) {
    const { delay } = check.options(options, DELAY);
    const writeAll = (writer) => {
      write.token(token)(writer);
      writer.text(check.text("error", error));
      writer.maybe(check.maybe(check.time, "delay", delay));
    };
    return this.#line.call(VERBS.retry, writeAll, read.nothing);
  }

  async fail(token, error = "") {
    const writeBoth = (writer) => {
      write.token(token)(writer);
      writer.text(check.text("error", error));
    };
    return this.#line.call(VERBS.fail, writeBoth, read.nothing);
  }

  async extend(token, options = undefined) {
    const { lease = defaultLease } = check.options(options, LEASE);
    const writeBoth = (writer) => {
      write.token(token)(writer);
      writer.number(check.time("lease", lease));
    };
    return this.#line.call(VERBS.extend, writeBoth, read.nothing);
  }

  async extendMany(tokens, options = undefined) {
    const { lease = defaultLease } = check.options(options, LEASE);
    const writeBoth = (writer) => {
      write.tokens(tokens)(writer);
      writer.number(check.time("lease", lease));
    };
    return this.#line.call(VERBS.extendMany, writeBoth, read.verdicts);
  }

  async dethrottle() {
    return this.#line.call(VERBS.dethrottle, write.nothing, read.swept);
  }

  async startDethrottler(interval) {
    const number = ++this.#dethrottlers;
    const writeBoth = (writer) => {
      writer.number(number);
      writer.number(check.time("interval", interval));
    };
    await this.#line.call(VERBS.startDethrottler, writeBoth, read.nothing);
    return new Dethrottler(this.#line, number);
  }

  async repair() {
    return this.#line.call(VERBS.repair, write.nothing, read.repaired);
  }

  async throttle(lane, duration) {
    const writeBoth = (writer) => {
      write.lane(lane)(writer);
      writer.number(check.time("duration", duration));
    };
    return this.#line.call(VERBS.throttle, writeBoth, read.nothing);
  }

  async setLimits(lane = null, options = undefined) {
    const given = check.options(options, LIMITS);
    const rate = check.rate(given);
    const writeAll = (writer) => {
      write.lane(lane)(writer);
      writer.number(rate === null ? NaN : rate[0]);
      writer.number(rate === null ? NaN : rate[1]);
      for (const name of ["maxInFlight", "weight", "maxWaiting"]) {
        writer.maybe(check.maybe(check.integer, name, given[name]));
      }
    };
    return this.#line.call(VERBS.setLimits, writeAll, read.nothing);
  }

  async pause(lane = null) {
    return this.#line.call(VERBS.pause, write.lane(lane), read.nothing);
  }

  async resume(lane = null) {
    return this.#line.call(VERBS.resume, write.lane(lane), read.nothing);
  }

  async stats() {
    return this.#line.call(VERBS.stats, write.nothing, read.stats);
  }

  async size(lane = null) {
    return this.#line.call(VERBS.size, write.lane(lane), read.number);
  }

  async lanes() {
    return this.#line.call(VERBS.lanes, write.nothing, read.lanes);
  }

  async lane(name) {
    return this.#line.call(VERBS.lane, write.text("name", name), read.maybeLane);
  }

  async get(id) {
    return this.#line.call(VERBS.get, write.text("id", id), read.maybeInfo);
  }

  async peek(lane = defaultLane, n = 1) {
    const writeBoth = (writer) => {
      writer.text(check.text("lane", lane));
      writer.number(check.integer("n", n));
    };
    return this.#line.call(VERBS.peek, writeBoth, read.infos);
  }

  async cancel(id) {
    return this.#line.call(VERBS.cancel, write.text("id", id), read.truth);
  }

  async purge(lane = null) {
    return this.#line.call(VERBS.purge, write.lane(lane), read.number);
  }

  async failed(n = 100) {
    const writeCount = (writer) => writer.number(check.integer("n", n));
    return this.#line.call(VERBS.failed, writeCount, read.infos);
  }

  async restoreFailed(filter = undefined) {
    const given = check.options(filter, FILTER);
    return this.#line.call(VERBS.restoreFailed, write.filter(given), read.number);
  }

  async cleanFailed(filter = undefined) {
    const given = check.options(filter, FILTER);
    return this.#line.call(VERBS.cleanFailed, write.filter(given), read.number);
  }

  async bumpKeys() {
    return this.#line.call(VERBS.bumpKeys, write.nothing, read.nothing);
  }

  /** Gives the line of a queue, for workers. */
  static lineOf(queue) {
    return queue.#line;
  }

  async schedule(name, payload, lane = defaultLane, options = undefined) {
    const given = check.options(options, SCHEDULE);
    const { cron, every, timezone = "UTC", catchUp = "one", ...settings } = given;
    const job = new NewJob(payload, lane, settings);
    const writeAll = (writer) => {
      writer.text(check.text("name", name));
      writer.maybeText(check.maybe(check.text, "cron", cron));
      writer.maybe(check.maybe(check.time, "every", every));
      writer.text(check.text("timezone", timezone));
      writer.text(check.text("catchUp", catchUp));
      writeNew(writer, job);
    };
    return this.#line.call(VERBS.schedule, writeAll, read.nothing);
  }

  async unschedule(name) {
    return this.#line.call(VERBS.unschedule, write.text("name", name), read.truth);
  }

  async schedules() {
    return this.#line.call(VERBS.schedules, write.nothing, read.schedules);
  }

  /** Panics in the native thread, for the tests of the boundary. */
  static panic(queue, text) {
    return queue.#line.call(VERBS.panic, write.text("text", text), read.nothing);
  }
}

/** What only this file can show. */
const KEY = Symbol("key");

const { lineOf, panic } = Queue;
delete Queue.lineOf;
delete Queue.panic;

module.exports = { Queue, lineOf, panic };
