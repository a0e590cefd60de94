"use strict";

// Packets: how calls and results cross the border. The native half (bindings/node/src/packet.rs)
// says how they are laid out.

const { Buffer } = require("node:buffer");

const NUMBERS = 512;
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

  /** Begins a part; gives the mark for its end. */
  open() {
    const mark = this.count;
    this.number(this.length);
    this.number(0);
    return mark;
  }

  /** Ends a part: its first two numbers become how many numbers and bytes it has. */
  close(mark) {
    const start = this.numbers[mark];
    this.numbers[mark] = this.count - mark - 2;
    this.numbers[mark + 1] = this.length - start;
  }

  /** Takes a part back. */
  cancel(mark) {
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

  #reserve(more) {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

/** Reads packets, one after the other from the same memory. */
class Reader {
  numbers = new Float64Array(NUMBERS);
  bytes = Buffer.allocUnsafeSlow(BYTES);
  count = 0;
  index = 0;
  offset = 0;

  /** Makes room for so much. */
  reserve(numbers, bytes) {
    if (numbers > this.numbers.length) this.numbers = new Float64Array(numbers * 2);
    if (bytes > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Begins with what is there now. */
  begin(count) {
    this.count = count;
    this.index = 0;
    this.offset = 0;
  }

  /** Gives back what a large packet took. */
  end() {
    if (this.bytes.length > KEPT) this.bytes = Buffer.allocUnsafeSlow(BYTES);
    if (this.numbers.length > KEPT) this.numbers = new Float64Array(NUMBERS);
  }

  get isEmpty() {
    return this.index >= this.count;
  }

  number() {
    return this.numbers[this.index++];
  }

  maybe() {
    const value = this.numbers[this.index++];
    return Number.isNaN(value) ? null : value;
  }

  truth() {
    return this.numbers[this.index++] !== 0;
  }

  /** Reads bytes into a buffer of their own: what is read here is overwritten by the next packet. */
  blob() {
    const length = this.number();
    const blob = Buffer.allocUnsafe(length);
    this.bytes.copy(blob, 0, this.offset, this.offset + length);
    this.offset += length;
    return blob;
  }

  text() {
    const start = this.offset;
    this.offset += this.number();
    return this.bytes.toString("utf8", start, this.offset);
  }

  maybeText() {
    if (Number.isNaN(this.numbers[this.index])) {
      this.index++;
      return null;
    }
    return this.text();
  }

  maybeId() {
    const id = this.numbers[this.index++];
    return Number.isNaN(id) ? null : String(id);
  }

  /** Reads many of one kind. */
  many(read) {
    const values = new Array(this.number());
    for (let index = 0; index < values.length; index++) values[index] = read(this);
    return values;
  }
}

module.exports = { Writer, Reader };
