"""The guide for those who come from courier's queue."""

import threading

import pytest
from guide import Guide, Ours

from fairlane import Dethrottler, ManualClock, Queue, StaleTokenError

guide = Guide("courier.md")


def started(queue: Queue) -> int:
    """Starts all that may start now."""
    return len(queue.pop_many(100))


@guide.row('PushOntoQueue(conn, "msgs", "chan-7", 10, value, DefaultPriority)')
def test_a_push_brings_the_limit(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    id = ours(queue=queue, value=b"one")
    job = queue.get(id)
    assert job is not None
    assert (job.lane, job.payload, job.priority) == ("chan-7", b"one", 1)
    for _ in range(24):
        queue.push(b"more", "chan-7")
    clock.advance(0.5)
    assert started(queue) == 10
    clock.advance(0.999)  # in the next second by the clock on the wall, not in another window
    assert started(queue) == 0
    clock.advance(0.001)
    assert started(queue) == 10


@guide.row('PushOntoQueue(conn, "msgs", "chan-7", 0, value, DefaultPriority)')
def test_0_lifts_the_limit(ours: Ours, queue: Queue) -> None:
    for _ in range(5):
        queue.push(b"x", "chan-7", tps=1)
    assert started(queue) == 1
    queue.push(b"x", "chan-7")
    assert started(queue) == 0
    ours(queue=queue, value=b"x")
    assert started(queue) == 6


@guide.row('PushOntoQueue(conn, "msgs", "chan-7", 10, value, BulkPriority)')
def test_bulk_comes_last(ours: Ours, queue: Queue) -> None:
    ours(queue=queue, value=b"bulk")
    queue.push(b"usual", "chan-7")
    queue.push(b"urgent", "chan-7", priority=9)
    assert [job.payload for job in queue.pop_many(3)] == [b"urgent", b"usual", b"bulk"]


@guide.row('PopFromQueue(conn, "msgs")')
def test_a_pop_needs_no_second_call(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    assert ours(queue=queue) is None
    for lane in ("chan-7", "chan-7", "chan-8"):
        queue.push(b"x", lane, tps=1)
    assert ours(queue=queue).lane == "chan-7"
    assert ours(queue=queue).lane == "chan-8"  # chan-7 is throttled, and passed over
    assert ours(queue=queue) is None
    clock.advance(120)  # the lease
    assert ours(queue=queue).lapses == 1


@guide.row("for token == EmptyQueue { time.Sleep(...) }")
def test_a_push_wakes_the_worker(ours: Ours, url: str) -> None:
    got = []
    with Queue(url, "msgs") as queue:
        worker = threading.Thread(target=lambda: got.append(ours(queue=queue)))
        worker.start()
        id = queue.push(b"x", "chan-7")
        worker.join(20)
    assert [job.id for job in got] == [id]


@guide.row('MarkComplete(conn, "msgs", token)')
def test_a_delivery_ends_once(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    queue.push(b"x", "chan-7")
    job = queue.pop(lease=30)
    clock.advance(31)
    with pytest.raises(StaleTokenError):
        ours(queue=queue, job=job)
    job = queue.pop()
    ours(queue=queue, job=job)
    with pytest.raises(StaleTokenError):
        ours(queue=queue, job=job)
    assert queue.stats().completed == 1


@guide.row("value, _ := PopFromQueue(...) without a second delivery")
def test_at_most_once(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    queue.push(b"x", "chan-7")
    assert ours(queue=queue).lease_until is None
    clock.advance(3600)
    assert queue.pop() is None
    assert queue.stats().completed == 1


@guide.row('StartDethrottler(pool, quit, wg, "msgs")')
def test_a_dethrottler_may_run(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    queue.push(b"one", "chan-7", tps=1)
    queue.push(b"two", "chan-7")
    assert started(queue) == 1
    clock.advance(1)
    assert started(queue) == 1  # without one
    with ours(queue=queue) as dethrottler:
        assert isinstance(dethrottler, Dethrottler)


@guide.row("close(quit); wg.Wait()")
def test_a_dethrottler_stops(ours: Ours, queue: Queue) -> None:
    dethrottler = queue.start_dethrottler(1)
    ours(dethrottler=dethrottler)
    ours(dethrottler=dethrottler)  # again is harmless


def test_every_row_has_its_test() -> None:
    assert not guide.unclaimed
