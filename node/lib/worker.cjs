"use strict";

const { EventEmitter } = require("node:events");
const { debuglog } = require("node:util");
const check = require("./check.cjs");
const { Crew } = require("./crew.cjs");
const { classes } = require("./errors.cjs");
const { constants } = require("./native.cjs");
const { textOf } = require("./outcome.cjs");
const { Queue, lineOf } = require("./queue.cjs");

const { defaultLease } = constants();

const OPTIONS = new Set([
  "also",
  "concurrency",
  "lease",
  "timeout",
  "maxJobs",
  "untilEmpty",
  "retryIf",
]);
const STOP = new Set(["timeout"]);
const RUN = new Set(["stopTimeout"]);

/** How long handlers may take to finish by default. */
const PATIENCE = 30_000;

const log = debuglog("fairlane");

/** Calls a handler with the jobs of one or more queues. */
class Worker extends EventEmitter {
  #plan;
  #crew = null;

  constructor(queue, handler, options = undefined) {
    // A listener that is an async function and throws is treated as one that throws.
    super({ captureRejections: true });
    const given = check.options(options, OPTIONS);
    const also = check.many("also", given.also ?? []);
    const retryIf = given.retryIf ?? (() => true);
    this.#plan = {
      sources: [source(queue, 1), ...also.map(further)],
      handler: check.callable("handler", handler, "a function of a job"),
      concurrency: check.maybe(check.integer, "concurrency", given.concurrency),
      lease: check.time("lease", given.lease ?? defaultLease),
      timeout: check.maybe(check.time, "timeout", given.timeout),
      maxJobs: check.maybe(check.integer, "maxJobs", given.maxJobs),
      untilEmpty: check.truth("untilEmpty", given.untilEmpty ?? false),
      retryIf: check.callable("retryIf", retryIf, "a function of an error"),
    };
  }

  get state() {
    return this.#crew?.state ?? "stopped";
  }

  async start() {
    if (this.state === "running") return;
    if (this.state === "stopping") {
      throw new classes.UnavailableError(
        "worker is stopping: it may be started when it has stopped",
      );
    }
    const tell = (name, ...values) => this.#tell(name, values);
    this.#crew = new Crew(this.#plan, tell, (name) => this.listenerCount(name));
  }

  async stop(options = undefined) {
    const { timeout = PATIENCE } = check.options(options, STOP);
    check.span("timeout", timeout);
    return this.#crew === null || this.#crew.stop(timeout);
  }

  async wait(options = undefined) {
    const { timeout } = check.options(options, STOP);
    const patience = check.maybe(check.span, "timeout", timeout);
    const crew = this.#crew;
    if (crew === null) return true;
    const ended = await crew.wait(patience);
    if (ended) crew.check();
    return ended;
  }

  async run(options = undefined) {
    const { stopTimeout = PATIENCE } = check.options(options, RUN);
    check.span("stopTimeout", stopTimeout);
    let signals = 0;
    let stopped;
    const hear = () => {
      signals++;
      if (signals === 1) stopped = this.stop({ timeout: stopTimeout });
      else this.#crew.giveUp();
    };
    await this.start();
    process.on("SIGINT", hear).on("SIGTERM", hear);
    try {
      await this.wait();
      await stopped;
    } finally {
      process.off("SIGINT", hear).off("SIGTERM", hear);
    }
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }

  /** Emits an event. What a listener throws is warned of, and changes nothing. */
  #tell(name, values) {
    note(name, values);
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

function source(queue, weight) {
  if (!(queue instanceof Queue)) throw check.refusal("queue", queue, "a Queue");
  return { queue, line: lineOf(queue), weight };
}

function further(pair) {
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw check.refusal("also", pair, "[queue, weight]");
  }
  return source(pair[0], check.integer("weight", pair[1]));
}

function warn(name, error) {
  process.emitWarning(`listener of ${name} threw ${textOf(error)}`, "FairlaneWarning");
}

/** Notes in the log of NODE_DEBUG=fairlane what goes wrong. */
function note(name, [subject, ...details]) {
  if (!log.enabled) return;
  if (name === "failed") log("job %s failed in try %d: %s", subject.id, subject.tries, details[1]);
  if (name === "dead") log("job %s is dead after try %d: %s", subject.id, subject.tries, details[1]);
  if (name === "lost") log("delivery %s of job %s is lost", subject.token, subject.id);
  if (name === "trouble") log("queue %j cannot serve, trying again: %s", subject, details[0].message);
}

module.exports = { Worker };
