"""Measures fairlane beside the embedded queues of Python, in one process and one run.

Every queue lives in a file of its own in one directory, in WAL mode with ``synchronous`` NORMAL,
and carries payloads of 100 bytes. Pushes and pop + complete are measured in short rounds in which
the queues take turns; the table shows each queue's median rate, and the median of the ratios
between fairlane and that queue in the same round.

Each rival is used as its documentation says, at its fastest settings of that durability. What a
queue must be told now and then to stay fast (forgetting what is done) is told, and is counted.
"""

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import fairlane
import honker
import huey
import litequeue
import persistqueue

PAYLOAD = b"x" * 100
TEXT = PAYLOAD.decode()
BOUND = 2.0
NORMAL = 1

# After how many completions a queue that keeps finished jobs is told to forget them.
TIDY_EVERY = 1_000


def check_normal(connection):
    """Makes sure that a rival runs at the durability that the table claims."""
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
    assert (synchronous, journal) == (NORMAL, "wal"), (synchronous, journal)


class Fairlane:
    name = "fairlane"

    def __init__(self, directory):
        self.queue = fairlane.Queue(str(directory / "fairlane.db"), "bench", durability="normal")

    def push(self):
        self.queue.push(PAYLOAD)

    def pop_and_complete(self):
        self.queue.mark_complete(self.queue.pop().token)

    def close(self):
        self.queue.close()


class Huey:
    """SqliteHuey. ``results=False`` spares it a result store that nobody reads. Its own ``fsync``
    setting knows FULL and OFF only, so NORMAL is set on its one connection. A worker's step is
    ``execute(dequeue())``: huey has no acknowledgement, a dequeued task is gone."""

    name = "huey"

    def __init__(self, directory):
        self.queue = huey.SqliteHuey(filename=str(directory / "huey.db"), results=False)
        connection = self.queue.storage.conn
        connection.execute("PRAGMA synchronous = NORMAL")
        check_normal(connection)

        @self.queue.task()
        def work(payload):
            return None

        self.work = work

    def push(self):
        self.work(PAYLOAD)

    def pop_and_complete(self):
        self.queue.execute(self.queue.dequeue())

    def close(self):
        self.queue.storage.close()


class LiteQueue:
    """litequeue sets WAL and NORMAL itself. Its payload is text. It keeps finished jobs until
    ``prune``."""

    name = "litequeue"

    def __init__(self, directory):
        self.queue = litequeue.LiteQueue(str(directory / "litequeue.db"))
        check_normal(self.queue.conn)
        self.done = 0

    def push(self):
        self.queue.put(TEXT)

    def pop_and_complete(self):
        self.queue.done(self.queue.pop().message_id)
        self.done += 1
        if self.done % TIDY_EVERY == 0:
            self.queue.prune()

    def close(self):
        self.queue.close()


class PersistQueue:
    """persist-queue's SQLiteAckQueue, its queue with acknowledgements, with one connection
    (``multithreading=False`` is the faster one) set to NORMAL. It keeps finished jobs until
    ``clear_acked_data``."""

    name = "persist-queue"

    def __init__(self, directory):
        self.queue = persistqueue.SQLiteAckQueue(str(directory / "persist-queue"))
        connection = self.queue._conn
        connection.execute("PRAGMA synchronous = NORMAL")
        check_normal(connection)
        self.done = 0

    def push(self):
        self.queue.put(PAYLOAD)

    def pop_and_complete(self):
        self.queue.ack(id=self.queue.get(block=False, raw=True)["pqid"])
        self.done += 1
        if self.done % TIDY_EVERY == 0:
            self.queue.clear_acked_data(max_delete=TIDY_EVERY, keep_latest=0)

    def close(self):
        self.queue.close()


class Honker:
    """honker sets WAL and NORMAL itself. Its payload is JSON."""

    name = "honker"

    def __init__(self, directory):
        self.database = honker.open(str(directory / "honker.db"))
        with self.database.transaction() as transaction:
            (row,) = transaction.query("PRAGMA synchronous", [])
            assert row["synchronous"] == NORMAL, row
        self.queue = self.database.queue("bench")

    def push(self):
        self.queue.enqueue(TEXT)

    def pop_and_complete(self):
        assert self.queue.claim_one("worker").ack()

    def close(self):
        self.database.close()


SUBJECTS = [Fairlane, Huey, LiteQueue, PersistQueue, Honker]


def rate(operation, count):
    """Gives the operations a second of ``count`` calls."""
    start = time.perf_counter()
    for _ in range(count):
        operation()
    return count / (time.perf_counter() - start)


def measure(subjects, rounds, count):
    """Gives ``{verb: {name: [rate, ...]}}``, one rate a round."""
    rates = {verb: {subject.name: [] for subject in subjects} for verb in ("push", "pop + complete")}
    for number in range(rounds + 1):
        # Each round starts with the next queue, so that none always follows the same one.
        first = number % len(subjects)
        for subject in subjects[first:] + subjects[:first]:
            pushed = rate(subject.push, count)
            completed = rate(subject.pop_and_complete, count)
            if number > 0:  # The first round warms up.
                rates["push"][subject.name].append(pushed)
                rates["pop + complete"][subject.name].append(completed)
    return rates


def table(rates):
    """Gives the lines of the table, as dictionaries."""
    lines = []
    for verb, by_name in rates.items():
        ours = by_name[Fairlane.name]
        for name, theirs in by_name.items():
            ratio = statistics.median(a / b for a, b in zip(ours, theirs))
            lines.append(
                {
                    "verb": verb,
                    "queue": name,
                    "rate": statistics.median(theirs),
                    "ratio": None if theirs is ours else ratio,
                    "holds": theirs is ours or ratio >= BOUND,
                }
            )
    return lines


def show(lines):
    print("| what | queue | jobs/s | fairlane's rate over it | bound | |")
    print("|---|---|---:|---:|---:|---|")
    for line in lines:
        if line["ratio"] is None:
            cells = ["-", "-", ""]
        else:
            cells = [f"{line['ratio']:.2f}x", f">= {BOUND}x", "pass" if line["holds"] else "FAIL"]
        print("|", " | ".join([line["verb"], line["queue"], f"{line['rate']:,.0f}", *cells]), "|")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--directory", default=".", help="where the files are put")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--jobs", type=int, default=2_000, help="jobs a round and queue")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a bound does not hold")
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    arguments = parser.parse_args()
    rounds, jobs = (5, 500) if arguments.quick else (arguments.rounds, arguments.jobs)
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(
            tempfile.TemporaryDirectory(prefix=".bench-", dir=arguments.directory)
        )
        subjects = [make(Path(directory)) for make in SUBJECTS]
        for subject in subjects:
            stack.callback(subject.close)
        lines = table(measure(subjects, rounds, jobs))
    print(json.dumps(lines)) if arguments.json else show(lines)
    return 1 if arguments.strict and not all(line["holds"] for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
