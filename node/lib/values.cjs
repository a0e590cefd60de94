"use strict";

// What the looking verbs give: plain values with names.

const { textOf } = require("./id.cjs");
const { show } = require("./show.cjs");

/** How many jobs stand where. */
class Counts {
  constructor(reader) {
    this.ready = reader.number();
    this.delayed = reader.number();
    this.blocked = reader.number();
    this.inFlight = reader.number();
  }

  get waiting() {
    return this.ready + this.delayed + this.blocked;
  }
}

/** The limits in force. */
class Limits {
  constructor(reader) {
    this.rate = [reader.number(), reader.number()];
    this.maxInFlight = reader.number();
    this.weight = reader.number();
    this.maxWaiting = reader.number();
  }
}

/** A lane, looked at. */
class LaneInfo {
  constructor(reader) {
    this.name = reader.text();
    this.state = reader.text();
    this.counts = new Counts(reader);
    this.limits = new Limits(reader);
    this.paused = reader.truth();
    this.wakesAt = reader.maybe();
  }
}

/** A queue, looked at. */
class Stats {
  constructor(reader) {
    this.counts = new Counts(reader);
    this.dead = reader.number();
    this.quarantined = reader.number();
    this.lanes = reader.number();
    this.paused = reader.truth();
    this.limits = new Limits(reader);
    this.pushed = reader.number();
    this.completed = reader.number();
    this.retried = reader.number();
    this.died = reader.number();
    this.lapsed = reader.number();
  }
}

/** What a push did. */
class Pushed {
  #id;
  #isNew;

  constructor(reader) {
    this.#id = reader.small();
    this.#isNew = reader.truth();
  }

  get id() {
    return textOf(this.#id);
  }

  get isNew() {
    return this.#isNew;
  }
}

show(Pushed);

/** What a repair found. */
class Repaired {
  constructor(reader) {
    this.jobs = reader.number();
    this.lanes = reader.number();
    this.lostJobs = reader.number();
    this.placedJobs = reader.number();
    this.droppedEntries = reader.number();
    this.mendedLanes = reader.number();
    this.mendedSums = reader.number();
  }

  get isSound() {
    const { lostJobs, placedJobs, droppedEntries, mendedLanes, mendedSums } = this;
    return [lostJobs, placedJobs, droppedEntries, mendedLanes, mendedSums].every((n) => n === 0);
  }
}

/** A schedule, looked at. */
class ScheduleInfo {
  constructor(reader) {
    this.name = reader.text();
    this.lane = reader.text();
    this.payload = reader.blob();
    this.cron = reader.maybeText();
    this.every = reader.maybe();
    this.timezone = reader.maybeText();
    this.catchUp = reader.text();
    this.nextAt = reader.number();
    this.lastAt = reader.maybe();
  }
}

/** What a sweep moved. */
class Swept {
  constructor(reader) {
    this.due = reader.number();
    this.lapsed = reader.number();
    this.woken = reader.number();
  }
}

module.exports = { Counts, Limits, LaneInfo, Stats, Pushed, Repaired, ScheduleInfo, Swept };
