"""RQ: a pool of its SimpleWorker, which runs jobs in its own process; its Worker forks for each job."""

import redis
import rq

from .common import STORE, batches, become, empty, main

NAME = "RQ"
VERSION = rq.VERSION
HOW = "rq worker-pool of SimpleWorker, results not kept"


def push(marks, size):
    queue = rq.Queue("bench", connection=redis.Redis.from_url(STORE))
    for batch in batches(marks, size):
        queue.enqueue_many([rq.Queue.prepare_data(empty, [mark], result_ttl=0) for mark in batch])


def work(concurrency):
    become(
        *("rq", "worker-pool", "--url", STORE, "--num-workers", str(concurrency)),
        *(
            "--worker-class",
            "rq.worker.SimpleWorker",
            "--logging-level",
            "WARNING",
            "--quiet",
            "bench",
        ),
    )


if __name__ == "__main__":
    main(globals())
