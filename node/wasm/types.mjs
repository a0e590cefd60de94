// Writes the types of the WebAssembly builds from those of the native one, with what differs.

import { readFileSync, writeFileSync } from "node:fs";

const OPTIONS = `
/** A Redis client of the host: sends a command, and gives its reply. Strings of the server are given as
 * bytes; an error reply rejects, with the server's words as the message. */
export type RedisClient = ((command: (string | Uint8Array)[]) => Promise<unknown>) & {
  /** Whether the client takes strings alone. */
  readonly takesText?: boolean;
};

/** How a queue is opened. */
export interface QueueOptions {
  /** On Redis, a second client, of this queue alone, on which its idle workers wait: while one waits, it
   * carries nothing else. Without it they look every \`pollInterval\`. */
  blocking?: RedisClient;
  /** How often idle workers look that have no second client; 100 by default. */
  pollInterval?: number;
  /** How long a Redis client may take to answer before its reply counts as lost; 5,000 by default. */
  callTimeout?: number;`;

const ADAPTERS = `
/** Sends commands through a client of the package \`redis\`. */
export declare function nodeRedis(client: {
  sendCommand(command: any, options?: any): Promise<any>;
}): RedisClient;
/** Sends commands through a client of the package \`ioredis\`. */
export declare function ioredis(client: {
  callBuffer(command: any, ...words: any[]): Promise<any>;
}): RedisClient;
/** Sends commands to an HTTP gateway that takes them as Upstash's does. */
export declare function httpGateway(
  url: string,
  options?: { token?: string; fetch?: typeof fetch },
): RedisClient;
`;

/** Writes the types in `source` to `target`. */
export function writeTypes(source, target) {
  let types = readFileSync(source, "utf8");
  const replace = (from, to) => {
    if (!types.includes(from)) throw new Error(`types have no ${JSON.stringify(from)}`);
    types = types.replaceAll(from, to);
  };
  // What calls functions with work is of the addon alone: it has threads, and events of Node.
  const cut = (from, to) => {
    const [start, end] = [types.indexOf(from), to === undefined ? types.length : types.indexOf(to)];
    if (start < 0 || end < start) throw new Error(`types have no ${JSON.stringify(from)}`);
    types = types.slice(0, start) + types.slice(end);
  };
  cut("/** What a worker calls with each job", "/** Base of every error of fairlane. */");
  cut("/** How a background processor works. */");
  replace('import { EventEmitter } from "node:events";\n\n', "");
  replace('/// <reference types="node" />\n\n', "");
  replace(" All waits of a queue cost one sleeping thread.", "");
  replace("Promise<Buffer | null>", "Promise<Uint8Array | null>");
  replace(" payload: Buffer;", " payload: Uint8Array;");
  replace("get payload(): Buffer;", "get payload(): Uint8Array;");
  replace("\n  /** Gives all of it as a plain object, for JSON.stringify. */\n  toJSON(): Record<string, unknown>;", "");
  replace("\n/** How a queue is opened. */\nexport interface QueueOptions {", OPTIONS);
  replace("static open(url: string,", "static open(url: string | RedisClient,");
  replace(
    "   * server (`redis://host`). Rejected",
    "   * server, reached by a Redis client of the host. Files are those of a page, in a dedicated worker\n" +
      "   * of a browser. Rejected",
  );
  writeFileSync(target, types + ADAPTERS);
}
