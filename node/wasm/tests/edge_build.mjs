// The build without the embedded store, in Node, which imports no module compiled.

import { readFileSync } from "node:fs";

import * as module from "../edge/fairlane.js";
import { surface } from "../surface.mjs";

module.initSync({ module: readFileSync(new URL("../edge/fairlane_bg.wasm", import.meta.url)) });

export const { Backoff, ManualClock, Queue } = surface(module);
