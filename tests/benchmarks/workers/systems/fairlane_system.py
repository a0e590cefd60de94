"""fairlane: one process, as many threads as jobs may run at once."""

import fairlane

from .common import STORE, batches, empty, main

NAME = "fairlane"
VERSION = fairlane.__version__
HOW = "Worker(queue, handler, concurrency=...), at least once, leases"


def open_queue():
    return fairlane.Queue(STORE, "bench", durability="normal")


def push(marks, size):
    with open_queue() as queue:
        if size == 1:
            for mark in marks:
                queue.push(mark.encode())
            return
        for batch in batches(marks, size):
            queue.push_many([fairlane.NewJob(mark.encode()) for mark in batch])


def work(concurrency):
    with open_queue() as queue:
        fairlane.Worker(
            queue, lambda job: empty(job.payload.decode()), concurrency=concurrency
        ).run()


if __name__ == "__main__":
    main(globals())
