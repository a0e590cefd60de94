"use strict";

// How the results of verbs are read.

const { errorOf } = require("./errors.cjs");
const { Job } = require("./job.cjs");
const { JobInfo } = require("./job_info.cjs");
const values = require("./values.cjs");

const { Pushed } = values;

const of = (Class) => (reader) => new Class(reader);
const manyOf = (Class) => (reader) => reader.many(of(Class));
const maybeOf = (Class) => (reader) => (reader.truth() ? new Class(reader) : null);

// What there may be thousands of has a loop of its own: V8 makes the best of it only where one class
// is made.

function jobs(reader) {
  const jobs = new Array(reader.number());
  for (let index = 0; index < jobs.length; index++) jobs[index] = new Job(reader);
  return jobs;
}

function pushed(reader) {
  const pushed = new Array(reader.number());
  for (let index = 0; index < pushed.length; index++) pushed[index] = new Pushed(reader);
  return pushed;
}

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
  pushed,
  // A count comes first, of which one is the most here.
  maybeJob: maybeOf(Job),
  jobs,
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
