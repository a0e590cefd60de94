// Payloads and results: bytes as they are, everything else as JSON.

import { InvalidArgumentError } from "./errors.mjs";
import { Bytes } from "./packet.mjs";

/** Keeps the bytes of a payload: what is done to the caller's later is not pushed. */
export function keep(value) {
  const bytes = bytesOf(value);
  return bytes ? Bytes.of(bytes) : Bytes.ofText(textOf(value, "payload"));
}

function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}

function textOf(value, what) {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw refusal(what, error.message, { cause: error });
  }
  if (text === undefined) throw refusal(what, `${typeof value} has none`);
  return text;
}

/** Gives the bytes of a result; null, if there is none. */
export const encodeResult = (value) =>
  value === undefined || value === null
    ? null
    : (bytesOf(value) ?? new TextEncoder().encode(textOf(value, "result")));

function refusal(what, why, options) {
  const message = `${what} is not JSON: ${why}: accepted are bytes and JSON values`;
  return new InvalidArgumentError(message, options);
}

/** Reads a payload as JSON. */
export function decode(payload) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch (error) {
    throw new SyntaxError("payload is not JSON: it is not UTF-8", { cause: error });
  }
  return JSON.parse(text);
}
