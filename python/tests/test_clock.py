"""The clock that is turned by hand: delays, leases and limits without sleeping."""

import datetime
from pathlib import Path
from typing import Any

import pytest

import fairlane
from fairlane import InvalidArgumentError, ManualClock, Queue

DAWN = 1_700_000_000.0
YEAR_9999 = 253_402_300_799.999


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(DAWN)


def test_a_queue_keeps_the_time_of_its_clock(url: str, clock: ManualClock) -> None:
    with Queue(url, "tests", clock=clock) as queue:
        queue.push(b"late", delay=60)
        assert queue.pop() is None
        clock.advance(59.999)
        assert queue.pop() is None
        clock.advance(0.001)
        job = queue.pop(lease=30)
        assert job is not None
        assert (job.pushed_at, job.started_at) == (DAWN, DAWN + 60)
        clock.advance(30)
        with pytest.raises(fairlane.StaleTokenError):
            queue.mark_complete(job)


def test_a_limit_is_tested_without_sleeping(url: str, clock: ManualClock) -> None:
    with Queue(url, "tests", clock=clock) as queue:
        for _ in range(5):
            queue.push(b"", tps=2)
        assert len(queue.pop_many(5)) == 2
        clock.advance(datetime.timedelta(seconds=1))
        assert len(queue.pop_many(5)) == 2


def test_handles_of_one_queue_share_a_clock(tmp_path: Path, clock: ManualClock) -> None:
    file = tmp_path / "jobs.db"
    with Queue(file, "tests", clock=clock) as one, Queue(file, "tests", clock=clock) as other:
        one.push(b"", delay=1)
        clock.advance(1)
        assert other.pop() is not None


def test_a_clock_shows_what_it_was_turned_to() -> None:
    moment = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    clock = ManualClock(moment)
    assert clock.now == moment.timestamp()
    clock.advance(-0.5)
    assert clock.now == moment.timestamp() - 0.5
    clock.set(DAWN)
    assert clock.now == DAWN
    assert repr(clock) == "ManualClock(now=1700000000.0)"


def test_a_clock_stays_between_1970_and_9999() -> None:
    clock = ManualClock(1)
    clock.advance(-2)
    assert clock.now == 0
    clock.set(YEAR_9999)
    clock.advance(1)
    assert clock.now == YEAR_9999


def test_a_moment_or_a_turn_that_is_out_of_range_is_named(clock: ManualClock) -> None:
    with pytest.raises(InvalidArgumentError, match="now -1000 ms is out of range"):
        ManualClock(-1)
    with pytest.raises(InvalidArgumentError, match="now NaN ms is out of range"):
        clock.set(float("nan"))
    with pytest.raises(InvalidArgumentError, match="advance inf ms is out of range"):
        clock.advance(float("inf"))
    assert clock.now == DAWN


def test_a_clock_of_another_kind_is_a_type_error() -> None:
    untyped: Any = Queue
    with pytest.raises(TypeError, match=r"ManualClock"):
        untyped("memory:", "tests", clock=lambda: DAWN)
