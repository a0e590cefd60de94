"use strict";

const headers = require("./headers.cjs");
const { decode } = require("./payload.cjs");

/** A job as it stands in the store. */
class JobInfo {
  constructor(reader) {
    this.id = String(reader.number());
    this.state = reader.text();
    this.lane = reader.text();
    this.payload = reader.blob();
    this.priority = reader.number();
    this.cost = reader.number();
    this.tries = reader.number();
    this.maxTries = reader.number();
    this.lapses = reader.number();
    this.pushedAt = reader.number();
    this.dueAt = reader.maybe();
    this.leaseUntil = reader.maybe();
    this.diedAt = reader.maybe();
    this.key = reader.maybeText();
    this.after = reader.maybeId();
    this.parentDead = reader.truth();
    this.error = reader.maybeText();
    this.headers = headers.read(reader);
  }

  json() {
    return decode(this.payload);
  }
}

module.exports = { JobInfo };
