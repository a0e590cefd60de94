// The embedded store: it answers at once, and its workers are all in this program.

import { InternalError } from "./errors.mjs";
import { Sleepers } from "./waiting.mjs";

/** Rings the workers of one queue. */
export class Embedded {
  #sleepers;

  constructor(sleepers = new Sleepers()) {
    this.#sleepers = sleepers;
  }

  call() {
    throw new InternalError("the embedded store asked for a server");
  }

  /** Something has changed: the first that sleeps looks whether that is work, and, if it found some,
   * calls the next by this. */
  changed() {
    this.#sleepers.ring();
  }

  place(signal) {
    const sleepers = this.#sleepers;
    return {
      rung: false,
      watches: false,
      wait: (time) => sleepers.sleep(time, signal),
      leave: () => {},
    };
  }

  close() {
    this.#sleepers.stir();
  }
}
