// What the verbs give: each noun is made of a row of the module, field by field.

import { headersOf } from "./headers.mjs";
import { decode } from "./payload.mjs";

/** A job that was delivered to a worker. Times are milliseconds since the Unix epoch. */
export class Job {
  // The token as numbers: as text it is wanted by few.
  #job;
  #delivery;
  #queue;
  #bytes;
  #payload;

  constructor(reader) {
    this.#job = reader.number();
    this.id = String(this.#job);
    this.#delivery = reader.number();
    this.#queue = reader.number();
    this.lane = reader.text();
    this.#bytes = reader.blob();
    this.priority = reader.number();
    this.cost = reader.number();
    this.tries = reader.number();
    this.maxTries = reader.number();
    this.lapses = reader.number();
    this.pushedAt = reader.number();
    this.startedAt = reader.number();
    this.leaseUntil = reader.maybe();
    this.key = reader.maybeText();
    const after = reader.maybe();
    this.after = after === null ? null : String(after);
    this.error = reader.maybeText();
    this.headers = headersOf(reader.texts());
  }

  get token() {
    return `${this.#job}.${this.#delivery}.${this.#queue.toString(16).padStart(8, "0")}`;
  }

  /** The payload, in memory of its own. */
  get payload() {
    return (this.#payload ??= this.#bytes.copy());
  }

  /** Reads the payload as JSON. */
  json() {
    return decode(this.#payload ?? this.#bytes.view());
  }

  /** Gives the packet of deliveries, and those that are no jobs. */
  static pack(deliveries) {
    const [numbers, others] = [new Float64Array(deliveries.length * 3), []];
    let at = 0;
    for (const delivery of deliveries) {
      if (typeof delivery === "object" && delivery !== null && #job in delivery) {
        numbers[at++] = delivery.#job;
        numbers[at++] = delivery.#delivery;
        numbers[at++] = delivery.#queue;
      } else {
        others.push(delivery);
        numbers[at] = NaN;
        at += 3;
      }
    }
    return [numbers, others];
  }
}

export const { pack: packDeliveries } = Job;
delete Job.pack;

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
    this.headers = headersOf(row.at(-1));
  }

  /** Reads the payload as JSON. */
  json() {
    return decode(this.payload);
  }
}

/** What a push did. */
export class Pushed {
  constructor(id, isNew) {
    this.id = String(id);
    this.isNew = isNew !== 0;
  }
}

/** How many jobs stand where. */
export class Counts {
  constructor([ready, delayed, blocked, inFlight]) {
    Object.assign(this, { ready, delayed, blocked, inFlight });
  }

  /** Jobs that wait for anything: ready, delayed and blocked. */
  get waiting() {
    return this.ready + this.delayed + this.blocked;
  }
}

/** The limits in force for a lane or a whole queue; 0 means no limit. */
export class Limits {
  constructor([rate, maxInFlight, weight, maxWaiting]) {
    Object.assign(this, { rate, maxInFlight, weight, maxWaiting });
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
  }
}

/** A queue, looked at. The sums count from the making of the queue. */
export class Stats {
  constructor(row) {
    const [counts, dead, quarantined, lanes, paused, limits, ...sums] = row;
    Object.assign(this, { counts: new Counts(counts), dead, quarantined, lanes, paused });
    this.limits = new Limits(limits);
    [this.pushed, this.completed, this.retried, this.died, this.lapsed] = sums;
  }
}

/** A schedule, looked at. */
export class ScheduleInfo {
  constructor(row) {
    [
      this.name,
      this.lane,
      this.payload,
      this.cron,
      this.every,
      this.timezone,
      this.catchUp,
      this.nextAt,
      this.lastAt,
    ] = row;
  }
}

/** What a sweep moved. */
export class Swept {
  constructor([due, lapsed, woken]) {
    Object.assign(this, { due, lapsed, woken });
  }
}

/** What a repair looked at and what it mended. */
export class Repaired {
  constructor(row) {
    [
      this.jobs,
      this.lanes,
      this.lostJobs,
      this.placedJobs,
      this.droppedEntries,
      this.mendedLanes,
      this.mendedSums,
    ] = row;
  }

  /** Whether all was in order. */
  get isSound() {
    const { lostJobs, placedJobs, droppedEntries, mendedLanes, mendedSums } = this;
    return lostJobs + placedJobs + droppedEntries + mendedLanes + mendedSums === 0;
  }
}
