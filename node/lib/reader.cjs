"use strict";

const { maybeId } = require("./id.cjs");

/** Below it a text is short. */
const SHORT = 32;
/** How many short texts are remembered; a power of two. */
const REMEMBERED = 256;

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

const TEXTS = new Texts();

function maybe(value) {
  return Number.isNaN(value) ? null : value;
}

/** Reads numbers and bytes, one after the other. */
class Reader {
  constructor(numbers, bytes, index, offset) {
    this.numbers = numbers;
    this.bytes = bytes;
    this.index = index;
    this.offset = offset;
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
    return maybe(this.numbers[this.index++]);
  }

  truth() {
    return this.numbers[this.index++] !== 0;
  }

  text() {
    const start = this.offset;
    const length = this.number();
    this.offset += length;
    return length < SHORT
      ? TEXTS.read(this.bytes, start, length)
      : this.bytes.toString("utf8", start, this.offset);
  }

  maybeText() {
    return this.isNone() ? null : this.text();
  }

  /** Passes over what says that nothing is given, if it comes next. */
  isNone() {
    if (!Number.isNaN(this.numbers[this.index])) return false;
    this.index++;
    return true;
  }

  maybeId() {
    return maybeId(this.numbers[this.index++]);
  }

  /** Reads many of one kind. */
  many(read) {
    const values = new Array(this.number());
    for (let index = 0; index < values.length; index++) values[index] = read(this);
    return values;
  }
}

module.exports = { Reader, maybe };
