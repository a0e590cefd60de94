"""One start of a worker on an event loop, from there to its end."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from .. import _fairlane
from .._fairlane import Job, _Crew
from ..outcome import Errors, Observer, Verdict, log, raised, returned
from .queue import Queue

GIVING_BACK = 1.0
"""How many seconds a stop waits, at its end, for the store to take back what still runs."""


@dataclass(frozen=True)
class Plan:
    """What a worker is to do."""

    queue: Queue
    handler: Callable[[Job], object]
    also: tuple[tuple[Queue, int], ...]
    concurrency: int | None
    lease: "float | timedelta"
    timeout: "float | timedelta | None"
    max_jobs: int | None
    until_empty: bool
    retry_on: Errors
    observer: Observer | None


class Crew:
    """Runs a task a job, and tells the native half how each has ended."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._cancelled: set[int] = set()
        self._is_over = False
        self._over = asyncio.Event()
        self._ended = asyncio.Event()
        also: Iterable[tuple[_fairlane.Queue, int]] = [
            (queue._queue, weight) for queue, weight in plan.also
        ]
        self.native = _Crew(
            plan.queue._outbox(),
            plan.queue._queue,
            list(also),
            self._hear,
            self._observe,
            plan.observer is not None,
            plan.concurrency,
            plan.lease,
            plan.timeout,
            plan.max_jobs,
            plan.until_empty,
        )
        self.native.start()
        loop = asyncio.get_running_loop()
        self._loop_end: asyncio.Future[None] = loop.create_future()
        self._watcher = loop.create_task(self._watch())

    def drain(self) -> None:
        """Takes no more jobs."""
        self.native.drain()

    def give_up(self) -> None:
        """Gives back what still runs."""
        self.native.drain()
        self.native.give_up()
        for number in list(self._tasks):
            self._cancel(number)

    async def stop(self, timeout: float) -> bool:
        """Ends within a time; tells whether every handler has returned."""
        self.drain()
        if not await _until(self._ended, timeout):
            self.give_up()
            await _until(self._ended, GIVING_BACK)
        return self._ended.is_set()

    async def wait(self, timeout: float | None) -> bool:
        """Waits for the end; tells whether it has come."""
        return await _until(self._over, timeout)

    async def _watch(self) -> None:
        """Stands on the loop for the worker: it ends with the loop, which cancels its tasks, or drops
        them."""
        try:
            await self._loop_end
        except BaseException:
            self.give_up()
            raise

    def _hear(self, about: str, *details: object) -> None:
        if about == "delivered":
            self._begin(*details)  # type: ignore[arg-type]
        elif about == "raised":
            number, reason = details
            # To finish is fine for a handler that runs when the worker stops.
            if reason != "stopping" and isinstance(number, int):
                self._cancel(number)
        else:
            self._is_over = True
            self._over.set()
            if not self._loop_end.done():
                self._loop_end.set_result(None)
            self._look_for_end()

    def _begin(self, deliveries: list[tuple[int, Job]]) -> None:
        loop = asyncio.get_running_loop()
        for number, job in deliveries:
            if self._loop_end.cancelled():
                self.native.end(number, ("release", 0.0))
            else:
                task = loop.create_task(self._attend(number, job))
                # An eager task may have ended already.
                if not task.done():
                    self._tasks[number] = task
                    task.add_done_callback(functools.partial(self._leave, number))

    async def _attend(self, number: int, job: Job) -> None:
        self._end(number, await self._judge(number, job))

    def _leave(self, number: int, task: asyncio.Task[None]) -> None:
        """Ends the delivery of a task that was cancelled before its first step, as by a timeout while
        the loop was blocked: nothing of its coroutine has run, nor will."""
        if task.cancelled() and number in self._tasks:
            self._end(number, ("release", 0.0))

    def _end(self, number: int, verdict: Verdict) -> None:
        self._tasks.pop(number, None)
        self._cancelled.discard(number)
        self.native.end(number, verdict)
        self._look_for_end()

    async def _judge(self, number: int, job: Job) -> Verdict:
        try:
            result = self._plan.handler(job)
            if inspect.isawaitable(result):
                awaitable: Awaitable[object] = result
                result = await awaitable
        except GeneratorExit:
            raise
        except asyncio.CancelledError as error:
            # Cancelled from here, or with the loop. Otherwise it is an error of the handler's own.
            if number in self._cancelled or self._loop_end.cancelled():
                return "release", 0.0
            return raised(job, error, self._plan.retry_on)
        except BaseException as error:  # noqa: BLE001 - SystemExit too, see raised
            return raised(job, error, self._plan.retry_on)
        return returned(result)

    def _cancel(self, number: int) -> None:
        task = self._tasks.get(number)
        if task is not None:
            self._cancelled.add(number)
            task.cancel()

    def _look_for_end(self) -> None:
        if self._is_over and not self._tasks:
            self._ended.set()

    def _observe(self, kind: str, job: Job | None, *details: object) -> None:
        log(kind, job, details)
        if self._plan.observer is not None:
            self._plan.observer(kind, job, *details)


async def _until(event: asyncio.Event, timeout: float | None) -> bool:
    """Waits for an event, for a time at most; tells whether it has come."""
    if timeout is not None and timeout <= 0:
        return event.is_set()
    try:
        await asyncio.wait_for(event.wait(), timeout)
    except asyncio.TimeoutError:
        return event.is_set()
    return True
