"use strict";

// How the results of verbs are read.

const { errorOf } = require("./errors.cjs");
const { Job } = require("./job.cjs");
const { JobInfo } = require("./job_info.cjs");
const values = require("./values.cjs");

const of = (Class) => (reader) => new Class(reader);
const manyOf = (Class) => (reader) => reader.many(of(Class));
const maybeOf = (Class) => (reader) => (reader.truth() ? new Class(reader) : null);

/** Reads whether one of many was done: null, or why not. */
function verdict(reader) {
  const code = reader.number();
  return code === 0 ? null : errorOf(code, reader.text());
}

module.exports = {
  nothing: () => undefined,
  number: (reader) => reader.number(),
  truth: (reader) => reader.truth(),
  truths: (reader) => reader.many((one) => one.truth()),
  id: (reader) => String(reader.number()),
  maybeBlob: (reader) => reader.maybeBlob(),
  pushed: manyOf(values.Pushed),
  // A count comes first, of which one is the most here.
  maybeJob: maybeOf(Job),
  jobs: manyOf(Job),
  verdicts: (reader) => reader.many(verdict),
  repaired: of(values.Repaired),
  swept: of(values.Swept),
  stats: of(values.Stats),
  schedules: manyOf(values.ScheduleInfo),
  lanes: manyOf(values.LaneInfo),
  maybeLane: maybeOf(values.LaneInfo),
  infos: manyOf(JobInfo),
  maybeInfo: maybeOf(JobInfo),
};
