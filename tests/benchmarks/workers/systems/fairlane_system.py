"""fairlane: one process, as many threads as jobs may run at once."""

import fairlane

from .common import STORE, empty, main

NAME = "fairlane"
VERSION = fairlane.__version__
HOW = "Worker(queue, handler, concurrency=...), at least once, leases"
BATCH = 500


def open_queue():
    return fairlane.Queue(STORE, "bench", durability="normal")


def push(marks):
    with open_queue() as queue:
        if STORE.startswith("redis"):
            for first in range(0, len(marks), BATCH):
                queue.push_many(
                    [fairlane.NewJob(mark.encode()) for mark in marks[first : first + BATCH]]
                )
        else:
            for mark in marks:
                queue.push(mark.encode())


def work(concurrency):
    with open_queue() as queue:
        fairlane.Worker(
            queue, lambda job: empty(job.payload.decode()), concurrency=concurrency
        ).run()


if __name__ == "__main__":
    main(globals())
