// Payloads: bytes as they are, everything else as JSON.

import { InvalidArgumentError } from "./errors.mjs";

const ACCEPTED = "accepted are Uint8Array, ArrayBuffer and JSON values";

/** Gives the bytes of a payload. */
export function bytesOf(payload) {
  if (payload instanceof Uint8Array) {
    return payload;
  }
  if (payload instanceof ArrayBuffer) {
    return new Uint8Array(payload);
  }
  if (ArrayBuffer.isView(payload)) {
    return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  }
  let text;
  try {
    text = JSON.stringify(payload);
  } catch (cause) {
    throw new InvalidArgumentError(`payload is not JSON: ${cause.message}: ${ACCEPTED}`, { cause });
  }
  if (text === undefined) {
    throw new InvalidArgumentError(`payload is not JSON: ${typeof payload}: ${ACCEPTED}`);
  }
  return new TextEncoder().encode(text);
}
