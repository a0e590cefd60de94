"use strict";

const headers = require("./headers.cjs");
const { decode } = require("./payload.cjs");

/** A job that was delivered to a worker. */
class Job {
  // The token as numbers: as text it is wanted by few.
  #job;
  #delivery;
  #queue;

  constructor(reader) {
    this.#job = reader.number();
    this.id = String(this.#job);
    this.#delivery = reader.number();
    this.#queue = reader.number();
    this.lane = reader.text();
    this.payload = reader.blob();
    this.priority = reader.number();
    this.cost = reader.number();
    this.tries = reader.number();
    this.maxTries = reader.number();
    this.lapses = reader.number();
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
