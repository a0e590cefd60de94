"""Workers: handlers that are called with the jobs of a queue."""

import atexit
import inspect
import signal
import weakref
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING

from ._fairlane import DEFAULT_LEASE, Job, Queue, _Worker
from ._time import seconds
from .outcome import Discard, Errors, Observer, Release, Retry, Verdict, log, raised, returned

if TYPE_CHECKING:
    from typing_extensions import Self

SLICE = 0.05
"""How many seconds a wait may take without looking for signals."""

__all__ = ["Discard", "Handler", "Observer", "Release", "Retry", "Worker"]

Handler = Callable[[Job], object]
"""What a worker calls with each job. To return means done; a NewJob, or a list or tuple of them, is
pushed in the same step; anything else but None, bytes or a JSON value, is kept for an hour as the
result of the job. To raise means that the try failed."""


class Worker:
    """Calls a handler with the jobs of one or more queues, on threads of its own.

    The lease of a job is extended for as long as its handler runs. If the handler returns, the job
    is done; if it raises, the try failed and the job comes again after its backoff, or is dead if
    its tries are spent. It may raise Retry, Discard or Release to say otherwise.

    - also: further queues with their weights; where jobs wait in several queues, each gets slots in
      proportion to its weight, 1 for the first queue.
    - concurrency: how many jobs run at once, 1 to 1,024; as many as there are processors by default.
    - lease: how many seconds after this process died its jobs come again at the latest.
    - timeout: give a handler up that takes longer: its job's signal is raised, the try counts as
      failed, and the job may run again elsewhere. A thread cannot be ended from outside: its slot is
      free again when the handler returns.
    - max_jobs: stop by itself when handlers have begun with that many jobs, each try counted, and have
      returned; what was taken ahead goes back untried.
    - until_empty: stop by itself when none of its queues has a job that is ready, delayed or in flight
      with any worker. The jobs of paused lanes are waited for, those that are blocked by dead jobs are
      not.
    - retry_on: which exceptions have the job tried again; any other makes it dead at once.
    - observer: is told what happens; see Observer. Failures are logged to ``fairlane.worker`` too.

    As a context manager it starts, and stops at the end of the block.
    """

    def __init__(
        self,
        queue: Queue,
        handler: Handler,
        *,
        also: Iterable[tuple[Queue, int]] = (),
        concurrency: int | None = None,
        lease: "float | timedelta" = DEFAULT_LEASE,
        timeout: "float | timedelta | None" = None,
        max_jobs: int | None = None,
        until_empty: bool = False,
        retry_on: Errors = BaseException,
        observer: Observer | None = None,
    ) -> None:
        if not callable(handler):
            raise TypeError(f"handler {handler!r} is not accepted: accepted are functions of a job")
        if inspect.iscoroutinefunction(handler):
            raise TypeError(
                f"handler {handler!r} is a coroutine function: accepted are plain functions; "
                "fairlane.aio.Worker takes coroutine functions"
            )

        # Neither refers to this object: it could not be collected, as the native half holds them.
        def attend(job: Job) -> Verdict:
            return _attend(handler, retry_on, job)

        def observe(kind: str, job: Job | None, *details: object) -> None:
            log(kind, job, details)
            if observer is not None:
                observer(kind, job, *details)

        self._native = _Worker(
            queue,
            list(also),
            attend,
            observe,
            observer is not None,
            concurrency,
            lease,
            timeout,
            max_jobs,
            until_empty,
        )

    @property
    def state(self) -> str:
        """Where the worker stands: "stopped", "running" or "stopping"."""
        return self._native.state()

    def start(self) -> None:
        """Start taking jobs; harmless if it runs. One that was stopped may be started again.

        Raises InvalidArgumentError if an option is out of range, UnavailableError if it is stopping.
        """
        self._native.start()
        # Threads that run on into the end of the interpreter would hang or crash it.
        _running.add(self)

    def stop(self, timeout: "float | timedelta" = 30.0) -> bool:
        """Take no more jobs, give those back untried that have not begun, and let handlers finish
        for ``timeout`` seconds; then what still runs is given back untried too, and its outcome does
        not count. Tell whether every handler has returned. Stopping again is harmless."""
        left = seconds("timeout", timeout)
        self._native.drain()
        return self._has_ended(left) or self._native.stop()

    def wait(self, timeout: "float | timedelta | None" = None) -> bool:
        """Wait until the worker has stopped, or for ``timeout`` seconds; tell whether it has.

        Raises why it stopped by itself: its queue was closed, or is broken beyond trying again.
        Ctrl-C ends the wait.
        """
        ended = self._has_ended(None if timeout is None else seconds("timeout", timeout))
        if ended:
            self._native.check()
        return ended

    def _has_ended(self, left: float | None) -> bool:
        while True:
            # In slices, so that Python's signal handlers run.
            span = SLICE if left is None else max(min(left, SLICE), 0.0)
            if self._native.wait_for(span):
                _running.discard(self)
                return True
            if left is not None:
                left -= span
                if left <= 0:
                    return False

    def run(self, stop_timeout: "float | timedelta" = 30.0) -> None:
        """Start, and work until SIGINT or SIGTERM; then stop within ``stop_timeout`` seconds. A
        second signal gives back at once what still runs.

        To be called from the main thread. Raises why the worker stopped by itself.
        """
        patience = seconds("stop_timeout", stop_timeout)
        heard: list[int] = []

        def hear(number: int, _frame: FrameType | None) -> None:
            heard.append(number)
            self._native.drain()
            if len(heard) > 1:
                self._native.stop()

        before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self.start()
            while not heard and not self.wait(SLICE):
                pass
            self.stop(patience)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def __enter__(self) -> "Self":
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Worker {self.state}>"


_running: "weakref.WeakSet[Worker]" = weakref.WeakSet()


def _stop_all() -> None:
    """Gives back what runs when the interpreter ends."""
    for worker in list(_running):
        worker._native.stop()


atexit.register(_stop_all)


def _attend(handler: Handler, retry_on: Errors, job: Job) -> Verdict:
    """Calls the handler and says what follows from how it ended."""
    try:
        return returned(handler(job))
    except BaseException as error:  # noqa: BLE001 - SystemExit too, see raised
        return raised(job, error, retry_on)
