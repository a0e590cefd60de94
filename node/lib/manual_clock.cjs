"use strict";

const check = require("./check.cjs");
const { enter } = require("./errors.cjs");
const native = require("./native.cjs");

/** The native clocks of clocks. */
const NATIVE = new WeakMap();

/** A clock that stands still until it is turned by hand. */
class ManualClock {
  constructor(now) {
    const moment = check.moment("now", now);
    NATIVE.set(this, enter(() => new native.ManualClock(moment)));
  }

  get now() {
    return enter(() => nativeOf(this).now());
  }

  advance(by) {
    check.time("advance", by);
    enter(() => nativeOf(this).advance(by));
  }

  set(now) {
    const moment = check.moment("now", now);
    enter(() => nativeOf(this).set(moment));
  }
}

/** Gives the native clock. */
function nativeOf(clock) {
  const made = NATIVE.get(clock);
  if (made === undefined) throw check.refusal("clock", clock, "a ManualClock");
  return made;
}

module.exports = { ManualClock, nativeOf };
