// Headers: texts by name that travel with a job.

import * as check from "./check.mjs";

/** Those of a job that has none, as most. */
const NONE = Object.freeze({});

/** Checks headers that may not be given, and gives a copy that nobody changes. */
export function checkedHeaders(given) {
  if (given === undefined || given === null) return NONE;
  if (typeof given !== "object" || Array.isArray(given) || given instanceof Map) {
    throw check.refusal("headers", given, "an object of strings");
  }
  return Object.freeze({ ...given });
}

/** Makes headers of names and values in turn. */
export function headersOf(texts) {
  if (texts.length === 0) return NONE;
  const pairs = [];
  for (let at = 0; at < texts.length; at += 2) pairs.push([texts[at], texts[at + 1]]);
  // Not by assignment: that would take a header `__proto__` for something else.
  return Object.freeze(Object.fromEntries(pairs));
}
