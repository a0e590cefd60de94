// Values, records and answers as the transcripts of the conformance scenarios show them.
import { Job, JobInfo, LaneInfo, Pushed, Repaired, Stats, Swept } from "../index.mjs";
import { DAWN } from "./support.mjs";

/** The default of a field that is always shown. */
const ALWAYS = Symbol("always");

function escaped(bytes, isPlain) {
  let shown = "";
  for (const byte of bytes) {
    const hexadecimal = byte.toString(16).toUpperCase().padStart(2, "0");
    shown += isPlain(byte) ? String.fromCharCode(byte) : `%${hexadecimal}`;
  }
  return shown;
}

/** Shows bytes as a value. */
export function encoded(bytes) {
  const isPlain = (byte) => byte >= 0x21 && byte <= 0x7e && !"%,$".includes(String.fromCharCode(byte));
  return escaped(bytes, isPlain);
}

/** Shows the sentence of an error. */
export function sentence(text) {
  return escaped(Buffer.from(text), (byte) => byte >= 0x20 && byte <= 0x7e && byte !== 0x25);
}

export function text(value) {
  return value === null ? null : encoded(Buffer.from(value));
}

export function moment(millis) {
  return millis === null ? null : millis - DAWN;
}

function counts({ counts }) {
  return [
    ["ready", counts.ready, 0],
    ["delayed", counts.delayed, 0],
    ["blocked", counts.blocked, 0],
    ["in_flight", counts.inFlight, 0],
  ];
}

function limits({ limits }) {
  return [
    ["rate", limits.rate.join("/"), "0/1000"],
    ["max_in_flight", limits.maxInFlight, 0],
    ["weight", limits.weight, 1],
    ["max_waiting", limits.maxWaiting, 0],
  ];
}

function common(job, tries) {
  return [
    ["lane", text(job.lane), "default"],
    ["payload", encoded(job.payload), ALWAYS],
    ["priority", job.priority, 1],
    ["cost", job.cost, 1],
    ["tries", job.tries, tries],
    ["max_tries", job.maxTries, 10],
    ["lapses", job.lapses, 0],
    ["pushed_at", moment(job.pushedAt), 0],
  ];
}

function last(job, names) {
  return [
    ["key", text(job.key), null],
    ["after", job.after === null ? null : names.ofId(job.after), null],
  ];
}

/** Gives the name, the value and the default of each field of a record. */
function fields(record, names) {
  if (record instanceof Job) {
    return [
      ["token", names.ofToken(record.token), "?"],
      ["id", names.ofId(record.id), "?"],
      ...common(record, 1),
      ["started_at", moment(record.startedAt), 0],
      ["lease_until", moment(record.leaseUntil), null],
      ...last(record, names),
      ["error", text(record.error), null],
    ];
  }
  if (record instanceof JobInfo) {
    return [
      ["id", names.ofId(record.id), "?"],
      ["state", record.state, ALWAYS],
      ...common(record, 0),
      ["due_at", moment(record.dueAt), null],
      ["lease_until", moment(record.leaseUntil), null],
      ["died_at", moment(record.diedAt), null],
      ...last(record, names),
      ["parent_dead", record.parentDead, false],
      ["error", text(record.error), null],
    ];
  }
  if (record instanceof Pushed) {
    return [
      ["id", names.ofId(record.id), "?"],
      ["is_new", record.isNew, ALWAYS],
    ];
  }
  if (record instanceof LaneInfo) {
    return [
      ["name", text(record.name), ALWAYS],
      ["state", record.state, ALWAYS],
      ...counts(record),
      ...limits(record),
      ["paused", record.paused, false],
      ["wakes_at", moment(record.wakesAt), null],
    ];
  }
  if (record instanceof Stats) {
    return [
      ...counts(record),
      ...["dead", "quarantined", "lanes"].map((name) => [name, record[name], 0]),
      ["paused", record.paused, false],
      ...limits(record),
      ...["pushed", "completed", "retried", "died", "lapsed"].map((name) => [name, record[name], 0]),
    ];
  }
  if (record instanceof Swept) {
    return ["due", "lapsed", "woken"].map((name) => [name, record[name], ALWAYS]);
  }
  if (record instanceof Repaired) {
    return [
      ["jobs", record.jobs, ALWAYS],
      ["lanes", record.lanes, ALWAYS],
      ["lost_jobs", record.lostJobs, 0],
      ["placed_jobs", record.placedJobs, 0],
      ["dropped_entries", record.droppedEntries, 0],
      ["mended_lanes", record.mendedLanes, 0],
      ["mended_sums", record.mendedSums, 0],
      ["is_sound", record.isSound, true],
    ];
  }
  throw new TypeError(`no record: ${record}`);
}

/** Shows a record. */
export function record(value, names) {
  return fields(value, names)
    .filter(([, shown, usual]) => shown !== usual)
    .map(([name, shown]) => `${name}=${shown}`)
    .join(" ");
}
