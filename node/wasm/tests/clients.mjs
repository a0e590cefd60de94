// The npm clients that the queue is tried with: each connects to a port, and gives the function that
// a queue takes.

import { Redis as IoRedis } from "ioredis";
import { createClient } from "redis";

import { httpGateway, ioredis, nodeRedis } from "../node.mjs";
import { startGateway } from "./gateway.mjs";

export const CLIENTS = {
  "node-redis": async (port) => {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    // Without a listener a broken connection would end the program.
    client.on("error", () => {});
    await client.connect();
    return { send: nodeRedis(client), end: () => client.destroy() };
  },
  ioredis: async (port) => {
    const client = new IoRedis(port, "127.0.0.1");
    client.on("error", () => {});
    return { send: ioredis(client), end: () => client.disconnect() };
  },
  "HTTP gateway": async (port) => {
    const gateway = await startGateway(port, "secret");
    return { send: httpGateway(gateway.url, { token: "secret" }), end: gateway.stop };
  },
};
