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
  /** What has ended and the store is yet to be told of. */
  #ended = [];
  #isTelling = false;
  #keeper;
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

  /** Ends a hold, at once if its work was not done. */
  end(hold, isDone) {
    if (!this.#held.delete(hold)) return;
    this.#ended.push({ hold, isDone, lapsesAt: performance.now() + this.#lease });
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
    const held = [...this.#held.keys()];
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

  /** Tells the store, with one call for all that has ended since the last. */
  async #tellAll() {
    while (this.#ended.length > 0) {
      const ended = this.#ended;
      this.#ended = [];
      const left = [];
      for (const isDone of [true, false]) {
        const part = ended.filter((one) => one.isDone === isDone);
        if (part.length > 0) left.push(...(await this.#letGo(part, isDone)));
      }
      if (left.length > 0) {
        this.#ended.push(...left);
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
    try {
      await (await this.#line).call(VERBS.letGo, write, read.nothing);
      return [];
    } catch (error) {
      this.#tell("trouble", error);
      const now = performance.now();
      return error.retryable ? part.filter((ended) => ended.lapsesAt > now) : [];
    }
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
