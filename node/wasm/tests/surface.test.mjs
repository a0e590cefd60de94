// The table of the surface, checked both ways against the package as it was built.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as fairlane from "../node.mjs";

const TABLE = new URL("../../../tests/surface/surface.json", import.meta.url);
const { constants, errors, extras, types } = JSON.parse(readFileSync(TABLE, "utf8"));

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const isHere = ({ hosts }) => hosts?.wasm?.absent === undefined;
const extra = Object.keys(extras.wasm);
const sorted = (names) => [...new Set(names)].sort();

/** Makes one of each type. */
async function samples() {
  const clock = new fairlane.ManualClock(1_700_000_000_000);
  const queue = await fairlane.Queue.open("memory:", "mail", { clock });
  const job = new fairlane.NewJob(1);
  const [pushed] = await queue.pushMany([job, job]);
  const lane = await queue.lane("default");
  await queue.schedule("tidy", 1, "default", { every: 60_000 });
  return [
    queue,
    job,
    pushed,
    await queue.pop(),
    await queue.get("2"),
    lane,
    lane.counts,
    lane.limits,
    await queue.stats(),
    await queue.dethrottle(),
    await queue.repair(),
    (await queue.schedules())[0],
    await queue.startDethrottler(60_000),
    new fairlane.BackoffPolicy(),
    new fairlane.Backoff(),
    clock,
  ];
}

test("the package has what the table names, and nothing else", () => {
  const named = [
    ...constants.filter(isHere).map(({ name }) => name),
    ...types.filter(isHere).map(({ name }) => name),
    ...errors.filter(isHere).map(({ name }) => `${name}Error`),
    ...extra.filter((name) => !name.includes(".")),
  ];
  assert.deepEqual(sorted(Object.keys(fairlane)), sorted(named));
});

test("constants and errors are those of the table", () => {
  for (const { name, value } of constants) {
    assert.equal(fairlane[name], value, name);
  }
  for (const { name, number, retryable } of errors) {
    const error = new fairlane[`${name}Error`]("why");
    const { code, message } = error;
    const expected = { code: name, number, retryable, message: "why", name: `${name}Error` };
    const found = { code, number: error.number, retryable: error.retryable, message, name: error.name };
    assert.deepEqual(found, expected);
    assert.ok(error instanceof fairlane.FairlaneError);
  }
});

test("types have the methods and properties of the table, and nothing else", async () => {
  const made = await samples();
  for (const type of types.filter(isHere)) {
    const sample = made.find((one) => one instanceof fairlane[type.name]);
    const named = [...(type.methods ?? []), ...(type.properties ?? [])].filter(isHere);
    const extras = extra.map((name) => name.split(".")).filter(([name, of]) => name === type.name && of);
    const expected = [...named.map(({ name }) => camel(name)), ...extras.map(([, name]) => name)];
    const found = [
      ...Object.keys(sample),
      ...Object.getOwnPropertyNames(Object.getPrototypeOf(sample)),
    ].filter((name) => name !== "constructor");
    assert.deepEqual(sorted(found), sorted(expected), type.name);
    for (const { name } of (type.methods ?? []).filter(isHere)) {
      assert.equal(typeof sample[camel(name)], "function", `${type.name}.${name}`);
    }
  }
});

test("settings have the defaults of the table", async () => {
  // No headers are shown as an object without any.
  const isNone = (value) => value === undefined || (typeof value === "object" && Object.keys(value ?? {}).length === 0);
  const shown = (value) => (isNone(value) ? null : value);
  const defaultsOf = (Class, sample) => {
    const { parameters } = types.find(({ name }) => name === Class).constructor;
    for (const { name, default: standard } of parameters) {
      const value = sample[camel(name)];
      if (standard !== undefined && value !== undefined) {
        assert.deepEqual(shown(value), standard, `${Class}.${name}`);
      }
    }
  };
  defaultsOf("NewJob", new fairlane.NewJob(1));
  defaultsOf("BackoffPolicy", new fairlane.BackoffPolicy());
});
