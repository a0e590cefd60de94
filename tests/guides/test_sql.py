"""The guide for those who come from an SQL task queue, and the contract of the inbox.

Where a test has the file open with Python's SQLite, fairlane has it open in another process, as the
guide demands.
"""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from guide import Guide, Ours, running

from fairlane import ManualClock, Queue, StaleTokenError

guide = Guide("sql.md")

PAGE = Path(__file__).with_name("sql.md").read_text()
SOON = 20
PATIENCE = 60
"""How long Python's SQLite waits for a worker that writes again and again, maybe on a slow disk."""

HEAD = """
import json, sys, time
import fairlane

def tell(value):
    print(json.dumps(value), flush=True)

queue = fairlane.Queue(sys.argv[1], "mail")
"""


def block(language: str) -> str:
    """Gives the block of the page in that language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert isinstance(found, str)
    return found


class Other:
    """Another process, which has the queue open."""

    def __init__(self, path: Path, program: str) -> None:
        command = [sys.executable, "-c", HEAD + program, str(path)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def go_on(self) -> None:
        assert self.process.stdin is not None
        print(file=self.process.stdin, flush=True)

    def told(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the other process has ended"
        return json.loads(line)

    def end(self) -> None:
        """Waits until the program has come to its end."""
        self.process.communicate(timeout=SOON)
        assert self.process.returncode == 0

    def __enter__(self) -> "Other":  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(self, *_exception: object) -> None:
        self.process.kill()
        self.process.communicate()


def ask(path: Path, program: str) -> Any:
    """Runs a program in a process of its own to its end, and gives what it tells."""
    with Other(path, program) as other:
        told = other.told()
        other.end()
        return told


PAYLOADS = "tell([job.payload.decode() for job in queue.pop_many(1000)])"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a program that has tables of its own."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)")
        db.execute("PRAGMA user_version = 7")
        db.executescript(block("sql"))
    return path


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as db:
        yield db


INSERT = "INSERT INTO fairlane_inbox (queue, payload) VALUES ('mail', ?)"


@guide.row("MigrateDB(db)")
def test_tables_beside_ones_own(ours: Ours, path: Path) -> None:
    code = ours.code.replace("app.db", str(path))
    assert (
        ask(path, f"queue.close(); from fairlane import Queue; {code}; tell(queue.name)") == "mail"
    )
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM orders").fetchone() == (0,)
        assert db.execute("PRAGMA user_version").fetchone() == (7,)
        names = db.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
        assert {name for (name,) in names if not name.startswith("fairlane_")} == {"orders"}
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@guide.row('Enqueue(db, "mail", payload)')
def test_enqueue(ours: Ours, queue: Queue) -> None:
    id = ours(queue=queue, payload={"to": "ada"})
    job = queue.get(id)
    assert job is not None
    assert (job.json(), job.max_tries) == ({"to": "ada"}, 10)


@guide.row('Enqueue(db, "mail", payload, MaxTries(3))')
def test_max_tries(ours: Ours, queue: Queue) -> None:
    ours(queue=queue, payload="x")
    for _ in range(3):
        job = queue.pop()
        assert job is not None
        queue.retry(job, "no luck", delay=0)
    assert queue.pop() is None
    assert [job.tries for job in queue.failed()] == [3]


@guide.row('Enqueue(db, "mail", payload, OnSuccess(...))')
def test_on_success(ours: Ours, queue: Queue) -> None:
    first = queue.push("first")
    then = ours(queue=queue, payload="then", first=first)
    job = queue.pop()
    assert job is not None
    assert queue.pop() is None
    queue.mark_complete(job)
    job = queue.pop()
    assert job is not None
    assert job.id == then


@guide.row('payload, done, err := Dequeue(db, "mail")')
def test_dequeue(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    assert ours(queue=queue) is None
    queue.push("x")
    assert ours(queue=queue).tries == 1
    clock.advance(119.999)
    assert ours(queue=queue) is None
    clock.advance(0.001)
    assert ours(queue=queue).tries == 2


@guide.row("done()")
def test_done(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    queue.push("x")
    job = queue.pop()
    clock.advance(121)
    with pytest.raises(StaleTokenError):
        ours(queue=queue, job=job)
    ours(queue=queue, job=queue.pop())
    assert queue.stats().completed == 1


@guide.row('Length(db, "mail")')
def test_length(ours: Ours, queue: Queue) -> None:
    queue.push("x")
    queue.push("x", delay=60)
    queue.push("x", after=queue.push("x"))
    assert ours(queue=queue) == 4


@guide.row("RequeueExpired(db)")
def test_requeue_expired(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    for _ in range(2):
        queue.push("x")
        assert queue.pop(lease=30) is not None
    clock.advance(31)
    assert ours(queue=queue).lapsed == 2
    assert queue.pop() is not None
    clock.advance(3600)
    assert queue.pop() is not None  # without it


@guide.row('Enqueue(tx, "mail", payload)')
def test_a_push_is_part_of_the_transaction(ours: Ours, path: Path, db: sqlite3.Connection) -> None:
    ours(db=db, payload="rolled back")
    db.rollback()
    ours(db=db, payload="committed")
    ours(db=db, payload=b"as bytes")
    db.commit()
    assert ask(path, PAYLOADS) == ["committed", "as bytes"]
    assert db.execute("SELECT count(*) FROM fairlane_inbox").fetchone() == (0,)


def test_the_documented_table_is_the_one_that_fairlane_makes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    for file in (path, other):
        ask(file, "tell(queue.name)")

    def tables(file: Path) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(file)) as db:
            sql = "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'fairlane_inbox' ORDER BY 1"
            return db.execute(sql).fetchall()

    assert len(tables(path)) == 2
    assert tables(path) == tables(other)


def test_a_table_of_an_earlier_release_gets_what_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "earlier.db"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(re.sub(r",\n    headers [^\n]*", "", block("sql")))
        db.execute(INSERT, ["earlier"])
        db.commit()
        assert ask(file, PAYLOADS) == ["earlier"]
        db.execute(
            "INSERT INTO fairlane_inbox (queue, payload, headers) VALUES ('mail', 'x', '{\"n\":\"v\"}')"
        )
        db.commit()
    told = ask(file, "tell([job.headers for job in queue.pop_many(2)])")
    assert told == [{}, {"n": "v"}]


def test_the_python_of_the_page(path: Path, db: sqlite3.Connection, monkeypatch: Any) -> None:
    monkeypatch.chdir(path.parent)
    scope: dict[str, Any] = {}
    exec(block("python"), scope)  # noqa: S102 - that is what the test is for
    scope["db"].close()
    assert db.execute("SELECT id, what FROM orders").fetchall() == [(1, "book")]
    told = ask(path, "job = queue.pop(); tell([job.lane, job.json()])")
    assert told == ["tenant-7", {"order": 1}]


def test_columns_are_the_options_of_a_push(path: Path, db: sqlite3.Connection) -> None:
    due_at = int(time.time() * 1000) + 3_600_000
    with db:
        db.execute(
            "INSERT INTO fairlane_inbox"
            " (queue, payload, lane, priority, due_at, cost, max_tries, key, key_ttl, tps, headers)"
            " VALUES ('mail', 'x', 'tenant-7', 9, ?, 3, 5, 'k', 60000, 10,"
            " json_object('source', 'orders'))",
            [due_at],
        )
    told = ask(
        path,
        "queue.dethrottle(); job = queue.get('1'); lane = queue.lane('tenant-7')\n"
        "again = queue.push('y', key='k')\n"
        "tell([job.lane, job.priority, job.due_at, job.cost, job.max_tries, job.key,"
        " lane.limits.rate, again, job.headers])",
    )
    assert told == ["tenant-7", 9, due_at / 1000, 3, 5, "k", [10, 1.0], "1", {"source": "orders"}]


def test_a_row_is_counted_once_it_is_a_job(path: Path, db: sqlite3.Connection) -> None:
    with db:
        db.execute(INSERT, ["x"])
    program = "before = queue.size(); queue.dethrottle(); tell([before, queue.size()])"
    assert ask(path, program) == [0, 1]


def test_a_held_key_makes_no_job_and_a_full_queue_holds_nothing_back(
    path: Path, db: sqlite3.Connection
) -> None:
    ask(path, "queue.push(b'first', key='k'); queue.set_limits(max_waiting=1); tell(0)")
    with db:
        db.execute("INSERT INTO fairlane_inbox (queue, payload, key) VALUES ('mail', 'no', 'k')")
        db.execute(INSERT, ["yes"])
    assert ask(path, PAYLOADS) == ["first", "yes"]


def test_each_queue_has_its_rows_in_their_order(path: Path, db: sqlite3.Connection) -> None:
    with db:
        for number in range(1000):
            queue = "mail" if number % 2 else "nobody's"
            db.execute(
                "INSERT INTO fairlane_inbox (queue, payload) VALUES (?, ?)", [queue, str(number)]
            )
    assert ask(path, PAYLOADS) == [str(number) for number in range(1, 1000, 2)]
    assert db.execute("SELECT count(*) FROM fairlane_inbox").fetchone() == (500,)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("payload", 7),
        ("payload", None),
        ("lane", ""),
        ("lane", "x" * 1025),
        ("priority", 10),
        ("due_at", -1),
        ("cost", 0),
        ("max_tries", 0),
        ("key", ""),
        ("key_ttl", -1),
        ("tps", -1),
        ("headers", "{"),
        ("headers", "[]"),
        ("queue", None),
    ],
)
def test_the_table_refuses_what_is_no_job(
    db: sqlite3.Connection, column: str, value: object
) -> None:
    row = {"queue": "mail", "payload": "x", column: value}
    sql = f"INSERT INTO fairlane_inbox ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(sql, list(row.values()))


def test_what_gets_in_and_is_no_job_is_set_aside(path: Path, db: sqlite3.Connection) -> None:
    with db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("INSERT INTO fairlane_inbox (queue, payload, lane) VALUES ('mail', 'bad', '')")
        db.execute("INSERT INTO fairlane_inbox (queue, payload) VALUES ('mail', 7)")
        db.execute("PRAGMA ignore_check_constraints = OFF")
        for headers in ('{"n": 1}', json.dumps({"n": "v" * 8192})):
            sql = "INSERT INTO fairlane_inbox (queue, payload, headers) VALUES ('mail', 'bad', ?)"
            db.execute(sql, [headers])
        db.execute(INSERT, ["good"])
    assert ask(path, "job = queue.pop(); tell([job.json is None, queue.stats().quarantined])") == [
        False,
        4,
    ]
    kept = db.execute("SELECT reason, payload FROM fairlane_quarantine").fetchall()
    assert [payload for _, payload in kept] == [b"bad", b"7", b"bad", b"bad"]
    assert "lane name of 0 bytes" in kept[0][0]
    assert "headers of 8193 bytes" in kept[3][0]


WAIT = "tell(0); tell(queue.pop(wait=60).payload.decode())"


def test_a_worker_that_waits_notices(path: Path, db: sqlite3.Connection) -> None:
    with Other(path, WAIT) as other:
        other.told()
        with db:
            db.execute(INSERT, ["hello"])
        assert other.told() == "hello"


WRITER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=60)
db.execute("INSERT INTO fairlane_inbox (queue, payload) VALUES ('mail', 'committed')")
db.commit()
db.execute("INSERT INTO fairlane_inbox (queue, payload) VALUES ('mail', 'in the middle')")
print("in the middle", flush=True)
if sys.argv[2] == "kill":
    time.sleep(600)
db.close()
"""


@pytest.mark.parametrize("end", ["kill", "close"])
def test_a_writer_that_ends_in_the_middle_leaves_nothing(path: Path, end: str) -> None:
    with Other(path, WAIT) as other:
        other.told()
        command = [sys.executable, "-c", WRITER, str(path), end]
        with running(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline()
            if end == "kill":
                writer.kill()
        assert other.told() == "committed"
        other.end()
    assert ask(path, "tell([queue.stats().pushed, queue.stats().quarantined])") == [1, 0]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_killed_workers_turn_each_row_into_one_job(path: Path) -> None:
    rows = 0
    work = "tell(0)\nwhile True:\n    job = queue.pop(wait=60)\n    queue.mark_complete(job)"
    for _ in range(6):
        with Other(path, work) as other, closing(sqlite3.connect(path, timeout=PATIENCE)) as db:
            other.told()
            for _ in range(40):
                with db:
                    db.executemany(INSERT, [["x"]] * 5)
                rows += 5
    drained = ask(
        path,
        "while job := queue.pop(): queue.mark_complete(job)\n"
        "stats = queue.stats(); tell([stats.pushed, stats.completed, queue.repair().is_sound])",
    )
    assert drained == [rows, rows, True]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


PUSH = """
try:
    fairlane.Queue(sys.argv[1], "mail", busy_timeout=0.1).push("x")
    tell("pushed")
except fairlane.TimeoutError:
    tell("held off")
"""


def test_copies_in_two_processes_wait_for_each_other(path: Path, db: sqlite3.Connection) -> None:
    with Other(path, "tell(0); sys.stdin.readline()" + PUSH) as other:
        other.told()
        db.execute("BEGIN IMMEDIATE")
        other.go_on()
        assert other.told() == "held off"


def test_copies_in_one_process_do_not(path: Path) -> None:
    # The reason for the rule: both would write at once.
    begin = "import sqlite3; db = sqlite3.connect(sys.argv[1]); db.execute('BEGIN IMMEDIATE')"
    assert ask(path, begin + PUSH) == "pushed"


def test_every_row_has_its_test() -> None:
    assert not guide.unclaimed
