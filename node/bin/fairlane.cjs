#!/usr/bin/env node
"use strict";

const { cli } = require("../lib/native.cjs");

// The program is native from here on and handles these itself. Node's own handlers would stand in its
// way: a listener takes their place, and when it goes the system's default does.
for (const signal of ["SIGINT", "SIGTERM"]) {
  const listener = () => {};
  process.on(signal, listener).off(signal, listener);
}

process.exitCode = cli(["fairlane", ...process.argv.slice(2)]);
