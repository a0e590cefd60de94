"""The guide for those who come from a deduplicating background processor."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from guide import Guide, Ours

from fairlane import BackgroundProcessor, ClosedError, Queue
from fairlane import TimeoutError as FairlaneTimeoutError

guide = Guide("background.md")

SOON = 20


class Work:
    """A function that goes on when the test says so."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()
        self.done: list[str] = []

    def __call__(self, arg: str) -> None:
        self.begun.release()
        assert self.open.wait(SOON)
        self.done.append(arg)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def plain(url: str) -> Iterator[Queue]:
    """A queue by the system's clock."""
    with Queue(url, "background") as queue:
        yield queue


@pytest.fixture
def processor(plain: Queue, work: Work) -> Iterator[BackgroundProcessor[str]]:
    with closing(BackgroundProcessor(plain, work)) as processor:
        yield processor
        work.open.set()


def await_true(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@guide.row("processor = Processor(redis, fn)")
def test_a_processor(ours: Ours, plain: Queue) -> None:
    done: list[str] = []
    with ours(queue=plain, refresh=done.append) as processor:
        assert processor.schedule("user-7", 0, "ada")
    assert done == ["ada"]


@guide.row("processor.schedule(key, 60000, arg)")
def test_once_a_key(ours: Ours, processor: BackgroundProcessor[str], url: str, work: Work) -> None:
    assert ours(processor=processor) is True
    assert ours(processor=processor) is False
    with BackgroundProcessor(url, work) as another:
        assert ours(processor=another) is False
        work.open.set()
        await_true(lambda: work.done == ["ada"])
        assert ours(processor=another) is False  # for the rest of the minute


@guide.row("processor.schedule(key, 0, arg)")
def test_no_backoff(ours: Ours, processor: BackgroundProcessor[str], work: Work) -> None:
    assert ours(processor=processor) is True
    assert work.begun.acquire(timeout=SOON)
    assert ours(processor=processor) is False
    work.open.set()
    await_true(lambda: bool(ours(processor=processor)))


@guide.row("a key whose lifetime ends while its work still runs")
def test_a_key_is_kept_while_its_work_runs(ours: Ours, plain: Queue, url: str, work: Work) -> None:
    with closing(ours(queue=plain, refresh=work)) as processor:
        assert processor.schedule("user-7", 0.01, "ada")
        assert work.begun.acquire(timeout=SOON)
        time.sleep(0.02)  # the backoff has passed
        with BackgroundProcessor(url, work) as another:
            assert not another.schedule("user-7", 0, "ada")
            work.open.set()


@guide.row("a completion that deletes the key, whoever has it now")
def test_a_completion_frees_only_its_own(
    ours: Ours, processor: BackgroundProcessor[str], url: str, work: Work
) -> None:
    other = Work()
    assert processor.schedule("user-7", 0, "before")
    assert work.begun.acquire(timeout=SOON)
    ours(processor=processor)
    with closing(BackgroundProcessor(url, other)) as another:
        assert another.schedule("user-7", 0, "after")
        assert other.begun.acquire(timeout=SOON)
        work.open.set()
        await_true(lambda: work.done == ["before"])
        assert not processor.schedule("user-7", 0, "again")
        other.open.set()


@guide.row("processor.bump_remote_dedup_key()")
def test_a_bump_frees_all_keys(
    ours: Ours, processor: BackgroundProcessor[str], url: str, work: Work
) -> None:
    work.open.set()
    assert processor.schedule("user-7", 60, "ada")
    await_true(lambda: work.done == ["ada"])
    with BackgroundProcessor(url, work) as another:
        assert not another.schedule("user-7", 60, "ada")
        ours(processor=processor)
        assert another.schedule("user-7", 60, "ada")


@guide.row("processor.queue_length()")
def test_what_waits(ours: Ours, processor: BackgroundProcessor[str], work: Work) -> None:
    for name in ("ada", "bob", "eve"):
        assert processor.schedule(name, 0, name)
    assert work.begun.acquire(timeout=SOON)
    assert ours(processor=processor) == 2


@guide.row("an exception of fn")
def test_an_exception_changes_nothing(ours: Ours, plain: Queue) -> None:
    done = []
    events = []

    def refresh(arg: str) -> None:
        done.append(arg)
        if arg == "bad":
            raise ValueError(arg)

    def observer(kind: str, _key: str | None, *_details: object) -> None:
        events.append(kind)

    with ours(queue=plain, refresh=refresh, observer=observer) as processor:
        processor.schedule("1", 0, "bad")
        processor.schedule("2", 0, "good")
    assert done == ["bad", "good"]
    assert events.count("failed") == 1


LOCK = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


@guide.row("the store is down")
def test_the_store_is_down(ours: Ours, url: str) -> None:
    done: list[str] = []
    pipe = subprocess.PIPE
    with (
        Queue(url, "background", busy_timeout=0.1) as queue,
        ours(queue=queue, refresh=done.append) as strict,
        BackgroundProcessor(queue, done.append) as lenient,
    ):
        command = [sys.executable, "-c", LOCK, url]
        with subprocess.Popen(command, stdin=pipe, stdout=pipe) as locker:
            assert locker.stdout is not None
            assert locker.stdout.readline()
            with pytest.raises(FairlaneTimeoutError):
                strict.schedule("user-7", 60, "no")
            assert lenient.schedule("user-7", 60, "yes")
            locker.kill()
    assert done == ["yes"]


@guide.row("a pause between two calls")
def test_a_pause(ours: Ours, plain: Queue) -> None:
    called: list[float] = []
    with ours(queue=plain, refresh=lambda _: called.append(time.monotonic())) as processor:
        processor.schedule("1", 0, "x")
        processor.schedule("2", 0, "x")
    assert called[1] - called[0] >= 0.1


@guide.row("processor.close()")
def test_close_drains(ours: Ours, plain: Queue) -> None:
    done: list[str] = []
    processor = BackgroundProcessor(plain, done.append)
    for name in ("ada", "bob"):
        processor.schedule(name, 0, name)
    assert ours(processor=processor) is True
    assert done == ["ada", "bob"]
    with pytest.raises(ClosedError):
        processor.schedule("eve", 0, "eve")


def test_every_row_has_its_test() -> None:
    assert not guide.unclaimed
