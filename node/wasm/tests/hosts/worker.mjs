// A worker of workerd: pushes a job through an HTTP gateway, and works it off.

import { Queue, httpGateway } from "./edge.mjs";

export default {
  async fetch(request) {
    const gateway = new URL(request.url).searchParams.get("gateway");
    const queue = await Queue.open(httpGateway(gateway, { token: "secret" }), "workerd");
    const waiting = queue.pop({ wait: 10_000 });
    await queue.push({ from: "workerd" }, "tenant-7");
    const job = await waiting;
    await queue.markComplete(job);
    const { completed } = await queue.stats();
    return Response.json({ payload: job.json(), completed });
  },
};
