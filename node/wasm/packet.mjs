// Packets: jobs and deliveries cross the border together, as numbers and bytes. The other half
// (bindings/wasm/src/packet.rs) says how they are laid out.

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** The memory that short bytes share. Memory of their own costs more than all else of a job. */
const PIECE = 16 << 10;
/** Longer bytes have memory of their own: what is kept of a piece keeps all of it. */
const SHARED = PIECE / 4;
/** Below it a text is short. */
const SHORT = 32;
/** How many short texts are remembered; a power of two. */
const REMEMBERED = 256;

const NONE = [];

let piece = new Uint8Array(PIECE);
let used = 0;

/** Bytes that nobody else can reach: their memory may be shared with others. */
export class Bytes {
  constructor(piece, start, end) {
    this.piece = piece;
    this.start = start;
    this.end = end;
  }

  /** Keeps a copy of bytes. */
  static of(bytes) {
    const { length } = bytes;
    if (length > SHARED) return new Bytes(new Uint8Array(bytes), 0, length);
    reserve(length);
    piece.set(bytes, used);
    used += length;
    return new Bytes(piece, used - length, used);
  }

  static ofText(text) {
    const most = text.length * 3;
    if (most > SHARED) return Bytes.of(ENCODER.encode(text));
    reserve(most);
    const { written } = ENCODER.encodeInto(text, piece.subarray(used));
    used += written;
    return new Bytes(piece, used - written, used);
  }

  /** Gives them for a moment. */
  view() {
    return this.piece.subarray(this.start, this.end);
  }

  /** Gives them away. */
  copy() {
    return this.piece.slice(this.start, this.end);
  }
}

function reserve(length) {
  if (used + length > PIECE) [piece, used] = [new Uint8Array(PIECE), 0];
}

/** Puts bytes one after the other. */
export class Joined {
  #runs = [];
  #last = new Bytes();
  #length = 0;

  /** Adds some; gives their length. Those that were kept one after the other are copied together. */
  add({ piece, start, end }) {
    const last = this.#last;
    if (piece === last.piece && start === last.end) {
      last.end = end;
    } else {
      this.#runs.push((this.#last = new Bytes(piece, start, end)));
    }
    this.#length += end - start;
    return end - start;
  }

  bytes() {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const run of this.#runs) {
      bytes.set(run.view(), at);
      at += run.end - run.start;
    }
    return bytes;
  }
}

/** Texts of which most come again and again: a lane's name goes with each of its jobs. */
const TEXTS = Array.from({ length: REMEMBERED }, () => ({ bytes: new Uint8Array(SHORT), length: 0, text: "" }));

/** Where the last text is: often the next is the same. */
let last = TEXTS[0];

function textOf(bytes, start, end) {
  const length = end - start;
  if (length >= SHORT) return DECODER.decode(bytes.subarray(start, end));
  if (isSame(last, bytes, start, length)) return last.text;
  let hash = length;
  for (let at = start; at < end; at++) hash = (hash * 31 + bytes[at]) | 0;
  const slot = TEXTS[hash & (REMEMBERED - 1)];
  if (!isSame(slot, bytes, start, length)) {
    const own = bytes.subarray(start, end);
    slot.text = DECODER.decode(own);
    slot.bytes.set(own);
    slot.length = length;
  }
  last = slot;
  return slot.text;
}

function isSame(slot, bytes, start, length) {
  if (slot.length !== length) return false;
  let at = 0;
  while (at < length && slot.bytes[at] === bytes[start + at]) at++;
  return at === length;
}

/** Reads a packet. */
export class Reader {
  #numbers;
  #bytes;
  #index = 0;
  #offset = 0;
  /** A copy of the bytes from `#from` to `#to`. */
  #piece;
  #from = 0;
  #to = 0;

  constructor([numbers, bytes]) {
    this.#numbers = numbers;
    this.#bytes = bytes;
  }

  number() {
    return this.#numbers[this.#index++];
  }

  maybe() {
    const value = this.#numbers[this.#index++];
    return Number.isNaN(value) ? null : value;
  }

  /** Reads bytes, which do not keep the whole packet. */
  blob() {
    const start = this.#offset;
    const end = (this.#offset += this.number());
    if (end - start > SHARED) return new Bytes(this.#bytes.slice(start, end), 0, end - start);
    if (end > this.#to) {
      [this.#from, this.#to] = [start, start + PIECE];
      this.#piece = this.#bytes.slice(start, start + PIECE);
    }
    return new Bytes(this.#piece, start - this.#from, end - this.#from);
  }

  text() {
    const start = this.#offset;
    return textOf(this.#bytes, start, (this.#offset += this.number()));
  }

  maybeText() {
    if (!Number.isNaN(this.#numbers[this.#index])) return this.text();
    this.#index++;
    return null;
  }

  texts() {
    const count = this.number();
    if (count === 0) return NONE;
    return Array.from({ length: count }, () => this.text());
  }

  /** Reads many of one kind, whose number comes first. */
  many(Noun) {
    const many = new Array(this.number());
    for (let at = 0; at < many.length; at++) many[at] = new Noun(this);
    return many;
  }
}
