// A dethrottler: a timer that sweeps a queue.

import { ClosedError } from "./errors.mjs";

/** A running dethrottler. */
export class Dethrottler {
  #timer;
  #sweep = Promise.resolve();
  #ended = false;

  constructor(interval, sweep) {
    const next = () => {
      this.#timer = setTimeout(run, interval);
      // It does not keep a program alive.
      this.#timer.unref?.();
    };
    const run = () => {
      this.#sweep = sweep().catch((error) => {
        // What hinders one sweep may not hinder the next.
        this.#ended ||= error instanceof ClosedError;
      });
      this.#sweep.then(() => this.#ended || next());
    };
    next();
  }

  async stop() {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#sweep;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }
}
