"""Dramatiq: its Redis broker, with the jobs that may run at once as threads of one process."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from . import common
from .common import STORE, become, main

NAME = "Dramatiq"
VERSION = dramatiq.__version__
HOW = "RedisBroker, one process, threads"

broker = RedisBroker(url=STORE or "redis://127.0.0.1:1")
dramatiq.set_broker(broker)
empty = dramatiq.actor(common.empty, queue_name="bench")


def push(marks, _size):
    for mark in marks:
        empty.send(mark)


def work(concurrency):
    os.environ["dramatiq_queue_prefetch"] = str(max(concurrency * 2, 100))
    become(
        *("dramatiq", "systems.dramatiq_system:broker", "--processes", "1"),
        *("--threads", str(concurrency), "--queues", "bench"),
    )


if __name__ == "__main__":
    main(globals())
