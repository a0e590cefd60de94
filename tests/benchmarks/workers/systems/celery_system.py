"""Celery: its default pool of processes, without results, events and gossip, with a long prefetch; a
job is acknowledged before it runs, as is its default."""

import celery

from . import common
from .common import STORE, become, main

NAME = "Celery"
VERSION = celery.__version__
HOW = "prefork pool, prefetch 100 a process, results ignored, without gossip, mingle and heartbeat"

app = celery.Celery("systems.celery_system", broker=STORE)
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=100,
    worker_send_task_events=False,
    task_default_queue="bench",
    broker_connection_retry_on_startup=True,
)
empty = app.task(common.empty, name="empty")


def push(marks, _size):
    with app.producer_pool.acquire() as producer:
        for mark in marks:
            empty.apply_async((mark,), producer=producer)


def work(concurrency):
    become(
        *("celery", "--app", "systems.celery_system", "worker", "--concurrency", str(concurrency)),
        *("--queues", "bench", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )


if __name__ == "__main__":
    main(globals())
