"use strict";

// Bytes that are kept: payloads on their way in and out.

const { Buffer } = require("node:buffer");
const { markAsUntransferable } = require("node:worker_threads");

/** Makes a Buffer over a part of an ArrayBuffer, as `Buffer.from` does, but without its questions. */
const View = Buffer[Symbol.species];

/** Makes a Buffer of a part of an ArrayBuffer; to ask a Buffer for its own takes longer than that. */
function bufferOf(memory, start, length) {
  return new View(memory, start, length);
}

/** The memory that short bytes share: what is kept of a piece keeps all of it. */
const PIECE = 16 << 10;
/** Longer bytes have their memory to themselves. */
const SHARED = PIECE / 4;

/** Gives memory that nobody can give away: others share it, as Node's own short buffers do. */
function newPiece(size = PIECE) {
  const piece = Buffer.allocUnsafeSlow(size);
  markAsUntransferable(piece.buffer);
  return piece;
}

/** What is filled at present, and how far. */
let piece = newPiece();
let used = 0;

function reserve(length) {
  // Not PIECE: a piece that was taken away in spite of all has no length.
  if (used + length > piece.length) [piece, used] = [newPiece(), 0];
}

/** Gives what was just written where the piece ended until now. */
function filled(length) {
  const start = used;
  used += length;
  return new Bytes(piece, start, used);
}

/** Where some bytes are. A Buffer costs more than all else of a job, so it is made when it is asked for. */
class Bytes {
  constructor(piece, start, end) {
    this.piece = piece;
    this.start = start;
    this.end = end;
  }

  /** Keeps a copy of bytes. */
  static of(bytes) {
    const { length } = bytes;
    if (length > SHARED) {
      const own = newPiece(length);
      own.set(bytes);
      return new Bytes(own, 0, length);
    }
    reserve(length);
    piece.set(bytes, used);
    return filled(length);
  }

  /** Keeps a text. */
  static ofText(text) {
    if (text.length * 3 > SHARED) {
      const own = newPiece(Buffer.byteLength(text));
      return new Bytes(own, 0, own.write(text));
    }
    reserve(text.length * 3);
    return filled(piece.write(text, used));
  }

  /** Makes a Buffer of them, which shares their memory. */
  buffer() {
    return bufferOf(this.piece.buffer, this.start, this.end - this.start);
  }
}

module.exports = { Bytes, PIECE, SHARED, bufferOf, newPiece };
