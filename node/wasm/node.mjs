// fairlane in WebAssembly, for Node.

import { readFileSync } from "node:fs";

import * as module from "./edge/fairlane.js";
import { queueClass } from "./queue.mjs";

module.initSync({ module: readFileSync(new URL("./edge/fairlane_bg.wasm", import.meta.url)) });

export const Queue = queueClass(module, (clock) => clock);
export * from "./errors.mjs";
export * from "./nouns.mjs";
export * from "./adapters.mjs";
