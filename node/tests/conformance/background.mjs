// Background work in conformance scenarios, which say when each call returns.

/** Things that come, and those who wait for them. */
class Line {
  #here = [];
  #waiting = [];

  put(thing) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(thing);
    else this.#here.push(thing);
  }

  take() {
    if (this.#here.length > 0) return this.#here.shift();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A processor whose calls return one by one, as they are told to. */
export class Background {
  processor;
  #begun = new Line();
  #permits = new Line();
  #isOver = false;

  constructor(BackgroundProcessor, queue, options) {
    this.processor = new BackgroundProcessor(queue, (arg) => this.#attend(arg), options);
  }

  async #attend(arg) {
    this.#begun.put(arg);
    if (!this.#isOver) await this.#permits.take();
  }

  /** Waits for a call of which nobody was told, and gives its argument. */
  begun() {
    return this.#begun.take();
  }

  finish() {
    this.#permits.put();
  }

  /** Lets all calls return, and closes. */
  async leave() {
    this.#isOver = true;
    for (let call = 0; call < 100; call++) this.finish();
    await this.processor.close({ drain: false });
  }
}
