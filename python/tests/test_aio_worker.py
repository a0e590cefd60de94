"""aio.Worker: how handlers are called on the loop, and what follows from how they end."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
import uvloop
from aio_support import SOON, until, within

import fairlane
from fairlane import BackoffPolicy, Discard, Job, NewJob, Release, Retry, aio

Run = Callable[[Coroutine[Any, Any, None]], None]

EAGER = getattr(asyncio, "eager_task_factory", None)


def run_eagerly(main: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine where tasks make their first step as they are created; Python 3.12 has it."""

    async def with_eager_tasks() -> None:
        asyncio.get_running_loop().set_task_factory(EAGER)
        await main

    asyncio.run(with_eager_tasks())


RUNS: dict[str, Run] = {"asyncio": asyncio.run, "uvloop": uvloop.run}
if EAGER is not None:
    RUNS["eager"] = run_eagerly


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine in a loop of its own."""
    return RUNS[request.param]


class Events:
    """Notes what a worker tells, to be awaited."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()

    def __call__(self, kind: str, job: Job | None, *details: object) -> None:
        self.told.put_nowait((kind, job.payload if job else None, *details))

    async def next(self, *kinds: str) -> tuple[Any, ...]:
        """Gives the next event of one of these kinds."""
        while True:
            event = await within(self.told.get())
            if event[0] in kinds:
                return event


def test_the_handler_gets_the_job_and_its_return_ends_it(url: str, run: Run) -> None:
    async def main() -> None:
        events, jobs = Events(), asyncio.Queue[Job]()
        async with aio.Queue(url, "tests") as queue:
            async with aio.Worker(queue, jobs.put, concurrency=2, observer=events) as worker:
                assert (worker.state, repr(worker)) == ("running", "<Worker running>")
                id = await queue.push({"to": "ada"}, "tenant-7")
                job = await within(jobs.get())
                assert (job.id, job.lane, job.json()) == (id, "tenant-7", {"to": "ada"})
                assert job.signal is not None
                assert job.signal.reason is None
                assert (await events.next("started"))[1] == job.payload
                kind, payload, took = await events.next("done")
                assert (kind, payload) == ("done", job.payload)
                assert 0 <= took < SOON
            assert worker.state == "stopped"
            assert await queue.get(id) is None

    run(main())


def test_a_hundred_handlers_run_at_once_on_one_thread(url: str, run: Run) -> None:
    async def main() -> None:
        all_here = asyncio.Barrier(100) if hasattr(asyncio, "Barrier") else None
        done = 0

        async def handler(_: Job) -> None:
            nonlocal done
            if all_here is not None:
                await all_here.wait()
            done += 1

        async with aio.Queue(url, "tests") as queue:
            await queue.push_many(NewJob(n) for n in range(100))
            async with aio.Worker(queue, handler, concurrency=100):

                async def is_done() -> bool:
                    return (await queue.stats()).completed == 100

                await until(is_done)
        assert done == 100

    run(main())


def raises(error: BaseException) -> Callable[[Job], Coroutine[Any, Any, None]]:
    async def handler(_: Job) -> None:
        await asyncio.sleep(0)
        raise error

    return handler


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ValueError("bad address"), "failed", "ValueError: bad address"),
        (SystemExit(3), "failed", "SystemExit: 3"),
        (asyncio.CancelledError(), "failed", "CancelledError"),
        (Retry("not now", delay=3_600), "failed", "not now"),
        (Discard("never"), "dead", "never"),
    ],
)
def test_an_exception_is_a_failed_try(error: BaseException, kind: str, text: str) -> None:
    async def main() -> None:
        events = Events()
        async with aio.Queue("memory:", "tests") as queue:
            id = await queue.push(b"", backoff=BackoffPolicy(min=3_600, max=3_600))
            async with aio.Worker(queue, raises(error), observer=events):
                assert (await events.next("failed", "dead"))[::3] == (kind, text)
            job = await queue.get(id)
            assert job is not None
            assert (job.error, job.tries) == (text, 1)

    asyncio.run(main())


def test_options_and_results_mean_what_they_do_for_threads(url: str, run: Run) -> None:
    def plain(job: Job) -> object:
        if job.payload == b"bug":
            raise TypeError("no")
        return [NewJob(b"next")] if job.payload == b"first" else None

    async def main() -> None:
        events = Events()
        async with aio.Queue(url, "tests") as queue, aio.Queue(url, "other") as other:
            for payload in (b"first", b"bug"):
                await queue.push(payload)
            options: dict[str, Any] = {"retry_on": (ConnectionError,), "also": [(other, 3)]}
            async with aio.Worker(queue, plain, observer=events, **options):
                told = {(await events.next("done", "dead"))[:2] for _ in range(3)}
                assert told == {("done", b"first"), ("dead", b"bug"), ("done", b"next")}
                await other.push(b"other")
                assert (await events.next("done"))[1] == b"other"

    run(main())


def test_release_charges_no_try(url: str, run: Run) -> None:
    async def main() -> None:
        events = Events()
        async with aio.Queue(url, "tests") as queue:
            id = await queue.push(b"")
            async with aio.Worker(queue, raises(Release(delay=3_600)), observer=events):
                await events.next("released")
            job = await queue.get(id)
            assert job is not None
            assert (job.state, job.tries) == ("delayed", 0)

    run(main())


def test_a_timeout_cancels_the_handler_and_fails_the_try(url: str, run: Run) -> None:
    async def main() -> None:
        events, reasons = Events(), asyncio.Queue[object]()

        async def handler(job: Job) -> None:
            try:
                await asyncio.sleep(SOON)
            except asyncio.CancelledError:
                assert job.signal is not None
                reasons.put_nowait(job.signal.reason)
                raise

        async with aio.Queue(url, "tests") as queue:
            await queue.push(b"", max_tries=1)
            async with aio.Worker(queue, handler, timeout=0.05, observer=events):
                assert (await events.next("dead"))[3] == "handler took longer than 50ms"
                assert await within(reasons.get()) == "timed out"

    run(main())


def test_a_timeout_before_the_handler_is_called_frees_its_slot(run: Run) -> None:
    async def main() -> None:
        events = Events()

        async def handler(_: Job) -> None:
            pass

        async with aio.Queue("memory:", "tests") as queue:
            await queue.push(b"late", max_tries=1)
            async with aio.Worker(
                queue, handler, concurrency=1, timeout=0.1, observer=events
            ) as worker:
                # Blocks the loop, so that the delivery and its timeout come to it together.
                deadline = time.monotonic() + SOON
                while queue._queue.stats().dead == 0:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)  # noqa: ASYNC251
                assert (await events.next("dead"))[1] == b"late"
                assert await within(worker.stop())

    run(main())


def test_a_cancelled_job_cancels_its_handler(run: Run) -> None:
    async def main() -> None:
        began, events = asyncio.Event(), Events()

        async def handler(_: Job) -> None:
            began.set()
            await asyncio.sleep(SOON)

        async with aio.Queue("memory:", "tests") as queue:
            id = await queue.push(b"")
            async with aio.Worker(queue, handler, lease=1.5, observer=events):
                await within(began.wait())
                await queue.cancel(id)
                await events.next("lost")

    run(main())


def test_leases_are_kept_while_a_handler_blocks_the_loop(url: str) -> None:
    async def main() -> None:
        tries = []

        async with aio.Queue(url, "tests") as queue:

            def handler(job: Job) -> None:
                tries.append(job.tries)
                # Until the lease was extended, which is due when a third of it is over.
                deadline = time.monotonic() + SOON
                while (info := queue._queue.get(job.id)) and info.lease_until == job.lease_until:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)

            await queue.push(b"")
            async with aio.Worker(queue, handler, lease=4.5):

                async def is_done() -> bool:
                    return (await queue.stats()).completed == 1

                await until(is_done)
            assert tries == [1]
            assert (await queue.stats()).lapsed == 0

    asyncio.run(main())


def test_stopping_waits_for_handlers_and_gives_the_rest_back(
    url: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the store takes to take back what runs.
    monkeypatch.setattr("fairlane.aio.crew.GIVING_BACK", SOON)

    async def main() -> None:
        let_go, events = asyncio.Event(), Events()

        async def handler(_: Job) -> None:
            await let_go.wait()

        async with aio.Queue(url, "tests") as queue:
            id = await queue.push(b"endless")
            worker = aio.Worker(queue, handler, concurrency=1, observer=events)
            assert await worker.stop()
            await worker.start()
            await worker.start()
            await events.next("started")
            assert not await worker.wait(0.01)
            assert await worker.stop(timedelta(seconds=0.01))
            await events.next("released")
            again = await queue.pop()
            assert again is not None
            assert (again.id, again.tries) == (id, 1)
            await queue.release(again)
            let_go.set()
            async with worker:
                assert (await events.next("done"))[1] == b"endless"
            assert await worker.wait(0)

    run(main())


def test_a_handler_that_will_not_be_cancelled_does_not_hold_up_a_stop(run: Run) -> None:
    async def main() -> None:
        began, let_go = asyncio.Event(), asyncio.Event()

        async def handler(_: Job) -> None:
            began.set()
            while not let_go.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await let_go.wait()

        async with aio.Queue("memory:", "tests") as queue:
            await queue.push(b"")
            worker = aio.Worker(queue, handler)
            await worker.start()
            await within(began.wait())
            assert not await within(worker.stop(0.01))
            again = await queue.pop(wait=SOON)
            assert again is not None
            assert again.tries == 1
            let_go.set()
            assert await worker.stop()

    run(main())


@pytest.mark.parametrize(("options", "done"), [({"max_jobs": 2}, 2), ({"until_empty": True}, 3)])
def test_a_worker_may_stop_by_itself(
    url: str, run: Run, options: dict[str, Any], done: int
) -> None:
    async def main() -> None:
        async def handler(_: Job) -> None:
            pass

        async with aio.Queue(url, "tests") as queue:
            await queue.push_many([NewJob(b""), NewJob(b""), NewJob(b"", delay=0.05)])
            worker = aio.Worker(queue, handler, concurrency=4, **options)
            await worker.start()
            assert await worker.wait(SOON)
            stats = await queue.stats()
            assert (stats.completed, stats.counts.waiting) == (done, 3 - done)

    run(main())


def test_a_worker_ends_with_its_queue(url: str, run: Run) -> None:
    async def main() -> None:
        queue = aio.Queue(url, "tests")
        worker = aio.Worker(queue, raises(ValueError()))
        await worker.start()
        await queue.close()
        with pytest.raises(fairlane.ClosedError):
            await worker.wait(SOON)
        assert await worker.stop()

    run(main())


@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
def test_a_worker_ends_with_its_loop(url: str, run: Run) -> None:
    queue = aio.Queue(url, "tests")

    async def main() -> None:
        began = asyncio.Event()

        async def handler(_: Job) -> None:
            began.set()
            await asyncio.sleep(SOON)

        await queue.push(b"")
        await aio.Worker(queue, handler).start()
        await within(began.wait())

    run(main())
    with fairlane.Queue(url, "tests") as other:
        job = other.pop(wait=SOON)
        assert job is not None
        assert job.tries == 1
    asyncio.run(queue.close())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"concurrency": 0}, "concurrency 0 is out of range: accepted are 1 to 1024"),
        ({"lease": 0}, "lease 0 ms is out of range: a worker extends its leases"),
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    async def main() -> None:
        async with aio.Queue("memory:", "tests") as queue:
            worker = aio.Worker(queue, raises(ValueError()), **options)
            with pytest.raises(fairlane.InvalidArgumentError, match=message):
                await worker.start()

    asyncio.run(main())


def test_what_is_no_handler_or_no_queue_is_refused() -> None:
    with fairlane.Queue("memory:", "tests") as blocking:
        queue = aio.Queue("memory:", "tests")
        with pytest.raises(TypeError, match="accepted are functions of a job"):
            aio.Worker(queue, "module:function")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"accepted is fairlane\.aio\.Queue"):
            aio.Worker(blocking, raises(ValueError()))  # type: ignore[arg-type]
        asyncio.run(queue.close())
