"use strict";

// What Prometheus is told through its client library, which a program installs if it wants this.
const { Counter, Gauge, Histogram, register } = require("prom-client");
const check = require("./lib/check.cjs");
const { FairlaneError } = require("./lib/errors.cjs").classes;
const { Queue } = require("./lib/queue.cjs");
const { origins } = require("./lib/origins.cjs");
const { Worker } = require("./lib/worker.cjs");

const waiting = ({ counts: { ready, delayed, blocked } }) => Object.entries({ ready, delayed, blocked });

/** Of each queue: the labels beside its name, and samples as values of these labels and a number. */
const OF_QUEUES = [
  ["jobs_waiting", "Jobs that wait for a worker, for their time, or for another job.", ["state"], waiting],
  ["jobs_in_flight", "Jobs that are being worked on.", [], (stats) => [[stats.counts.inFlight]]],
  ["jobs_dead", "Dead jobs in the archive.", [], (stats) => [[stats.dead]]],
  ["jobs_quarantined", "Rows set aside because they could not be read.", [], (stats) => [[stats.quarantined]]],
  ["lanes", "Lanes with jobs, settings or unexpired limits.", [], (stats) => [[stats.lanes]]],
  ["queue_paused", "Whether the whole queue is paused.", [], (stats) => [[Number(stats.paused)]]],
  ["jobs_pushed_total", "Jobs pushed, follow-ups included.", [], (stats) => [[stats.pushed]]],
  ["jobs_completed_total", "Jobs completed.", [], (stats) => [[stats.completed]]],
  ["jobs_retried_total", "Deliveries that ended in a retry.", [], (stats) => [[stats.retried]]],
  ["jobs_died_total", "Jobs that died.", [], (stats) => [[stats.died]]],
  ["leases_lapsed_total", "Leases that lapsed, those of killed workers included.", [], (stats) => [[stats.lapsed]]],
];
const OF_LANES = [
  [
    "lane_jobs_waiting",
    "Jobs of a lane that wait for a worker, for their time, or for another job.",
    ["lane", "state"],
    (lane) => waiting(lane).map((sample) => [lane.name, ...sample]),
  ],
  [
    "lane_jobs_in_flight",
    "Jobs of a lane that are being worked on.",
    ["lane"],
    (lane) => [[lane.name, lane.counts.inFlight]],
  ],
  [
    "lane_state",
    "1 for the state that a lane is in: ready, empty, throttled, capped or paused.",
    ["lane", "state"],
    (lane) => [[lane.name, lane.state, 1]],
  ],
];
const OUTCOMES = ["done", "failed", "dead", "released", "lost"];
const TIMED = new Set(["done", "failed", "dead"]);

/** Tells what stands in queues, each time that a registry is asked. */
class QueueCollector {
  #queues;
  #lanes;
  #looking = null;

  constructor(queues, options = undefined) {
    const { lanes = false, registry = register } = check.options(options, new Set(["lanes", "registry"]));
    this.#queues = check.many("queues", queues);
    for (const queue of this.#queues) {
      if (!(queue instanceof Queue)) throw check.refusal("queues", queue, "Queues");
    }
    this.#lanes = lanes;
    this.#make(registry, "queue_up", "Whether the queue's store has answered.", [], (look) =>
      look.map(({ name, stats }) => [name, Number(stats !== null)]),
    );
    for (const [name, help, labels, samples] of OF_QUEUES) {
      this.#make(registry, name, help, labels, (look) =>
        look.flatMap(({ name, stats }) => (stats ? samples(stats) : []).map((sample) => [name, ...sample])),
      );
    }
    for (const [name, help, labels, samples] of lanes ? OF_LANES : []) {
      this.#make(registry, name, help, labels, (look) =>
        look.flatMap(({ name, lanes }) => lanes.flatMap(samples).map((sample) => [name, ...sample])),
      );
    }
  }

  #make(registry, name, help, labels, samples) {
    const look = () => this.#look();
    const labelNames = ["queue", ...labels];
    const isCounter = name.endsWith("_total");
    const Metric = isCounter ? Counter : Gauge;
    new Metric({
      name: `fairlane_${name}`,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const all = samples(await look());
        this.reset();
        for (const sample of all) {
          const value = sample.pop();
          if (isCounter) this.inc(Object.fromEntries(labelNames.map((label, at) => [label, sample[at]])), value);
          else this.labels(...sample).set(value);
        }
      },
    });
  }

  /** Looks at all queues, once for all metrics of a scrape, which ask in one go. */
  #look() {
    this.#looking ??= Promise.all(this.#queues.map((queue) => this.#lookAt(queue))).finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #lookAt(queue) {
    const { name } = queue;
    try {
      const [stats, lanes] = await Promise.all([queue.stats(), this.#lanes ? queue.lanes() : []]);
      return { name, stats, lanes };
    } catch (error) {
      if (error instanceof FairlaneError) return { name, stats: null, lanes: [] };
      throw error;
    }
  }
}

/** Counts and times what workers of this process do. */
class WorkerMetrics {
  #durations;
  #ends;
  #troubles;

  constructor(options = undefined) {
    const { buckets, registry = register } = check.options(options, new Set(["buckets", "registry"]));
    const registers = [registry];
    this.#durations = new Histogram({
      name: "fairlane_job_duration_seconds",
      help: "How long handlers took that have returned or failed.",
      labelNames: ["queue"],
      registers,
      ...(buckets && { buckets }),
    });
    this.#ends = new Counter({
      name: "fairlane_deliveries_total",
      help: "Deliveries by how they ended: done, failed, dead, released or lost.",
      labelNames: ["queue", "outcome"],
      registers,
    });
    this.#troubles = new Counter({
      name: "fairlane_store_errors_total",
      help: "Times that a worker could not be served by its store.",
      labelNames: ["queue"],
      registers,
    });
  }

  observe(worker, queue) {
    if (!(worker instanceof Worker)) throw check.refusal("worker", worker, "a Worker");
    const name = queue instanceof Queue ? queue.name : queue;
    if (typeof name !== "string") throw check.refusal("queue", queue, "a Queue or its name");
    const counts = new Map();
    const of = (queue) => {
      if (!counts.has(queue)) counts.set(queue, this.#of(queue));
      return counts.get(queue);
    };
    of(name);
    for (const outcome of OUTCOMES) {
      worker.on(outcome, (job, took) => {
        const { durations, ends } = of(origins.get(job) ?? name);
        ends[outcome].inc();
        if (TIMED.has(outcome)) durations.observe(took / 1000);
      });
    }
    worker.on("trouble", (queue) => of(queue).troubles.inc());
  }

  /** Gives the metrics of one queue, which begin at 0. */
  #of(queue) {
    const durations = this.#durations.labels(queue);
    const ends = {};
    for (const outcome of OUTCOMES) {
      ends[outcome] = this.#ends.labels(queue, outcome);
      ends[outcome].inc(0);
    }
    const troubles = this.#troubles.labels(queue);
    troubles.inc(0);
    return { durations, ends, troubles };
  }
}

module.exports = { QueueCollector, WorkerMetrics };
