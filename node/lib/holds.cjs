"use strict";

// What this process holds of one queue: takes keys, keeps them, and lets them go.

const { randomFillSync } = require("node:crypto");
const { VERBS } = require("./post.cjs");
const read = require("./read.cjs");

class Holds {
  #line;
  #lease;
  #tell;
  /** The keys that are held or may be, by hold. */
  #held = new Map();
  /** Those of which the store has not said that they are, and until when their keys are to be held. */
  #blind = new Map();
  /** What has ended and the store is yet to be told of. */
  #ended = [];
  #isTelling = false;
  #keeper;
  #taker;
  /** Called when nothing is left to be told. */
  #idle = () => {};
  /** A store that could not serve is not asked again for as long as it took to say so. */
  #away = { until: 0, error: null };

  /** `line` is a promise; `tell` emits an event. */
  constructor(line, lease, tell) {
    this.#line = line;
    this.#lease = lease;
    this.#tell = tell;
  }

  /** Makes a hold, which nobody else can end: it is drawn anew each time. */
  static of(key) {
    return { key, owner: randomFillSync(new Uint32Array(2)) };
  }

  /** Tells whether the store has given the key to this hold. */
  async take(hold, backoff) {
    const asked = performance.now();
    if (asked < this.#away.until) throw this.#away.error;
    const write = (writer) => {
      writer.number(this.#lease);
      writer.number(1);
      writeHold(writer, hold);
      writer.number(backoff);
    };
    try {
      const [isTaken] = await (await this.#line).call(VERBS.hold, write, read.truths);
      return isTaken;
    } catch (error) {
      if (error.retryable) {
        const now = performance.now();
        this.#away = { until: now + (now - asked), error };
        this.#tell("trouble", error);
      }
      throw error;
    }
  }

  /** Keeps a hold from now on. */
  keep(hold) {
    this.#held.set(hold, hold.key);
    this.#keepSoon(this.#lease / 3);
  }

  /**
   * Keeps a hold for which the store gave no answer: it is taken, until that moment at least, when the
   * store answers.
   */
  keepBlindly(hold, until) {
    this.keep(hold);
    this.#blind.set(hold, until);
    this.#takeSoon();
  }

  /** Ends a hold, at once if its work was not done. */
  end(hold, isDone) {
    if (!this.#held.delete(hold)) return;
    const blindUntil = (isDone && this.#blind.get(hold)) || null;
    this.#blind.delete(hold);
    this.#ended.push({ hold, isDone, blindUntil, lapsesAt: performance.now() + this.#lease });
    if (!this.#isTelling) {
      this.#isTelling = true;
      queueMicrotask(() => this.#tellAll());
    }
  }

  /** Tells whether the store knows of all that has ended. */
  get isTold() {
    return !this.#isTelling;
  }

  /** Has somebody called whenever the store knows of all. */
  set onTold(idle) {
    this.#idle = idle;
  }

  #keepSoon(time) {
    if (this.#keeper !== undefined) return;
    // By itself it keeps no process alive: who has nothing else to do ends, and the keys lapse.
    this.#keeper = setTimeout(() => this.#keepAll(), time).unref();
  }

  async #keepAll() {
    const held = [...this.#held.keys()].filter((hold) => !this.#blind.has(hold));
    let next = this.#lease / 3;
    try {
      if (held.length > 0) {
        const write = (writer) => {
          writer.number(this.#lease);
          writeHolds(writer, held);
        };
        const kept = await (await this.#line).call(VERBS.keep, write, read.truths);
        held.forEach((hold, place) => {
          if (!kept[place] && this.#held.delete(hold)) this.#tell("lost", hold.key);
        });
      }
    } catch (error) {
      this.#tell("trouble", error);
      next /= 8;
    }
    this.#keeper = undefined;
    if (this.#held.size > 0) this.#keepSoon(next);
  }

  #takeSoon() {
    if (this.#taker !== undefined) return;
    this.#taker = setTimeout(() => this.#takeAll(), this.#lease / 24).unref();
  }

  /** Takes the keys of what was scheduled blindly. */
  async #takeAll() {
    const holds = [...this.#blind];
    try {
      // What has ended before may hold the same keys.
      if (holds.length > 0 && !this.#isTelling) {
        const taken = await this.#takeMany(holds);
        holds.forEach(([hold], place) => {
          if (this.#blind.delete(hold) && !taken[place] && this.#held.delete(hold)) {
            this.#tell("lost", hold.key);
          }
        });
      }
    } catch (error) {
      this.#tell("trouble", error);
    }
    this.#taker = undefined;
    if (this.#blind.size > 0) this.#takeSoon();
  }

  /** Asks the store for keys, each until a moment at least. */
  async #takeMany(holds) {
    const now = performance.now();
    const write = (writer) => {
      writer.number(this.#lease);
      writer.number(holds.length);
      for (const [hold, until] of holds) {
        writeHold(writer, hold);
        writer.number(Math.max(until - now, 0));
      }
    };
    return (await this.#line).call(VERBS.hold, write, read.truths);
  }

  /** Tells the store, with one call for all that has ended since the last. */
  async #tellAll() {
    while (this.#ended.length > 0) {
      const ended = this.#ended;
      this.#ended = [];
      forgetEarlier(ended, new Set([...this.#blind.keys()].map((hold) => hold.key)));
      const left = [];
      for (const isDone of [true, false]) {
        const part = ended.filter((one) => one.isDone === isDone);
        if (part.length > 0) left.push(...(await this.#letGo(part, isDone)));
      }
      if (left.length > 0) {
        this.#ended = [...left, ...this.#ended];
        await new Promise((resolve) => setTimeout(resolve, this.#lease / 24).unref());
      }
    }
    this.#isTelling = false;
    this.#idle();
  }

  /** Ends holds; gives those of which the store is to be told again. */
  async #letGo(part, isDone) {
    const write = (writer) => {
      writer.truth(isDone);
      writeHolds(
        writer,
        part.map((ended) => ended.hold),
      );
    };
    const now = performance.now();
    const blind = part.filter(({ blindUntil }) => blindUntil > now);
    try {
      // If another has taken one, that is his, and what follows does not touch it.
      if (blind.length > 0) {
        await this.#takeMany(blind.map(({ hold, blindUntil }) => [hold, blindUntil]));
      }
      await (await this.#line).call(VERBS.letGo, write, read.nothing);
      return [];
    } catch (error) {
      this.#tell("trouble", error);
      const failedAt = performance.now();
      const counts = ({ blindUntil, lapsesAt }) => Math.max(blindUntil, lapsesAt) > failedAt;
      return error.retryable ? part.filter(counts) : [];
    }
  }
}

/** A key is of the latest work: what ended before that, or before those that wait, must not take it. */
function forgetEarlier(ended, taken) {
  for (const one of ended.toReversed()) {
    if (one.blindUntil === null) continue;
    if (taken.has(one.hold.key)) one.blindUntil = null;
    taken.add(one.hold.key);
  }
}

function writeHold(writer, { key, owner }) {
  writer.text(key);
  writer.number(owner[0]);
  writer.number(owner[1]);
}

function writeHolds(writer, holds) {
  writer.number(holds.length);
  for (const hold of holds) writeHold(writer, hold);
}

module.exports = { Holds };
