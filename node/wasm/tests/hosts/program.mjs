// A program for Deno: a job goes through a queue in memory, and the module's path is its own.

import { Queue } from "../../deno.mjs";

const queue = await Queue.open("memory:", "deno");
const waiting = queue.pop({ wait: 10_000 });
await queue.push({ from: "deno" }, "tenant-7");
const job = await waiting;
await queue.markComplete(job);
console.log(JSON.stringify({ payload: job.json(), completed: (await queue.stats()).completed }));
