// Values, records and answers as the transcripts of the conformance scenarios show them.

/** The moment at which each scenario begins, in milliseconds since 1970. */
export const DAWN = 1_700_000_000_000;

const UTF8 = new TextEncoder();
/** The default of a field that is always shown. */
const ALWAYS = Symbol("always");

const hidden = (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
const shownIf = (isPlain) => (byte) => (isPlain(byte) ? String.fromCharCode(byte) : hidden(byte));
const isPlain = (byte) => byte >= 0x21 && byte <= 0x7e && !["%", ",", "$"].includes(String.fromCharCode(byte));
const isPlainInSentence = (byte) => byte >= 0x20 && byte <= 0x7e && byte !== 0x25;

/** Shows bytes. */
export const encoded = (bytes) => Array.from(bytes, shownIf(isPlain)).join("");

/** Shows the sentence of an error. */
export const sentence = (text) =>
  Array.from(UTF8.encode(text), shownIf(isPlainInSentence)).join("");

/** Shows a text, if there is one. */
export const text = (value) => (value === null ? null : encoded(UTF8.encode(value)));

/** Shows a moment, if there is one. */
export const moment = (millis) => (millis === null ? null : millis - DAWN);

/** Shows a record: of each field its name, its value and its default. */
export const record = (fields) =>
  fields
    .filter(([, value, standard]) => value !== standard)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

export const pushed = (pushed, nameOfId) => [
  ["id", nameOfId(pushed.id), "?"],
  ["is_new", pushed.isNew, ALWAYS],
];

export const delivered = (job, nameOfId, nameOfToken) => [
  ["token", nameOfToken(job.token), "?"],
  ["id", nameOfId(job.id), "?"],
  ...common(job, 1),
  ["started_at", moment(job.startedAt), 0],
  ["lease_until", moment(job.leaseUntil), null],
  ...last(job, nameOfId),
  ["error", text(job.error), null],
  ["headers", headers(job), ""],
];

export const lookedAt = (job, nameOfId) => [
  ["id", nameOfId(job.id), "?"],
  ["state", job.state, ALWAYS],
  ...common(job, 0),
  ["due_at", moment(job.dueAt), null],
  ["lease_until", moment(job.leaseUntil), null],
  ["died_at", moment(job.diedAt), null],
  ...last(job, nameOfId),
  ["parent_dead", job.parentDead, false],
  ["error", text(job.error), null],
  ["headers", headers(job), ""],
];

const common = (job, tries) => [
  ["lane", text(job.lane), "default"],
  ["payload", encoded(job.payload), ALWAYS],
  ["priority", job.priority, 1],
  ["cost", job.cost, 1],
  ["tries", job.tries, tries],
  ["max_tries", job.maxTries, 10],
  ["lapses", job.lapses, 0],
  ["pushed_at", moment(job.pushedAt), 0],
];

const last = (job, nameOfId) => [
  ["key", text(job.key), null],
  ["after", job.after === null ? null : nameOfId(job.after), null],
];

/** Shows headers, if this host has them, by the bytes of their names: a JavaScript object has an order of its own. */
const headers = (job) =>
  Object.entries(job.headers ?? {})
    .map(([name, value]) => [text(name).replaceAll(":", "%3A"), text(value), UTF8.encode(name)])
    .sort(([, , one], [, , other]) => Buffer.compare(one, other))
    .map(([name, value]) => `${name}:${value}`)
    .join(",");

export const lane = (lane) => [
  ["name", text(lane.name), ALWAYS],
  ["state", lane.state, ALWAYS],
  ...counts(lane.counts),
  ...limits(lane.limits),
  ["paused", lane.paused, false],
  ["wakes_at", moment(lane.wakesAt), null],
];

const numbers = (value, names) => names.map((name) => [name, value[name], 0]);

export const stats = (stats) => [
  ...counts(stats.counts),
  ...numbers(stats, ["dead", "quarantined", "lanes"]),
  ["paused", stats.paused, false],
  ...limits(stats.limits),
  ...numbers(stats, ["pushed", "completed", "retried", "died", "lapsed"]),
];

export const repaired = (repaired) => [
  ["jobs", repaired.jobs, ALWAYS],
  ["lanes", repaired.lanes, ALWAYS],
  ["lost_jobs", repaired.lostJobs, 0],
  ["placed_jobs", repaired.placedJobs, 0],
  ["dropped_entries", repaired.droppedEntries, 0],
  ["mended_lanes", repaired.mendedLanes, 0],
  ["mended_sums", repaired.mendedSums, 0],
  ["is_sound", repaired.isSound, true],
];

export const schedule = (info) => [
  ["name", text(info.name), ALWAYS],
  ["lane", text(info.lane), "default"],
  ["payload", encoded(info.payload), ALWAYS],
  ["cron", text(info.cron), null],
  ["every", info.every, null],
  ["timezone", text(info.timezone), null],
  ["catch_up", info.catchUp, "one"],
  ["next_at", moment(info.nextAt), ALWAYS],
  ["last_at", moment(info.lastAt), null],
];

export const swept = (swept) => ["due", "lapsed", "woken"].map((name) => [name, swept[name], ALWAYS]);

const counts = (counts) => [
  ...numbers(counts, ["ready", "delayed", "blocked"]),
  ["in_flight", counts.inFlight, 0],
];

const limits = ({ rate: [count, window], ...limits }) => [
  ["rate", `${count}/${window}`, "0/1000"],
  ["max_in_flight", limits.maxInFlight, 0],
  ["weight", limits.weight, 1],
  ["max_waiting", limits.maxWaiting, 0],
];
