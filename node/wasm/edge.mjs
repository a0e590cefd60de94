// fairlane in WebAssembly, for workerd and other hosts that import a module compiled: without the
// embedded store.

import compiled from "./edge/fairlane_bg.wasm";

import * as module from "./edge/fairlane.js";
import { surface } from "./surface.mjs";

module.initSync({ module: compiled });

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
