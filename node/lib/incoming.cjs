"use strict";

const { Buffer } = require("node:buffer");

const { PIECE, SHARED, bufferOf, newPiece } = require("./bytes.cjs");
const { BYTES, HEAD, KEPT, NUMBERS } = require("./packet.cjs");
const { Reader } = require("./reader.cjs");

const NUMBER = Float64Array.BYTES_PER_ELEMENT;

/** A copy of some of what came, which is kept for as long as anything is that was read from it. */
class Page {
  #memory;

  constructor(numbers, bytes, isShared) {
    this.numbers = numbers;
    this.bytes = bytes;
    this.#memory = bytes.buffer;
    /** Whether it may be that of several. */
    this.isShared = isShared;
  }

  reader(index, offset) {
    return new Reader(this.numbers, this.bytes, index, offset);
  }

  blob(start, length) {
    return bufferOf(this.#memory, start, length);
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
  /** The memory of the numbers. */
  #raw;

  constructor() {
    super(undefined, Buffer.allocUnsafeSlow(BYTES), 0, 0);
    this.#resize(NUMBERS);
  }

  /** Makes room for a part of which there is only the head. */
  reserve() {
    const [count, bytes] = this.numbers;
    if (HEAD + count > this.numbers.length) this.#resize((HEAD + count) * 2);
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
    if (this.numbers.length > KEPT) this.#resize(NUMBERS);
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

  /** Begins a page with so much; what is short shares it with what follows, what is long does not. */
  #turn(count, bytes) {
    this.#numbersFrom = this.index;
    this.#bytesFrom = this.offset;
    this.#page = bytes <= SHARED ? this.#sharedPage(count, bytes) : this.#ownPage(count, bytes);
  }

  /**
   * Copies to one piece of memory, the numbers first: to get memory takes longer than to copy. Of numbers and
   * bytes there is as much as they have of what is left, so that both end at about the same row.
   */
  #sharedPage(count, bytes) {
    const [numbersLeft, bytesLeft] = [this.#count - this.index, this.#length - this.offset];
    const share = Math.min(1, PIECE / (numbersLeft * NUMBER + bytesLeft));
    const length = Math.max(bytes, Math.floor(bytesLeft * share));
    const numbers = Math.max(count, Math.min(numbersLeft, Math.floor((PIECE - length) / NUMBER)));
    const size = numbers * NUMBER;
    const piece = newPiece(size + length);
    this.#raw.copy(piece, 0, this.index * NUMBER, this.index * NUMBER + size);
    this.bytes.copy(piece, size, this.offset, this.offset + length);
    this.#numbersTo = this.index + numbers;
    this.#bytesTo = this.offset + length;
    // So that where a row's bytes are is counted from the start of the piece.
    this.#bytesFrom -= size;
    return new Page(new Float64Array(piece.buffer, 0, numbers), piece, true);
  }

  /** Copies one row, whose payload may be given away, so that its numbers must be elsewhere. */
  #ownPage(count, bytes) {
    this.#numbersTo = this.index + count;
    this.#bytesTo = this.offset + bytes;
    const copy = Buffer.allocUnsafeSlow(bytes);
    this.bytes.copy(copy, 0, this.offset, this.#bytesTo);
    return new Page(this.numbers.slice(this.index, this.#numbersTo), copy, false);
  }

  #resize(count) {
    this.numbers = new Float64Array(count);
    this.#raw = Buffer.from(this.numbers.buffer);
  }
}

module.exports = { Incoming };
