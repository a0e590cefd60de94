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

  /** Tells whether something is the reason for which the signal was aborted, or has it as its cause. */
  static isReason(context, error) {
    const reason = context.#reason;
    return reason !== undefined && (error === reason || causeOf(error) === reason);
  }
}

/** Gives the cause of what was thrown. Anything may be, even what cannot be looked at. */
function causeOf(error) {
  try {
    return error?.cause;
  } catch {
    return undefined;
  }
}

const { isReason, raise } = Context;
delete Context.isReason;
delete Context.raise;

module.exports = { Context, isReason, raise };
