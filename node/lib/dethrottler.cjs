"use strict";

const { VERBS } = require("./post.cjs");

/** Stops those that were collected. */
const collected = new FinalizationRegistry(({ line, number }) => {
  line.tell(VERBS.stopDethrottler, (writer) => writer.number(number));
});

/** A running dethrottler. */
class Dethrottler {
  #line;
  #number;

  constructor(line, number) {
    this.#line = line;
    this.#number = number;
    collected.register(this, { line, number }, this);
  }

  async stop() {
    collected.unregister(this);
    const write = (writer) => writer.number(this.#number);
    await this.#line.call(VERBS.stopDethrottler, write, () => undefined);
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }
}

module.exports = { Dethrottler };
