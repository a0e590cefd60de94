"""Metrics, as the parser of Prometheus' client library reads them."""

import queue as stdlib
import sys
from pathlib import Path
from subprocess import run

import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fairlane import BackoffPolicy, Discard, Job, Queue, Release, Worker
from fairlane.metrics import QueueCollector, WorkerMetrics

SOON = 20.0


def families(text: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def scrape(registry: CollectorRegistry) -> dict[str, Metric]:
    return families(generate_latest(registry).decode())


def collect(*queues: Queue, lanes: bool = False) -> dict[str, Metric]:
    registry = CollectorRegistry()
    registry.register(QueueCollector(*queues, lanes=lanes))
    return scrape(registry)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Where a queue is with a job in each state, in lanes that are hard to write down."""
    url = str(tmp_path / "jobs.db")
    queue = Queue(url, "mail")
    parent = queue.push(b"parent", 'ten"ant')
    queue.push(b"child", "back\\slash", after=parent)
    queue.push(b"late", "two\nlines", delay=3600)
    queue.push(b"fails", "b")
    job = queue.pop()
    assert job is not None
    assert job.payload == b"parent"
    failing = queue.pop()
    assert failing is not None
    queue.fail(failing, "for good")
    queue.push(b"ready", "throttled")
    queue.throttle("throttled", 3600)
    queue.release(job)
    queue.close()
    return url


@pytest.mark.parametrize("lanes", [False, True])
def test_the_program_and_the_collector_tell_the_same(file: str, lanes: bool) -> None:
    command = [sys.executable, "-m", "fairlane", "-u", file, "-q", "mail", "metrics"]
    command += ["--lanes"] if lanes else []
    printed = run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    collected = collect(Queue(file, "mail"), lanes=lanes)
    assert collected.pop("fairlane_queue_up").samples[0].value == 1
    assert families(printed) == collected
    assert len(collected) == (14 if lanes else 11)


def test_what_stands_in_a_queue_is_told(file: str) -> None:
    told = collect(Queue(file, "mail"), lanes=True)
    waiting = {
        sample.labels["state"]: sample.value for sample in told["fairlane_jobs_waiting"].samples
    }
    assert waiting == {"ready": 2, "delayed": 1, "blocked": 1}
    assert told["fairlane_jobs_dead"].samples[0].value == 1
    assert told["fairlane_jobs_pushed"].type == "counter"
    assert told["fairlane_jobs_pushed"].samples[0].value == 5
    states = {
        sample.labels["lane"]: sample.labels["state"]
        for sample in told["fairlane_lane_state"].samples
    }
    assert states["throttled"] == "throttled"
    assert states["two\nlines"] == "empty"
    assert states["back\\slash"] == "empty"


def test_a_queue_that_cannot_be_asked_takes_nothing_from_the_others() -> None:
    up, down = Queue("memory:", "up"), Queue("memory:", "down")
    down.close()
    told = collect(up, down)
    assert [sample.value for sample in told["fairlane_queue_up"].samples] == [1, 0]
    assert [sample.labels for sample in told["fairlane_lanes"].samples] == [{"queue": "up"}]


def test_what_a_worker_does_is_counted_and_timed() -> None:
    ends: stdlib.Queue[str] = stdlib.Queue()
    registry = CollectorRegistry()
    observe = WorkerMetrics(registry=registry, buckets=(10.0,)).observer("mail")

    def observer(kind: str, job: Job | None, *details: object) -> None:
        observe(kind, job, *details)
        if kind not in ("started", "idle"):
            ends.put(kind)

    def handler(job: Job) -> None:
        if job.payload == b"dead":
            raise Discard("never")
        if job.payload == b"failed":
            raise ValueError("not now")
        if job.payload == b"released":
            raise Release(delay=3600)

    queue = Queue("memory:", "mail")
    outcomes = ["done", "done", "failed", "dead", "released"]
    for payload in outcomes:
        queue.push(payload.encode(), backoff=BackoffPolicy(min=3600, max=3600))
    with Worker(queue, handler, observer=observer):
        assert sorted(ends.get(timeout=SOON) for _ in outcomes) == sorted(outcomes)
    told = scrape(registry)
    counted = {
        sample.labels["outcome"]: sample.value
        for sample in told["fairlane_deliveries"].samples
        if sample.name == "fairlane_deliveries_total"
    }
    assert counted == {"done": 2, "failed": 1, "dead": 1, "released": 1, "lost": 0}
    buckets = {
        sample.labels["le"]: sample.value
        for sample in told["fairlane_job_duration_seconds"].samples
        if sample.name == "fairlane_job_duration_seconds_bucket"
    }
    assert buckets == {"10.0": 4, "+Inf": 4}


def test_the_jobs_of_several_queues_are_counted_under_their_own() -> None:
    registry = CollectorRegistry()
    mail, post = Queue("memory:", "mail"), Queue("memory:", "post")
    for queue, count in ((mail, 1), (post, 2)):
        for _ in range(count):
            queue.push(b"")
    queues: stdlib.Queue[str | None] = stdlib.Queue()
    worker = Worker(
        mail,
        lambda job: queues.put(job.queue),
        also=[(post, 1)],
        until_empty=True,
        observer=WorkerMetrics(registry=registry).observer(mail),
    )
    worker.run()
    assert sorted(str(queues.get_nowait()) for _ in range(3)) == ["mail", "post", "post"]
    told = scrape(registry)
    done = {
        sample.labels["queue"]: sample.value
        for sample in told["fairlane_deliveries"].samples
        if sample.name == "fairlane_deliveries_total" and sample.labels["outcome"] == "done"
    }
    assert done == {"mail": 1, "post": 2}
    timed = {
        sample.labels["queue"]: sample.value
        for sample in told["fairlane_job_duration_seconds"].samples
        if sample.name == "fairlane_job_duration_seconds_count"
    }
    assert timed == done
