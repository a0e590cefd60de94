"use strict";

const headers = require("./headers.cjs");
const { textOf } = require("./id.cjs");
const { decode } = require("./payload.cjs");

/** A job that was delivered to a worker. */
class Job {
  // The token as numbers: as text it is wanted by few.
  #job;
  #delivery;
  #queue;

  constructor(reader) {
    this.#job = reader.small();
    this.id = textOf(this.#job);
    this.#delivery = reader.small();
    this.#queue = reader.small();
    this.lane = reader.text();
    this.payload = reader.blob();
    this.priority = reader.small();
    this.cost = reader.small();
    this.tries = reader.small();
    this.maxTries = reader.small();
    this.lapses = reader.small();
    this.pushedAt = reader.number();
    this.startedAt = reader.number();
    this.leaseUntil = reader.maybe();
    this.key = reader.maybeText();
    this.after = reader.maybeId();
    this.error = reader.maybeText();
    this.headers = headers.read(reader);
  }

  get token() {
    return `${this.#job}.${this.#delivery}.${this.#queue.toString(16).padStart(8, "0")}`;
  }

  json() {
    return decode(this.payload);
  }

  /** Writes the token of a job. */
  static writeToken(writer, job) {
    writer.number(job.#job);
    writer.number(job.#delivery);
    writer.number(job.#queue);
  }
}

const { writeToken } = Job;
delete Job.writeToken;

module.exports = { Job, writeToken };
