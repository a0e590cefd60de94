"""Looking without taking; removing; the archive of dead jobs."""

import pytest

from fairlane import Queue


def dead(queue: Queue, lane: str = "default") -> str:
    """Makes a dead job."""
    id = queue.push(b"", lane)
    job = queue.pop()
    assert job is not None
    assert job.id == id
    queue.fail(job, "broken")
    return id


def test_stats_count_jobs_and_deeds(queue: Queue) -> None:
    dead(queue)
    queue.push(b"", "a")
    queue.push(b"", "a", delay=60)
    parent = queue.push(b"", "b")
    queue.push(b"", after=parent)
    job = queue.pop()
    assert job is not None
    stats = queue.stats()
    counts = stats.counts
    assert (counts.ready, counts.delayed, counts.blocked, counts.in_flight) == (1, 1, 1, 1)
    assert (counts.waiting, stats.pushed, stats.died, stats.dead) == (3, 5, 1, 1)
    assert (stats.completed, stats.retried, stats.lapsed, stats.quarantined) == (0, 0, 0, 0)
    assert (stats.lanes, stats.paused) == (3, False)


def test_size_counts_what_waits(queue: Queue) -> None:
    queue.push(b"", "a")
    queue.push(b"", "b", delay=60)
    queue.push(b"", "b")
    assert (queue.size(), queue.size("a"), queue.size("b"), queue.size("c")) == (3, 1, 2, 0)


def test_looking_at_a_job_does_not_take_it(queue: Queue) -> None:
    id = queue.push({"n": 1})
    info = queue.get(id)
    assert info is not None
    assert (info.id, info.state, info.json(), info.due_at) == (id, "ready", {"n": 1}, None)
    job = queue.pop()
    assert job is not None
    leased = queue.get(id)
    assert leased is not None
    assert (leased.state, leased.lease_until) == ("leased", job.lease_until)
    queue.mark_complete(job)
    assert queue.get(id) is None


def test_peek_shows_a_lane_in_its_order(queue: Queue) -> None:
    for n, priority in enumerate([0, 9, 1]):
        queue.push(n, "a", priority=priority)
    assert [job.json() for job in queue.peek("a", 2)] == [1, 2]
    assert queue.peek("b") == []
    assert queue.size() == 3


def test_a_cancelled_job_is_gone_with_what_waits_for_it(queue: Queue) -> None:
    parent = queue.push(b"")
    child = queue.push(b"", after=parent)
    assert queue.cancel(parent) is True
    assert queue.cancel(parent) is False
    assert queue.get(child) is None


def test_purge_removes_what_waits_and_leaves_what_runs(queue: Queue) -> None:
    for lane in ("a", "a", "b", "b"):
        queue.push(b"", lane)
    running = queue.pop()
    assert running is not None
    assert queue.purge("b") == 2
    assert queue.purge() == 1
    queue.mark_complete(running)


def test_dead_jobs_are_listed_the_latest_first(queue: Queue) -> None:
    ids = [dead(queue) for _ in range(3)]
    listed = queue.failed()
    assert [job.id for job in listed] == ids[::-1]
    assert {(job.state, job.error) for job in listed} == {("dead", "broken")}
    assert [job.id for job in queue.failed(1)] == ids[2:]


def test_dead_jobs_may_be_restored_all_or_by_lane_or_by_id(queue: Queue) -> None:
    a, b, c, d = (dead(queue, lane) for lane in ("a", "b", "c", "c"))
    assert queue.restore_failed(lane="a") == 1
    assert queue.restore_failed([c, "999"]) == 1
    assert {job.id for job in queue.failed()} == {b, d}
    assert queue.restore_failed() == 2
    assert {job.id: job.tries for job in queue.pop_many(10)} == {a: 1, b: 1, c: 1, d: 1}


def test_dead_jobs_may_be_forgotten_all_or_by_lane_or_by_id(queue: Queue) -> None:
    _, b, c = (dead(queue, lane) for lane in ("a", "b", "c"))
    assert queue.clean_failed(lane="a") == 1
    assert queue.clean_failed(ids={c}) == 1
    assert [job.id for job in queue.failed()] == [b]
    assert queue.clean_failed() == 1
    assert queue.failed() == []


def test_the_archive_keeps_no_more_than_it_may(url: str) -> None:
    with Queue(url, "capped", max_failed=2) as queue:
        ids = [dead(queue) for _ in range(3)]
        assert [job.id for job in queue.failed()] == [ids[2], ids[1]]


def test_a_dead_parent_keeps_its_child_blocked_and_visible(queue: Queue) -> None:
    parent = queue.push(b"")
    child = queue.push(b"", after=parent)
    job = queue.pop()
    assert job is not None
    queue.fail(job)
    info = queue.get(child)
    assert info is not None
    assert (info.state, info.parent_dead) == ("blocked", True)


@pytest.mark.parametrize("name", ["mail", "żółw", "a 'quoted' name"])
def test_a_queue_has_a_name(url: str, name: str) -> None:
    with Queue(url, name) as queue:
        assert queue.name == name
        assert repr(queue) == f"<Queue {name!r}>"
