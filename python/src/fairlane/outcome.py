"""How a handler says what becomes of its job: by what it returns, and by what it raises."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from ._fairlane import Job, NewJob
from .errors import Error

logger = logging.getLogger("fairlane.worker")

Errors = type[BaseException] | tuple[type[BaseException], ...]
"""Classes of exceptions."""

Observer = Callable[..., object]
"""What a worker tells events: called with a name, the job or None, and what else belongs to it.

- started, released, lost: the job
- done: the job, and how many seconds the handler took
- failed (the job comes again), dead (it does not): the job, the seconds, and the error text
- idle: None, and the queue's name
- trouble: None, the queue's name, and the error of the store; the worker goes on trying

It is called on the worker's threads, or on the event loop of an ``aio.Worker``; what it raises is
reported and changes nothing."""

Verdict = (
    tuple[str, Iterable[NewJob], object]
    | tuple[str, str, "float | timedelta | None"]
    | tuple[str, str]
    | tuple[str, "float | timedelta"]
)


class Retry(Exception):  # noqa: N818 - what a handler asks for, not what went wrong
    """Raised by a handler: the try failed; the job comes again after ``delay``, by default after its
    own backoff, and is dead if its tries are spent."""

    delay: float | None
    """In seconds; None leaves it to the backoff."""

    def __init__(self, error: str = "", *, delay: "float | timedelta | None" = None) -> None:
        super().__init__(error)
        self.delay = None if delay is None else _seconds(delay)


class Discard(Exception):  # noqa: N818
    """Raised by a handler: the job failed for good and is dead, whatever tries it had left."""

    def __init__(self, error: str = "") -> None:
        super().__init__(error)


class Release(Exception):  # noqa: N818
    """Raised by a handler: the job goes back untried, to the front of its lane or after ``delay``."""

    delay: float
    """In seconds."""

    def __init__(self, *, delay: "float | timedelta" = 0.0) -> None:
        super().__init__(delay)
        self.delay = _seconds(delay)


def _seconds(delay: "float | timedelta") -> float:
    return delay.total_seconds() if isinstance(delay, timedelta) else delay


def returned(result: object) -> Verdict:
    """Says what follows from what a handler has returned."""
    if isinstance(result, NewJob):
        return "done", [result], None
    jobs = result if isinstance(result, list | tuple) else ()
    if jobs and all(isinstance(job, NewJob) for job in jobs):
        return "done", jobs, None
    return "done", (), result


def raised(job: Job, error: BaseException, retry_on: Errors) -> Verdict:
    """Says what follows from what a handler has raised. SystemExit is an error as any other: a
    handler does not end the process that works for others."""
    if isinstance(error, Retry):
        return "retry", text_of(error), error.delay
    if isinstance(error, Discard):
        return "fail", text_of(error)
    if isinstance(error, Release):
        return "release", error.delay
    logger.warning("job %s failed in try %d", job.id, job.tries, exc_info=error)
    if isinstance(error, retry_on):
        return "retry", text_of(error), None
    return "fail", text_of(error)


def text_of(error: BaseException) -> str:
    """Gives what is kept with the job."""
    text = str(error)
    if not isinstance(error, Retry | Discard):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    # Half a character, as in a file name that is not UTF-8.
    return text.encode(errors="backslashreplace").decode()


def log(kind: str, job: Job | None, details: tuple[object, ...]) -> None:
    """Logs an event that somebody may have to look after."""
    if kind == "dead" and job is not None:
        logger.error("job %s is dead after try %d: %s", job.id, job.tries, details[1])
    elif kind == "lost" and job is not None:
        logger.warning("delivery %s of job %s is lost", job.token, job.id)
    elif kind == "trouble":
        assert isinstance(details[1], Error)
        logger.warning("queue %r cannot serve, trying again: %s", details[0], details[1])
