// The errors of fairlane: one class a code, the same codes as in every language.

/** Base of every error of fairlane. */
export class FairlaneError extends Error {
  constructor(message, options) {
    super(message, options);
    const { code, number, retryable } = new.target;
    this.code = code;
    this.number = number;
    this.retryable = retryable;
  }

  get name() {
    return `${this.code}Error`;
  }
}

const BY_NUMBER = new Map();

function define(code, number, retryable = false) {
  const made = class extends FairlaneError {
    static code = code;
    static number = number;
    static retryable = retryable;
  };
  Object.defineProperty(made, "name", { value: `${code}Error` });
  BY_NUMBER.set(number, made);
  return made;
}

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
export const JobFailedError = define("JobFailed", 13);

/** Makes the error of a row that the module gave: a number and a sentence. */
export const errorOf = ([number, message], options) =>
  new (BY_NUMBER.get(number) ?? InternalError)(message, options);

/** Gives what the module threw its class. */
export function thrownBy(thrown) {
  if (Array.isArray(thrown)) {
    return errorOf(thrown);
  }
  // A trap. The module may be of no further use, but its caller is told.
  if (thrown instanceof WebAssembly.RuntimeError) {
    const message = `defect in fairlane, please report it: ${thrown.message}`;
    return new InternalError(message, { cause: thrown });
  }
  return thrown;
}

/** Does something in the module: what it throws becomes an error of fairlane. */
export function door(act) {
  try {
    return act();
  } catch (thrown) {
    throw thrownBy(thrown);
  }
}
