"""Threads that share one object, all at once: nothing is lost, doubled or torn, with a GIL or without."""

import asyncio
import contextlib
import itertools
import subprocess
import sys
import sysconfig
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fairlane import (
    BackgroundProcessor,
    Backoff,
    ClosedError,
    Job,
    ManualClock,
    Queue,
    UnavailableError,
    Worker,
    aio,
)

THREADS = 8
ROUNDS = 50
PATIENCE = 300.0
"""How many seconds the works of a test may take together, on a slow disk."""


@pytest.fixture(autouse=True)
def _threads_take_turns_quickly() -> Iterator[None]:
    """Where there is a GIL, has threads meet in as many places as there are."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(*works: Callable[[], object]) -> None:
    """Does all the works at the same time, each in a thread; raises what one of them raises."""
    barrier = threading.Barrier(len(works))

    def begin(work: Callable[[], object]) -> None:
        barrier.wait(20)
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(begin, work) for work in works]:
            done.result(PATIENCE)


def test_an_import_leaves_the_gil_as_it_was() -> None:
    modules = "fairlane, fairlane.aio, fairlane.background, fairlane.worker"
    program = f"import {modules}, sys; print(getattr(sys, '_is_gil_enabled', lambda: True)())"
    command = [sys.executable, "-W", "error", "-c", program]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert printed == str(not sysconfig.get_config_var("Py_GIL_DISABLED"))


def test_a_queue_gives_each_job_to_one_thread(queue: Queue) -> None:
    done: list[int] = []

    def push(first: int) -> None:
        for number in range(first, first + ROUNDS):
            queue.push({"number": number}, f"tenant-{number % 5}")

    deadline = time.monotonic() + PATIENCE

    def work() -> None:
        while len(done) < THREADS // 2 * ROUNDS:
            assert time.monotonic() < deadline
            job = queue.pop(wait=0.01)
            if job is not None:
                queue.mark_complete(job)
                done.append(job.json()["number"])

    def look() -> None:
        for _ in range(ROUNDS):
            assert queue.stats().dead == 0
            assert all(lane.name.startswith("tenant-") for lane in queue.lanes())

    pushes = [lambda first=n * ROUNDS: push(first) for n in range(THREADS // 2)]
    at_once(*pushes, *[work] * (THREADS // 2), look)
    assert sorted(done) == list(range(THREADS // 2 * ROUNDS))


def test_a_queue_that_is_closed_ends_every_call(url: str) -> None:
    queue = Queue(url, "tests")

    def repeat(call: Callable[[], object]) -> None:
        while True:
            call()

    def until_closed(call: Callable[[], object]) -> None:
        with pytest.raises(ClosedError):
            repeat(call)

    def close() -> None:
        time.sleep(0.05)
        queue.close()

    calls = [lambda: queue.push(b""), lambda: queue.pop(wait=60), lambda: queue.pop_many(5)]
    callers = [lambda call=call: until_closed(call) for call in [*calls, queue.stats, queue.lanes]]
    at_once(*callers, close, close)


def test_a_clock_takes_every_turn() -> None:
    clock = ManualClock(now=1_000)
    queue = Queue("memory:", "tests", clock=clock)
    queue.push(b"", delay=THREADS * ROUNDS)

    def turn() -> None:
        for _ in range(ROUNDS):
            clock.advance(1)
            assert queue.stats().counts.waiting == 1

    at_once(*[turn] * THREADS)
    assert clock.now == 1_000 + THREADS * ROUNDS
    assert queue.pop() is not None


def test_a_backoff_hands_each_delay_out_once() -> None:
    backoff = Backoff(min=1, max=1, factor=1, limit=THREADS * ROUNDS)
    delays: list[float] = []

    def take() -> None:
        while (delay := backoff.duration()) is not None:
            delays.append(delay)

    at_once(*[take] * THREADS)
    assert len(delays) == backoff.attempt == THREADS * ROUNDS


def test_a_worker_is_started_and_stopped_by_many(queue: Queue) -> None:
    done: list[bytes] = []

    def handle(job: Job) -> None:
        done.append(job.payload)

    worker = Worker(queue, handle, concurrency=4, observer=lambda *_: None)

    def push() -> None:
        for number in range(ROUNDS):
            queue.push(str(number).encode())

    def turn_over() -> None:
        for _ in range(5):
            # Another thread may be stopping it.
            with contextlib.suppress(UnavailableError):
                worker.start()
            worker.stop(5)

    at_once(push, push, *[turn_over] * (THREADS - 2))
    deadline = time.monotonic() + PATIENCE
    with worker:
        while queue.stats().completed < 2 * ROUNDS:
            assert time.monotonic() < deadline
            time.sleep(0.005)
    assert set(done) == {str(number).encode() for number in range(ROUNDS)}


def test_a_processor_calls_once_for_every_promise(queue: Queue) -> None:
    called: Counter[int] = Counter()
    running: set[int] = set()
    lock = threading.Lock()

    def call(arg: tuple[int, int]) -> None:
        key, number = arg
        with lock:
            assert key not in running, "two calls of one key at once"
            running.add(key)
        time.sleep(0.0005)
        with lock:
            running.remove(key)
            called[number] += 1

    failed: list[str] = []

    def observe(kind: str, *_details: object) -> None:
        if kind == "failed":
            failed.append(kind)

    processor = BackgroundProcessor(queue, call, concurrency=4, observer=observe)
    numbers = itertools.count()
    promised: list[int] = []

    def schedule() -> None:
        for turn in range(ROUNDS):
            number = next(numbers)
            if processor.schedule(str(turn % 5), 0, (turn % 5, number)):
                promised.append(number)
            assert processor.queue_length() <= 5

    at_once(*[schedule] * THREADS)
    at_once(*[lambda: processor.close(timeout=PATIENCE)] * 2)
    assert failed == []
    assert called == Counter(promised)
    assert len(promised) >= 5


def test_a_queue_of_asyncio_serves_the_loops_of_many_threads(url: str) -> None:
    queue = aio.Queue(url, "tests")
    done: list[bytes] = []

    async def work(name: int) -> None:
        payloads = [f"{name} {number}".encode() for number in range(ROUNDS)]
        await asyncio.gather(*(queue.push(payload) for payload in payloads))
        for _ in payloads:
            job = await queue.pop(wait=20)
            assert job is not None
            await queue.mark_complete(job)
            done.append(job.payload)

    async def close() -> None:
        await queue.close()

    at_once(*[lambda name=name: asyncio.run(work(name)) for name in range(THREADS // 2)])
    asyncio.run(close())
    assert len(done) == len(set(done)) == THREADS // 2 * ROUNDS
