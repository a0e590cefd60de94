"use strict";

// Traces by OpenTelemetry, through its API, which a program installs if it wants this.
const { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, propagation, trace } = require("@opentelemetry/api");
const check = require("./lib/check.cjs");
const { Release } = require("./lib/outcome.cjs");
const { version } = require("./package.json");

const OPTIONS = new Set(["tracerProvider"]);

/** Gives headers with the current context added to them, for a push. */
function inject(headers = undefined) {
  const carrier = { ...headers };
  propagation.inject(context.active(), carrier);
  return carrier;
}

/** Wraps a worker's handler: it is called in a span of its own. */
function traced(handler, options = undefined) {
  check.callable("handler", handler, "a function of a job");
  const { tracerProvider = trace } = check.options(options, OPTIONS);
  const tracer = tracerProvider.getTracer("fairlane", version);
  return (job, delivery) => {
    const { name } = delivery.queue;
    const attributes = {
      "messaging.system": "fairlane",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": name,
      "messaging.message.id": job.id,
    };
    const parent = propagation.extract(ROOT_CONTEXT, job.headers);
    const settings = { kind: SpanKind.CONSUMER, attributes };
    return tracer.startActiveSpan(`process ${name}`, settings, parent, async (span) => {
      try {
        return await handler(job, delivery);
      } catch (error) {
        if (!(error instanceof Release)) record(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
  };
}

function record(span, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  span.setAttribute("error.type", error.name);
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

module.exports = { inject, traced };
