"use strict";

// Ids: numbers in the store, texts in JavaScript.

/** How many ids share what they begin with. */
const SHARED = 1_000;
const ENDS = Array.from({ length: SHARED }, (_, end) => String(end).padStart(3, "0"));

let shared = 0;
let start = "";

/**
 * Gives the text of an id. V8 remembers the texts of thousands of numbers: each id would outlive some
 * collections of garbage, and be copied in them. So only what many ids begin with is made of a number.
 */
function textOf(id) {
  if (id < SHARED) return String(id);
  const thousands = Math.floor(id / SHARED);
  if (thousands !== shared) {
    shared = thousands;
    start = String(thousands);
  }
  return start + ENDS[id - thousands * SHARED];
}

/** Gives the text of an id that may not be there. */
function maybeId(id) {
  return Number.isNaN(id) ? null : textOf(id);
}

module.exports = { maybeId, textOf };
