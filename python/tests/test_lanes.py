"""Lanes: limits, pause, throttle, and the sweep that wakes what is due."""

import datetime
import time
from pathlib import Path

import pytest

import fairlane
from fairlane import Queue, Swept


def state(queue: Queue, lane: str) -> str:
    info = queue.lane(lane)
    assert info is not None
    return info.state


def test_a_lane_is_there_from_its_first_job_and_gone_when_it_is_empty(queue: Queue) -> None:
    assert queue.lane("tenant-7") is None
    queue.push(b"", "tenant-7")
    assert state(queue, "tenant-7") == "ready"
    queue.pop(lease=0)
    assert queue.lane("tenant-7") is None


def test_lanes_are_listed_by_name_with_their_counts(queue: Queue) -> None:
    for lane in ("b", "a", "a"):
        queue.push(b"", lane)
    queue.push(b"", "b", delay=60)
    first, second = queue.lanes()
    assert (first.name, first.counts.ready, first.counts.waiting) == ("a", 2, 2)
    assert (second.name, second.counts.ready, second.counts.delayed) == ("b", 1, 1)


def test_limits_are_set_apart_from_any_push_and_stay(queue: Queue) -> None:
    queue.set_limits("a", rate=(5, datetime.timedelta(minutes=1)), max_in_flight=2, weight=3)
    queue.set_limits("a", max_waiting=4)
    lane = queue.lane("a")
    assert lane is not None
    limits = lane.limits
    assert (limits.rate, limits.max_in_flight, limits.weight, limits.max_waiting) == (
        (5, 60.0),
        2,
        3,
        4,
    )
    queue.set_limits("a", tps=0)
    lifted = queue.lane("a")
    assert lifted is not None
    assert (lifted.limits.rate[0], lifted.limits.weight) == (0, 3)


def test_a_lane_at_its_most_in_flight_is_capped(queue: Queue) -> None:
    queue.set_limits("a", max_in_flight=1)
    for _ in range(2):
        queue.push(b"", "a")
    job = queue.pop()
    assert job is not None
    assert queue.pop() is None
    assert state(queue, "a") == "capped"
    queue.mark_complete(job)
    assert queue.pop() is not None


def test_the_whole_queue_has_limits_too(queue: Queue) -> None:
    queue.set_limits(max_in_flight=1)
    queue.push(b"", "a")
    queue.push(b"", "b")
    assert len(queue.pop_many(10)) == 1
    assert queue.stats().limits.max_in_flight == 1


def test_a_paused_lane_rests_while_others_go_on(queue: Queue) -> None:
    queue.push(b"", "a")
    queue.push(b"", "b")
    queue.pause("a")
    assert [job.lane for job in queue.pop_many(10)] == ["b"]
    lane = queue.lane("a")
    assert lane is not None
    assert (lane.state, lane.paused) == ("paused", True)
    queue.resume("a")
    assert [job.lane for job in queue.pop_many(10)] == ["a"]


def test_the_whole_queue_may_be_paused(queue: Queue) -> None:
    queue.push(b"")
    queue.pause()
    assert queue.pop() is None
    assert queue.stats().paused
    queue.resume()
    assert queue.pop() is not None


@pytest.mark.parametrize("lane", ["a", None])
def test_a_throttle_holds_back_until_it_ends_or_is_ended(queue: Queue, lane: str | None) -> None:
    queue.push(b"", "a")
    queue.throttle(lane, datetime.timedelta(minutes=1))
    assert queue.pop() is None
    queue.throttle(lane, 0)
    assert queue.pop() is not None


def test_a_throttled_lane_tells_when_it_wakes(queue: Queue) -> None:
    queue.push(b"", "a")
    before = time.time()
    queue.throttle("a", 60)
    lane = queue.lane("a")
    assert lane is not None
    assert lane.wakes_at is not None
    assert lane.state == "throttled"
    assert before + 59.99 <= lane.wakes_at <= time.time() + 60.01
    before = time.time()
    queue.throttle("a", 0.08)
    job = queue.pop(wait=10)
    assert job is not None
    assert job.started_at >= before + 0.07


def test_a_sweep_tells_what_it_moved(queue: Queue) -> None:
    assert queue.dethrottle() == queue.dethrottle()
    swept = queue.dethrottle()
    assert isinstance(swept, Swept)
    assert (swept.due, swept.lapsed, swept.woken) == (0, 0, 0)


def test_a_dethrottler_runs_until_it_is_stopped(queue: Queue) -> None:
    dethrottler = queue.start_dethrottler(0.001)
    dethrottler.stop()
    dethrottler.stop()
    with queue.start_dethrottler(datetime.timedelta(milliseconds=1)) as running:
        queue.push(b"", delay=0.01)
        assert queue.pop(wait=10) is not None
    running.stop()


def test_a_dethrottler_that_is_collected_lets_go_of_its_queue(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "jobs.db", "tests")
    dethrottler = queue.start_dethrottler(0.001)
    del queue
    # SQLite keeps this file for as long as somebody has the database open.
    log = tmp_path / "jobs.db-wal"
    assert log.exists()
    del dethrottler
    assert not log.exists()


def test_a_dethrottler_needs_an_interval(queue: Queue) -> None:
    with pytest.raises(fairlane.InvalidArgumentError, match="interval 0"):
        queue.start_dethrottler(0)
