"use strict";

const check = require("./check.cjs");
const headers = require("./headers.cjs");
const { policyOf } = require("./backoff.cjs");
const { constants } = require("./native.cjs");
const { keep } = require("./payload.cjs");
const { show } = require("./show.cjs");

const { defaultLane, defaultMaxTries, defaultPriority } = constants();

const OPTIONS = new Set([
  "priority", "tps", "rate", "delay", "at", "cost", "key", "keyTtl", "maxTries", "backoff", "after", "headers",
]);

/** Checks the settings of a job; gives those that are in force. */
function checked(options) {
  const given = check.options(options, OPTIONS);
  check.oneOf("delay", "at", given);
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

/** The settings of a job that was given none, as most. */
const PLAIN = checked({});

/** A job to push: the arguments are those of `push`. Checked once, it stays as it is. */
class NewJob {
  #bytes;
  #payload;
  #lane;
  #settings;

  constructor(payload, lane = defaultLane, options = undefined) {
    this.#settings = options === undefined ? PLAIN : checked(options);
    this.#bytes = keep(payload);
    this.#lane = check.text("lane", lane);
  }

  get payload() {
    return (this.#payload ??= this.#bytes.buffer());
  }

  get lane() {
    return this.#lane;
  }

  get priority() {
    return this.#settings.priority;
  }

  get rate() {
    return this.#settings.rate;
  }

  get delay() {
    return this.#settings.delay;
  }

  get at() {
    return this.#settings.at;
  }

  get cost() {
    return this.#settings.cost;
  }

  get key() {
    return this.#settings.key;
  }

  get keyTtl() {
    return this.#settings.keyTtl;
  }

  get maxTries() {
    return this.#settings.maxTries;
  }

  get backoff() {
    return this.#settings.backoff;
  }

  get after() {
    return this.#settings.after;
  }

  get headers() {
    return this.#settings.headers;
  }

  /** Writes a job, whose lane is new to those who read or has a place among those that came before. */
  static write(writer, job, place, isNew) {
    writer.number(place);
    if (isNew) writer.text(job.#lane);
    writer.kept(job.#bytes);
    const isPlain = job.#settings === PLAIN;
    writer.truth(isPlain);
    if (!isPlain) writeSettings(writer, job.#settings);
  }
}

const { write } = NewJob;
delete NewJob.write;
show(NewJob);

function writeSettings(writer, settings) {
  const { rate, backoff } = settings;
  writer.number(settings.priority);
  writer.number(rate === null ? NaN : rate[0]);
  writer.number(rate === null ? NaN : rate[1]);
  writer.maybe(settings.delay);
  writer.maybe(settings.at);
  writer.number(settings.cost);
  writer.maybeText(settings.key);
  writer.number(settings.keyTtl);
  writer.number(settings.maxTries);
  writer.truth(backoff !== null);
  if (backoff !== null) {
    writer.number(backoff.min);
    writer.number(backoff.max);
    writer.number(backoff.factor);
    writer.truth(backoff.jitter);
  }
  writer.maybeText(settings.after);
  headers.write(writer, settings.headers);
}

/** Writes one job. */
function writeNew(writer, job) {
  write(writer, job, 0, true);
}

/** Writes the jobs of an iterable. */
function writeNews(writer, jobs) {
  const many = check.many("jobs", jobs);
  writer.number(many.length);
  const places = new Map();
  let lane;
  let place;
  for (const job of many) {
    if (!(job instanceof NewJob)) throw check.refusal("job", job, "a NewJob");
    // Neighbours are often of one lane.
    if (job.lane !== lane) {
      lane = job.lane;
      place = places.get(lane);
    }
    const isNew = place === undefined;
    if (isNew) places.set(lane, (place = places.size));
    write(writer, job, place, isNew);
  }
}

module.exports = { NewJob, writeNew, writeNews };
