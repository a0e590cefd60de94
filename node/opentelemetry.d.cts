// Traces by OpenTelemetry, through its API `@opentelemetry/api`, which the program installs.
import type { TracerProvider } from "@opentelemetry/api";
import type { Handler } from "./index.cjs";

/**
 * Gives these headers with the current context added to them, for a push:
 * `queue.push(payload, lane, { headers: inject() })`. Which headers these are says the global
 * propagator; by W3C's `traceparent`, `tracestate` and `baggage`, as in every other language. Outside of
 * any span there is nothing to add.
 */
export declare function inject(headers?: Readonly<Record<string, string>>): Record<string, string>;

/**
 * Wraps a worker's handler: it is called in a span of its own, whose parent is the span in which the job
 * was pushed, if its headers name one. The span is a consumer's, named and told by OpenTelemetry's
 * conventions for messaging. What the handler throws is recorded and makes it an error, Retry and
 * Discard too but not Release; what the worker does is as without the span.
 */
export declare function traced(handler: Handler, options?: TracedOptions): Handler;

export interface TracedOptions {
  /** Whose spans they are; the global one's by default. */
  tracerProvider?: TracerProvider;
}
