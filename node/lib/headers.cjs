"use strict";

// Headers: texts by name that travel with a job.

const check = require("./check.cjs");

/** Those of a job that has none, as most. */
const NONE = Object.freeze({});

/** Checks headers that may not be given, and gives a copy that nobody changes. */
function checked(given) {
  if (given === undefined || given === null) return NONE;
  if (typeof given !== "object" || Array.isArray(given) || given instanceof Map) {
    throw check.refusal("headers", given, "an object of strings");
  }
  for (const name of Object.keys(given)) {
    check.text("header name", name);
    check.text(`header ${JSON.stringify(name)}`, given[name]);
  }
  return Object.freeze({ ...given });
}

/** Writes headers. */
function write(writer, headers) {
  const pairs = headers === NONE ? [] : Object.entries(headers);
  writer.number(pairs.length);
  for (const [name, value] of pairs) {
    writer.text(name);
    writer.text(value);
  }
}

/** Reads headers. */
function read(reader) {
  const count = reader.number();
  if (count === 0) return NONE;
  const pair = () => [reader.text(), reader.text()];
  // Not by assignment: that would take a header `__proto__` for something else.
  return Object.freeze(Object.fromEntries(Array.from({ length: count }, pair)));
}

module.exports = { checked, read, write };
