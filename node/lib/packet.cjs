"use strict";

// Packets: how calls and results cross the border. The native half (bindings/node/src/packet.rs)
// says how they are laid out.

const { Buffer } = require("node:buffer");

const NUMBERS = 512;
/** How many numbers a part begins with: how many numbers and bytes follow. */
const HEAD = 2;
const BYTES = 16 << 10;
/** What is kept for the next packet; more was an exception. */
const KEPT = 1 << 20;
/** Below it a text is short. */
const SHORT = 32;

/** Writes packets, one after the other into the same memory. */
class Writer {
  numbers = new Float64Array(NUMBERS);
  bytes = Buffer.allocUnsafeSlow(BYTES);
  count = 0;
  length = 0;
  /** Bytes that are yet to be copied, to the end of all: what was kept one after the other goes at once. */
  #run = null;
  #start = 0;
  #end = 0;

  /** Begins a part; gives the mark for its end. */
  open() {
    const mark = this.count;
    this.number(this.length);
    this.number(0);
    return mark;
  }

  /** Tells whether a part has nothing but its head. */
  isBare(mark) {
    return this.count === mark + HEAD;
  }

  /** Ends a part: its first two numbers become how many numbers and bytes it has. */
  close(mark) {
    this.#settle();
    const start = this.numbers[mark];
    this.numbers[mark] = this.count - mark - HEAD;
    this.numbers[mark + 1] = this.length - start;
  }

  /** Takes a part back. */
  cancel(mark) {
    this.#run = null;
    this.length = this.numbers[mark];
    this.count = mark;
  }

  /** Begins anew. */
  reset() {
    this.count = 0;
    this.length = 0;
    if (this.bytes.length > KEPT) this.bytes = Buffer.allocUnsafeSlow(BYTES);
    if (this.numbers.length > KEPT) this.numbers = new Float64Array(NUMBERS);
  }

  number(value) {
    if (this.count === this.numbers.length) {
      const grown = new Float64Array(this.count * 2);
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers[this.count++] = value;
  }

  maybe(value) {
    this.number(value ?? NaN);
  }

  truth(value) {
    this.number(value ? 1 : 0);
  }

  blob(value) {
    this.number(value.length);
    this.#reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  /** Writes bytes that are kept; they must stay as they are until the end of the part. */
  kept({ piece, start, end }) {
    this.number(end - start);
    if (piece !== this.#run || start !== this.#end) {
      this.#settle();
      this.#run = piece;
      this.#start = start;
    }
    this.#end = end;
  }

  maybeBlob(value) {
    if (value === null) this.number(NaN);
    else this.blob(value);
  }

  text(value) {
    this.#reserve(value.length * 3);
    const written = value.length < SHORT ? this.#short(value) : -1;
    const length = written < 0 ? this.bytes.write(value, this.length) : written;
    this.number(length);
    this.length += length;
  }

  /** Writes a short text of plain characters, for which a call out of JavaScript is too dear. */
  #short(value) {
    const { bytes, length } = this;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 127) return -1;
      bytes[length + index] = code;
    }
    return value.length;
  }

  maybeText(value) {
    if (value === undefined || value === null) this.number(NaN);
    else this.text(value);
  }

  /** Copies what is yet to be copied. */
  #settle() {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    const bytes = new Uint8Array(run.buffer, run.byteOffset + this.#start, this.#end - this.#start);
    this.#reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Makes room at the end. */
  #reserve(more) {
    this.#settle();
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

module.exports = { Writer, BYTES, HEAD, KEPT, NUMBERS };
