"""huey, on Redis or on SQLite: its consumer with threads, without results."""

import huey

from . import common
from .common import STORE, become, main

NAME = "huey"
VERSION = huey.__version__
HOW = "huey_consumer with threads, results=False; it has no acknowledgement"

if STORE.startswith("redis"):
    instance = huey.RedisHuey("bench", url=STORE, results=False)
else:
    # Its `fsync` setting knows FULL and OFF alone.
    instance = huey.SqliteHuey("bench", filename=STORE, results=False)
    instance.storage.conn.execute("PRAGMA synchronous = NORMAL")
empty = instance.task()(common.empty)


def push(marks, _size):
    for mark in marks:
        empty(mark)


def work(concurrency):
    become(
        *("huey_consumer", "systems.huey_system.instance", "--workers", str(concurrency)),
        *("--worker-type", "thread", "--quiet", "--delay", "0.001", "--max-delay", "0.01"),
        "--disable-health-check",
    )


if __name__ == "__main__":
    main(globals())
