// Redis clients as the functions that a queue takes: command in, promise of its reply out. Strings
// of the server are bytes, since rows are binary; an error reply rejects with the server's words.

const asBuffers = (command) =>
  command.map((word) => (typeof word === "string" ? word : Buffer.from(word)));

/** Sends commands through a client of the package `redis`. */
export const nodeRedis = (client) => (command) =>
  // 36, "$": the strings of the protocol, as Buffers.
  client.sendCommand(asBuffers(command), { typeMapping: { 36: Buffer } });

/** Sends commands through a client of the package `ioredis`. */
export const ioredis = (client) => (command) => client.callBuffer(...asBuffers(command));
