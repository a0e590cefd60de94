"""Traces by OpenTelemetry, through its API: ``pip install fairlane[opentelemetry]``.

``inject`` puts the context of a push into the job's headers, and ``traced`` has a worker's handler go
on with it, in a span of its own. Which headers these are says OpenTelemetry's global propagator; by
default ``traceparent``, ``tracestate`` and ``baggage``, as in every other language.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from opentelemetry import propagate
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider, get_tracer

from . import aio
from ._fairlane import VERSION, Job, Queue
from .outcome import Release

__all__ = ["inject", "traced"]

T = TypeVar("T")


def inject(headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give these headers with the current context added to them, for a push:
    ``queue.push(payload, headers=inject())``.

    Outside of any span there is nothing to add.
    """
    carrier = dict(headers or {})
    propagate.inject(carrier)
    return carrier


def traced(
    handler: Callable[[Job], T],
    queue: Queue | aio.Queue | str,
    *,
    tracer_provider: TracerProvider | None = None,
) -> Callable[[Job], T]:
    """Wrap a worker's handler, a plain or a coroutine function: it is called in a span of its own,
    whose parent is the span in which the job was pushed, if its headers name one.

    The span is a consumer's, named and told by OpenTelemetry's conventions for messaging. What the
    handler raises is recorded and makes it an error, Retry and Discard too but not Release; what the
    worker does is as without the span.

    - queue: the queue whose jobs these are, or its name.
    - tracer_provider: whose spans they are; the global one's by default.
    """
    name = queue if isinstance(queue, str) else queue.name
    tracer = get_tracer("fairlane", VERSION, tracer_provider)

    if inspect.iscoroutinefunction(handler):

        @functools.wraps(handler)
        async def attend(job: Job) -> Any:
            with _span(tracer, name, job):
                return await handler(job)

    else:

        @functools.wraps(handler)
        def attend(job: Job) -> Any:
            with _span(tracer, name, job):
                return handler(job)

    wrapped: Callable[[Job], Any] = attend
    return wrapped


@contextmanager
def _span(tracer: Tracer, queue: str, job: Job) -> Iterator[None]:
    with tracer.start_as_current_span(
        f"process {queue}",
        propagate.extract(job.headers),
        SpanKind.CONSUMER,
        {
            "messaging.system": "fairlane",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.destination.name": queue,
            "messaging.message.id": job.id,
        },
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Release:
            raise
        except BaseException as error:
            # The API itself would pass over a cancellation and SystemExit, which end a try too.
            _record(span, error)
            raise


def _record(span: Span, error: BaseException) -> None:
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    span.set_attribute("error.type", module + kind.__qualname__)
    span.record_exception(error)
    span.set_status(StatusCode.ERROR, str(error))
