// What the verbs give: each noun is made of a row of the module, field by field.

const read = (payload) => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
const orNull = (row, Noun) => (row === null ? null : new Noun(row));

/** A job that was delivered to a worker. Times are milliseconds since the Unix epoch. */
export class Job {
  constructor(row) {
    [
      this.id,
      this.token,
      this.lane,
      this.payload,
      this.priority,
      this.cost,
      this.tries,
      this.maxTries,
      this.lapses,
      this.pushedAt,
      this.startedAt,
      this.leaseUntil,
      this.key,
      this.after,
      this.error,
    ] = row;
    Object.freeze(this);
  }

  /** Reads the payload as JSON. */
  json() {
    return read(this.payload);
  }
}

/** A job as it stands in the store. Times are milliseconds since the Unix epoch. */
export class JobInfo {
  constructor(row) {
    [
      this.id,
      this.state,
      this.lane,
      this.payload,
      this.priority,
      this.cost,
      this.tries,
      this.maxTries,
      this.lapses,
      this.pushedAt,
      this.dueAt,
      this.leaseUntil,
      this.diedAt,
      this.key,
      this.after,
      this.parentDead,
      this.error,
    ] = row;
    Object.freeze(this);
  }

  /** Reads the payload as JSON. */
  json() {
    return read(this.payload);
  }

  static orNull(row) {
    return orNull(row, JobInfo);
  }
}

/** What a push did. */
export class Pushed {
  constructor([id, isNew]) {
    Object.freeze(Object.assign(this, { id, isNew }));
  }
}

/** How many jobs stand where. */
export class Counts {
  constructor([ready, delayed, blocked, inFlight]) {
    Object.freeze(Object.assign(this, { ready, delayed, blocked, inFlight }));
  }

  /** Jobs that wait for anything: ready, delayed and blocked. */
  get waiting() {
    return this.ready + this.delayed + this.blocked;
  }
}

/** The limits in force for a lane or a whole queue; 0 means no limit. */
export class Limits {
  constructor([rate, maxInFlight, weight, maxWaiting]) {
    Object.freeze(Object.assign(this, { rate, maxInFlight, weight, maxWaiting }));
  }
}

/** A lane, looked at. */
export class LaneInfo {
  constructor([name, state, counts, limits, paused, wakesAt]) {
    this.name = name;
    this.state = state;
    this.counts = new Counts(counts);
    this.limits = new Limits(limits);
    this.paused = paused;
    this.wakesAt = wakesAt;
    Object.freeze(this);
  }

  static orNull(row) {
    return orNull(row, LaneInfo);
  }
}

/** A queue, looked at. The sums count from the making of the queue. */
export class Stats {
  constructor(row) {
    const [counts, dead, quarantined, lanes, paused, limits, ...sums] = row;
    Object.assign(this, { counts: new Counts(counts), dead, quarantined, lanes, paused });
    this.limits = new Limits(limits);
    [this.pushed, this.completed, this.retried, this.died, this.lapsed] = sums;
    Object.freeze(this);
  }
}

/** What a sweep moved. */
export class Swept {
  constructor([due, lapsed, woken]) {
    Object.freeze(Object.assign(this, { due, lapsed, woken }));
  }
}
