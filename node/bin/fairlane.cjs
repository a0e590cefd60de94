#!/usr/bin/env node
"use strict";

const { cli } = require("../lib/native.cjs");

// The program is native from here on and handles signals itself.
process.exitCode = cli(["fairlane", ...process.argv.slice(2)]);
