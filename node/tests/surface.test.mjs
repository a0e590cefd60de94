// The surface table against the package and its types, both ways.
//
// tests/surface/README.md says what the table means. The declarations are checked by TypeScript
// itself: the table is written as types, which must equal those of the package.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inspect } from "node:util";

import * as fairlane from "../index.mjs";
import { PACKAGE, folder } from "./support.mjs";

const TABLE = JSON.parse(readFileSync(join(PACKAGE, "..", "tests/surface/surface.json"), "utf8"));
const EXTRAS = Object.keys(TABLE.extras.node);
const TYPES = here(TABLE.types);

/** What a parameter of each type is declared as. */
const GIVEN = {
  text: "string",
  id: "string",
  url: "string",
  token: "f.Delivery",
  payload: "f.Payload",
  payloads: "Iterable<f.Payload | null>",
  integer: "number",
  count: "number",
  number: "number",
  flag: "boolean",
  span: "number",
  moment: "f.Moment",
  rate: "Readonly<f.Rate>",
  jobs: "Iterable<f.NewJob>",
  tokens: "Iterable<f.Delivery>",
  ids: "Iterable<string>",
  policy: "f.BackoffPolicy | f.Backoff",
  headers: "Readonly<Record<string, string>>",
  clock: "f.ManualClock",
  queue: "f.Queue | string",
  handler: "f.Handler",
  sources: "Iterable<readonly [queue: f.Queue, weight: number]>",
  errors: "(error: unknown) => boolean",
  function: "(arg: unknown) => unknown",
  argument: "unknown",
};

/** What a result of each type is declared as. */
const GOT = {
  text: "string",
  id: "string",
  bytes: "Buffer",
  count: "number",
  integer: "number",
  number: "number",
  flag: "boolean",
  span: "number",
  moment: "number",
  rate: "f.Rate",
  headers: "Readonly<Record<string, string>>",
  any: "any",
  error: "f.FairlaneError",
  nothing: "void",
};

/** Leaves out what the table says is absent here, and says how the others differ. */
function here(items) {
  const differing = items.map((item) => ({ ...item, ...item.hosts?.node }));
  return differing.filter((item) => item.absent === undefined);
}

function camel(name) {
  return name.replace(/_./g, (pair) => pair[1].toUpperCase());
}

function annotation(of, type, choices) {
  if (type.endsWith("?")) return `${annotation(of, type.slice(0, -1), choices)} | null`;
  if (type.startsWith("[")) return `(${annotation(of, type.slice(1, -1), choices)})[]`;
  if (type === "state") return choices;
  return of[type] ?? `f.${type}`;
}

/** Writes the texts of which one is meant. */
function choices(name) {
  const found = TABLE.choices.find((one) => one.name === name);
  return found.values.map((value) => JSON.stringify(value)).join(" | ");
}

/** Tells whether what a method gives is promised. */
function isPromised(type, method) {
  return ["Queue", "Dethrottler", "Worker", "BackgroundProcessor"].includes(type.name) && !method.sync;
}

/** Tells whether a parameter is a property of the options. */
function isOption({ type, option, ...parameter }) {
  if (option === true) return true;
  const kind = type.replace(/\?$/, "");
  if (!("default" in parameter)) return false;
  if (kind === "count") return parameter.default === null;
  return ["span", "jobs", "ids", "number", "flag", "payload", "payloads"].includes(kind);
}

function parameters(call, extra = "") {
  const taken = here(call.parameters).map((one) => {
    const texts = { durability: "Durability", catch_up: "CatchUp" }[one.name];
    const type = texts ? choices(texts) : annotation(GIVEN, one.type);
    return { ...one, as: camel(one.name), typed: type };
  });
  // An option that is nothing by default is left out, not given as nothing.
  const options = taken.filter(isOption).map(({ as, typed }) => `${as}?: ${typed.replace(/ \| null$/, "")}`);
  if (extra) options.push(extra);
  const words = taken.filter((one) => !isOption(one)).map(({ as, typed, ...one }) =>
    "default" in one ? `${as}?: ${typed}` : `${as}: ${typed}`,
  );
  const trailing = options.length > 0 ? [`options?: { ${options.join("; ")} }`] : [];
  return `[${[...words, ...trailing].join(", ")}]`;
}

function extrasOf(type) {
  return EXTRAS.filter((name) => name.startsWith(`${type}.`) && !name.includes("(")).map((name) =>
    name.slice(type.length + 1),
  );
}

function members(type) {
  const named = [...here(type.methods), ...here(type.properties)].map((one) => camel(one.name));
  return [...named, ...extrasOf(type.name)].sort();
}

/** Writes the table as types that must equal the declared ones. */
function program() {
  const lines = [
    `import * as f from ${JSON.stringify(join(PACKAGE, "index.mjs"))};`,
    'import type { EventEmitter } from "node:events";',
    "type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;",
    "function check<T extends true>() {}",
  ];
  for (const type of TYPES) {
    const of = `f.${type.name}`;
    const keys = members(type).map((name) =>
      name === "asyncDispose" ? "typeof Symbol.asyncDispose" : JSON.stringify(name),
    );
    // What is the base's is not of the type itself.
    const own = type.extends ? `Exclude<keyof ${of}, keyof ${type.extends}>` : `keyof ${of}`;
    lines.push(`check<Equal<${own}, ${keys.join(" | ") || "never"}>>();`);
    for (const property of here(type.properties)) {
      const typed = annotation(GOT, property.type, property.type === "state" && choices(stateOf(type)));
      lines.push(`check<Equal<${of}["${camel(property.name)}"], ${typed}>>();`);
    }
    for (const method of here(type.methods)) {
      const name = camel(method.name);
      const signal = EXTRAS.includes(`${type.name}.${name}(signal)`) ? "signal?: AbortSignal" : "";
      const gives = annotation(GOT, method.gives);
      const typed = isPromised(type, method) ? `Promise<${gives}>` : gives;
      lines.push(`check<Equal<Parameters<${of}["${name}"]>, ${parameters(method, signal)}>>();`);
      lines.push(`check<Equal<ReturnType<${of}["${name}"]>, ${typed}>>();`);
    }
    if (type.constructor === Object || !Object.hasOwn(type, "constructor")) continue;
    const [constructor] = here([type.constructor]);
    const taken = constructor.name
      ? `Parameters<typeof ${of}.${constructor.name}>`
      : `ConstructorParameters<typeof ${of}>`;
    lines.push(`check<Equal<${taken}, ${parameters(constructor)}>>();`);
  }
  for (const { name, type } of TABLE.constants) {
    lines.push(`check<Equal<typeof f.${name}, ${annotation(GOT, type)}>>();`);
  }
  for (const { name } of here(TABLE.choices).filter(({ name }) => name.endsWith("Events"))) {
    lines.push(`check<Equal<keyof f.${name}, ${choices(name)}>>();`);
  }
  for (const { name } of TABLE.errors) lines.push(`new f.${name}Error() satisfies f.FairlaneError;`);
  return lines.join("\n");
}

function stateOf({ name }) {
  return { LaneInfo: "LaneState", Worker: "WorkerState" }[name] ?? "JobState";
}

describe("the package", () => {
  test("has what the table names and nothing else", () => {
    const names = [
      ...TYPES.map((type) => type.name),
      ...TABLE.constants.map((one) => one.name),
      ...TABLE.errors.map((one) => `${one.name}Error`),
      ...EXTRAS.filter((name) => !name.includes(".")),
    ];
    assert.deepEqual(Object.keys(fairlane).sort(), names.sort());
  });

  test("has the constants of the table", () => {
    for (const { name, value } of TABLE.constants) assert.equal(fairlane[name], value, name);
  });

  test("has the errors of the table", () => {
    for (const { name, number, retryable } of TABLE.errors) {
      const error = new fairlane[`${name}Error`]("");
      assert.deepEqual([error.code, error.number, error.retryable], [name, number, retryable]);
    }
  });

  for (const type of TYPES) {
    test(`has the methods of the table in ${type.name}`, () => {
      const found = Object.getOwnPropertyDescriptors(fairlane[type.name].prototype);
      const methods = Reflect.ownKeys(found)
        .filter((name) => !["constructor", EventEmitter.captureRejectionSymbol, inspect.custom].includes(name))
        .filter((name) => typeof found[name].value === "function")
        .map((name) => (name === Symbol.asyncDispose ? "asyncDispose" : name));
      const expected = [...here(type.methods).map((one) => camel(one.name)), ...extrasOf(type.name)];
      assert.deepEqual(methods.sort(), expected.sort());
    });
  }
});

test("the declarations say what the table says", () => {
  const place = folder();
  writeFileSync(join(place, "surface.mts"), program());
  const options = {
    strict: true,
    noEmit: true,
    module: "nodenext",
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    typeRoots: [join(PACKAGE, "node_modules", "@types")],
    types: ["node"],
  };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
  const tsc = join(PACKAGE, "node_modules", "typescript", "bin", "tsc");
  const done = spawnSync(process.execPath, [tsc, "--project", place], { encoding: "utf8" });
  assert.equal(done.status, 0, `${done.stdout}\n${program()}`);
});
