"use strict";

// How a handler says what becomes of its job: by what it gives back, and by what it throws.

const check = require("./check.cjs");
const { NewJob, writeNews } = require("./new_job.cjs");
const { encodeResult } = require("./payload.cjs");

const DELAY = new Set(["delay"]);

/** Thrown by a handler: the try failed. */
class Retry extends Error {
  constructor(error = "", options = undefined) {
    super(check.text("error", error));
    const { delay } = check.options(options, DELAY);
    this.delay = check.maybe(check.time, "delay", delay);
  }

  get name() {
    return "Retry";
  }
}

/** Thrown by a handler: the job failed for good. */
class Discard extends Error {
  constructor(error = "") {
    super(check.text("error", error));
  }

  get name() {
    return "Discard";
  }
}

/** Thrown by a handler: the job goes back untried. */
class Release extends Error {
  constructor(options = undefined) {
    super();
    const { delay = 0 } = check.options(options, DELAY);
    this.delay = check.time("delay", delay);
  }

  get name() {
    return "Release";
  }
}

const NONE = Object.freeze([]);

/** Nothing follows, and nothing is left. */
const PLAIN = Object.freeze({ then: NONE, result: null });

/** Says what follows from what a handler gave back: jobs, or else its result. */
function returned(value) {
  if (value === undefined || value === null) return PLAIN;
  if (value instanceof NewJob) return { then: [value], result: null };
  const isJobs = Array.isArray(value) && value.length > 0;
  if (isJobs && value.every((job) => job instanceof NewJob)) return { then: value, result: null };
  return { then: NONE, result: encodeResult(value) };
}

/** Writes that a job is done. */
function writeDone(writer, { then, result }) {
  writer.text("done");
  writeNews(writer, then);
  writer.maybeBlob(result);
}

/** Writes that what a handler gave back cannot be kept. */
function writeRefused(writer, error) {
  writer.text("retry");
  writer.text(`cannot complete: ${error.message.toWellFormed()}`);
  writer.maybe(null);
}

/** Writes what follows from what a handler has thrown. */
function writeThrown(writer, error, retryIf) {
  if (error instanceof Release) {
    writer.text("release");
    writer.number(error.delay);
    return;
  }
  const isRetried = error instanceof Retry || (!(error instanceof Discard) && isRetriedBy(retryIf, error));
  writer.text(isRetried ? "retry" : "fail");
  writer.text(textOf(error));
  if (isRetried) writer.maybe(error instanceof Retry ? error.delay : null);
}

/** Asks which errors are tried again; a question that fails itself is no reason to lose the job. */
function isRetriedBy(retryIf, error) {
  try {
    return Boolean(retryIf(error));
  } catch (defect) {
    process.emitWarning(`retryIf threw ${textOf(defect)}`, "FairlaneWarning");
    return true;
  }
}

/** Gives what is kept with the job. Anything may be thrown, even what has no text. */
function textOf(error) {
  try {
    if (error instanceof Retry || error instanceof Discard) return error.message.toWellFormed();
    return String(error).toWellFormed();
  } catch {
    return "error without a text";
  }
}

module.exports = { Retry, Discard, Release, PLAIN, returned, writeDone, writeRefused, writeThrown, textOf };
