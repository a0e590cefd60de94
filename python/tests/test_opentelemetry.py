"""Traces from push to handler, as the SDK of OpenTelemetry tells them."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from conftest import Redis
from opentelemetry import baggage, context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

import fairlane
from fairlane import Discard, Job, NewJob, Queue, Release, Retry, Worker, aio
from fairlane.opentelemetry import inject, traced

SOON = 20.0


class Traces:
    """Spans that have ended."""

    def __init__(self) -> None:
        self.provider = TracerProvider()
        self.exporter = InMemorySpanExporter()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    def push_in_a_span(self, push: Callable[[dict[str, str]], object]) -> ReadableSpan:
        """Pushes within a span, and gives that span."""
        with self.provider.get_tracer("tests").start_as_current_span("order"):
            push(inject())
        (span,) = self.take()
        return span

    def take(self) -> tuple[ReadableSpan, ...]:
        spans = self.exporter.get_finished_spans()
        self.exporter.clear()
        return spans


@pytest.fixture
def traces() -> Iterator[Traces]:
    traces = Traces()
    yield traces
    traces.provider.shutdown()


def work(queue: Queue, handler: Callable[[Job], object], traces: Traces) -> list[str]:
    """Works off a queue, and tells how each delivery ended."""
    told: list[str] = []
    ended = threading.Event()

    def observe(kind: str, *_details: object) -> None:
        if kind in ("done", "failed", "dead", "released"):
            told.append(kind)
            ended.set()

    wrapped = traced(handler, queue, tracer_provider=traces.provider)
    with Worker(queue, wrapped, concurrency=1, observer=observe):
        assert ended.wait(SOON)
    return told


def test_a_handler_goes_on_with_the_trace_of_the_push(queue: Queue, traces: Traces) -> None:
    order = traces.push_in_a_span(lambda headers: queue.push(b"x", headers=headers))
    within: list[int] = []

    def handler(job: Job) -> None:
        within.append(get_current_span().get_span_context().span_id)
        assert job.headers["traceparent"].split("-")[2] == f"{order.context.span_id:016x}"

    assert work(queue, handler, traces) == ["done"]
    (span,) = traces.take()
    assert span.parent is not None
    assert span.parent.is_remote
    assert span.parent.span_id == order.context.span_id
    assert span.context.trace_id == order.context.trace_id
    assert within == [span.context.span_id]
    assert (span.name, span.kind) == ("process tests", SpanKind.CONSUMER)
    assert span.attributes == {
        "messaging.system": "fairlane",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "tests",
        "messaging.message.id": "1",
    }
    assert span.status.status_code is StatusCode.UNSET


def test_a_job_of_no_trace_begins_one(queue: Queue, traces: Traces) -> None:
    queue.push(b"x", headers=inject({"source": "import"}))
    assert work(queue, lambda job: None, traces) == ["done"]
    (span,) = traces.take()
    assert span.parent is None


def test_headers_of_the_callers_own_and_baggage_go_along() -> None:
    given = {"source": "import"}
    token = context.attach(baggage.set_baggage("tenant", "7"))
    try:
        assert inject(given) == {"source": "import", "baggage": "tenant=7"}
    finally:
        context.detach(token)
    assert given == {"source": "import"}
    assert inject() == {}


@pytest.mark.parametrize(
    ("raised", "outcome", "kind"),
    [
        (ValueError("not now"), "failed", "ValueError"),
        (Retry("later", delay=3600), "failed", "fairlane.outcome.Retry"),
        (Discard("never"), "dead", "fairlane.outcome.Discard"),
        (SystemExit("out"), "failed", "SystemExit"),
        (Release(delay=3600), "released", None),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, BaseException) else None,
)
def test_what_a_handler_raises_is_recorded_and_means_what_it_did(
    traces: Traces, raised: BaseException, outcome: str, kind: str | None
) -> None:
    queue = Queue("memory:", "mail")
    queue.push(b"x", backoff=fairlane.BackoffPolicy(min=3600, max=3600))

    def handler(job: Job) -> None:
        raise raised

    assert work(queue, handler, traces) == [outcome]
    (span,) = traces.take()
    assert span.attributes is not None
    assert span.attributes.get("error.type") == kind
    if kind is None:
        assert (span.status.status_code, span.events) == (StatusCode.UNSET, ())
    else:
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, str(raised))
        assert [event.name for event in span.events] == ["exception"]


def test_a_coroutine_function_is_traced_to_its_end(traces: Traces) -> None:
    async def main() -> None:
        ended = asyncio.Event()

        async def handler(job: Job) -> NewJob | None:
            await asyncio.sleep(0)
            if job.payload == b"next":
                ended.set()
                return None
            # What is pushed next goes on with the trace.
            return NewJob(b"next", headers=inject())

        async with aio.Queue("memory:", "mail") as queue:
            await queue.push(b"first")
            wrapped = traced(handler, queue, tracer_provider=traces.provider)
            async with aio.Worker(queue, wrapped):
                await asyncio.wait_for(ended.wait(), SOON)

    asyncio.run(main())
    first, following = traces.take()
    assert following.parent is not None
    assert following.parent.span_id == first.context.span_id


PRODUCER = """
import sys
from opentelemetry.sdk.trace import TracerProvider
from fairlane import Queue
from fairlane.opentelemetry import inject

with TracerProvider().get_tracer("tests").start_as_current_span("order") as span:
    Queue(sys.argv[1], "tests").push(b"x", headers=inject())
    print(span.get_span_context().trace_id, span.get_span_context().span_id)
"""


def test_a_trace_goes_from_process_to_process(redis: Redis, traces: Traces) -> None:
    url = redis.url()
    command = [sys.executable, "-c", PRODUCER, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    trace_id, span_id = map(int, done.stdout.split())
    with Queue(url, "tests") as queue:
        assert work(queue, lambda job: None, traces) == ["done"]
    (span,) = traces.take()
    assert span.parent is not None
    assert (span.context.trace_id, span.parent.span_id) == (trace_id, span_id)
