"use strict";

// Payloads and results: bytes as they are, everything else as JSON.

const { Buffer, isUtf8 } = require("node:buffer");
const { types } = require("node:util");
const { InvalidArgumentError } = require("./errors.cjs").classes;

/** Gives the bytes of a payload, as a copy: what is done to the caller's later is not pushed. */
function encode(value, what = "payload") {
  if (value instanceof Uint8Array) {
    // As `Buffer.from` does, but without its questions.
    const bytes = Buffer.allocUnsafe(value.length);
    bytes.set(value);
    return bytes;
  }
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  if (types.isAnyArrayBuffer(value)) return Buffer.from(new Uint8Array(value));
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw refusal(what, error.message, { cause: error });
  }
  if (text === undefined) throw refusal(what, `${typeof value} has none`);
  return Buffer.from(text);
}

/** Gives the bytes of a result; null, if there is none. */
function encodeResult(value) {
  return value === undefined || value === null ? null : encode(value, "result");
}

function refusal(what, why, options) {
  const message = `${what} is not JSON: ${why}: accepted are bytes and JSON values`;
  return new InvalidArgumentError(message, options);
}

/** Reads a payload as JSON. */
function decode(payload) {
  if (!isUtf8(payload)) throw new SyntaxError("payload is not JSON: it is not UTF-8");
  return JSON.parse(payload.toString());
}

module.exports = { encode, encodeResult, decode };
