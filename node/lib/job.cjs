"use strict";

const { decode } = require("./payload.cjs");

/** A job that was delivered to a worker. */
class Job {
  constructor(reader) {
    this.id = String(reader.number());
    this.token = `${this.id}.${reader.number()}.${reader.number().toString(16).padStart(8, "0")}`;
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
  }

  json() {
    return decode(this.payload);
  }
}

module.exports = { Job };
