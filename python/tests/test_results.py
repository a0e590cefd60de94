"""Results: what a completed job leaves behind, and waiting for it."""

import json
import threading
import time
from collections.abc import Callable

import pytest

from fairlane import (
    InvalidArgumentError,
    Job,
    JobFailedError,
    ManualClock,
    PayloadTooLargeError,
    Queue,
    TimeoutError,
    Worker,
)

Pop = Callable[[], Job]


@pytest.mark.parametrize(
    ("result", "bytes_"),
    [(b"as it is", b"as it is"), ({"sum": 42}, b'{"sum":42}'), ("", b'""'), (b"", b"")],
)
def test_a_result_is_bytes_or_json(queue: Queue, pop: Pop, result: object, bytes_: bytes) -> None:
    id = queue.push(b"")
    queue.mark_complete(pop(), result=result)
    assert queue.result(id) == bytes_
    assert queue.result(id, wait=60) == bytes_


def test_without_a_result_there_is_none(queue: Queue, pop: Pop) -> None:
    id = queue.push(b"")
    queue.mark_complete(pop())
    assert queue.result(id, wait=60) is None


def test_a_result_is_kept_for_its_time(url: str) -> None:
    clock = ManualClock(1_700_000_000)
    with Queue(url, "tests", clock=clock) as queue:
        id = queue.push(b"")
        job = queue.pop()
        assert job is not None
        queue.mark_complete(job, result=1, result_ttl=0.25)
        clock.advance(0.249)
        assert queue.result(id) == b"1"
        clock.advance(0.001)
        assert queue.result(id) is None


def test_a_job_that_has_not_ended_has_no_result_yet(queue: Queue) -> None:
    id = queue.push(b"")
    with pytest.raises(TimeoutError, match=f"job {id} has not ended: wait for its result"):
        queue.result(id)
    with pytest.raises(TimeoutError, match=f"job {id} has not ended within 20 ms"):
        queue.result(id, wait=0.02)


def test_a_dead_job_has_failed(queue: Queue, pop: Pop) -> None:
    id = queue.push(b"")
    queue.fail(pop(), "no such address")
    with pytest.raises(JobFailedError, match=f"job {id} is dead: no such address"):
        queue.result(id, wait=60)


def test_what_is_not_accepted_is_refused(queue: Queue, pop: Pop) -> None:
    with pytest.raises(InvalidArgumentError, match="job 7 was never pushed"):
        queue.result("7")
    queue.push(b"")
    job = pop()
    with pytest.raises(PayloadTooLargeError, match="result of 16777217 bytes is too large"):
        queue.mark_complete(job, result=b"x" * (16 * 1024 * 1024 + 1))
    with pytest.raises(TypeError, match=r"result is not JSON: .*: accepted are bytes"):
        queue.mark_complete(job, result=object())
    with pytest.raises(InvalidArgumentError, match="result_ttl -1000 ms is out of range"):
        queue.mark_complete(job, result=1, result_ttl=-1)
    queue.mark_complete(job)


def test_a_wait_ends_when_the_job_does(queue: Queue, pop: Pop) -> None:
    def late() -> float:
        """Gives how many seconds after its job a wait ends."""
        id = queue.push(b"")
        ended: list[float] = []

        def end() -> None:
            job = pop()
            ended.append(time.monotonic())
            queue.mark_complete(job, result="done")

        timer = threading.Timer(0.05, end)
        timer.start()
        assert queue.result(id, wait=60) == b'"done"'
        over = time.monotonic()
        timer.join()
        return over - ended[0]

    # A machine that is busy with something else may be late once, not each time.
    assert any(late() < 2 for _ in range(3))


@pytest.mark.parametrize("value", [b"bytes", {"a": [1]}, 0, [], "text"])
def test_what_a_handler_returns_is_the_result(queue: Queue, value: object) -> None:
    with Worker(queue, lambda job: value):
        result = queue.result(queue.push(b""), wait=60)
    assert result is not None
    assert result == value if isinstance(value, bytes) else json.loads(result) == value


def test_a_handler_that_returns_nothing_leaves_nothing(queue: Queue) -> None:
    with Worker(queue, lambda job: None):
        assert queue.result(queue.push(b""), wait=60) is None


def test_what_has_no_json_is_a_failed_try(queue: Queue) -> None:
    id = queue.push(b"", max_tries=1)
    with Worker(queue, lambda job: object()), pytest.raises(JobFailedError, match="is not JSON"):
        queue.result(id, wait=60)
