"use strict";

const { Buffer } = require("node:buffer");

const { PIECE, SHARED, bufferOf, newPiece } = require("./bytes.cjs");
const { BYTES, HEAD, KEPT, NUMBERS } = require("./packet.cjs");
const { Reader } = require("./reader.cjs");

/** How many numbers are copied at once. */
const PAGE = 1_024;

/** A copy of some of what came, which is kept for as long as anything is that was read from it. */
class Page {
  constructor(numbers, bytes, isShared) {
    this.numbers = numbers;
    this.bytes = bytes;
    /** Whether it may be that of several. */
    this.isShared = isShared;
  }

  reader(index, offset) {
    return new Reader(this.numbers, this.bytes, index, offset);
  }

  blob(start, length) {
    return bufferOf(this.bytes, start, length);
  }
}

/** Reads packets, one after the other from the same memory: what is kept is a copy. */
class Incoming extends Reader {
  /** Where the row begins in its page that was read last. */
  rowAt = 0;
  rowStart = 0;
  /** How many numbers and bytes there are. */
  #count = 0;
  #length = 0;
  /** The last page, and the numbers and bytes that it has. */
  #page;
  #numbersFrom = 0;
  #numbersTo = -1;
  #bytesFrom = 0;
  #bytesTo = -1;

  constructor() {
    super(new Float64Array(NUMBERS), Buffer.allocUnsafeSlow(BYTES), 0, 0);
  }

  /** Makes room for a part of which there is only the head. */
  reserve() {
    const [count, bytes] = this.numbers;
    if (HEAD + count > this.numbers.length) this.numbers = new Float64Array((HEAD + count) * 2);
    if (bytes > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Begins with what is there now, which is one part. */
  begin() {
    this.#count = HEAD + this.numbers[0];
    this.#length = this.numbers[1];
    this.index = HEAD;
    this.offset = 0;
    this.#numbersTo = -1;
  }

  /** Gives back what a large packet took: its last page is kept by those alone that were read from it. */
  end() {
    this.#page = undefined;
    if (this.bytes.length > KEPT) this.bytes = Buffer.allocUnsafeSlow(BYTES);
    if (this.numbers.length > KEPT) this.numbers = new Float64Array(NUMBERS);
  }

  get isEmpty() {
    return this.index >= this.#count;
  }

  blob() {
    const length = this.number();
    return this.#keep(0, length).blob(this.rowStart, length);
  }

  maybeBlob() {
    return this.isNone() ? null : this.blob();
  }

  /** Keeps a part, to be read later; gives the page that it is in. */
  row() {
    const count = this.number();
    const bytes = this.number();
    return this.#keep(count, bytes);
  }

  /** Keeps so many numbers and bytes. */
  #keep(count, bytes) {
    const isThere = this.index + count <= this.#numbersTo && this.offset + bytes <= this.#bytesTo;
    if (!isThere) this.#turn(count, bytes);
    this.rowAt = this.index - this.#numbersFrom;
    this.rowStart = this.offset - this.#bytesFrom;
    this.index += count;
    this.offset += bytes;
    return this.#page;
  }

  /** Begins a page with so much, and what follows it; what is long has one to itself. */
  #turn(count, bytes) {
    const { index, offset } = this;
    const isShared = bytes <= SHARED;
    this.#numbersFrom = index;
    this.#numbersTo = isShared ? Math.min(index + Math.max(count, PAGE), this.#count) : index + count;
    this.#bytesFrom = offset;
    this.#bytesTo = isShared ? Math.min(offset + PIECE, this.#length) : offset + bytes;
    const length = this.#bytesTo - offset;
    const copy = isShared ? newPiece(length) : Buffer.allocUnsafeSlow(length);
    this.bytes.copy(copy, 0, offset, this.#bytesTo);
    this.#page = new Page(this.numbers.slice(index, this.#numbersTo), copy, isShared);
  }
}

module.exports = { Incoming };
