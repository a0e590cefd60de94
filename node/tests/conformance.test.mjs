// The conformance scenarios through the Node surface, on each kind of store.
//
// tests/conformance/README.md is what this runner follows.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Backoff, BackoffPolicy, FairlaneError, ManualClock, NewJob, Queue } from "../index.mjs";
import { DAWN, PACKAGE, onEveryStore } from "./support.mjs";
import * as transcript from "./transcript.mjs";

const SCENARIOS = join(PACKAGE, "..", "tests", "conformance", "scenarios");

const NUMBERS = new Set([
  "priority", "tps", "cost", "max_tries", "n", "limit", "attempt", "max_payload", "max_failed",
  "max_in_flight", "weight", "max_waiting", "delay", "key_ttl", "wait", "lease", "interval", "duration",
  "by", "busy_timeout", "min", "max", "expiration", "factor",
]);

/** The arguments that are positional here, by verb; all others are options. */
const POSITIONAL = {
  push: ["payload", "lane"],
  popMany: ["n"],
  markCompleteMany: ["tokens"],
  release: ["token"],
  retry: ["token", "error"],
  fail: ["token", "error"],
  extend: ["token"],
  extendMany: ["tokens"],
  setLimits: ["lane"],
  throttle: ["lane", "duration"],
  startDethrottler: ["interval"],
  pause: ["lane"],
  resume: ["lane"],
  size: ["lane"],
  lane: ["name"],
  get: ["id"],
  peek: ["lane", "n"],
  cancel: ["id"],
  purge: ["lane"],
  failed: ["n"],
};

/** Those of them that stand for the whole queue if they are not given. */
const WHOLE = new Set(["setLimits", "throttle"]);

function camel(name) {
  return name.replace(/_./g, (pair) => pair[1].toUpperCase());
}

function decoded(value) {
  const bytes = value.replace(/%(..)|[^%]/g, (all, code) =>
    code === undefined ? Buffer.from(all).toString("latin1") : String.fromCharCode(parseInt(code, 16)),
  );
  return Buffer.from(bytes, "latin1");
}

/** Names of ids and of tokens, the first that was bound first. */
class Names {
  handle = "";
  ids = [];
  tokens = [];

  bind(bound, names, values) {
    for (const [index, name] of names.slice(0, values.length).entries()) {
      if (name !== "") bound.push({ name, handle: this.handle, value: values[index] });
    }
  }

  #of(bound, value) {
    const found = bound.find((one) => one.handle === this.handle && one.value === value);
    return found === undefined ? "?" : `$${found.name}`;
  }

  ofId(id) {
    return this.#of(this.ids, id);
  }

  ofToken(token) {
    return this.#of(this.tokens, token);
  }

  valueOf(name) {
    return [...this.ids, ...this.tokens].findLast((one) => one.name === name).value;
  }
}

/** A verb and its arguments. */
function parse(line) {
  const [verb, ...words] = line.split(" ");
  const given = words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]);
  return { verb, given: new Map(given) };
}

function take(given, name) {
  const value = given.get(name);
  given.delete(name);
  return value;
}

/** One scenario on one store. A verb that needs more than its arguments has a method here. */
class Runner {
  clock = new ManualClock(DAWN);
  queues = new Map();
  others = new Map();
  names = new Names();
  jobs = [];

  constructor(url) {
    this.url = url;
  }

  async transcript(scenario) {
    const lines = [];
    for (const line of scenario.split("\n").slice(0, -1)) {
      if (/^[=\-!]/.test(line)) continue;
      lines.push(line);
      if (line.startsWith("job ")) this.jobs.push(line);
      else if (line !== "" && !/^(#|needs )/.test(line)) lines.push(...(await this.answer(line)));
    }
    for (const queue of this.queues.values()) await queue.close();
    return [...lines, ""].join("\n");
  }

  async answer(line) {
    const { verb, given } = parse(line);
    this.names.handle = take(given, "on") ?? "queue";
    const names = (take(given, "as") ?? "").split(",");
    const make = this[`do_${verb}`] ?? this.plain;
    let answer;
    try {
      answer = await make.call(this, given, names, verb);
    } catch (error) {
      if (!(error instanceof FairlaneError)) throw error;
      return [this.error(error)];
    }
    if (Array.isArray(answer)) return [`= ${answer.length}`, ...answer.map((one) => `- ${one}`)];
    return [answer === "" ? "=" : `= ${answer}`];
  }

  get queue() {
    return this.queues.get(this.names.handle);
  }

  // What goes in.

  value(value) {
    return value.startsWith("$") ? this.names.valueOf(value.slice(1)) : decoded(value).toString();
  }

  argument(name, value) {
    if (NUMBERS.has(name)) return Number(value);
    switch (name) {
      case "payload":
        return decoded(value);
      case "at":
      case "now":
        return DAWN + Number(value);
      case "rate":
        return value.split("/").map(Number);
      case "backoff": {
        const [min, max, factor] = value.split("/").map(Number);
        return new BackoffPolicy({ min, max, factor, jitter: false });
      }
      case "create":
      case "keep_leases":
        return value === "true";
      case "tokens":
      case "ids":
        return value === "" ? [] : value.split(",").map((one) => this.value(one));
      default:
        return this.value(value);
    }
  }

  /** Gives the arguments of a call as this host takes them. */
  arguments(given, verb) {
    const positional = (POSITIONAL[verb] ?? []).map((name) => {
      const value = take(given, name);
      if (value !== undefined) return this.argument(name, value);
      return WHOLE.has(verb) && name === "lane" ? null : undefined;
    });
    if (given.size === 0 && verb !== "setLimits") return positional;
    const options = Array.from(given, ([name, value]) => [camel(name), this.argument(name, value)]);
    return [...positional, Object.fromEntries(options)];
  }

  newJobs() {
    const lines = this.jobs.splice(0);
    return lines.map((line) => new NewJob(...this.arguments(parse(line).given, "push")));
  }

  // What comes out.

  error(error) {
    let { message } = error;
    for (const { name, value } of this.names.tokens) message = message.replaceAll(`"${value}"`, `$${name}`);
    return `! ${error.code} ${transcript.sentence(message)}`;
  }

  shown(value) {
    if (value === undefined) return "ok";
    if (value === null) return "none";
    if (Array.isArray(value)) return value.map((one) => (one === null ? "ok" : this.shown(one)));
    if (value instanceof FairlaneError) return this.error(value);
    return typeof value === "object" ? transcript.record(value, this.names) : value;
  }

  // The verbs.

  async plain(given, _, verb) {
    const name = camel(verb);
    return this.shown(await this.queue[name](...this.arguments(given, name)));
  }

  async do_open(given, [handle]) {
    const name = this.value(take(given, "name") ?? (handle || "queue"));
    const url = this.value(take(given, "url") ?? this.url);
    const [options = {}] = this.arguments(given, "open");
    this.queues.set(handle || "queue", await Queue.open(url, name, { ...options, clock: this.clock }));
    return "ok";
  }

  do_name() {
    return transcript.text(this.queue.name);
  }

  async do_push(given, names) {
    const id = await this.queue.push(...this.arguments(given, "push"));
    this.names.bind(this.names.ids, names, [id]);
    return this.names.ofId(id);
  }

  async do_push_many(_, names) {
    const pushed = await this.queue.pushMany(this.newJobs());
    this.names.bind(this.names.ids, names, pushed.map((one) => one.id));
    return this.shown(pushed);
  }

  async do_pop(given, names) {
    const job = await this.queue.pop(...this.arguments(given, "pop"));
    this.names.bind(this.names.tokens, names, job === null ? [] : [job.token]);
    return this.shown(job);
  }

  async do_pop_many(given, names) {
    const jobs = await this.queue.popMany(...this.arguments(given, "popMany"));
    this.names.bind(this.names.tokens, names, jobs.map((job) => job.token));
    return this.shown(jobs);
  }

  async do_mark_complete(given) {
    const then = this.newJobs();
    const token = this.argument("token", given.get("token"));
    return this.shown(await this.queue.markComplete(token, then.length > 0 ? { then } : {}));
  }

  async do_start_dethrottler(given, [name]) {
    const started = await this.queue.startDethrottler(...this.arguments(given, "startDethrottler"));
    this.others.set(name, started);
    return "ok";
  }

  async do_stop(given) {
    return this.shown(await this.others.get(take(given, "of")).stop());
  }

  do_set(given) {
    this.clock.set(this.argument("now", given.get("now")));
    return transcript.moment(this.clock.now);
  }

  do_advance(given) {
    this.clock.advance(this.argument("by", given.get("by")));
    return transcript.moment(this.clock.now);
  }

  do_backoff(given, [name]) {
    this.others.set(name, new Backoff(...this.arguments(given, "backoff")));
    return "ok";
  }

  do_duration(given) {
    return this.shown(this.others.get(take(given, "of")).duration());
  }

  do_for_attempt(given) {
    return this.others.get(take(given, "of")).forAttempt(this.argument("attempt", given.get("attempt")));
  }

  do_attempt(given) {
    return this.others.get(take(given, "of")).attempt;
  }

  do_reset(given) {
    return this.shown(this.others.get(take(given, "of")).reset());
  }

  do_copy(given, [name]) {
    this.others.set(name, this.others.get(take(given, "of")).copy());
    return "ok";
  }
}

onEveryStore(({ place }) => {
  for (const file of readdirSync(SCENARIOS).sort()) {
    test(file, async () => {
      const scenario = readFileSync(join(SCENARIOS, file), "utf8");
      assert.equal(await new Runner(await place()).transcript(scenario), scenario);
    });
  }
});
