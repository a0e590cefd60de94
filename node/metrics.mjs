// The same objects as in CommonJS: a program that uses both has one set of classes.
import metrics from "./metrics.cjs";

export const { QueueCollector, WorkerMetrics } = metrics;
