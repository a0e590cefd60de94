// Runs conformance scenarios through the surface of the JavaScript package, whichever build of it:
// tests/conformance/README.md is what this follows.

import { Background } from "./background.mjs";
import { DAWN, delivered, encoded, lane, lookedAt, moment, pushed } from "./transcript.mjs";
import { record, repaired, schedule, sentence, stats, swept, text } from "./transcript.mjs";

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** Reads a value as bytes. */
function bytesOf(value) {
  const bytes = [];
  for (let index = 0; index < value.length; index++) {
    if (value[index] === "%") {
      bytes.push(parseInt(value.slice(index + 1, index + 3), 16));
      index += 2;
    } else {
      bytes.push(...new TextEncoder().encode(value[index]));
    }
  }
  return Uint8Array.from(bytes);
}

/** The arguments that stand in their places, before the options; of `set_limits` and `throttle` the
 * lane, which must be given, is the whole queue by default. */
const PLACES = {
  push: ["payload", "lane"],
  pop_many: ["n"],
  mark_complete: ["token"],
  mark_complete_many: ["tokens"],
  result: ["id"],
  release: ["token"],
  retry: ["token", "error"],
  fail: ["token", "error"],
  extend: ["token"],
  extend_many: ["tokens"],
  throttle: ["lane", "duration"],
  set_limits: ["lane"],
  pause: ["lane"],
  resume: ["lane"],
  size: ["lane"],
  lane: ["name"],
  get: ["id"],
  peek: ["lane", "n"],
  cancel: ["id"],
  purge: ["lane"],
  failed: ["n"],
  schedule: ["name", "payload", "lane"],
  unschedule: ["name"],
};

/** Names of ids or of tokens, the first that was bound first. */
class Names {
  bound = [];

  bind(handle, names, values) {
    const pairs = names.map((name, index) => [name, handle, values[index]]);
    this.bound.push(...pairs.filter(([name, , value]) => name && value !== undefined));
  }

  of(handle, value) {
    const found = this.bound.find(([, on, it]) => on === handle && it === value);
    return found ? `$${found[0]}` : "?";
  }
}

/** A verb and its arguments. */
class Line {
  constructor(line) {
    const [verb, ...words] = line.split(" ");
    this.verb = verb;
    this.arguments = new Map(
      words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
    );
  }

  take(name, standard) {
    const value = this.arguments.get(name) ?? standard;
    this.arguments.delete(name);
    return value;
  }
}

/** Makes the calls of one scenario on one store. */
export class Runner {
  #surface;
  #where;
  #clock;
  #handle;
  #queues = new Map();
  #others = new Map();
  #backgrounds = new Map();
  #ids = new Names();
  #tokens = new Names();
  #jobs = [];

  /** `where` is the store: what `Queue.open` takes. */
  constructor(surface, where) {
    this.#surface = surface;
    this.#where = where;
    this.#clock = new surface.ManualClock(DAWN);
  }

  /** Gives the scenario with the answers that came. */
  async transcript(scenario) {
    const lines = [];
    for (const line of scenario.split("\n").slice(0, -1)) {
      if (/^[=\-!]/.test(line)) continue;
      lines.push(line);
      if (line.startsWith("job ")) {
        this.#jobs.push(line);
      } else if (line !== "" && !/^(#|needs )/.test(line)) {
        lines.push(...(await this.#answer(new Line(line))));
      }
    }
    for (const background of this.#backgrounds.values()) {
      await background.leave();
    }
    for (const queue of this.#queues.values()) {
      await queue.close();
    }
    return [...lines, ""].join("\n");
  }

  async #answer(line) {
    this.#handle = line.take("on", "queue");
    const names = line.take("as", "").split(",");
    try {
      const act = this[line.verb] ?? this.plain;
      const answer = await act.call(this, line, names);
      if (Array.isArray(answer)) {
        return [`= ${answer.length}`, ...answer.map((one) => `- ${one}`)];
      }
      return [answer === "" ? "=" : `= ${answer}`];
    } catch (error) {
      if (!(error instanceof this.#surface.FairlaneError)) throw error;
      return [this.#error(error)];
    }
  }

  // What goes in.

  #value(value) {
    if (!value.startsWith("$")) return new TextDecoder().decode(bytesOf(value));
    return [...this.#ids.bound, ...this.#tokens.bound].findLast(([name]) => `$${name}` === value)[2];
  }

  #list(value) {
    return value === "" ? [] : value.split(",").map((one) => this.#value(one));
  }

  #argument(name, value) {
    switch (name) {
      case "payload":
      case "arg":
      case "result":
        return bytesOf(value);
      case "results":
        return value.split(",").map((one) => (one === "none" ? null : bytesOf(one)));
      case "at":
      case "now":
        return DAWN + Number(value);
      case "rate":
        return value.split("/").map(Number);
      case "backoff": {
        const [min, max, factor] = value.split("/").map(Number);
        return new this.#surface.BackoffPolicy({ min, max, factor, jitter: false });
      }
      case "headers":
        return Object.fromEntries(
          value.split(",").map((pair) => {
            const [, name, text] = /^(.*?):(.*)$/.exec(pair);
            return [this.#value(name), this.#value(text)];
          }),
        );
      case "create":
      case "keep_leases":
      case "fail_open":
      case "drain":
        return value === "true";
      case "tokens":
      case "ids":
        return this.#list(value);
      case "lane":
      case "key":
      case "after":
      case "id":
      case "token":
      case "error":
      case "name":
      case "durability":
      case "cron":
      case "timezone":
      case "catch_up":
        return this.#value(value);
      default:
        return Number(value);
    }
  }

  /** Gives the arguments as the method takes them: some in their places, the others as options. */
  #arguments({ verb, arguments: given }) {
    const read = new Map([...given].map(([name, value]) => [name, this.#argument(name, value)]));
    const places = (PLACES[verb] ?? []).map((name) => {
      const value = read.get(name);
      read.delete(name);
      return value;
    });
    if (verb === "throttle" || verb === "set_limits") places[0] ??= null;
    return [...places, Object.fromEntries([...read].map(([name, value]) => [camel(name), value]))];
  }

  #newJobs() {
    const lines = this.#jobs.map((line) => new Line(line.replace("job", "push")));
    this.#jobs = [];
    return lines.map((line) => new this.#surface.NewJob(...this.#arguments(line)));
  }

  // What comes out.

  #id = (id) => this.#ids.of(this.#handle, id);
  #token = (token) => this.#tokens.of(this.#handle, token);

  #error({ code, message }) {
    for (const [name, , token] of this.#tokens.bound) {
      message = message.replaceAll(`"${token}"`, `$${name}`);
    }
    return `! ${code} ${sentence(message)}`;
  }

  #shown(value) {
    const { FairlaneError, Job, JobInfo, LaneInfo, Pushed, Repaired } = this.#surface;
    const { ScheduleInfo, Stats, Swept } = this.#surface;
    if (value === null) return "none";
    if (value instanceof Uint8Array) return encoded(value);
    if (Array.isArray(value)) return value.map((one) => (one === null ? "ok" : this.#shown(one)));
    if (value instanceof FairlaneError) return this.#error(value);
    if (value instanceof Job) return record(delivered(value, this.#id, this.#token));
    if (value instanceof JobInfo) return record(lookedAt(value, this.#id));
    if (value instanceof Pushed) return record(pushed(value, this.#id));
    if (value instanceof LaneInfo) return record(lane(value));
    if (value instanceof Stats) return record(stats(value));
    if (value instanceof Repaired) return record(repaired(value));
    if (value instanceof ScheduleInfo) return record(schedule(value));
    if (value instanceof Swept) return record(swept(value));
    return value;
  }

  // The verbs.

  get #queue() {
    return this.#queues.get(this.#handle);
  }

  async plain(line) {
    const given = this.#arguments(line);
    // A method that takes no options is given none.
    if (Object.keys(given.at(-1)).length === 0) given.pop();
    const answer = await this.#queue[camel(line.verb)](...given);
    return answer === undefined ? "ok" : this.#shown(answer);
  }

  async open(line, [handle]) {
    handle ||= "queue";
    const name = this.#value(line.take("name", handle));
    const url = line.take("url");
    const where = url === undefined ? this.#where : this.#value(url);
    const [options] = this.#arguments(line);
    const terms = { ...options, clock: this.#clock };
    this.#queues.set(handle, await this.#surface.Queue.open(where, name, terms));
    return "ok";
  }

  name() {
    return text(this.#queue.name);
  }

  async push(line, names) {
    const id = await this.#queue.push(...this.#arguments(line));
    this.#ids.bind(this.#handle, names, [id]);
    return this.#id(id);
  }

  async push_many(_, names) {
    const pushed = await this.#queue.pushMany(this.#newJobs());
    this.#ids.bind(this.#handle, names, pushed.map(({ id }) => id));
    return this.#shown(pushed);
  }

  async pop(line, names) {
    const job = await this.#queue.pop(...this.#arguments(line));
    this.#tokens.bind(this.#handle, names, job ? [job.token] : []);
    return this.#shown(job);
  }

  async pop_many(line, names) {
    const jobs = await this.#queue.popMany(...this.#arguments(line));
    this.#tokens.bind(this.#handle, names, jobs.map(({ token }) => token));
    return this.#shown(jobs);
  }

  async mark_complete(line) {
    const then = this.#newJobs();
    const [token, options] = this.#arguments(line);
    await this.#queue.markComplete(token, { then, ...options });
    return "ok";
  }

  async start_dethrottler(line, [name]) {
    const interval = Number(line.take("interval"));
    this.#others.set(name, await this.#queue.startDethrottler(interval));
    return "ok";
  }

  async stop(line) {
    await this.#others.get(line.take("of")).stop();
    return "ok";
  }

  set(line) {
    this.#clock.set(this.#argument("now", line.take("now")));
    return moment(this.#clock.now);
  }

  advance(line) {
    this.#clock.advance(Number(line.take("by")));
    return moment(this.#clock.now);
  }

  backoff(line, [name]) {
    const [options] = this.#arguments(line);
    this.#others.set(name, new this.#surface.Backoff(options));
    return "ok";
  }

  duration(line) {
    return this.#others.get(line.take("of")).duration() ?? "none";
  }

  for_attempt(line) {
    return this.#others.get(line.take("of")).forAttempt(Number(line.take("attempt")));
  }

  attempt(line) {
    return this.#others.get(line.take("of")).attempt;
  }

  reset(line) {
    this.#others.get(line.take("of")).reset();
    return "ok";
  }

  copy(line, [name]) {
    this.#others.set(name, this.#others.get(line.take("of")).copy());
    return "ok";
  }

  background(line, [name]) {
    const [options] = this.#arguments(line);
    const { BackgroundProcessor } = this.#surface;
    this.#backgrounds.set(name, new Background(BackgroundProcessor, this.#queue, options));
    return "ok";
  }

  work(line) {
    const [key, backoff, arg] = ["key", "remote_backoff", "arg"].map((name) =>
      this.#argument(name, line.take(name)),
    );
    return this.#background(line).processor.schedule(key, backoff, arg);
  }

  async begun(line) {
    return encoded(await this.#background(line).begun());
  }

  finish(line) {
    this.#background(line).finish();
    return "ok";
  }

  queue_length(line) {
    return this.#background(line).processor.queueLength();
  }

  async bump_remote_dedup_key(line) {
    await this.#background(line).processor.bumpRemoteDedupKey();
    return "ok";
  }

  end(line) {
    const { processor } = this.#background(line);
    return processor.close(...this.#arguments(line));
  }

  #background(line) {
    return this.#backgrounds.get(line.take("of"));
  }
}
