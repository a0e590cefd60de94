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
    const place = {
      rung: false,
      watches: false,
      async wait(time) {
        place.rung = await sleepers.sleep(time, signal);
      },
      /** Has another look, if this one was called and did not. */
      leave(hasLooked) {
        if (place.rung && !hasLooked) {
          sleepers.ring();
        }
      },
    };
    return place;
  }

  close() {
    this.#sleepers.stir();
  }
}
