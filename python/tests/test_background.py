"""Background processors: one piece of work a key, whatever the function does."""

import logging
import os
import queue as stdlib
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from conftest import running

import fairlane
from fairlane import BackgroundProcessor, ManualClock, NewJob, Queue

SOON = 20.0


def eventually(what: Callable[[], bool]) -> bool:
    """Asks until it is so: the store is told of what has ended by a thread of its own."""
    deadline = time.monotonic() + SOON
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def test_the_function_gets_any_value_and_a_key_is_taken_once(queue: Queue) -> None:
    gate, calls = threading.Event(), stdlib.Queue[object]()

    def work(arg: object) -> None:
        calls.put(arg)
        assert gate.wait(SOON)

    with BackgroundProcessor(queue, work) as one, BackgroundProcessor(queue, work) as other:
        value = object()
        assert one.schedule("first", 0, value)
        assert calls.get(timeout=SOON) is value
        assert one.schedule("second", timedelta(hours=1), lambda: "any value")
        assert one.queue_length() == 1
        assert repr(one) == "<BackgroundProcessor queue_length=1>"
        for key in ("first", "second"):
            assert not one.schedule(key, 0, None)
            assert not other.schedule(key, 0, None)
        gate.set()
        assert eventually(lambda: other.schedule("first", 0, None))
        assert not other.schedule("second", 0, None), "its backoff has not passed"
    assert queue.stats().pushed == 0


def test_a_key_is_taken_until_its_backoff_has_passed(url: str) -> None:
    clock = ManualClock(1_700_000_000)
    with Queue(url, "tests", clock=clock) as queue:
        done = threading.Event()
        with BackgroundProcessor[None](queue, lambda _: done.set()) as processor:
            assert processor.schedule("key", 60, None)
            assert done.wait(SOON)
        with BackgroundProcessor[None](queue, print) as other:
            clock.advance(59.999)
            assert not other.schedule("key", 60, None)
            clock.advance(0.001)
            assert other.schedule("key", 60, None)


def test_an_end_frees_no_key_that_was_taken_after_a_bump(queue: Queue) -> None:
    begun, gate = threading.Event(), threading.Event()

    def work(is_old: bool) -> None:
        begun.set()
        assert gate.wait(SOON) or not is_old

    old = BackgroundProcessor(queue, work)
    assert old.schedule("key", 3600, True)
    assert begun.wait(SOON)
    old.bump_remote_dedup_key()
    held = threading.Event()
    with BackgroundProcessor[None](queue, lambda _: held.wait(SOON)) as new:
        assert new.schedule("key", 0, None)
        gate.set()
        assert old.close()
        with BackgroundProcessor[None](queue, print) as third:
            assert not third.schedule("key", 0, None)
        held.set()


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), KeyboardInterrupt()])
def test_what_the_function_raises_ends_nothing(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    events: stdlib.Queue[tuple[Any, ...]] = stdlib.Queue()

    def work(arg: str) -> None:
        if arg == "raise":
            raise error

    with (
        caplog.at_level(logging.WARNING, "fairlane.background"),
        BackgroundProcessor(
            "memory:", work, observer=lambda *event: events.put(event)
        ) as processor,
    ):
        assert processor.schedule("one", 0, "raise")
        assert processor.schedule("two", 0, "fine")
    told = [events.get_nowait()[:2] for _ in range(4)]
    assert told == [("started", "one"), ("failed", "one"), ("started", "two"), ("done", "two")]
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_closing_drains_or_drops(queue: Queue) -> None:
    calls: list[str] = []
    gate = threading.Event()
    events: stdlib.Queue[tuple[Any, ...]] = stdlib.Queue()

    def work(arg: str) -> None:
        calls.append(arg)
        assert gate.wait(SOON)

    drained = BackgroundProcessor(queue, work)
    for key in ("one", "two"):
        assert drained.schedule(key, 0, key)
    gate.set()
    assert drained.close()
    assert drained.close(), "again is harmless"
    assert calls == ["one", "two"]
    with pytest.raises(fairlane.ClosedError, match="background processor is closed"):
        drained.schedule("three", 0, "three")

    gate.clear()
    dropped = BackgroundProcessor(queue, work, observer=lambda *event: events.put(event))
    for key in ("one", "two"):
        assert dropped.schedule(key, 3600, key)
    assert events.get(timeout=SOON) == ("started", "one")
    assert not dropped.close(drain=False, timeout=0)
    assert events.get(timeout=SOON) == ("dropped", "two")
    gate.set()
    assert dropped.close()
    with BackgroundProcessor(queue, work) as next:
        assert not next.schedule("one", 0, "its backoff has not passed")
        assert next.schedule("two", 0, "it was not done")


def test_a_processor_opens_the_queue_of_a_url(tmp_path: os.PathLike[str]) -> None:
    file = os.path.join(tmp_path, "jobs.db")
    gate = threading.Event()
    with (
        BackgroundProcessor[None](file, lambda _: gate.wait(SOON)) as one,
        BackgroundProcessor[None](Queue(file, "background"), print) as same,
        BackgroundProcessor[None](file, print, name="other") as other,
    ):
        assert one.schedule("key", 0, None)
        assert not same.schedule("key", 0, None)
        assert other.schedule("key", 0, None)
        gate.set()


def test_the_keys_of_jobs_are_others(queue: Queue) -> None:
    queue.push_many([NewJob("job", key="key", key_ttl=60)])
    with BackgroundProcessor[None](queue, print) as processor:
        assert processor.schedule("key", 60, None)
        queue.bump_keys()
        assert not processor.schedule("key", 60, None)


@pytest.mark.parametrize("fail_open", [True, False])
def test_without_a_store_work_goes_on_or_is_refused(fail_open: bool) -> None:
    events: stdlib.Queue[tuple[Any, ...]] = stdlib.Queue()
    gate = threading.Event()
    queue = Queue("redis://localhost:1", "tests", busy_timeout=0.1)
    processor = BackgroundProcessor[None](
        queue,
        lambda _: gate.wait(SOON),
        lease=0.5,
        fail_open=fail_open,
        observer=lambda *event: events.put(event),
    )
    if fail_open:
        for key in ("runs", "waits"):
            assert processor.schedule(key, 0, None)
        for key in ("runs", "waits"):
            assert not processor.schedule(key, 0, None), "this process knows its own work"
    else:
        with pytest.raises(fairlane.Error) as refused:
            processor.schedule("key", 0, None)
        assert refused.value.retryable
    kind, key, error = events.get(timeout=SOON)
    assert (kind, key) == ("trouble", None)
    assert isinstance(error, fairlane.Error)
    gate.set()
    assert processor.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"concurrency": 0}, "concurrency 0 is out of range: accepted are 1 to 1024"),
        ({"lease": 0}, "lease 0 ms is out of range: accepted is 1 ms or more"),
        ({"pause": -1}, "pause -1000 ms is out of range"),
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(fairlane.InvalidArgumentError, match=message):
        BackgroundProcessor("memory:", print, **options)


def test_what_is_no_function_is_refused() -> None:
    async def coroutine(_: object) -> None: ...

    with pytest.raises(TypeError, match="accepted are functions of an argument"):
        BackgroundProcessor("memory:", "no function")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="accepted are plain functions"):
        BackgroundProcessor("memory:", coroutine)


def test_a_forked_child_begins_with_nothing(tmp_path: os.PathLike[str]) -> None:
    program = """
        import os, sys, threading, fairlane
        calls, gate = [], threading.Event()
        def work(arg):
            gate.wait()
            calls.append(arg)
        processor = fairlane.BackgroundProcessor(sys.argv[1], work)
        assert processor.schedule("parent's", 0, "parent")
        assert processor.schedule("waits", 0, "parent")
        child = os.fork()
        if child == 0:
            assert processor.queue_length() == 0
            assert not processor.schedule("waits", 0, "child")
            assert processor.schedule("child's", 0, "child")
            gate.set()
            assert processor.close()
            os._exit(0 if calls == ["child"] else 1)
        assert os.waitpid(child, 0)[1] == 0
        gate.set()
        assert processor.close()
        assert calls == ["parent", "parent"], calls
    """
    # Python warns of forks amid threads; those of a processor hold nothing of Python's.
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)]
    ended = subprocess.run([*command, os.path.join(tmp_path, "jobs.db")], timeout=60, check=False)
    assert ended.returncode == 0


def test_a_program_that_ends_without_closing_frees_what_waits(
    tmp_path: os.PathLike[str],
) -> None:
    file = os.path.join(tmp_path, "jobs.db")
    program = """
        import sys, threading, fairlane
        begun = threading.Event()
        def work(arg):
            begun.set()
            # Beyond the end of the program: otherwise what waits might be begun.
            threading.Event().wait(60)
        processor = fairlane.BackgroundProcessor(sys.argv[1], work)
        for key in ("runs", "waits"):
            assert processor.schedule(key, 3600, None)
        assert begun.wait(20)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), file], timeout=60, check=False
    )
    assert ended.returncode == 0
    with BackgroundProcessor[None](file, print) as processor:
        assert processor.schedule("waits", 0, None)
        assert not processor.schedule("runs", 0, None)


def test_ctrl_c_ends_a_close(tmp_path: os.PathLike[str]) -> None:
    program = """
        import signal, threading, fairlane
        # A shell that runs the tests in the background ignores SIGINT, which is inherited.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        begun = threading.Event()
        def work(arg):
            begun.set()
            threading.Event().wait(60)
        processor = fairlane.BackgroundProcessor("memory:", work)
        processor.schedule("key", 0, None)
        begun.wait()
        print("closing", flush=True)
        processor.close(timeout=60)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    pipe = subprocess.PIPE
    with running(subprocess.Popen(command, text=True, stdout=pipe, stderr=pipe)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "closing\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=SOON)
    assert "KeyboardInterrupt" in said
