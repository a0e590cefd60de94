// An HTTP gateway before a Redis server, as Upstash's is: JSON in, JSON out.

import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

import { Redis as IoRedis } from "ioredis";

export async function startGateway(port, token) {
  const redis = new IoRedis(port, "127.0.0.1");
  const gateway = createServer(async (request, response) => {
    const isAllowed = request.headers.authorization === `Bearer ${token}`;
    const isBase64 = request.headers["upstash-encoding"] === "base64";
    const answer = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    try {
      const command = await json(request);
      if (!isAllowed) return answer(401, { error: "WRONGPASS invalid or missing auth token" });
      const reply = await redis.callBuffer(...command);
      answer(200, { result: encoded(reply, isBase64 ? "base64" : "utf8") });
    } catch (error) {
      answer(400, { error: error.message });
    }
  }).listen(0, "127.0.0.1");
  await once(gateway, "listening");
  return {
    url: `http://127.0.0.1:${gateway.address().port}`,
    stop: () => {
      gateway.closeAllConnections();
      gateway.close();
      redis.disconnect();
    },
  };
}

function encoded(reply, encoding) {
  if (Array.isArray(reply)) return reply.map((part) => encoded(part, encoding));
  if (!Buffer.isBuffer(reply)) return reply;
  return reply.equals(Buffer.from("OK")) ? "OK" : reply.toString(encoding);
}
