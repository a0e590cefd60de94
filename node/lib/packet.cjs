"use strict";

// Packets: how calls and results cross the border. The native half (bindings/node/src/packet.rs)
// says how they are laid out.

const { Buffer } = require("node:buffer");
const { markAsUntransferable } = require("node:worker_threads");

/** Makes a Buffer over a part of an ArrayBuffer, as `Buffer.from` does, but without its questions. */
const View = Buffer[Symbol.species];

const NUMBERS = 512;
/** How many numbers a part begins with: how many numbers and bytes follow. */
const HEAD = 2;
const BYTES = 16 << 10;
/** What is kept for the next packet; more was an exception. */
const KEPT = 1 << 20;
/** Below it a text is short. */
const SHORT = 32;
/** How many short texts are remembered; a power of two. */
const REMEMBERED = 256;
/** How many bytes are copied at once: a payload that is kept keeps so many of its neighbours'. */
const PIECE = 16 << 10;
/** A longer payload has its memory to itself. */
const SHARED = PIECE / 4;

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

  /** Tells whether a part has nothing but its head. */
  isBare(mark) {
    return this.count === mark + HEAD;
  }

  /** Ends a part: its first two numbers become how many numbers and bytes it has. */
  close(mark) {
    const start = this.numbers[mark];
    this.numbers[mark] = this.count - mark - HEAD;
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

  #reserve(more) {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

/**
 * Reads short texts, of which most come again and again: a lane's name goes with each of its jobs, and to
 * make a string of bytes is a call out of JavaScript.
 */
class Texts {
  #slots = Array.from({ length: REMEMBERED }, () => ({ bytes: new Uint8Array(SHORT), length: 0, text: "" }));
  /** Where the last text is: often the next is the same. */
  #last = this.#slots[0];

  read(bytes, start, length) {
    if (isSame(this.#last, bytes, start, length)) return this.#last.text;
    let hash = length;
    for (let index = 0; index < length; index++) hash = (hash * 31 + bytes[start + index]) | 0;
    const slot = this.#slots[hash & (REMEMBERED - 1)];
    if (!isSame(slot, bytes, start, length)) {
      slot.text = bytes.toString("utf8", start, start + length);
      slot.length = length;
      for (let index = 0; index < length; index++) slot.bytes[index] = bytes[start + index];
    }
    this.#last = slot;
    return slot.text;
  }
}

function isSame(slot, bytes, start, length) {
  if (slot.length !== length) return false;
  let index = 0;
  while (index < length && slot.bytes[index] === bytes[start + index]) index++;
  return index === length;
}

/** Reads packets, one after the other from the same memory. */
class Reader {
  numbers = new Float64Array(NUMBERS);
  bytes = Buffer.allocUnsafeSlow(BYTES);
  count = 0;
  index = 0;
  offset = 0;
  /** How many bytes there are. */
  length = 0;
  #texts = new Texts();
  /** A copy of the bytes until `#end`, and how much later than those its own begin. */
  #piece;
  #place = 0;
  #end = -1;

  /** Makes room for a part of which there is only the head. */
  reserve() {
    const [count, bytes] = this.numbers;
    if (HEAD + count > this.numbers.length) this.numbers = new Float64Array((HEAD + count) * 2);
    if (bytes > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Begins with what is there now, which is one part. */
  begin() {
    this.count = HEAD + this.numbers[0];
    this.length = this.numbers[1];
    this.index = HEAD;
    this.offset = 0;
    this.#end = -1;
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

  /** Reads a number that is small and whole as a rule: then it takes no memory of its own. */
  small() {
    const value = this.numbers[this.index++];
    const whole = value | 0;
    return whole === value ? whole : value;
  }

  maybe() {
    const value = this.numbers[this.index++];
    return Number.isNaN(value) ? null : value;
  }

  truth() {
    return this.numbers[this.index++] !== 0;
  }

  /** Reads bytes into memory of their own: what is read here is overwritten by the next packet. */
  blob() {
    const length = this.number();
    const start = this.offset;
    this.offset += length;
    if (length > SHARED) return this.#copy(start, this.offset);
    if (this.offset > this.#end) this.#cut(start);
    return new View(this.#piece, this.#place + start, length);
  }

  /** Copies what follows: many short contents at once. They share memory as Node's own short buffers do. */
  #cut(start) {
    this.#end = Math.min(start + PIECE, this.length);
    const { buffer, byteOffset } = this.#copy(start, this.#end);
    this.#piece = buffer;
    this.#place = byteOffset - start;
    // Whoever gave one away would take the others.
    markAsUntransferable(buffer);
  }

  #copy(start, end) {
    const copy = Buffer.allocUnsafe(end - start);
    this.bytes.copy(copy, 0, start, end);
    return copy;
  }

  text() {
    const start = this.offset;
    const length = this.number();
    this.offset += length;
    return length < SHORT
      ? this.#texts.read(this.bytes, start, length)
      : this.bytes.toString("utf8", start, this.offset);
  }

  maybeBlob() {
    return this.#isNone() ? null : this.blob();
  }

  maybeText() {
    return this.#isNone() ? null : this.text();
  }

  /** Passes over what says that nothing is given, if it comes next. */
  #isNone() {
    if (!Number.isNaN(this.numbers[this.index])) return false;
    this.index++;
    return true;
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
