"use strict";

// Checks of what came in: types, and the ranges of what does not reach the core.

const { types } = require("node:util");
const { InvalidArgumentError } = require("./errors.cjs").classes;

/** The longest time that any call takes, in milliseconds: ten years. */
const LONGEST = 315_360_000_000;

function kind(value) {
  if (value === null || typeof value !== "object") return String(value === null ? null : typeof value);
  return value.constructor?.name || "object";
}

/** Makes the error of a value that is not accepted. */
function refusal(what, value, accepted) {
  let shown = kind(value);
  if (typeof value === "number") shown = String(value);
  if (typeof value === "bigint") shown = `${value}n`;
  return new InvalidArgumentError(`${what} ${shown} is not accepted: accepted is ${accepted}`);
}

/** Checks a whole number; those beyond 2^53 are out of every range, and the core says which. */
function integer(what, value) {
  if (!Number.isInteger(value)) throw refusal(what, value, "a whole number");
  return value;
}

/** Checks a number. */
function number(what, value) {
  if (typeof value !== "number" || Number.isNaN(value)) throw refusal(what, value, "a number");
  return value;
}

/** Checks a length of time. */
function time(what, value) {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw refusal(what, value, "a number of milliseconds");
  }
  return value;
}

/** Checks a length of time that does not reach the core, whose words it uses. */
function span(what, value) {
  time(what, value);
  if (value >= 0 && value <= LONGEST) return value;
  throw new InvalidArgumentError(
    `${what} ${value} ms is out of range: accepted are 0 ms to ${LONGEST} ms`,
  );
}

/** Checks a moment. */
function moment(what, value) {
  const millis = types.isDate(value) ? value.getTime() : value;
  if (typeof millis !== "number" || Number.isNaN(millis)) {
    throw refusal(what, value, "a Date or milliseconds since 1970");
  }
  return millis;
}

/** Checks a text. */
function text(what, value) {
  if (typeof value !== "string") throw refusal(what, value, "a string");
  if (!value.isWellFormed()) {
    const shown = JSON.stringify(value);
    throw new InvalidArgumentError(
      `text ${shown} holds half a character: accepted is text that UTF-8 can encode`,
    );
  }
  return value;
}

/** Checks a truth value. */
function truth(what, value) {
  if (typeof value !== "boolean") throw refusal(what, value, "true or false");
  return value;
}

/** Checks what ends a wait, if it is given. */
function signal(value) {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw refusal("signal", value, "an AbortSignal");
  }
}

/** Checks a function. */
function callable(what, value, accepted) {
  if (typeof value !== "function") throw refusal(what, value, accepted);
  return value;
}

/** Checks an array or another iterable of many. */
function many(what, values) {
  if (Array.isArray(values)) return values;
  if (values === null || typeof values !== "object" || typeof values[Symbol.iterator] !== "function") {
    throw refusal(what, values, "an iterable");
  }
  return Array.from(values);
}

/** Checks that nothing but these options is given: a misspelt one would be ignored. */
function options(given, known) {
  if (given === undefined) return NONE;
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw refusal("options", given, "an object");
  }
  for (const name in given) {
    if (!known.has(name)) {
      const accepted = Array.from(known).join(", ");
      throw new InvalidArgumentError(`option ${name} is not known: accepted are ${accepted}`);
    }
  }
  return given;
}

/** Checks a value that need not be given. */
function maybe(check, what, value) {
  return value === undefined || value === null ? null : check(what, value);
}

/** Refuses two options of which one is accepted. */
function oneOf(one, other, given) {
  if ((given[one] ?? null) !== null && (given[other] ?? null) !== null) {
    throw new InvalidArgumentError(
      `${one} and ${other} are both given: accepted is one of them`,
    );
  }
}

/** Reads the two ways to name a rate: gives the count and the window. */
function rate(given) {
  oneOf("tps", "rate", given);
  if ((given.tps ?? null) !== null) return [integer("tps", given.tps), 1000];
  if ((given.rate ?? null) === null) return null;
  if (!Array.isArray(given.rate) || given.rate.length !== 2) {
    throw refusal("rate", given.rate, "[count, window in milliseconds]");
  }
  return [integer("rate count", given.rate[0]), time("rate window", given.rate[1])];
}

const NONE = Object.freeze({});

module.exports = { integer, number, time, span, moment, text, truth, signal, callable, many, maybe, oneOf, rate, options, refusal };
