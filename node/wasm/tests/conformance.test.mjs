// The conformance scenarios, on the embedded store in memory and on Redis.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import * as fairlane from "../node.mjs";
import { CLIENTS } from "./clients.mjs";
import { Runner } from "../../tests/conformance/runner.mjs";
import { startServer } from "./server.mjs";

const SCENARIOS = new URL("../../../tests/conformance/scenarios/", import.meta.url);

const scenarios = readdirSync(SCENARIOS)
  .sort()
  .map((file) => [file, readFileSync(new URL(file, SCENARIOS), "utf8")])
  // Node has no files for WebAssembly, and WebAssembly no background processors.
  .filter(([, scenario]) => !/^needs (files|background)$/m.test(scenario));

describe("in memory", () => {
  for (const [file, scenario] of scenarios) {
    test(file, async () => {
      const transcript = await new Runner(fairlane, "memory:").transcript(scenario);
      assert.equal(transcript, scenario);
    });
  }
});

for (const name of ["node-redis", "HTTP gateway"]) {
  describe(`on Redis, by ${name}`, () => {
    let server;
    let client;
    before(async () => {
      server = await startServer();
      client = await CLIENTS[name](server.port);
    });
    after(async () => {
      client?.end();
      await server?.stop();
    });
    for (const [file, scenario] of scenarios) {
      test(file, async () => {
        await client.send(["FLUSHALL"]);
        const transcript = await new Runner(fairlane, client.send).transcript(scenario);
        assert.equal(transcript, scenario);
      });
    }
  });
}
