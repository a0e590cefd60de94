// The errors of fairlane: one class a code.

/** Base of every error of fairlane. */
export class FairlaneError extends Error {
  /** The stable name, the same in every language. */
  get code() {
    return this.constructor.code;
  }

  /** The stable number, the same in every language. */
  get number() {
    return this.constructor.number;
  }

  /** Whether the same call may succeed later without any change to its arguments. */
  get retryable() {
    return this.constructor.retryable;
  }

  get name() {
    return `${this.code}Error`;
  }
}

const define = (code, number, retryable = false) =>
  class extends FairlaneError {
    static code = code;
    static number = number;
    static retryable = retryable;
  };

export const InvalidArgumentError = define("InvalidArgument", 1);
export const StaleTokenError = define("StaleToken", 2);
export const QueueFullError = define("QueueFull", 3, true);
export const PayloadTooLargeError = define("PayloadTooLarge", 4);
export const ClosedError = define("Closed", 5);
export const TimeoutError = define("Timeout", 6, true);
export const ConnectionLostError = define("ConnectionLost", 7, true);
export const UnavailableError = define("Unavailable", 8, true);
export const CorruptError = define("Corrupt", 9);
export const VersionMismatchError = define("VersionMismatch", 10);
export const UnsupportedError = define("Unsupported", 11);
export const InternalError = define("Internal", 12);

const BY_NUMBER = new Map(
  [
    InvalidArgumentError,
    StaleTokenError,
    QueueFullError,
    PayloadTooLargeError,
    ClosedError,
    TimeoutError,
    ConnectionLostError,
    UnavailableError,
    CorruptError,
    VersionMismatchError,
    UnsupportedError,
    InternalError,
  ].map((error) => [error.number, error]),
);

/** Makes the error of a row that the module gave: a number and a sentence. */
export const errorOf = ([number, message], options) =>
  new (BY_NUMBER.get(number) ?? InternalError)(message, options);

/** Does something in the module: what it throws becomes an error of fairlane. */
export function door(act) {
  try {
    return act();
  } catch (thrown) {
    if (Array.isArray(thrown)) {
      throw errorOf(thrown);
    }
    // A trap. The module may be of no further use, but its caller is told.
    if (thrown instanceof WebAssembly.RuntimeError) {
      const message = `defect in fairlane, please report it: ${thrown.message}`;
      throw new InternalError(message, { cause: thrown });
    }
    throw thrown;
  }
}
