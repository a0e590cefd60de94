"use strict";

const check = require("./check.cjs");
const headers = require("./headers.cjs");
const { policyOf } = require("./backoff.cjs");
const { encode } = require("./payload.cjs");
const { constants } = require("./native.cjs");

const { defaultLane, defaultMaxTries, defaultPriority } = constants();

const OPTIONS = new Set([
  "priority", "tps", "rate", "delay", "at", "cost", "key", "keyTtl", "maxTries", "backoff", "after", "headers",
]);

/** Checks the settings of a job; gives those that are in force. */
function checked(given) {
  return {
    priority: check.integer("priority", given.priority ?? defaultPriority),
    rate: check.rate(given),
    delay: check.maybe(check.time, "delay", given.delay),
    at: check.maybe(check.moment, "at", given.at),
    cost: check.integer("cost", given.cost ?? 1),
    key: check.maybe(check.text, "key", given.key),
    keyTtl: check.time("keyTtl", given.keyTtl ?? 0),
    maxTries: check.integer("maxTries", given.maxTries ?? defaultMaxTries),
    backoff: policyOf(given.backoff),
    after: check.maybe(check.text, "after", given.after),
    headers: headers.checked(given.headers),
  };
}

/** The settings of a job that was given none. */
const PLAIN = checked({});

/** A job to push: the arguments are those of `push`. */
class NewJob {
  /** Whether it has a payload and a lane alone. */
  #isPlain;

  constructor(payload, lane = defaultLane, options = undefined) {
    const given = check.options(options, OPTIONS);
    check.oneOf("delay", "at", given);
    this.payload = encode(payload);
    this.lane = check.text("lane", lane);
    this.#isPlain = options === undefined;
    const settings = this.#isPlain ? PLAIN : checked(given);
    this.priority = settings.priority;
    this.rate = settings.rate;
    this.delay = settings.delay;
    this.at = settings.at;
    this.cost = settings.cost;
    this.key = settings.key;
    this.keyTtl = settings.keyTtl;
    this.maxTries = settings.maxTries;
    this.backoff = settings.backoff;
    this.after = settings.after;
    this.headers = settings.headers;
    // Checked once: nothing may change it before it is pushed.
    Object.freeze(this);
  }

  /** Writes a job. */
  static write(writer, job) {
    writer.blob(job.payload);
    writer.text(job.lane);
    writer.truth(job.#isPlain);
    if (!job.#isPlain) writeSettings(writer, job);
  }
}

const { write: writeNew } = NewJob;
delete NewJob.write;

function writeSettings(writer, job) {
  const { rate, backoff } = job;
  writer.number(job.priority);
  writer.number(rate === null ? NaN : rate[0]);
  writer.number(rate === null ? NaN : rate[1]);
  writer.maybe(job.delay);
  writer.maybe(job.at);
  writer.number(job.cost);
  writer.maybeText(job.key);
  writer.number(job.keyTtl);
  writer.number(job.maxTries);
  writer.truth(backoff !== null);
  if (backoff !== null) {
    writer.number(backoff.min);
    writer.number(backoff.max);
    writer.number(backoff.factor);
    writer.truth(backoff.jitter);
  }
  writer.maybeText(job.after);
  headers.write(writer, job.headers);
}

/** Writes the jobs of an iterable. */
function writeNews(writer, jobs) {
  const many = check.many("jobs", jobs);
  writer.number(many.length);
  for (const job of many) {
    if (!(job instanceof NewJob)) throw check.refusal("job", job, "a NewJob");
    writeNew(writer, job);
  }
}

module.exports = { NewJob, writeNew, writeNews };
