// Opening: from where a queue is to its store.

import * as check from "./check.mjs";
import { Embedded, Hall } from "./embedded.mjs";
import { InvalidArgumentError, UnavailableError, UnsupportedError, door, thrownBy } from "./errors.mjs";
import { Redis } from "./redis.mjs";
import { Closing } from "./waiting.mjs";

const OPTIONS = [
  "durability",
  "create",
  "keepLeases",
  "maxPayload",
  "maxFailed",
  "busyTimeout",
  "clock",
  "blocking",
  "callTimeout",
  "pollInterval",
];

/** What is said where a URL is not accepted, in every host. */
const ACCEPTED = "accepted are a path, sqlite:PATH, memory: and redis://HOST";

/** Those who wait at the queues of files. */
const HALLS = new Map();

/** Gives the function that opens a queue with one build of the module. */
export const opener = (module, shareOf) =>
  async function open(where, name, options = undefined) {
    const given = check.options(options, OPTIONS);
    const closing = new Closing();
    const clock = shareOf(given.clock);
    if (typeof where === "function") {
      const core = door(() => module.Queue.remote(name, given, clock));
      return { core, store: new Redis(module, where, core, given, closing), closing };
    }
    if (typeof where !== "string") {
      throw check.refusal("url", where, "a string or a function that sends commands to Redis");
    }
    const path = pathOf(where);
    if (module.Queue.memory === undefined) {
      throw new UnsupportedError("this build is without the embedded store: import fairlane/wasm");
    }
    if (path === undefined) {
      const core = door(() => module.Queue.memory(name, given, clock));
      return { core, store: new Embedded(core), closing };
    }
    const isThere = await module.openFiles(path).catch((thrown) => {
      throw thrownBy(thrown);
    });
    if (!isThere && given.create === false) {
      const shown = JSON.stringify(path);
      throw new UnavailableError(`file ${shown} does not exist: a push makes it`);
    }
    const core = door(() => module.Queue.file(path, name, given, clock));
    const place = `${path}\0${core.name()}`;
    if (!HALLS.has(place)) {
      HALLS.set(place, new Hall());
    }
    return { core, store: new Embedded(core, HALLS.get(place)), closing };
  };

/** Gives the path of a file's URL; none for memory. */
function pathOf(url) {
  const [, scheme = "sqlite", rest] = /^(?:([a-z][a-z0-9+]+):)?(.*)$/s.exec(url);
  if (scheme === "memory" && rest === "") {
    return undefined;
  }
  if (scheme === "unix" || /^rediss?(\+|$)/.test(scheme)) {
    throw new UnsupportedError(
      "WebAssembly opens no connection: accepted is a function that sends commands to Redis",
    );
  }
  const path = rest.replace(/^\/\//, "");
  if (scheme !== "sqlite") {
    throw new InvalidArgumentError(`url scheme "${scheme}" is not known: ${ACCEPTED}`);
  }
  if (path === "" || path === ":memory:") {
    throw new InvalidArgumentError(`url ${JSON.stringify(url)} names no file: ${ACCEPTED}`);
  }
  return path;
}
