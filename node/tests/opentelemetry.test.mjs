// Traces from push to handler, as the SDK of OpenTelemetry tells them.
import { SpanKind, SpanStatusCode, context, propagation, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { BackoffPolicy, Discard, NewJob, Queue, Release, Retry, Worker } from "../index.mjs";
import { inject, traced } from "../opentelemetry.mjs";
import { PACKAGE, onEveryStore } from "./support.mjs";

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
// Its context manager and propagator become the global ones.
provider.register();

/** Gives the spans that have ended since the last time. */
function take() {
  const spans = exporter.getFinishedSpans();
  exporter.reset();
  return spans;
}

/** Pushes in a span, and gives that span. */
async function pushInASpan(queue) {
  await trace.getTracer("tests").startActiveSpan("order", async (span) => {
    await queue.push("x", "default", { headers: inject() });
    span.end();
  });
  return take()[0];
}

/** Works a queue off, and tells how its deliveries ended. */
async function work(queue, handler) {
  const told = [];
  const worker = new Worker(queue, traced(handler), { maxJobs: 1 });
  for (const name of ["done", "failed", "dead", "released"]) worker.on(name, () => told.push(name));
  await worker.run();
  return told;
}

onEveryStore(({ open }) => {
  test("a handler goes on with the trace of the push", async (t) => {
    const queue = await open(t);
    const order = await pushInASpan(queue);
    const within = [];
    const handler = async () => within.push(trace.getActiveSpan().spanContext().spanId);
    assert.deepEqual(await work(queue, handler), ["done"]);
    const [span] = take();
    assert.equal(span.spanContext().traceId, order.spanContext().traceId);
    assert.equal(span.parentSpanContext.spanId, order.spanContext().spanId);
    assert.ok(span.parentSpanContext.isRemote);
    assert.deepEqual(within, [span.spanContext().spanId]);
    assert.deepEqual([span.name, span.kind], [`process ${queue.name}`, SpanKind.CONSUMER]);
    assert.deepEqual(span.attributes, {
      "messaging.system": "fairlane",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": queue.name,
      "messaging.message.id": "1",
    });
    assert.equal(span.status.code, SpanStatusCode.UNSET);
  });
});

test("headers of the caller's own and baggage go along", () => {
  const given = { source: "import" };
  const baggage = propagation.createBaggage({ tenant: { value: "7" } });
  context.with(propagation.setBaggage(context.active(), baggage), () => {
    assert.deepEqual(inject(given), { source: "import", baggage: "tenant=7" });
  });
  assert.deepEqual([given, inject()], [{ source: "import" }, {}]);
});

for (const [thrown, outcome, kind] of [
  [new TypeError("not now"), "failed", "TypeError"],
  [new Retry("later", { delay: 3_600_000 }), "failed", "Retry"],
  [new Discard("never"), "dead", "Discard"],
  ["a text", "failed", "Error"],
  [new Release({ delay: 3_600_000 }), "released", undefined],
]) {
  test(`what a handler throws is recorded and means what it did: ${thrown.name ?? typeof thrown}`, async () => {
    const queue = await Queue.open("memory:", "mail");
    await queue.push("x", "default", { backoff: new BackoffPolicy({ min: 3_600_000, max: 3_600_000 }) });
    const handler = () => {
      throw thrown;
    };
    assert.deepEqual(await work(queue, handler), [outcome]);
    const [span] = take();
    assert.equal(span.parentSpanContext, undefined);
    assert.equal(span.attributes["error.type"], kind);
    const isError = kind !== undefined;
    assert.equal(span.status.code, isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    assert.deepEqual(span.events.map(({ name }) => name), isError ? ["exception"] : []);
    await queue.close();
  });
}

test("what a handler pushes next goes on with the trace", async () => {
  const queue = await Queue.open("memory:", "mail");
  await queue.push("first");
  const handler = async (job) => {
    await null;
    return job.json() === "first" ? new NewJob("next", "default", { headers: inject() }) : undefined;
  };
  await work(queue, handler);
  await work(queue, handler);
  const [first, next] = take();
  assert.equal(next.parentSpanContext.spanId, first.spanContext().spanId);
  await queue.close();
});

const PRODUCER = `
  const { trace } = require("@opentelemetry/api");
  const { NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");
  const { Queue } = require("./index.cjs");
  const { inject } = require("./opentelemetry.cjs");
  new NodeTracerProvider().register();
  trace.getTracer("tests").startActiveSpan("order", async (span) => {
    const queue = await Queue.open(process.argv[1], "mail");
    await queue.push("x", "default", { headers: inject() });
    await queue.close();
    console.log(JSON.stringify(span.spanContext()));
  });`;

onEveryStore(({ kind, place }) => {
  // A queue in memory is of one process.
  if (kind === "memory") return;
  test("a trace goes from process to process", async (t) => {
    const url = await place();
    const told = execFileSync(process.execPath, ["-e", PRODUCER, url], { cwd: PACKAGE, encoding: "utf8" });
    const { traceId, spanId } = JSON.parse(told);
    const queue = await Queue.open(url, "mail");
    t.after(() => queue.close());
    assert.deepEqual(await work(queue, async () => undefined), ["done"]);
    const [span] = take();
    assert.deepEqual([span.spanContext().traceId, span.parentSpanContext.spanId], [traceId, spanId]);
  });
});
