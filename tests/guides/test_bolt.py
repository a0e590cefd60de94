"""The guide for those who come from a work queue on Bolt."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from guide import Guide, Ours

from fairlane import Backoff, BackoffPolicy, ClosedError, Discard, Job, ManualClock, Queue, Worker

guide = Guide("bolt.md")

SOON = 20


@pytest.fixture
def mail(queue: Queue) -> Queue:
    return queue


@guide.row('q, err := Init("jobs.db", ...)')
def test_processes_share_the_file(
    ours: Ours, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ours() as mail:
        program = "import fairlane; fairlane.Queue('jobs.db', 'mail').push('from another')"
        subprocess.run([sys.executable, "-c", program], check=True, env=os.environ)
        assert mail.pop().json() == "from another"


@guide.row('q.Push("mail", obj)')
def test_a_push_gives_the_id(ours: Ours, mail: Queue) -> None:
    id = ours(mail=mail, obj={"to": "ada"})
    job = mail.pop()
    assert job is not None
    assert (job.id, job.json()) == (id, {"to": "ada"})
    assert isinstance(id, str)


@guide.row('q.Push("mail", obj, at)')
@pytest.mark.parametrize(
    "at", [1_700_000_060, datetime.fromtimestamp(1_700_000_060, tz=timezone.utc)]
)
def test_at_a_moment(ours: Ours, mail: Queue, clock: ManualClock, at: object) -> None:
    ours(mail=mail, obj="x", at=at)
    clock.advance(59.999)
    assert mail.pop() is None
    clock.advance(0.001)
    assert mail.pop() is not None


@guide.row('q.PushAfter("mail", obj, delay)')
def test_after_a_delay(ours: Ours, mail: Queue, clock: ManualClock) -> None:
    ours(mail=mail, obj="x")
    clock.advance(89.999)
    assert mail.pop() is None
    clock.advance(0.001)
    assert mail.pop() is not None


@guide.row('q.PushBytes("mail", data)')
def test_bytes_go_as_they_are(ours: Ours, mail: Queue) -> None:
    ours(mail=mail, data=b"\x00\xff")
    job = mail.pop()
    assert job is not None
    assert job.payload == b"\x00\xff"


@guide.row("q.Size()")
def test_what_waits_and_what_is_dead(ours: Ours, mail: Queue) -> None:
    for _ in range(3):
        mail.push("x")
    job = mail.pop()
    assert job is not None
    mail.fail(job)
    assert ours(mail=mail) == (2, 1)


@guide.row("q.Start()")
def test_a_worker_starts(ours: Ours, url: str) -> None:
    done = threading.Event()
    with Queue(url, "mail") as mail:
        worker = ours(mail=mail, handle=lambda job: done.set())["worker"]
        mail.push("x")
        assert done.wait(SOON)
        assert worker.stop()
        assert mail.stats().completed == 1


def outcome(
    url: str,
    worker: Callable[[Queue, Callable[[Job], object]], Worker],
    act: Ours | Exception,
) -> tuple[int, int]:
    """Has a worker try a job once; tells how many deliveries ended in a retry, and in death."""
    called = threading.Event()

    def handle(_job: Job) -> None:
        called.set()
        if isinstance(act, Exception):
            raise act
        act()

    with Queue(url, "mail") as mail:
        # No second try before the end of the test.
        mail.push("x", max_tries=3, backoff=BackoffPolicy(min=3600, max=3600))
        with worker(mail, handle):
            assert called.wait(SOON)
        stats = mail.stats()
        return stats.retried, stats.died


@guide.row('return NewRecoverableWorkerError("try later")')
def test_a_recoverable_error(ours: Ours, url: str) -> None:
    assert outcome(url, Worker, ours) == (1, 0)


@guide.row('return errors.New("no use")')
def test_an_error_for_good(ours: Ours, url: str) -> None:
    assert outcome(url, Worker, ours) == (0, 1)
    assert outcome(url + "2", Worker, ValueError("counts as recoverable")) == (1, 0)


@guide.row("errors.As(err, &RecoverableWorkerError{}) decides")
def test_only_recoverable_errors_are_retried(ours: Ours, url: str) -> None:
    def worker(mail: Queue, handle: Callable[[Job], object]) -> Worker:
        made: Worker = ours(mail=mail, handle=handle)
        return made

    assert outcome(url, worker, ConnectionError("away")) == (1, 0)
    assert outcome(url + "2", worker, ValueError("no use")) == (0, 1)
    assert outcome(url + "3", worker, Discard("no use")) == (0, 1)


@guide.row("q.CleanFailedJobs()")
def test_failed_jobs_are_cleaned(ours: Ours, mail: Queue) -> None:
    mail.push("x")
    job = mail.pop()
    assert job is not None
    mail.fail(job, "no use")
    assert ours(mail=mail) == 1
    assert mail.failed() == []


@guide.row("q.RestoreFailedJobs()")
def test_failed_jobs_are_restored(ours: Ours, mail: Queue) -> None:
    mail.push("x", max_tries=1)
    job = mail.pop()
    assert job is not None
    mail.retry(job, "its only try")
    assert mail.stats().dead == 1
    assert ours(mail=mail) == 1
    job = mail.pop()
    assert job is not None
    assert job.tries == 1


@guide.row("b := &Backoff{Min: min, Max: max, Factor: 2}")
def test_a_backoff(ours: Ours) -> None:
    backoff = ours()
    assert [backoff.duration() for _ in range(3)] == pytest.approx([0.1, 0.2, 0.4])


@guide.row("b.Duration()")
def test_a_backoff_ends(ours: Ours) -> None:
    backoff = Backoff(min=1, max=60, limit=2)
    assert [ours(backoff=backoff) for _ in range(3)] == [1, 2, None]


@guide.row("b.ForAttempt(3)")
def test_the_delay_of_an_attempt(ours: Ours) -> None:
    assert ours(backoff=Backoff(min=1, max=60)) == 8
    assert Backoff(min=1, max=60).for_attempt(0) == 1


@guide.row("q.Stop()")
def test_what_has_not_ended_is_given_back(ours: Ours, url: str) -> None:
    with Queue(url, "mail") as mail:
        worker = Worker(mail, lambda job: None)
        worker.start()
        assert ours(worker=worker) is True
        assert worker.state == "stopped"


@guide.row("q.Close()")
def test_a_closed_queue(ours: Ours, mail: Queue) -> None:
    ours(mail=mail)
    with pytest.raises(ClosedError):
        mail.pop()


def test_every_row_has_its_test() -> None:
    assert not guide.unclaimed
