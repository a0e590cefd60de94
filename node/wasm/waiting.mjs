// Waiting for work.

/** The end of a handle, and what is to end with it. An AbortSignal would do, but hosts take many
 * listeners for a leak, and every call under way is one. */
export class Closing {
  #ends = new Set();
  isClosed = false;

  add(end) {
    this.#ends.add(end);
  }

  delete(end) {
    this.#ends.delete(end);
  }

  close() {
    this.isClosed = true;
    for (const end of [...this.#ends]) {
      end();
    }
  }
}

/** Waits that long, or until the handle is closed. */
export const pause = (time, closing) =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      closing.delete(done);
      resolve();
    };
    const timer = setTimeout(done, time);
    closing.add(done);
  });

/** The longest time that a timer takes: 24 days. */
const MAX_TIMER = 2 ** 31 - 1;

/** Workers that are asleep, in the order in which they went to sleep. */
export class Sleepers {
  #line = new Set();

  get isEmpty() {
    return this.#line.size === 0;
  }

  /** Sleeps until rung (true), or until the time is over or the signal is aborted (false). */
  sleep(time, signal) {
    return new Promise((resolve) => {
      const wake = (isRung) => {
        clearTimeout(timer);
        this.#line.delete(wake);
        signal?.removeEventListener("abort", end);
        resolve(isRung);
      };
      const end = () => wake(false);
      const timer = setTimeout(end, Math.min(time, MAX_TIMER));
      this.#line.add(wake);
      signal?.addEventListener("abort", end);
    });
  }

  /** Wakes the first; tells whether there was one. */
  ring() {
    const [first] = this.#line;
    first?.(true);
    return first !== undefined;
  }

  /** Wakes all, because the handle is closed or cannot wait. */
  stir() {
    for (const wake of [...this.#line]) {
      wake(false);
    }
  }
}

/** Those who wait for the ends of jobs. */
export class Awaited {
  #places = new Map();

  /** For how many jobs somebody waits. */
  get size() {
    return this.#places.size;
  }

  /** Enters one. Its `wait` ends when the job has been called since, too. */
  enter(id) {
    const places = this.#places.get(id) ?? new Set();
    const sleepers = new Sleepers();
    const place = {
      isCalled: false,
      call() {
        place.isCalled = true;
        sleepers.stir();
      },
      async wait(time, signal) {
        if (!place.isCalled) await sleepers.sleep(time, signal);
        place.isCalled = false;
      },
      /** Leaves; tells whether nobody waits for that job any more. */
      leave: () => places.delete(place) && places.size === 0 && this.#places.delete(id),
    };
    this.#places.set(id, places.add(place));
    return place;
  }

  /** The job has ended. */
  call(id) {
    for (const place of this.#places.get(id) ?? []) {
      place.call();
    }
  }

  /** Has all look for themselves. */
  stir() {
    for (const id of this.#places.keys()) {
      this.call(id);
    }
  }
}
