// Jobs to push.

import * as check from "./check.mjs";
import { door } from "./errors.mjs";
import { checkedHeaders } from "./headers.mjs";
import { Joined } from "./packet.mjs";
import { keep } from "./payload.mjs";

const OPTIONS = [
  "priority",
  "tps",
  "rate",
  "delay",
  "at",
  "cost",
  "key",
  "keyTtl",
  "maxTries",
  "backoff",
  "after",
  "headers",
];

/** The last text that was found whole: jobs that follow each other are often of one lane. */
let whole = "";

function isWhole(text) {
  if (text === whole) return true;
  const is = typeof text === "string" && !/\p{Surrogate}/u.test(text);
  if (is) whole = text;
  return is;
}

/** Makes the class of one build of the module. */
export function newJobClass(module, policyOf) {
  /** Checks the settings of a job; gives those that are in force. */
  function settingsOf(payload, lane, options) {
    const given = check.options(options, OPTIONS);
    const backoff = policyOf(given.backoff);
    const headers = checkedHeaders(given.headers);
    const row = door(() => module.newJob({ ...given, payload, backoff, headers, lane }));
    const [ownLane, priority, rate, delay, at, cost, key, keyTtl, maxTries, after] = row;
    return { lane: ownLane, priority, rate, delay, at, cost, key, keyTtl, maxTries, backoff, after, headers };
  }

  /** The settings of a job that was given none. */
  const PLAIN = settingsOf(new Uint8Array());

  /** A job to push: the arguments are those of `push`. */
  class NewJob {
    #bytes;
    #payload;
    /** Whether it has a payload and a lane alone. */
    #isPlain;

    constructor(payload, lane = PLAIN.lane, options = undefined) {
      this.#isPlain = options === undefined && isWhole(lane);
      this.#bytes = keep(payload);
      const settings = this.#isPlain ? PLAIN : settingsOf(this.#bytes.view(), lane, options);
      this.lane = this.#isPlain ? lane : settings.lane;
      this.priority = settings.priority;
      this.rate = settings.rate;
      this.delay = settings.delay;
      this.at = settings.at;
      this.cost = settings.cost;
      this.key = settings.key;
      this.keyTtl = settings.keyTtl;
      this.maxTries = settings.maxTries;
      this.backoff = settings.backoff;
      this.after = settings.after;
      this.headers = settings.headers;
      // Checked once: nothing may change it before it is pushed.
      Object.freeze(this);
    }

    /** The payload, in memory of its own. */
    get payload() {
      return (this.#payload ??= this.#bytes.copy());
    }

    /** Gives the packet of jobs, and those that are not plain. */
    static pack(jobs) {
      const [numbers, bytes] = [new Float64Array(jobs.length * 2), new Joined()];
      const [lanes, places, others] = [[], new Map(), []];
      let at = 0;
      for (const job of jobs) {
        if (job.#isPlain) {
          let place = places.get(job.lane);
          if (place === undefined) {
            place = lanes.push(job.lane) - 1;
            places.set(job.lane, place);
          }
          numbers[at++] = place;
          numbers[at++] = bytes.add(job.#bytes);
        } else {
          others.push(job);
          numbers[at] = NaN;
          at += 2;
        }
      }
      return [numbers, bytes.bytes(), lanes, others];
    }
  }

  const { pack } = NewJob;
  delete NewJob.pack;

  /** Checks the jobs of an iterable. */
  function manyOf(jobs) {
    const many = check.many("jobs", jobs);
    for (const job of many) {
      if (!(job instanceof NewJob)) throw check.refusal("job", job, "a NewJob");
    }
    return many;
  }

  return { NewJob, manyOf, pack };
}
