// The conformance scenarios through the Node surface, on each kind of store.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import * as fairlane from "../index.mjs";
import { Runner } from "./conformance/runner.mjs";
import { PACKAGE, onEveryStore } from "./support.mjs";

const SCENARIOS = join(PACKAGE, "..", "tests", "conformance", "scenarios");

onEveryStore(({ place }) => {
  for (const file of readdirSync(SCENARIOS).sort()) {
    test(file, async () => {
      const scenario = readFileSync(join(SCENARIOS, file), "utf8");
      assert.equal(await new Runner(fairlane, await place()).transcript(scenario), scenario);
    });
  }
});
