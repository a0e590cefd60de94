"""Metrics for Prometheus, through its client library: ``pip install fairlane[metrics]``.

``QueueCollector`` tells what stands in queues, at each scrape; ``WorkerMetrics`` counts and times
what the workers of this process do. ``fairlane metrics`` prints the former for any other collector.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ._fairlane import Counts, Job, LaneInfo, Queue, Stats
from .errors import Error
from .outcome import Observer

__all__ = ["QueueCollector", "WorkerMetrics"]

Sample = tuple[Sequence[str], float]
"""The values of labels, that of the queue first, and the value."""

GAUGES: list[tuple[str, str, Callable[[Stats], int]]] = [
    ("jobs_in_flight", "Jobs that are being worked on.", lambda stats: stats.counts.in_flight),
    ("jobs_dead", "Dead jobs in the archive.", lambda stats: stats.dead),
    (
        "jobs_quarantined",
        "Rows set aside because they could not be read.",
        lambda stats: stats.quarantined,
    ),
    ("lanes", "Lanes with jobs, settings or unexpired limits.", lambda stats: stats.lanes),
    ("queue_paused", "Whether the whole queue is paused.", lambda stats: stats.paused),
]
COUNTERS: list[tuple[str, str, Callable[[Stats], int]]] = [
    ("jobs_pushed_total", "Jobs pushed, follow-ups included.", lambda stats: stats.pushed),
    ("jobs_completed_total", "Jobs completed.", lambda stats: stats.completed),
    ("jobs_retried_total", "Deliveries that ended in a retry.", lambda stats: stats.retried),
    ("jobs_died_total", "Jobs that died.", lambda stats: stats.died),
    (
        "leases_lapsed_total",
        "Leases that lapsed, those of killed workers included.",
        lambda stats: stats.lapsed,
    ),
]


class QueueCollector(Collector):
    """Tells what stands in queues, each time that it is asked: ``REGISTRY.register(collector)``.

    A scrape is one look at each queue, which costs the same however many jobs it has. A queue whose
    store cannot answer is told as not up, and of it nothing else.

    - lanes: tell each lane's jobs and state as well, for queues whose lanes are few: each lane is
      some more time series, and the look takes as long as there are lanes.
    """

    def __init__(self, *queues: Queue, lanes: bool = False) -> None:
        self._queues = queues
        self._lanes = lanes

    def collect(self) -> Iterator[Metric]:
        """Look at the queues."""
        up: list[Sample] = []
        stats: list[tuple[str, Stats]] = []
        lanes: list[tuple[str, LaneInfo]] = []
        for queue in self._queues:
            try:
                looked = queue.stats()
                listed = queue.lanes() if self._lanes else []
            except Error:
                up.append(([queue.name], 0))
                continue
            up.append(([queue.name], 1))
            stats.append((queue.name, looked))
            lanes += [(queue.name, lane) for lane in listed]
        yield _gauge("queue_up", "Whether the queue's store has answered.", [], up)
        yield from _of_queues(stats)
        if self._lanes:
            yield from _of_lanes(lanes)


def _of_queues(all: list[tuple[str, Stats]]) -> Iterator[Metric]:
    yield _gauge(
        "jobs_waiting",
        "Jobs that wait for a worker, for their time, or for another job.",
        ["state"],
        [([name, *rest], value) for name, stats in all for rest, value in _waiting(stats.counts)],
    )
    for metric, text, value in GAUGES:
        yield _gauge(metric, text, [], [([name], value(stats)) for name, stats in all])
    for metric, text, value in COUNTERS:
        family = CounterMetricFamily(f"fairlane_{metric}", text, labels=["queue"])
        for name, stats in all:
            family.add_metric([name], value(stats))
        yield family


def _of_lanes(all: list[tuple[str, LaneInfo]]) -> Iterator[Metric]:
    yield _gauge(
        "lane_jobs_waiting",
        "Jobs of a lane that wait for a worker, for their time, or for another job.",
        ["lane", "state"],
        [
            ([name, lane.name, *rest], value)
            for name, lane in all
            for rest, value in _waiting(lane.counts)
        ],
    )
    yield _gauge(
        "lane_jobs_in_flight",
        "Jobs of a lane that are being worked on.",
        ["lane"],
        [([name, lane.name], lane.counts.in_flight) for name, lane in all],
    )
    yield _gauge(
        "lane_state",
        "1 for the state that a lane is in: ready, empty, throttled, capped or paused.",
        ["lane", "state"],
        [([name, lane.name, lane.state], 1) for name, lane in all],
    )


def _waiting(counts: Counts) -> list[Sample]:
    return [
        (["ready"], counts.ready),
        (["delayed"], counts.delayed),
        (["blocked"], counts.blocked),
    ]


def _gauge(name: str, text: str, labels: list[str], samples: Iterable[Sample]) -> Metric:
    family = GaugeMetricFamily(f"fairlane_{name}", text, labels=["queue", *labels])
    for values, value in samples:
        family.add_metric(values, value)
    return family


class WorkerMetrics:
    """Counts and times what workers of this process do, by queue.

    Make one a registry, and give each worker ``observer=metrics.observer(queue)``.

    - registry: where the metrics are told.
    - buckets: the upper bounds of the durations, in seconds.
    """

    def __init__(
        self,
        *,
        registry: CollectorRegistry = REGISTRY,
        buckets: Sequence[float] = Histogram.DEFAULT_BUCKETS,
    ) -> None:
        self._durations = Histogram(
            "fairlane_job_duration_seconds",
            "How long handlers took that have returned or failed.",
            ["queue"],
            registry=registry,
            buckets=buckets,
        )
        self._ends = Counter(
            "fairlane_deliveries_total",
            "Deliveries by how they ended: done, failed, dead, released or lost.",
            ["queue", "outcome"],
            registry=registry,
        )
        self._troubles = Counter(
            "fairlane_store_errors_total",
            "Times that a worker could not be served by its store.",
            ["queue"],
            registry=registry,
        )

    def observer(self, queue: Queue | str) -> Observer:
        """Give what is to be the observer of a worker of a queue, or of a queue of that name. What the
        worker does for further queues is counted under their own names."""
        first = _OfQueue(self, queue if isinstance(queue, str) else queue.name)
        counts = {first.name: first}

        def of(name: str) -> _OfQueue:
            # Threads that make one at once make the same: the labels are the registry's.
            return counts.get(name) or counts.setdefault(name, _OfQueue(self, name))

        def observe(kind: str, job: Job | None, *details: object) -> None:
            if job is not None:
                (of(job.queue) if job.queue else first).ended(kind, details)
            elif kind == "trouble":
                of(str(details[0])).troubles.inc()

        return observe


class _OfQueue:
    """The metrics of one queue."""

    def __init__(self, metrics: WorkerMetrics, name: str) -> None:
        self.name = name
        self.troubles = metrics._troubles.labels(name)
        self._durations = metrics._durations.labels(name)
        self._ends = {
            outcome: metrics._ends.labels(name, outcome)
            for outcome in ("done", "failed", "dead", "released", "lost")
        }

    def ended(self, kind: str, details: tuple[object, ...]) -> None:
        if kind in self._ends:
            self._ends[kind].inc()
            if details and isinstance(details[0], float):
                self._durations.observe(details[0])
