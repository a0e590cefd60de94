"""What the Python package costs over the core: the same loops, in memory, taking turns.

Needs the package as it is installed, in the release profile. `--quick` takes fewer turns.
"""

import sys
import time

import fairlane
from overhead import compare

BATCH = 100
PAYLOAD = b"x" * 100


def one_by_one(queue: fairlane.Queue) -> None:
    queue.push(PAYLOAD, "tenant-7")
    job = queue.pop(lease=30)
    assert job is not None
    assert len(job.payload) == len(PAYLOAD)
    queue.mark_complete(job)


def in_batches(queue: fairlane.Queue) -> None:
    queue.push_many([fairlane.NewJob(PAYLOAD, "tenant-7") for _ in range(BATCH)])
    jobs = queue.pop_many(BATCH, lease=30)
    assert all(len(job.payload) == len(PAYLOAD) for job in jobs)
    assert not any(queue.mark_complete_many(jobs))


def loop(work: str, rounds: int) -> None:
    """Prints the CPU nanoseconds of a job."""
    call, size = {"one": (one_by_one, 1), "batch": (in_batches, BATCH)}[work]
    queue = fairlane.Queue("memory:", "loop")
    for _ in range(rounds // 10):
        call(queue)
    before = time.thread_time_ns()
    for _ in range(rounds):
        call(queue)
    print((time.thread_time_ns() - before) // (rounds * size))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("one" | "batch") as work, rounds]:
            loop(work, int(rounds))
        case _:
            compare("Python", [sys.executable, __file__], {"one": 1.3, "batch": 1.2})
