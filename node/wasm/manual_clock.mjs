// A clock to turn by hand.

import * as check from "./check.mjs";
import { door } from "./errors.mjs";

/** Makes the class of one build of the module. */
export function manualClockClass(module) {
  /** A clock that stands still until it is turned by hand. */
  class ManualClock {
    #clock;

    constructor(now) {
      this.#clock = door(() => new module.ManualClock(now));
    }

    get now() {
      return this.#clock.now();
    }

    advance(by) {
      door(() => this.#clock.advance(by));
    }

    set(now) {
      door(() => this.#clock.set(now));
    }

    static share(clock) {
      if (!(clock instanceof ManualClock)) throw check.refusal("clock", clock, "a ManualClock");
      return clock.#clock.share();
    }
  }

  const { share } = ManualClock;
  delete ManualClock.share;

  /** Gives a queue its handle on a clock, if it was given one. */
  const shareOf = (clock) => (clock === undefined || clock === null ? undefined : share(clock));
  return { ManualClock, shareOf };
}
