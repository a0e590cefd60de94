// What the agents of the JavaScript hosts have in common: see README.md.
import { createInterface } from "node:readline";

const bytes = (word) => Buffer.from(word.slice(1), "hex");
const text = (word) => (word === "-" ? undefined : bytes(word).toString());
const hexed = (value) => (value === null ? "-" : `x${Buffer.from(value).toString("hex")}`);

/** The orders that a queue can carry out. */
const ordersOf = (queue) => ({
  push: (payload, lane, key) => queue.push(bytes(payload), text(lane), { key: text(key) }),
  async pop(wait) {
    const job = await queue.pop({ wait: Number(wait), lease: 60_000 });
    if (job === null) return "-";
    const told = [job.lane, job.payload, job.key].map(hexed);
    return [job.id, job.token, ...told, job.tries].join(" ");
  },
  complete: (token) => queue.markComplete(token),
  release: (token) => queue.release(token),
  fail: (token, error) => queue.fail(token, text(error)),
  async get(id) {
    const job = await queue.get(id);
    if (job === null) return "-";
    return [job.state, ...[job.lane, job.payload, job.key, job.error].map(hexed)].join(" ");
  },
  limit: (lane, maxInFlight) => queue.setLimits(text(lane), { maxInFlight: Number(maxInFlight) }),
  restore: () => queue.restoreFailed(),
  sweep: () => queue.dethrottle().then(() => undefined),
  async stats() {
    const { counts, dead, completed } = await queue.stats();
    return [counts.ready, counts.inFlight, dead, completed].join(" ");
  },
});

/** Carries out what comes, line by line, until there is no more. */
export async function serve(queue, FairlaneError) {
  const orders = ordersOf(queue);
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const [order, ...words] = line.split(" ");
    try {
      const answer = await orders[order](...words);
      console.log(answer === undefined ? "ok" : `ok ${answer}`);
    } catch (error) {
      if (!(error instanceof FairlaneError)) throw error;
      console.log(`error ${error.code}`);
    }
  }
  await queue.close();
}
