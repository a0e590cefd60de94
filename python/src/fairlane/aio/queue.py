"""The queue for asyncio."""

import asyncio
import atexit
import weakref
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from .. import _fairlane
from .._fairlane import (
    DEFAULT_LANE,
    DEFAULT_LEASE,
    DEFAULT_MAX_TRIES,
    DEFAULT_PRIORITY,
    Backoff,
    BackoffPolicy,
    Job,
    JobInfo,
    LaneInfo,
    ManualClock,
    NewJob,
    Pushed,
    Repaired,
    ScheduleInfo,
    Stats,
    Swept,
    _Line,
    _Outbox,
)
from ..errors import ClosedError, Error
from .dethrottler import Dethrottler

if TYPE_CHECKING:
    from typing_extensions import Self

P = ParamSpec("P")
T = TypeVar("T")

ROUND = 3600.0
"""How many seconds ``jobs`` waits at a time: any long time would do."""


class Queue:
    """One named queue in one store, for asyncio: ``fairlane.Queue``, whose verbs are awaited here.

    The arguments, defaults and errors are the same. A queue belongs to no loop: it may be used from
    several, in several threads. Calls are made in their order by one native thread a queue, those that
    came meanwhile in one step; pops that wait are held by one more, and so are waits for results, so
    that they block no other call.

    To make one opens it at once: with a file that blocks for some milliseconds, with a server it does
    not, as that is connected to by the first call. As an asynchronous context manager it closes at
    the end of the block.

    To cancel a pop loses no job: what it would have got goes back untried (with lease 0, "at most
    once", it may be gone). Any other call that is cancelled may have happened, or not.
    """

    def __init__(
        self,
        url: "str | PathLike[str]",
        name: str,
        *,
        durability: str = "full",
        create: bool = True,
        keep_leases: bool = False,
        max_payload: int = 16_777_216,
        max_failed: int = 10_000,
        busy_timeout: "float | timedelta" = 10.0,
        clock: ManualClock | None = None,
    ) -> None:
        self._queue = _fairlane.Queue(
            url,
            name,
            durability=durability,
            create=create,
            keep_leases=keep_leases,
            max_payload=max_payload,
            max_failed=max_failed,
            busy_timeout=busy_timeout,
            clock=clock,
        )
        self._line = _Line(self._queue)
        self._outboxes: dict[asyncio.AbstractEventLoop, _Outbox] = {}
        # Threads that run on into the end of the interpreter would hang or crash it.
        _opened.add(self)

    @property
    def name(self) -> str:
        """The queue's name."""
        return self._queue.name

    async def close(self) -> None:
        """Close: every waiting pop ends with ClosedError, and so does every later call. Closing again
        is harmless. Jobs in flight keep their leases."""
        await self._call(self._queue.close)
        self._line.end()

    async def push(
        self,
        payload: object,
        lane: str = DEFAULT_LANE,
        *,
        priority: int = DEFAULT_PRIORITY,
        tps: int | None = None,
        rate: "tuple[int, float | timedelta] | None" = None,
        delay: "float | timedelta | None" = None,
        at: "float | datetime | None" = None,
        cost: int = 1,
        key: str | None = None,
        key_ttl: "float | timedelta" = 0.0,
        max_tries: int = DEFAULT_MAX_TRIES,
        backoff: BackoffPolicy | Backoff | None = None,
        after: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Push one job and give its id; the holder's id, if the job's key is held. The settings are
        those of ``fairlane.Queue.push``."""
        job = NewJob(
            payload,
            lane,
            priority=priority,
            tps=tps,
            rate=rate,
            delay=delay,
            at=at,
            cost=cost,
            key=key,
            key_ttl=key_ttl,
            max_tries=max_tries,
            backoff=backoff,
            after=after,
            headers=headers,
        )
        id: str = await self._line.push(self._outbox(), job)
        return id

    async def push_many(self, jobs: Iterable[NewJob]) -> list[Pushed]:
        """Push all the jobs in one step, or none, and tell for each its id and whether it is new."""
        # Iterated here: the caller's code does not run on another thread.
        return await self._call(self._queue.push_many, list(jobs))

    async def pop(
        self, wait: "float | timedelta" = 0.0, lease: "float | timedelta" = DEFAULT_LEASE
    ) -> Job | None:
        """Deliver one job, or None if none came within ``wait`` seconds."""
        jobs = await self._pop(1, wait, lease)
        return jobs[0] if jobs else None

    async def pop_many(
        self, n: int, wait: "float | timedelta" = 0.0, lease: "float | timedelta" = DEFAULT_LEASE
    ) -> list[Job]:
        """Deliver up to ``n`` jobs, 1 to 10,000: as many as there are as soon as there is one."""
        return await self._pop(n, wait, lease)

    async def jobs(self, lease: "float | timedelta" = DEFAULT_LEASE) -> AsyncGenerator[Job]:
        """Deliver one job after the other, for ``async for``, until the queue is closed. No job is
        taken before it is asked for."""
        while True:
            try:
                job = await self.pop(ROUND, lease)
            except ClosedError:
                return
            if job is not None:
                yield job

    async def mark_complete(
        self,
        token: Job | str,
        then: Iterable[NewJob] = (),
        result: object | None = None,
        result_ttl: "float | timedelta" = 3600.0,
    ) -> None:
        """End a delivery, named by its token or its job: the job is done. The jobs of ``then`` are
        pushed in the same step. A ``result``, bytes or any JSON value but None, is kept for
        ``result_ttl`` seconds."""
        following = list(then)
        if following or result is not None:
            await self._call(self._queue.mark_complete, token, following, result, result_ttl)
        else:
            await self._line.mark_complete(self._outbox(), token)

    async def result(self, id: str, wait: "float | timedelta" = 0.0) -> bytes | None:
        """Give the result of a job, waiting up to ``wait`` seconds for the job to end; None if it has
        ended and no result of it is kept."""
        waiting = self._line.result(self._outbox(), id, wait)
        try:
            value: bytes | None = await waiting.future
        except BaseException:
            # Ended or not: nobody waits any more.
            waiting.abandon()
            raise
        return value

    async def mark_complete_many(
        self,
        tokens: Iterable[Job | str],
        results: Iterable[object] | None = None,
        result_ttl: "float | timedelta" = 3600.0,
    ) -> list[Error | None]:
        """End many deliveries, each by itself, in one step. Their ``results``, one for each token in
        the same order or None, are kept for ``result_ttl`` seconds."""
        given = None if results is None else list(results)
        return await self._call(self._queue.mark_complete_many, list(tokens), given, result_ttl)

    async def release(self, token: Job | str, delay: "float | timedelta" = 0.0) -> None:
        """Give a job back untried: to the front of its lane, or after ``delay`` seconds."""
        await self._call(self._queue.release, token, delay)

    async def retry(
        self, token: Job | str, error: str = "", delay: "float | timedelta | None" = None
    ) -> None:
        """End a failed try: the job comes again after ``delay`` seconds, by default after its own
        backoff; it is dead if its tries are spent."""
        await self._call(self._queue.retry, token, error, delay)

    async def fail(self, token: Job | str, error: str = "") -> None:
        """End a try that failed for good: the job is dead, whatever tries it had left."""
        await self._call(self._queue.fail, token, error)

    async def extend(self, token: Job | str, lease: "float | timedelta" = DEFAULT_LEASE) -> None:
        """Make a lease last ``lease`` seconds from now."""
        await self._call(self._queue.extend, token, lease)

    async def extend_many(
        self, tokens: Iterable[Job | str], lease: "float | timedelta" = DEFAULT_LEASE
    ) -> list[Error | None]:
        """Make many leases last ``lease`` seconds from now, each by itself, in one step."""
        return await self._call(self._queue.extend_many, list(tokens), lease)

    async def dethrottle(self) -> Swept:
        """Wake throttled, delayed and lapsed work that is due, ring idle workers and keep house."""
        return await self._call(self._queue.dethrottle)

    async def start_dethrottler(self, interval: "float | timedelta") -> Dethrottler:
        """Start a thread that calls dethrottle every ``interval`` seconds, until it is stopped or
        collected or the queue is closed."""
        native = await self._call(self._queue.start_dethrottler, interval)
        return Dethrottler(lambda: self._call(native.stop))

    async def repair(self) -> Repaired:
        """Look at every job and lane, mend what is wrong, and tell what was found."""
        return await self._call(self._queue.repair)

    async def throttle(self, lane: str | None, duration: "float | timedelta") -> None:
        """Start no job of a lane, or of the whole queue (None), for so many seconds from now."""
        await self._call(self._queue.throttle, lane, duration)

    async def set_limits(
        self,
        lane: str | None = None,
        *,
        tps: int | None = None,
        rate: "tuple[int, float | timedelta] | None" = None,
        max_in_flight: int | None = None,
        weight: int | None = None,
        max_waiting: int | None = None,
    ) -> None:
        """Set limits of a lane, or of the whole queue (None). What is not given stays as it is; 0
        lifts a limit."""
        await self._call(
            self._queue.set_limits,
            lane,
            tps=tps,
            rate=rate,
            max_in_flight=max_in_flight,
            weight=weight,
            max_waiting=max_waiting,
        )

    async def pause(self, lane: str | None = None) -> None:
        """Start no more jobs of a lane, or of the whole queue (None). Jobs in flight go on."""
        await self._call(self._queue.pause, lane)

    async def resume(self, lane: str | None = None) -> None:
        """Start jobs of a paused lane, or of the paused queue (None), again."""
        await self._call(self._queue.resume, lane)

    async def stats(self) -> Stats:
        """Count the queue's jobs, lanes and deeds."""
        return await self._call(self._queue.stats)

    async def size(self, lane: str | None = None) -> int:
        """Give the number of waiting jobs of a lane, or of the whole queue."""
        return await self._call(self._queue.size, lane)

    async def lanes(self) -> list[LaneInfo]:
        """List the lanes by name."""
        return await self._call(self._queue.lanes)

    async def lane(self, name: str) -> LaneInfo | None:
        """Look at one lane; None if there is none of that name."""
        return await self._call(self._queue.lane, name)

    async def get(self, id: str) -> JobInfo | None:
        """Look at a job, dead ones included; None if it is completed, cancelled or was never
        pushed."""
        return await self._call(self._queue.get, id)

    async def peek(self, lane: str = DEFAULT_LANE, n: int = 1) -> list[JobInfo]:
        """Look at the first ``n`` ready jobs of a lane, in the order in which it will serve them."""
        return await self._call(self._queue.peek, lane, n)

    async def cancel(self, id: str) -> bool:
        """Remove a job, whatever its state, with the jobs blocked on it; tell whether there was
        one."""
        return await self._call(self._queue.cancel, id)

    async def purge(self, lane: str | None = None) -> int:
        """Remove all waiting jobs of a lane, or of the whole queue (None), with the jobs blocked on
        them; tell how many went."""
        return await self._call(self._queue.purge, lane)

    async def failed(self, n: int = 100) -> list[JobInfo]:
        """List up to ``n`` dead jobs, the latest first."""
        return await self._call(self._queue.failed, n)

    async def restore_failed(
        self, ids: Iterable[str] | None = None, *, lane: str | None = None
    ) -> int:
        """Put dead jobs back to the end of their lanes, with all their tries; tell how many."""
        ids = None if ids is None else list(ids)
        return await self._call(self._queue.restore_failed, ids, lane=lane)

    async def clean_failed(
        self, ids: Iterable[str] | None = None, *, lane: str | None = None
    ) -> int:
        """Forget dead jobs, and the jobs blocked on them; tell how many dead ones went."""
        ids = None if ids is None else list(ids)
        return await self._call(self._queue.clean_failed, ids, lane=lane)

    async def bump_keys(self) -> None:
        """Free all keys of the queue, everywhere: the next push of any key makes a job."""
        await self._call(self._queue.bump_keys)

    async def schedule(
        self,
        name: str,
        payload: object,
        lane: str = DEFAULT_LANE,
        *,
        cron: str | None = None,
        every: "float | timedelta | None" = None,
        timezone: str = "UTC",
        catch_up: str = "one",
        priority: int = DEFAULT_PRIORITY,
        cost: int = 1,
        key: str | None = None,
        key_ttl: "float | timedelta" = 0.0,
        max_tries: int = DEFAULT_MAX_TRIES,
        backoff: BackoffPolicy | Backoff | None = None,
    ) -> None:
        """Push a job at every tick of a schedule, from now on and until ``unschedule``. The settings
        are those of ``fairlane.Queue.schedule``."""
        await self._call(
            self._queue.schedule,
            name,
            payload,
            lane,
            cron=cron,
            every=every,
            timezone=timezone,
            catch_up=catch_up,
            priority=priority,
            cost=cost,
            key=key,
            key_ttl=key_ttl,
            max_tries=max_tries,
            backoff=backoff,
        )

    async def unschedule(self, name: str) -> bool:
        """End a schedule; tell whether there was one. Jobs that it has pushed stay."""
        return await self._call(self._queue.unschedule, name)

    async def schedules(self) -> list[ScheduleInfo]:
        """List the schedules by name."""
        return await self._call(self._queue.schedules)

    async def __aenter__(self) -> "Self":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return repr(self._queue)

    def _outbox(self) -> _Outbox:
        """Gives where results for the running loop are put."""
        loop = asyncio.get_running_loop()
        outbox = self._outboxes.get(loop)
        if outbox is None:
            outbox = _Outbox(loop)
            kept = {loop: box for loop, box in self._outboxes.items() if not loop.is_closed()}
            self._outboxes = {**kept, loop: outbox}
        return outbox

    async def _call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Has a method of the blocking queue called on its thread."""
        result: T = await self._line.call(self._outbox(), method, *args, **kwargs)
        return result

    async def _pop(
        self, n: int, wait: "float | timedelta", lease: "float | timedelta"
    ) -> list[Job]:
        pop = self._line.pop(self._outbox(), n, wait, lease)
        try:
            jobs: list[Job] = await pop.future
        except BaseException:
            # Also if the future has its jobs already: a task that is cancelled before it runs on
            # does not get them. And also if the loop was closed under it.
            pop.abandon()
            raise
        return jobs


_opened: "weakref.WeakSet[Queue]" = weakref.WeakSet()


def _finish_all() -> None:
    """Ends the threads of all queues when the interpreter ends. Registered first of all that this
    package registers, and so the last to run."""
    for queue in list(_opened):
        queue._line.finish()
    _fairlane._shut_out()


atexit.register(_finish_all)
