"""Workers for asyncio: handlers that are called on the event loop."""

import asyncio
import atexit
import contextlib
import signal
import weakref
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING, Any

from .._fairlane import DEFAULT_LEASE, Job
from .._time import seconds
from ..errors import UnavailableError
from ..outcome import Errors, Observer
from .crew import Crew, Plan
from .queue import Queue

if TYPE_CHECKING:
    from typing_extensions import Self

Handler = Callable[[Job], object]
"""What a worker calls with each job: a coroutine function, or a plain one, which blocks the loop while
it runs. What it returns and raises means what it does in ``fairlane.Worker``."""


class Worker:
    """Calls a handler with the jobs of one or more queues, on the event loop: ``fairlane.Worker``
    whose handlers are coroutine functions, a task each.

    The arguments mean the same. Leases are extended by a native thread, also while a handler blocks
    the loop. ``timeout`` cancels the handler's task, and so does the loss of its delivery; one that is
    cancelled because the worker or the loop ends goes back untried. The worker ends with its loop.

    As an asynchronous context manager it starts, and stops at the end of the block.
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
        sources = [(queue, 1), *also]
        for source, _ in sources:
            if not isinstance(source, Queue):
                raise TypeError(f"queue {source!r} is not accepted: accepted is fairlane.aio.Queue")
        self._plan = Plan(
            queue,
            handler,
            tuple(sources[1:]),
            concurrency,
            lease,
            timeout,
            max_jobs,
            until_empty,
            retry_on,
            observer,
        )
        self._crew: Crew | None = None

    @property
    def state(self) -> str:
        """Where the worker stands: "stopped", "running" or "stopping"."""
        return "stopped" if self._crew is None else self._crew.native.state()

    async def start(self) -> None:
        """Start taking jobs; harmless if it runs. One that was stopped may be started again.

        Raises InvalidArgumentError if an option is out of range, UnavailableError if it is stopping.
        """
        if self.state == "running":
            return
        if self.state == "stopping":
            raise UnavailableError(
                "worker is stopping: it may be started when it has stopped",
            )
        self._crew = Crew(self._plan)
        # Threads that run on into the end of the interpreter would hang or crash it.
        _running.add(self._crew)

    async def stop(self, timeout: "float | timedelta" = 30.0) -> bool:
        """Take no more jobs, give those back untried that have not begun, and let handlers finish
        for ``timeout`` seconds; then what still runs is cancelled and goes back untried. Tell whether
        every handler has returned. Stopping again is harmless."""
        patience = seconds("timeout", timeout)
        return self._crew is None or await self._crew.stop(patience)

    async def wait(self, timeout: "float | timedelta | None" = None) -> bool:
        """Wait until the worker has stopped, or for ``timeout`` seconds; tell whether it has.

        Raises why it stopped by itself: its queue was closed, or is broken beyond trying again.
        """
        patience = None if timeout is None else seconds("timeout", timeout)
        if self._crew is None:
            return True
        ended = await self._crew.wait(patience)
        if ended:
            self._crew.native.check()
        return ended

    async def run(self, stop_timeout: "float | timedelta" = 30.0) -> None:
        """Start, and work until SIGINT or SIGTERM; then stop within ``stop_timeout`` seconds. A
        second signal gives back at once what still runs.

        To be called in the main thread. Raises why the worker stopped by itself.
        """
        patience = seconds("stop_timeout", stop_timeout)
        stops: list[asyncio.Task[bool]] = []

        def hear() -> None:
            if stops:
                assert self._crew is not None
                self._crew.give_up()
            else:
                stops.append(asyncio.ensure_future(self.stop(patience)))

        await self.start()
        with _Signals(hear):
            try:
                await self.wait()
                if stops:
                    await stops[0]
            finally:
                if self._crew is not None and self.state != "stopped":
                    self._crew.give_up()

    async def __aenter__(self) -> "Self":
        await self.start()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.stop()

    def __repr__(self) -> str:
        return f"<Worker {self.state}>"


class _Signals:
    """Calls a function on the loop at SIGINT and SIGTERM, and puts back what was there before."""

    def __init__(self, hear: Callable[[], None]) -> None:
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.getsignal(number)
            try:
                self._loop.add_signal_handler(number, self._hear)
            except NotImplementedError:
                signal.signal(number, self._pass_on)

    def _pass_on(self, _number: int, _frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._hear)

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            with contextlib.suppress(NotImplementedError):
                self._loop.remove_signal_handler(number)
            signal.signal(number, handler)


_running: "weakref.WeakSet[Crew]" = weakref.WeakSet()


def _stop_all() -> None:
    """Gives back what runs when the interpreter ends."""
    for crew in list(_running):
        crew.native.stop()


atexit.register(_stop_all)
