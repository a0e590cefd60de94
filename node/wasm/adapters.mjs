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

/**
 * Sends commands to an HTTP gateway that takes them as Upstash's does: a POST of a JSON array of
 * strings, answered by `{ result }` or `{ error }`, with strings in base64 if asked to.
 */
export function httpGateway(url, { token, fetch = globalThis.fetch } = {}) {
  const headers = { "content-type": "application/json", "upstash-encoding": "base64" };
  if (token !== undefined) {
    headers.authorization = `Bearer ${token}`;
  }
  const send = async (command) => {
    const body = JSON.stringify(command.map(asText));
    const response = await fetch(url, { method: "POST", headers, body });
    const { result, error } = await response.json();
    if (error !== undefined) {
      throw new Error(error);
    }
    return decoded(result);
  };
  // JSON has no bytes: requests are to come as text.
  return Object.assign(send, { takesText: true });
}

const asText = (word) => (typeof word === "string" ? word : new TextDecoder().decode(word));

function decoded(reply) {
  if (Array.isArray(reply)) {
    return reply.map(decoded);
  }
  // "OK" is no base64, and comes as it is.
  if (typeof reply !== "string" || reply === "OK") {
    return reply;
  }
  return Uint8Array.from(atob(reply), (character) => character.charCodeAt(0));
}
