"""The boundary: no panic crosses it, and a waiting call holds up nobody."""

import subprocess
import sys
import threading

import pytest

import fairlane
from fairlane import Queue


def test_a_panic_becomes_an_ordinary_exception() -> None:
    # In a process of its own: a panic writes where it happened to stderr.
    program = """
import fairlane
try:
    fairlane._fairlane._panic("the text of the panic")
except Exception as error:
    assert type(error) is fairlane.InternalError, type(error)
    print(error)
queue = fairlane.Queue("memory:", "q")
queue.push(b"")
print(queue.size())
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "defect in fairlane, please report it: the text of the panic",
        "1",
    ], done.stderr


def test_close_ends_every_waiting_pop(queue: Queue) -> None:
    waiting, ended = threading.Semaphore(0), []

    def wait() -> None:
        waiting.release()
        with pytest.raises(fairlane.ClosedError):
            queue.pop(wait=600)
        ended.append(True)

    threads = [threading.Thread(target=wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in threads:
        waiting.acquire()
    queue.close()
    for thread in threads:
        thread.join(timeout=30)
    assert len(ended) == 4


def test_a_push_wakes_a_waiting_pop_of_another_thread(queue: Queue) -> None:
    got = []
    worker = threading.Thread(target=lambda: got.append(queue.pop(wait=600)))
    worker.start()
    queue.push(b"awaited")
    worker.join(timeout=30)
    assert [job and job.payload for job in got] == [b"awaited"]


def test_other_threads_run_while_one_waits(queue: Queue) -> None:
    worker = threading.Thread(target=lambda: queue.pop(wait=600))
    worker.start()
    # Each of these needs the interpreter, which a pop that kept it would give back after 600 s.
    assert sum(1 for _ in range(100_000)) == 100_000
    queue.push(b"")
    worker.join(timeout=30)
    assert not worker.is_alive()


def test_many_threads_share_a_queue_and_no_job_is_done_twice(queue: Queue) -> None:
    done: list[bytes] = []
    count, workers = 400, 8

    def produce(first: int) -> None:
        for n in range(first, count, 2):
            queue.push(n, f"lane-{n % 5}")

    def work() -> None:
        while len(done) < count:
            for job in queue.pop_many(3, wait=0.01):
                queue.mark_complete(job)
                done.append(job.payload)

    threads = [threading.Thread(target=produce, args=(n,)) for n in range(2)]
    threads += [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(map(int, done)) == list(range(count))
    stats = queue.stats()
    assert (stats.completed, stats.counts.in_flight, stats.counts.waiting) == (count, 0, 0)
