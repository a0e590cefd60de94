"""litequeue: it has no worker; a loop pops, and looks again after a millisecond if there was nothing."""

import importlib.metadata
import time

import litequeue

from .common import STORE, empty, main

NAME = "litequeue"
VERSION = importlib.metadata.version("litequeue")
HOW = "a loop of pop and done on one thread; prune each 1,000 jobs"
TIDY_EVERY = 1_000
PATIENCE = 60.0
"""How many seconds a call may wait for the file; of the 5 that are the default it has none left at times."""


def push(marks, _size):
    queue = litequeue.LiteQueue(STORE, timeout=PATIENCE)
    for mark in marks:
        queue.put(mark)


def work(_concurrency):
    queue, done = litequeue.LiteQueue(STORE, timeout=PATIENCE), 0
    while True:
        message = queue.pop()
        if message is None:
            time.sleep(0.001)
            continue
        empty(message.data)
        queue.done(message.message_id)
        done += 1
        if done % TIDY_EVERY == 0:
            queue.prune()


if __name__ == "__main__":
    main(globals())
