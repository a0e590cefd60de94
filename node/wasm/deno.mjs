// fairlane in WebAssembly, for Deno.

import * as module from "./full/fairlane.js";
import { surface } from "./surface.mjs";

module.initSync({ module: Deno.readFileSync(new URL("./full/fairlane_bg.wasm", import.meta.url)) });

export const {
  BULK_PRIORITY,
  DEFAULT_LANE,
  DEFAULT_LEASE,
  DEFAULT_MAX_TRIES,
  DEFAULT_PRIORITY,
  MAX_PRIORITY,
  VERSION,
  Backoff,
  BackoffPolicy,
  ManualClock,
  NewJob,
  Queue,
} = surface(module);
export * from "./shared.mjs";
