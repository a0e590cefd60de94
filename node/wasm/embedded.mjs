// The embedded store: it answers at once, and its workers are all in this program.

import { InternalError } from "./errors.mjs";
import { Awaited, Sleepers } from "./waiting.mjs";

/** How long who waits for a result sleeps at a time; then it looks for itself. */
const LOOK_AGAIN = 5_000;

/** Those who wait at one queue, whichever handle they have. */
export class Hall {
  sleepers = new Sleepers();
  /** The handles that have somebody wait for results. */
  listeners = new Set();
}

/** Rings those who wait at one queue. */
export class Embedded {
  #core;
  #hall;
  #awaited = new Awaited();
  #isClosed = false;
  /** The core has a name of its own for the handle. */
  listener = "";

  constructor(core, hall = new Hall()) {
    this.#core = core;
    this.#hall = hall;
  }

  call() {
    throw new InternalError("the embedded store asked for a server");
  }

  /** Something has changed. The first worker that sleeps looks whether that is work, and, if it found
   * some, calls the next by this; who waits for the end of a job is told of it. */
  changed() {
    this.#hall.sleepers.ring();
    for (const listener of this.#hall.listeners) {
      listener.#hear();
    }
  }

  #hear() {
    for (const id of this.#core.ended()) {
      this.#awaited.call(id);
    }
  }

  place(signal) {
    const { sleepers } = this.#hall;
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

  /** Enters one who waits for the end of a job. */
  await(id, signal) {
    const entered = this.#awaited.enter(id);
    this.#hall.listeners.add(this);
    const place = {
      /** Whether its last look has found that the job has not ended. */
      isOpen: false,
      wait: (time) => entered.wait(Math.min(time, LOOK_AGAIN), signal),
      leave: () => {
        if (entered.leave() && place.isOpen && !this.#isClosed) {
          this.#core.giveUp(id);
        }
        if (this.#awaited.size === 0) {
          this.#hall.listeners.delete(this);
        }
      },
    };
    return place;
  }

  close() {
    this.#isClosed = true;
    this.#hall.sleepers.stir();
    this.#awaited.stir();
  }
}
