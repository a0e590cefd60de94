"""fairlane.aio and the life of its process: forks, signals, and ends while calls are pending."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import traceback
from pathlib import Path

import pytest
from aio_support import SOON
from conftest import running

import fairlane
from fairlane import Job, Queue, aio


def program(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ends_well(code: str, *arguments: str) -> str:
    """Runs a program to its end and gives what it says."""
    with running(program(code, *arguments)) as process:
        out, err = process.communicate(timeout=SOON)
    assert (err, process.returncode) == ("", 0)
    return out


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> str:
    """The name of a module with a `run`."""
    name: str = request.param
    return name


RUN = """
    import asyncio, sys, uvloop
    from fairlane import aio
    run = {"asyncio": asyncio.run, "uvloop": uvloop.run}[sys.argv[2]]

    async def handler(job):
        print("began", flush=True)
        while job.signal.reason is None:
            await asyncio.sleep(0.01)
        if job.payload == b"endless":
            await asyncio.sleep(20)
        print("ended", flush=True)

    async def main():
        async with aio.Queue(sys.argv[1], "tests") as queue:
            await aio.Worker(queue, handler, concurrency=1).run(stop_timeout=10)
        print("left", flush=True)

    run(main())
"""


@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_stops_at_a_signal(url: str, number: signal.Signals, loop: str) -> None:
    with Queue(url, "tests") as queue:
        id = queue.push(b"")
        with running(program(RUN, url, loop)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "began\n"
            process.send_signal(number)
            out, err = process.communicate(timeout=SOON)
        assert (out, err, process.returncode) == ("ended\nleft\n", "", 0)
        assert queue.get(id) is None


def test_a_second_signal_gives_back_what_runs(tmp_path: Path, loop: str) -> None:
    url = str(tmp_path / "jobs.db")
    with Queue(url, "tests") as queue:
        queue.push(b"endless")
        with running(program(RUN, url, loop)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "began\n"
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=SOON)
        assert (out, err, process.returncode) == ("left\n", "", 0)
        again = queue.pop()
        assert again is not None
        assert again.tries == 1


PENDING = """
    import asyncio, sys, uvloop
    from fairlane import aio
    run = {"asyncio": asyncio.run, "uvloop": uvloop.run}[sys.argv[2]]
    # At its end a program does what was handed in for a second: no disk is to use that up.
    queue = aio.Queue(sys.argv[1], "tests", durability="normal")

    async def take():
        # Handed in at once, so that a job is given back even if this is cancelled meanwhile.
        await queue.release(await queue.pop(wait=60))

    async def main():
        tasks = [asyncio.create_task(take()) for _ in range(50)]
        tasks += [asyncio.create_task(queue.push(n)) for n in range(50)]
        for _ in range(int(sys.argv[3])):
            await asyncio.sleep(0)

    run(main())
"""


@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
def test_a_program_may_end_while_calls_are_pending(url: str, loop: str) -> None:
    for turns in range(6):
        ends_well(PENDING, url, loop, str(turns))
    with Queue(url, "tests") as queue:
        left = queue.pop_many(1_000)
        assert queue.stats().pushed == len(left)
        assert {job.tries for job in left} <= {1}


def test_a_loop_that_is_dropped_with_its_calls_hangs_nothing(tmp_path: Path) -> None:
    code = """
        import asyncio, sys
        from fairlane import aio
        loop = asyncio.new_event_loop()
        queue = aio.Queue(sys.argv[1], "tests")
        tasks = [loop.create_task(queue.pop(wait=60)), loop.create_task(queue.push(b""))]
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        for task in tasks:
            task._log_destroy_pending = False
        print("left")
    """
    assert ends_well(code, str(tmp_path / "jobs.db")) == "left\n"


def test_a_worker_at_the_end_of_the_program_gives_its_job_back(tmp_path: Path) -> None:
    url = str(tmp_path / "jobs.db")
    code = """
        import asyncio, sys
        from fairlane import aio
        queue = aio.Queue(sys.argv[1], "tests")

        async def main():
            began = asyncio.Event()

            async def handler(job):
                began.set()
                await asyncio.sleep(60)

            await aio.Worker(queue, handler).start()
            await began.wait()

        asyncio.run(main())
    """
    with Queue(url, "tests") as queue:
        queue.push(b"")
        ends_well(code, url)
        again = queue.pop(wait=SOON)
        assert again is not None
        assert again.tries == 1


# Python itself warns of forks amid threads; this test is about just that.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
def test_both_sides_of_a_fork_go_on_with_the_same_queue(url: str) -> None:
    queue = aio.Queue(url, "tests")
    waits = threading.Event()
    got: list[Job | None] = []

    async def parent() -> None:
        await queue.push(b"before the fork", "a")
        first = await queue.pop()
        assert first is not None
        await queue.mark_complete(first)
        pop = asyncio.create_task(queue.pop(wait=SOON))
        await queue.size()
        waits.set()
        got.append(await pop)

    thread = threading.Thread(target=lambda: asyncio.run(parent()))
    thread.start()
    assert waits.wait(SOON)
    pid = os.fork()
    if not pid:
        # A child that hangs must not hang the suite, nor one that fails run on into it.
        signal.alarm(60)
        try:
            asyncio.run(child(queue))
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    thread.join(SOON)
    assert [job and job.payload for job in got] == [b"by the child"]
    asyncio.run(queue.close())


async def child(queue: aio.Queue) -> None:
    job = await queue.pop(wait=0.01)
    assert job is None
    await queue.push(b"by the child")


def test_a_panic_behind_the_door_is_an_error_of_the_call() -> None:
    async def main() -> None:
        async with aio.Queue("memory:", "tests") as queue:
            with pytest.raises(fairlane.InternalError, match="defect in fairlane"):
                await queue._call(fairlane._fairlane._panic, "no")
            assert await queue.size() == 0

    asyncio.run(main())
