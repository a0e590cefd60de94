"""fairlane.aio: waits for the results of jobs."""

import asyncio
import sys
import threading
from pathlib import Path

import pytest
from aio_support import SOON, within

import fairlane
from fairlane import NewJob, Queue, aio


def test_a_wait_ends_with_its_job(url: str) -> None:
    async def main() -> None:
        before = set(threading.enumerate())
        async with aio.Queue(url, "tests") as queue:
            ids = [await queue.push(n) for n in range(100)]
            waits = [asyncio.create_task(queue.result(id, wait=SOON)) for id in ids]
            jobs = await queue.pop_many(100)
            for job in jobs:
                await queue.mark_complete(job, result=job.payload)
            assert await within(asyncio.gather(*waits)) == [b"%d" % n for n in range(100)]
            assert set(threading.enumerate()) <= before
            # It has ended: there is nothing to wait for.
            assert await within(queue.result(ids[0], wait=SOON)) == b"0"
            assert await within(queue.result(ids[0])) == b"0"

    asyncio.run(main())


def test_a_job_without_a_result_and_a_dead_one_end_the_wait_too(url: str) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            ids = [await queue.push(n) for n in range(2)]
            waits = [asyncio.create_task(queue.result(id, wait=SOON)) for id in ids]
            none, dead = await queue.pop_many(2)
            await queue.mark_complete(none)
            await queue.fail(dead, "no good")
            assert await within(waits[0]) is None
            with pytest.raises(fairlane.JobFailedError, match="no good"):
                await within(waits[1])

    asyncio.run(main())


def test_a_wait_ends_with_its_time(url: str) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            id = await queue.push(b"")
            with pytest.raises(fairlane.TimeoutError, match="has not ended: wait"):
                await queue.result(id)
            with pytest.raises(fairlane.TimeoutError, match="has not ended within 10 ms"):
                await within(queue.result(id, wait=0.01))
            with pytest.raises(fairlane.InvalidArgumentError):
                await queue.result("1000", wait=SOON)
            with pytest.raises(fairlane.InvalidArgumentError, match="wait"):
                await queue.result(id, wait=-1)

    asyncio.run(main())


def test_a_cancelled_wait_ends_alone(url: str) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            id = await queue.push(b"")
            cancelled, other = (asyncio.create_task(queue.result(id, wait=SOON)) for _ in range(2))
            await queue.size()
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await within(cancelled)
            job = await queue.pop()
            assert job is not None
            await queue.mark_complete(job, result=b"done")
            assert await within(other) == b"done"

    asyncio.run(main())


def test_a_wait_ends_with_its_queue(url: str) -> None:
    async def main() -> None:
        queue = aio.Queue(url, "tests")
        id = await queue.push(b"")
        wait = asyncio.create_task(queue.result(id, wait=SOON))
        await queue.size()
        await queue.close()
        for refused in (wait, queue.result(id, wait=SOON)):
            with pytest.raises(fairlane.ClosedError):
                await within(refused)

    asyncio.run(main())


@pytest.fixture(params=["file", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where two queues can be the same."""
    if request.param == "file":
        return str(tmp_path / "jobs.db")
    url: str = request.getfixturevalue("redis").url()
    return url


def test_a_wait_ends_with_a_job_that_another_queue_ends(place: str) -> None:
    async def main() -> None:
        async with aio.Queue(place, "tests") as queue:
            id = await queue.push(b"")
            wait = asyncio.create_task(queue.result(id, wait=SOON))
            await queue.size()
            with Queue(place, "tests") as other:
                job = other.pop()
                assert job is not None
                other.mark_complete(job, result=b"from elsewhere")
            assert await within(wait) == b"from elsewhere"

    asyncio.run(main())


WORKER = """
import sys, fairlane
with fairlane.Queue(sys.argv[1], "tests", durability="normal") as queue:
    while job := queue.pop():
        queue.mark_complete(job, result=job.payload)
"""


@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
def test_waits_end_with_the_jobs_that_another_process_ends(url: str) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            left = await queue.push(b"late", delay=3_600)
            pushed = await queue.push_many([NewJob(n) for n in range(200)])
            waits = [asyncio.create_task(queue.result(one.id, wait=SOON)) for one in pushed]
            last = asyncio.create_task(queue.result(left, wait=SOON))
            worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, url)
            assert await within(asyncio.gather(*waits)) == [b"%d" % n for n in range(200)]
            assert await within(worker.wait()) == 0
            assert not last.done()
            last.cancel()

    asyncio.run(main())
