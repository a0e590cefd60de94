"use strict";

const headers = require("./headers.cjs");
const { maybeId, textOf } = require("./id.cjs");
const { decode } = require("./payload.cjs");
const { maybe } = require("./reader.cjs");
const { show } = require("./show.cjs");

// Where the numbers of a job are: bindings/node/src/noun/job.rs writes them there.
const ID = 0;
const DELIVERY = 1;
const QUEUE = 2;
const PRIORITY = 3;
const COST = 4;
const TRIES = 5;
const MAX_TRIES = 6;
const LAPSES = 7;
const PUSHED_AT = 8;
const STARTED_AT = 9;
const LEASE_UNTIL = 10;
const AFTER = 11;
const PAYLOAD = 12;

/** Reads what a job has beside its numbers and its payload. */
function readTexts(reader) {
  return {
    lane: reader.text(),
    key: reader.maybeText(),
    error: reader.maybeText(),
    headers: headers.read(reader),
  };
}

/**
 * A job that was delivered to a worker. It stays as it came, in memory that it shares with its neighbours,
 * and is read when it is asked: most of what it could tell is asked by few, and to make all of it took
 * longer than to pop it.
 */
class Job {
  #page;
  #at;
  #start;
  #payload;
  #texts;

  constructor(reader) {
    this.#page = reader.row();
    this.#at = reader.rowAt;
    this.#start = reader.rowStart;
    this.#payload = undefined;
    this.#texts = undefined;
  }

  get id() {
    return textOf(this.#number(ID));
  }

  get token() {
    const queue = this.#number(QUEUE).toString(16).padStart(8, "0");
    return `${this.#number(ID)}.${this.#number(DELIVERY)}.${queue}`;
  }

  get lane() {
    return this.#late().lane;
  }

  get payload() {
    // Who gets memory that is not shared may give it away, and the texts with it.
    if (!this.#page.isShared) this.#late();
    return (this.#payload ??= this.#page.blob(this.#start, this.#number(PAYLOAD)));
  }

  get priority() {
    return this.#number(PRIORITY);
  }

  get cost() {
    return this.#number(COST);
  }

  get tries() {
    return this.#number(TRIES);
  }

  get maxTries() {
    return this.#number(MAX_TRIES);
  }

  get lapses() {
    return this.#number(LAPSES);
  }

  get pushedAt() {
    return this.#number(PUSHED_AT);
  }

  get startedAt() {
    return this.#number(STARTED_AT);
  }

  get leaseUntil() {
    return maybe(this.#number(LEASE_UNTIL));
  }

  get key() {
    return this.#late().key;
  }

  get after() {
    return maybeId(this.#number(AFTER));
  }

  get error() {
    return this.#late().error;
  }

  get headers() {
    return this.#late().headers;
  }

  json() {
    return decode(this.payload);
  }

  #number(place) {
    return this.#page.numbers[this.#at + place];
  }

  #late() {
    return (this.#texts ??= readTexts(
      this.#page.reader(this.#at + PAYLOAD + 1, this.#start + this.#number(PAYLOAD)),
    ));
  }

  /** Writes the token of a job. */
  static writeToken(writer, job) {
    const { numbers } = job.#page;
    writer.number(numbers[job.#at + ID]);
    writer.number(numbers[job.#at + DELIVERY]);
    writer.number(numbers[job.#at + QUEUE]);
  }
}

const { writeToken } = Job;
delete Job.writeToken;
show(Job);

module.exports = { Job, writeToken };
