// Checks of what came in that the module cannot make: of names and classes.

import { InvalidArgumentError } from "./errors.mjs";

/** Makes the error of a value that is not accepted. */
export function refusal(what, value, accepted) {
  const isPlain = value === null || typeof value !== "object";
  const kind = value === null ? "null" : typeof value;
  const shown = isPlain ? kind : (value.constructor?.name ?? "object");
  return new InvalidArgumentError(`${what} ${shown} is not accepted: accepted is ${accepted}`);
}

/** Checks that nothing but these options is given: a misspelt one would be ignored. */
export function options(given, known) {
  if (given === undefined) {
    return {};
  }
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw refusal("options", given, "an object");
  }
  for (const name in given) {
    if (!known.includes(name)) {
      const message = `option ${name} is not known: accepted are ${known.join(", ")}`;
      throw new InvalidArgumentError(message);
    }
  }
  return given;
}

/** Checks an iterable of many, and gives them as an array. */
export function many(what, values) {
  if (values === null || typeof values !== "object" || !(Symbol.iterator in values)) {
    throw refusal(what, values, "an iterable");
  }
  return Array.from(values);
}

/** Checks a signal. */
export function signal(value) {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw refusal("signal", value, "an AbortSignal");
  }
  return value;
}
