"use strict";

/** What a handler gets beside its job. */
class Context {
  #controller;
  #reason;

  constructor(queue) {
    this.queue = queue;
  }

  /** Made when it is asked for: most handlers do not ask, and it costs more than the rest. */
  get signal() {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Aborts the signal; the first reason stays. */
  static raise(context, reason) {
    const name = reason === "timed out" ? "TimeoutError" : "AbortError";
    context.#reason ??= new DOMException(reason, name);
    context.#controller?.abort(context.#reason);
  }
}

const { raise } = Context;
delete Context.raise;

module.exports = { Context, raise };
