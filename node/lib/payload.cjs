"use strict";

// Payloads and results: bytes as they are, everything else as JSON.

const { Buffer, isUtf8 } = require("node:buffer");
const { types } = require("node:util");

const { Bytes } = require("./bytes.cjs");
const { InvalidArgumentError } = require("./errors.cjs").classes;

/** Keeps a payload, as a copy: what is done to the caller's later is not pushed. */
function keep(value) {
  const bytes = bytesOf(value);
  return bytes === null ? Bytes.ofText(textOf(value, "payload")) : Bytes.of(bytes);
}

function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return types.isAnyArrayBuffer(value) ? new Uint8Array(value) : null;
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
function encodeResult(value) {
  if (value === undefined || value === null) return null;
  // A copy: what is done to the caller's later is not left behind.
  return Buffer.from(bytesOf(value) ?? textOf(value, "result"));
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

module.exports = { keep, encodeResult, decode };
