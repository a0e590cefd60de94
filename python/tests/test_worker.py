"""Workers: how handlers are called, and what follows from how they end."""

import logging
import os
import queue as stdlib
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from typing import Any

import pytest
from conftest import running

import fairlane
from fairlane import BackoffPolicy, Discard, Job, NewJob, Queue, Release, Retry, Worker

SOON = 20.0

AN_HOUR = BackoffPolicy(min=3_600, max=3_600)
"""A backoff that is not over before the test is, however slow the machine."""


class Events:
    """Notes what a worker tells, to be waited for."""

    def __init__(self) -> None:
        self.told: stdlib.Queue[tuple[Any, ...]] = stdlib.Queue()

    def __call__(self, kind: str, job: Job | None, *details: object) -> None:
        self.told.put((kind, job.payload if job else None, *details))

    def next(self, *kinds: str) -> tuple[Any, ...]:
        """Gives the next event of one of these kinds."""
        while True:
            event = self.told.get(timeout=SOON)
            if event[0] in kinds:
                return event


@pytest.fixture
def events() -> Events:
    return Events()


def test_the_handler_gets_the_job_and_its_return_ends_it(queue: Queue, events: Events) -> None:
    jobs: stdlib.Queue[Job] = stdlib.Queue()
    with Worker(queue, jobs.put, concurrency=2, observer=events) as worker:
        assert worker.state == "running"
        id = queue.push({"to": "ada"}, "tenant-7")
        job = jobs.get(timeout=SOON)
        assert (job.id, job.lane, job.json(), job.tries) == (id, "tenant-7", {"to": "ada"}, 1)
        assert job.signal is not None
        assert job.signal.reason is None
        assert events.next("started")[1] == job.payload
        kind, payload, took = events.next("done")
        assert (kind, payload) == ("done", job.payload)
        assert 0 <= took < SOON
    assert worker.state == "stopped"
    assert queue.get(id) is None


@pytest.mark.parametrize(
    ("give", "payloads"),
    [
        (lambda: NewJob(b"next"), [b"next"]),
        (lambda: [NewJob(b"next"), NewJob(b"last")], [b"next", b"last"]),
        (lambda: "something else", []),
        (lambda: ["something else"], []),
    ],
)
def test_jobs_that_are_returned_follow(
    queue: Queue, events: Events, give: Callable[[], object], payloads: list[bytes]
) -> None:
    queue.push(b"first")
    with Worker(queue, lambda job: give() if job.payload == b"first" else None, observer=events):
        done = {events.next("done")[1] for _ in range(1 + len(payloads))}
        assert done == {b"first", *payloads}


def raises(error: BaseException) -> Callable[[Job], None]:
    def handler(_: Job) -> None:
        raise error

    return handler


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ValueError("bad address"), "failed", "ValueError: bad address"),
        (KeyError(), "failed", "KeyError"),
        (SystemExit(3), "failed", "SystemExit: 3"),
        (Retry("not now", delay=3_600), "failed", "not now"),
        (Discard("never"), "dead", "never"),
        (ValueError("\udcff"), "failed", "ValueError: \\udcff"),
    ],
)
def test_an_exception_is_a_failed_try(
    queue: Queue, events: Events, error: BaseException, kind: str, text: str
) -> None:
    id = queue.push(b"", backoff=AN_HOUR)
    with Worker(queue, raises(error), observer=events):
        assert events.next("failed", "dead")[::3] == (kind, text)
    job = queue.get(id)
    assert job is not None
    assert (job.error, job.tries) == (text, 1)
    assert job.state == ("dead" if kind == "dead" else "delayed")


def test_retry_on_narrows_what_is_tried_again(queue: Queue, events: Events) -> None:
    def handler(job: Job) -> None:
        raise {b"net": ConnectionError, b"bug": TypeError}[job.payload]("no")

    ids = [queue.push(payload, backoff=AN_HOUR) for payload in (b"net", b"bug")]
    with Worker(queue, handler, retry_on=(ConnectionError,), observer=events):
        kinds = {event[1]: event[0] for event in (events.next("failed", "dead") for _ in ids)}
    assert kinds == {b"net": "failed", b"bug": "dead"}


def test_release_charges_no_try(queue: Queue, events: Events) -> None:
    id = queue.push(b"")
    with Worker(queue, raises(Release(delay=3_600)), observer=events):
        events.next("released")
    job = queue.get(id)
    assert job is not None
    assert (job.state, job.tries) == ("delayed", 0)


def test_failures_are_logged_with_their_cause(
    queue: Queue, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    queue.push(b"", max_tries=1)
    with (
        caplog.at_level(logging.WARNING, "fairlane.worker"),
        Worker(queue, raises(ValueError("bad")), observer=events),
    ):
        events.next("dead")
    failed, dead = caplog.records
    assert failed.exc_info is not None
    assert isinstance(failed.exc_info[1], ValueError)
    assert dead.getMessage() == "job 1 is dead after try 1: ValueError: bad"


def test_an_observer_that_raises_changes_nothing(queue: Queue) -> None:
    done = threading.Event()
    unraisable: list[object] = []
    before, sys.unraisablehook = sys.unraisablehook, unraisable.append

    def observer(kind: str, *_: object) -> None:
        if kind == "done":
            done.set()
        raise ValueError("no")

    try:
        id = queue.push(b"")
        with Worker(queue, lambda _: None, observer=observer):
            assert done.wait(SOON)
    finally:
        sys.unraisablehook = before
    assert queue.get(id) is None
    assert unraisable


def test_a_handler_that_takes_too_long_is_given_up(queue: Queue, events: Events) -> None:
    reasons: stdlib.Queue[str | None] = stdlib.Queue()

    def handler(job: Job) -> None:
        assert job.signal is not None
        reasons.put(job.signal.wait(SOON))

    queue.push(b"", max_tries=1)
    with Worker(queue, handler, timeout=0.05, observer=events):
        assert reasons.get(timeout=SOON) == "timed out"
        assert events.next("dead")[3] == "handler took longer than 50ms"


def test_stopping_waits_for_handlers_and_gives_the_rest_back(queue: Queue, events: Events) -> None:
    let_go = threading.Event()

    def handler(_: Job) -> None:
        let_go.wait(SOON)

    id = queue.push(b"endless")
    worker = Worker(queue, handler, concurrency=1, observer=events)
    assert worker.stop()
    worker.start()
    worker.start()
    events.next("started")
    assert not worker.wait(0.01)
    assert not worker.stop(0.01)
    events.next("released")
    again = queue.pop()
    assert again is not None
    assert (again.id, again.tries) == (id, 1)
    let_go.set()
    queue.mark_complete(again)
    assert worker.wait(SOON)
    assert queue.stats().counts.ready == 0


def test_several_queues_share_one_worker(url: str, events: Events) -> None:
    with (
        Queue(url, "one") as one,
        Queue(url, "other") as other,
        Worker(one, lambda _: None, also=[(other, 3)], concurrency=1, observer=events),
    ):
        one.push(b"one")
        assert events.next("done")[1] == b"one"
        other.push(b"other")
        assert events.next("done")[1] == b"other"


def test_with_max_jobs_a_worker_stops_by_itself(queue: Queue) -> None:
    for number in range(3):
        queue.push(str(number).encode())
    worker = Worker(queue, lambda _: None, concurrency=4, max_jobs=2)
    worker.start()
    assert worker.wait(SOON)
    stats = queue.stats()
    assert (stats.counts.waiting, stats.counts.in_flight, stats.completed) == (1, 0, 2)


def test_until_empty_works_off_what_can_still_come(url: str) -> None:
    with Queue(url, "first") as first, Queue(url, "second") as second:
        first.push(b"now")
        first.push(b"later", delay=0.05)
        second.push(b"elsewhere")
        worker = Worker(first, lambda _: None, also=[(second, 1)], until_empty=True)
        worker.run()
        assert (first.stats().completed, second.stats().completed) == (2, 1)


def test_a_stop_raises_signals_at_once_and_to_finish_is_fine(queue: Queue) -> None:
    began = threading.Event()

    def handler(job: Job) -> object:
        began.set()
        assert job.signal is not None
        return job.signal.wait(SOON)

    id = queue.push(b"")
    with Worker(queue, handler):
        assert began.wait(SOON)
    assert queue.result(id) == b'"stopping"'


def test_a_worker_ends_with_its_queue(queue: Queue) -> None:
    worker = Worker(queue, lambda _: None)
    worker.start()
    queue.close()
    with pytest.raises(fairlane.ClosedError):
        worker.wait(SOON)
    assert worker.stop()
    assert worker.state == "stopped"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"concurrency": 0}, "concurrency 0 is out of range: accepted are 1 to 1024"),
        ({"lease": 0}, "lease 0 ms is out of range: a worker extends its leases"),
        ({"max_jobs": -1}, "max_jobs -1 is out of range: accepted are 0 and above"),
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    with (
        Queue("memory:", "tests") as queue,
        pytest.raises(fairlane.InvalidArgumentError, match=message),
    ):
        Worker(queue, lambda _: None, **options).start()


def test_a_time_to_wait_that_is_out_of_range_is_refused(queue: Queue) -> None:
    worker = Worker(queue, print)
    for call in (worker.stop, worker.wait, worker.run):
        with pytest.raises(fairlane.InvalidArgumentError, match="timeout -1000 ms is out of range"):
            call(-1)


def test_what_is_no_handler_is_refused() -> None:
    async def coroutine(_: Job) -> None: ...

    with Queue("memory:", "tests") as queue:
        with pytest.raises(TypeError, match="accepted are functions of a job"):
            Worker(queue, "module:function")  # type: ignore[arg-type]
        with pytest.raises(
            TypeError, match="is a coroutine function: accepted are plain functions"
        ):
            Worker(queue, coroutine)


def run_program(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


PROGRAM = """
    import sys, time, fairlane
    queue = fairlane.Queue(sys.argv[1], "tests")

    def handler(job):
        print("began", flush=True)
        job.signal.wait(20)
        if job.payload == b"endless":
            time.sleep(20)
        print("ended", flush=True)

    fairlane.Worker(queue, handler, concurrency=1).run(stop_timeout=10)
    print("left", flush=True)
"""


@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_stops_at_a_signal(url: str, number: signal.Signals) -> None:
    with Queue(url, "tests") as queue:
        id = queue.push(b"")
        with running(run_program(PROGRAM, url)) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == "began\n"
            program.send_signal(number)
            out, err = program.communicate(timeout=SOON)
        assert (out, err, program.returncode) == ("ended\nleft\n", "", 0)
        assert queue.get(id) is None


def test_a_second_signal_gives_back_what_runs(tmp_path: os.PathLike[str]) -> None:
    url = os.path.join(tmp_path, "jobs.db")
    with Queue(url, "tests") as queue:
        queue.push(b"endless")
        with running(run_program(PROGRAM, url)) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == "began\n"
            program.send_signal(signal.SIGINT)
            program.send_signal(signal.SIGTERM)
            again = queue.pop(wait=SOON)
            assert again is not None
            assert again.tries == 1


def test_a_program_that_ends_while_handlers_run_gives_their_jobs_back(
    tmp_path: os.PathLike[str],
) -> None:
    url = os.path.join(tmp_path, "jobs.db")
    with Queue(url, "tests") as queue:
        queue.push(b"")
        program = run_program(
            """
            import sys, threading, time, fairlane
            queue = fairlane.Queue(sys.argv[1], "tests")
            began = threading.Event()

            def handler(job):
                began.set()
                time.sleep(20)

            worker = fairlane.Worker(queue, handler)
            worker.start()
            began.wait()
            """,
            url,
        )
        with running(program):
            _, err = program.communicate(timeout=SOON)
        assert (err, program.returncode) == ("", 0)
        again = queue.pop()
        assert again is not None
        assert again.tries == 1
