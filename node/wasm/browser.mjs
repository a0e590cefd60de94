// fairlane in WebAssembly, for browsers and their bundlers. Files need a dedicated worker.

import * as module from "./full/fairlane.js";
import { surface } from "./surface.mjs";

await module.default({ module_or_path: new URL("./full/fairlane_bg.wasm", import.meta.url) });

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
