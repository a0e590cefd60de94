// A program that the types are checked with; it is not run.

import { NewJob, Queue, StaleTokenError, httpGateway, ioredis, nodeRedis } from "../index.mjs";
import type { Job, RedisClient } from "../index.mjs";

declare const redis: { sendCommand(command: any, options?: any): Promise<any> };
declare const other: { callBuffer(command: any, ...words: any[]): Promise<any> };

const client: RedisClient = nodeRedis(redis);
const queue = await Queue.open(client, "mail", { blocking: ioredis(other), pollInterval: 50 });
const memory: Queue = await Queue.open("memory:", "mail", { durability: "normal" });
await Queue.open(httpGateway("https://example.com", { token: "secret" }), "mail");

const id: string = await queue.push({ to: "ada" }, "tenant-7", { rate: [10, 60_000], key: "k" });
await memory.pushMany([new NewJob(new Uint8Array(3), "a", { after: id })]);

for await (const job of queue.jobs({ signal: AbortSignal.timeout(100) })) {
  const payload: Uint8Array = job.payload;
  await queue.markComplete(job, { then: [new NewJob(payload)], result: 5 }).catch((error: unknown) => {
    if (!(error instanceof StaleTokenError)) throw error;
  });
}

const one: Job | null = await queue.pop({ wait: 100 });
// @ts-expect-error: a misspelt option
await queue.push(one?.json(), "a", { prority: 5 });
// @ts-expect-error: ids are strings
await queue.get(5);
await queue.markCompleteMany([id], { results: [null, { sum: 42 }], resultTtl: 1_000 });
const result: Uint8Array | null = await memory.result(id, { wait: 100 });
// @ts-expect-error: a result is bytes
JSON.parse(result);
