"use strict";

// The errors of fairlane: one class a code, the same codes as in every language.

/** Base of every error of fairlane. */
class FairlaneError extends Error {
  constructor(message, options) {
    super(message, options);
    const { code, number, retryable } = new.target;
    this.code = code;
    this.number = number;
    this.retryable = retryable;
  }

  get name() {
    return this.constructor.name;
  }
}

const BY_NUMBER = new Map();

function define(name, number, retryable = false) {
  const className = `${name}Error`;
  // Named through the property, as a class of the same name in the source would be.
  const made = { [className]: class extends FairlaneError {} }[className];
  made.code = name;
  made.number = number;
  made.retryable = retryable;
  BY_NUMBER.set(number, made);
  return made;
}

const classes = {
  FairlaneError,
  InvalidArgumentError: define("InvalidArgument", 1),
  StaleTokenError: define("StaleToken", 2),
  QueueFullError: define("QueueFull", 3, true),
  PayloadTooLargeError: define("PayloadTooLarge", 4),
  ClosedError: define("Closed", 5),
  TimeoutError: define("Timeout", 6, true),
  ConnectionLostError: define("ConnectionLost", 7, true),
  UnavailableError: define("Unavailable", 8, true),
  CorruptError: define("Corrupt", 9),
  VersionMismatchError: define("VersionMismatch", 10),
  UnsupportedError: define("Unsupported", 11),
  InternalError: define("Internal", 12),
  JobFailedError: define("JobFailed", 13),
};

/** Gives the error of a number. */
function errorOf(number, message) {
  return new (BY_NUMBER.get(number) ?? classes.InternalError)(message);
}

/** Calls the addon at once; what it throws gets the class of its code. */
function enter(work) {
  try {
    return work();
  } catch (error) {
    throw new (classes[`${error.code}Error`] ?? classes.InternalError)(error.message);
  }
}

module.exports = { classes, errorOf, enter };
