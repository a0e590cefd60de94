"""Forks: both sides go on with the same Queue, whatever other threads do meanwhile."""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import fairlane
from fairlane import NewJob, Queue

# Python itself warns of forks amid threads; these tests are about just that.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@pytest.fixture(params=["file", "redis"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Queue]:
    """A queue that another process can share."""
    place = (
        request.getfixturevalue("redis").url() if request.param == "redis" else tmp_path / "jobs.db"
    )
    with Queue(place, "tests", durability="normal") as queue:
        yield queue


def fork(child: Callable[[], object]) -> int:
    """Runs `child` in a forked process that ends with it, and gives its id."""
    pid = os.fork()
    if pid:
        return pid
    # A child that hangs must not hang the suite, nor one that fails run on into it.
    signal.alarm(60)
    try:
        child()
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def join(pid: int) -> None:
    """Waits until a child has ended well."""
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_both_sides_go_on_with_the_same_queue(queue: Queue) -> None:
    queue.push(b"before the fork", "child")

    def child() -> None:
        job = queue.pop()
        assert job is not None
        assert job.payload == b"before the fork"
        queue.mark_complete(job)
        queue.push(b"by the child")

    join(fork(child))
    queue.push(b"by the parent")
    assert [job.payload for job in queue.pop_many(10)] == [b"by the child", b"by the parent"]
    assert queue.stats().completed == 1


def test_a_child_that_ends_takes_no_lease_of_its_parent_along(queue: Queue) -> None:
    queue.push(b"")
    job = queue.pop()
    assert job is not None
    join(fork(lambda: queue.pause("another lane")))
    join(fork(queue.close))
    assert queue.pop() is None
    queue.mark_complete(job)


def test_a_parents_delivery_may_be_ended_by_its_child(queue: Queue) -> None:
    queue.push(b"")
    job = queue.pop()
    assert job is not None
    join(fork(lambda: queue.mark_complete(job)))
    with pytest.raises(fairlane.StaleTokenError):
        queue.mark_complete(job)


def test_a_push_of_the_child_wakes_a_waiting_thread_of_the_parent(queue: Queue) -> None:
    got = []
    worker = threading.Thread(target=lambda: got.append(queue.pop(wait=600)))
    worker.start()
    join(fork(lambda: queue.push(b"from the child")))
    worker.join(timeout=30)
    assert [job and job.payload for job in got] == [b"from the child"]


def test_a_push_of_the_parent_wakes_the_waiting_child(queue: Queue) -> None:
    def child() -> None:
        job = queue.pop(wait=30)
        assert job is not None
        queue.mark_complete(job)

    pid = fork(child)
    queue.push(b"")
    join(pid)
    assert queue.stats().completed == 1


def test_children_of_children_go_on_too(queue: Queue) -> None:
    def child() -> None:
        queue.push(b"by the child")
        join(fork(lambda: queue.push(b"by the grandchild")))
        queue.push(b"by the child again")

    join(fork(child))
    assert queue.size() == 3


def test_a_queue_in_memory_stays_with_the_parent() -> None:
    with Queue("memory:", "tests") as queue:
        queue.push(b"")

        def child() -> None:
            with pytest.raises(fairlane.UnsupportedError):
                queue.pop()

        join(fork(child))
        assert queue.pop() is not None


def test_a_dethrottler_stays_with_the_parent(queue: Queue) -> None:
    with queue.start_dethrottler(0.001) as dethrottler:
        join(fork(dethrottler.stop))
        queue.push(b"", delay=0.01)
        assert queue.pop(wait=30) is not None


def test_forks_amid_busy_threads_lose_nothing(queue: Queue) -> None:
    threads, forks, pushes = 4, 20, 25
    over = threading.Event()
    # So many that there is one for each, whatever the others hold.
    spare = 2 * threads + forks
    queue.push_many([NewJob(b"") for _ in range(spare)])
    pushed = []

    def keep_busy(n: int) -> None:
        while not over.is_set():
            pushed.append(queue.push(n, f"lane-{n}"))
            for job in queue.pop_many(2):
                queue.release(job)

    def child() -> None:
        for n in range(pushes):
            queue.push(n, "child")
            job = queue.pop(lease=60)
            assert job is not None
            queue.release(job)

    busy = [threading.Thread(target=keep_busy, args=(n,)) for n in range(threads)]
    for thread in busy:
        thread.start()
    try:
        for pid in [fork(child) for _ in range(forks)]:
            join(pid)
    finally:
        over.set()
        for thread in busy:
            thread.join(timeout=60)
    assert queue.size("child") == forks * pushes
    assert queue.size() == spare + len(pushed) + forks * pushes
    assert queue.stats().counts.in_flight == 0


def work_off(queue: Queue) -> None:
    while job := queue.pop():
        queue.mark_complete(job)


def test_multiprocessing_workers_share_a_queue_that_was_opened_before(queue: Queue) -> None:
    context = multiprocessing.get_context("fork")
    for n in range(100):
        queue.push(n, f"lane-{n % 3}")
    workers = [context.Process(target=work_off, args=(queue,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
        assert worker.exitcode == 0
    stats = queue.stats()
    assert (stats.completed, stats.counts.waiting, stats.counts.in_flight) == (100, 0, 0)
