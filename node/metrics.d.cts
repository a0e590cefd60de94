// Metrics for Prometheus, through its client library `prom-client`, which the program installs.
import type { Registry } from "prom-client";
import type { Queue, Worker } from "./index.cjs";

/**
 * Tells what stands in queues, each time that a registry is asked. A scrape is one look at each queue,
 * which costs the same however many jobs it has. A queue whose store cannot answer is told as not up,
 * and of it nothing else. Make one a registry.
 */
export class QueueCollector {
  constructor(queues: Iterable<Queue>, options?: QueueCollectorOptions);
}

export interface QueueCollectorOptions {
  /**
   * Tell each lane's jobs and state as well, for queues whose lanes are few: each lane is some more
   * time series, and the look takes as long as there are lanes.
   */
  lanes?: boolean;
  /** Where the metrics are told; prom-client's own by default. */
  registry?: Registry;
}

/** Counts and times what workers of this process do, by queue. Make one a registry. */
export class WorkerMetrics {
  constructor(options?: WorkerMetricsOptions);

  /**
   * Counts what a worker of a queue does, or of a queue of that name, from now on. What it does for
   * further queues is counted under their own names.
   */
  observe(worker: Worker, queue: Queue | string): void;
}

export interface WorkerMetricsOptions {
  /** The upper bounds of the durations, in seconds. */
  buckets?: number[];
  /** Where the metrics are told; prom-client's own by default. */
  registry?: Registry;
}
