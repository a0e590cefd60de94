"""honker: a loop that claims and acknowledges batches, which its documentation gives for throughput, and
batches of pushes in one transaction, as it gives for bulk inserts."""

import importlib.metadata
import time

import honker

from .common import STORE, batches, empty, main

NAME = "honker"
VERSION = importlib.metadata.version("honker")
HOW = "a loop of claim_batch(32) and ack_batch on one thread"
BATCH = 32


def push(marks, size):
    database = honker.open(STORE)
    queue = database.queue("bench")
    if size == 1:
        for mark in marks:
            queue.enqueue(mark)
        return
    for batch in batches(marks, size):
        with database.transaction() as transaction:
            for mark in batch:
                queue.enqueue(mark, tx=transaction)


def work(_concurrency):
    queue = honker.open(STORE).queue("bench")
    while True:
        jobs = queue.claim_batch("worker", BATCH)
        if not jobs:
            time.sleep(0.001)
            continue
        for job in jobs:
            empty(job.payload)
        queue.ack_batch([job.id for job in jobs], "worker")


if __name__ == "__main__":
    main(globals())
