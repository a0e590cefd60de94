"""The guide for those who come from Celery or RQ."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from guide import Guide, Ours, running

from fairlane import (
    BackoffPolicy,
    Job,
    JobFailedError,
    ManualClock,
    NewJob,
    Queue,
    StaleTokenError,
    Worker,
    aio,
)
from fairlane import TimeoutError as FairlaneTimeoutError

guide = Guide("celery.md")

SOON = 20

AN_HOUR = BackoffPolicy(min=3600, max=3600)
"""A backoff that is not over before the test is, however slow the machine."""


def popped(queue: Queue) -> Job:
    job = queue.pop()
    assert job is not None
    return job


def ends(queue: Queue, worker: Callable[..., Worker], handle: Callable[[Job], object]) -> Job:
    """Has a worker call a handler once, and gives the job that it was called with."""
    called = threading.Event()
    jobs = []

    def send(job: Job) -> object:
        jobs.append(job)
        called.set()
        return handle(job)

    with worker(queue=queue, send=send):
        assert called.wait(SOON)
    return jobs[0]


def plain(queue: Queue, send: Callable[[Job], object]) -> Worker:
    return Worker(queue, send)


@guide.row("send.delay(user) or q.enqueue(send, user)")
def test_a_push(ours: Ours, queue: Queue) -> None:
    id = ours(queue=queue, user="ada")
    for _ in range(100):
        queue.push("noise", "noisy")
    queue.push("one", "quiet")
    jobs = queue.pop_many(3)
    assert (jobs[0].id, jobs[0].json()) == (id, {"user": "ada"})
    assert [job.lane for job in jobs] == ["default", "noisy", "quiet"]


@guide.row(
    "send.apply_async((user,), countdown=60) or q.enqueue_in(timedelta(minutes=1), send, user)"
)
def test_a_delay(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    ours(queue=queue, user="ada")
    clock.advance(59.999)
    assert queue.pop() is None
    clock.advance(0.001)
    assert queue.pop() is not None


@guide.row("send.apply_async((user,), eta=moment) or q.enqueue_at(moment, send, user)")
def test_a_moment(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    moment = datetime.fromtimestamp(1_700_000_060, tz=timezone.utc)
    info = queue.get(ours(queue=queue, user="ada", moment=moment))
    assert info is not None
    assert (info.state, info.due_at) == ("delayed", 1_700_000_060)
    info = queue.get(ours(queue=queue, user="ada", moment=1_700_000_060))
    assert info is not None
    assert info.due_at == 1_700_000_060


@guide.row("send.apply_async((user,), priority=9) or q.enqueue(send, user, at_front=True)")
def test_a_priority(ours: Ours, queue: Queue) -> None:
    queue.push("usual")
    id = ours(queue=queue, user="ada")
    assert popped(queue).id == id


@guide.row('@app.task(rate_limit="10/m")')
def test_a_rate(ours: Ours, queue: Queue, url: str, clock: ManualClock) -> None:
    ours(queue=queue)
    for _ in range(25):
        queue.push("x", "tenant-7")
    with Queue(url, "mail", clock=clock) as another:
        assert (len(queue.pop_many(6)), len(another.pop_many(6))) == (6, 4)
        clock.advance(59.999)
        assert another.pop() is None
        clock.advance(0.001)
        assert len(another.pop_many(100)) == 10


@guide.row('q.enqueue(send, user, job_id="mail-7")')
def test_a_key(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    first = ours(queue=queue, user="ada")
    assert ours(queue=queue, user="ada") == first
    queue.mark_complete(popped(queue))
    clock.advance(59)
    assert ours(queue=queue, user="ada") == first
    clock.advance(1)
    assert ours(queue=queue, user="ada") != first


@guide.row("q.enqueue(second, depends_on=first)")
def test_a_parent(ours: Ours, queue: Queue) -> None:
    first = queue.push("first")
    second = ours(queue=queue, first=first)
    queue.fail(popped(queue))
    info = queue.get(second)
    assert info is not None
    assert (info.state, info.parent_dead) == ("blocked", True)
    queue.restore_failed()
    queue.mark_complete(popped(queue))
    assert popped(queue).id == second


@guide.row("chain(fetch.s(url), parse.s())")
def test_what_follows(ours: Ours, queue: Queue, url: str) -> None:
    queue.push("fetch")
    job = popped(queue)
    ours(queue=queue, job=job)
    assert popped(queue).json() == "parse"
    with pytest.raises(StaleTokenError):
        ours(queue=queue, job=job)
    assert queue.size() == 0  # both or neither
    with Queue(url, "by a worker") as other:
        other.push("fetch", max_tries=1)
        steps = threading.Semaphore(0)

        def handle(job: Job) -> NewJob | None:
            steps.release()
            return NewJob("parse") if job.json() == "fetch" else None

        with Worker(other, handle):
            assert steps.acquire(timeout=SOON)
            assert steps.acquire(timeout=SOON)
        assert other.stats().completed == 2


@guide.row("@app.task(acks_late=True)")
def test_a_killed_worker_gives_back(ours: Ours, url: str) -> None:
    with Queue(url, "mail") as queue:
        id = queue.push("x")
        program = (
            "import fairlane, sys, time\n"
            "queue = fairlane.Queue(sys.argv[1], 'mail')\n"
            f"{ours.code}\n"
            "print(job.id, flush=True)\n"
            "time.sleep(600)"
        )
        command = [sys.executable, "-c", program, url]
        with running(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == id
            assert queue.pop() is None
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            job = queue.pop(wait=SOON)  # far less than the lease
        assert job is not None
        assert (job.id, job.lapses) == (id, 1)


@guide.row("@app.task(autoretry_for=(OSError,), max_retries=5, retry_backoff=True)")
def test_what_is_retried(ours: Ours, url: str) -> None:
    def worker(**names: object) -> Worker:
        made: Worker = ours(**names)
        return made

    def fail_with(error: Exception) -> Callable[[Job], object]:
        def handle(_job: Job) -> None:
            raise error

        return handle

    with Queue(url, "mail") as queue:
        queue.push("x", backoff=AN_HOUR)
        ends(queue, worker, fail_with(ConnectionError("away")))
        assert (queue.stats().retried, queue.stats().dead) == (1, 0)
        queue.push("y", backoff=AN_HOUR)
        ends(queue, worker, fail_with(ValueError("no use")))
        assert (queue.stats().retried, queue.stats().dead) == (1, 1)


@guide.row('app.conf.beat_schedule = {"report": {"schedule": crontab(hour=8, minute=0)}}')
def test_a_schedule(ours: Ours, queue: Queue, url: str, clock: ManualClock) -> None:
    berlin = timezone(timedelta(hours=1))  # in November
    with Queue(url, "mail", clock=clock) as another:
        for each in (queue, another):
            ours(queue=each)
        for day in (15, 16):
            eight = datetime(2023, 11, day, 8, tzinfo=berlin)
            clock.set(eight - timedelta(milliseconds=1))
            assert queue.pop() is None
            clock.set(eight)
            job = popped(another)
            assert job.json() == {"of": "yesterday"}
            assert queue.pop() is None
            queue.mark_complete(job)


@guide.row("raise self.retry(countdown=30) or Retry(max=3, interval=30)")
def test_a_retry_at_a_given_time(ours: Ours, url: str) -> None:
    with Queue(url, "mail") as queue:
        queue.push("x")
        job = ends(queue, plain, lambda job: ours())
        info = queue.get(job.id)
        assert info is not None
        assert info.due_at is not None
        assert (info.state, info.error) == ("delayed", "not yet")
        assert 29 < info.due_at - job.started_at < 60


@guide.row("raise Reject(requeue=False)")
def test_for_good(ours: Ours, url: str) -> None:
    with Queue(url, "mail") as queue:
        queue.push("x")
        ends(queue, plain, lambda job: ours())
        assert [job.error for job in queue.failed()] == ["no use"]


@guide.row("@app.task(time_limit=30) or q.enqueue(send, job_timeout=30)")
def test_a_timeout(ours: Ours, url: str) -> None:
    with Queue(url, "mail") as queue:
        assert ours(queue=queue, send=lambda job: None).state == "stopped"
        queue.push("x", backoff=AN_HOUR)
        told: list[str | None] = []
        ended = threading.Event()

        def handle(job: Job) -> None:
            assert job.signal is not None
            told.append(job.signal.wait(SOON))
            ended.set()

        with Worker(queue, handle, timeout=0.05):
            assert ended.wait(SOON)
        assert told == ["timed out"]
        assert queue.stats().retried == 1


@guide.row("celery -A app worker -c 8 or rq worker mail")
def test_eight_at_once(ours: Ours, url: str) -> None:
    together = threading.Barrier(9)
    with Queue(url, "mail") as queue:
        for _ in range(8):
            queue.push("x")
        with ours(queue=queue, send=lambda job: together.wait(SOON)):
            together.wait(SOON)
        assert queue.stats().completed == 8


@guide.row("AsyncResult(id).state or Job.fetch(id).get_status()")
def test_where_a_job_stands(ours: Ours, queue: Queue) -> None:
    id = queue.push("x")
    assert ours(queue=queue, id=id).state == "ready"
    job = popped(queue)
    assert ours(queue=queue, id=id).state == "leased"
    queue.mark_complete(job)
    assert ours(queue=queue, id=id) is None


@guide.row("AsyncResult(id).get(timeout=0.5) or job.return_value()")
def test_a_result(ours: Ours, url: str) -> None:
    with Queue(url, "mail") as queue:
        id = queue.push("x")
        with pytest.raises(FairlaneTimeoutError):
            ours(queue=queue, id=id)
        queue.mark_complete(popped(queue), result={"sent": True})
        assert json.loads(ours(queue=queue, id=id)) == {"sent": True}
        id = queue.push("by a worker")
        with Worker(queue, lambda job: b"sent"):
            # A slow worker may take longer than the half second of the guide.
            queue.result(id, wait=SOON)
        assert ours(queue=queue, id=id) == b"sent"
        id = queue.push("dead")
        queue.fail(popped(queue), "no use")
        with pytest.raises(JobFailedError):
            ours(queue=queue, id=id)


@guide.row("await asyncio.to_thread(send.delay, user)")
def test_a_push_that_is_awaited(ours: Ours, url: str) -> None:
    async def main() -> None:
        async with aio.Queue(url, "mail") as queue:
            # Those of earlier tests may not have ended yet.
            threads = set(threading.enumerate())
            pushes = [ours.awaited(queue=queue, user=user) for user in range(100)]
            assert len(set(await asyncio.gather(*pushes))) == 100
            assert set(threading.enumerate()) <= threads
            jobs = await queue.pop_many(100)
            assert sorted(job.json()["user"] for job in jobs) == list(range(100))

    asyncio.run(main())


@guide.row("await asyncio.to_thread(AsyncResult(id).get)")
def test_a_result_that_is_awaited(ours: Ours, url: str) -> None:
    async def main() -> None:
        async with aio.Queue(url, "mail") as queue:
            id = await queue.push("x")
            with pytest.raises(FairlaneTimeoutError):
                await ours.awaited(queue=queue, id=id)
            waiting = asyncio.ensure_future(ours.awaited(queue=queue, id=id))
            await asyncio.sleep(0)
            waiting.cancel()
            job = await queue.pop()
            assert job is not None
            await queue.mark_complete(job, result=b"sent")
            assert await ours.awaited(queue=queue, id=id) == b"sent"

    asyncio.run(main())


@guide.row("asyncio.run(send(user)) inside a task")
def test_handlers_on_the_loop(ours: Ours, url: str) -> None:
    async def main() -> None:
        running: set[asyncio.Task[None] | None] = set()
        all_run = asyncio.Event()

        async def send(_job: Job) -> None:
            running.add(asyncio.current_task())
            if len(running) == 100:
                all_run.set()
            await all_run.wait()

        async with aio.Queue(url, "mail") as queue:
            await queue.push_many([NewJob("x")] * 100)
            async with ours(aio=aio, queue=queue, send=send):
                await asyncio.wait_for(all_run.wait(), SOON)
            assert (await queue.stats()).completed == 100

    asyncio.run(main())


@guide.row("app.control.revoke(id) or job.cancel()")
def test_a_job_is_cancelled(ours: Ours, queue: Queue) -> None:
    id = queue.push("x")
    job = popped(queue)
    assert ours(queue=queue, id=id) is True
    with pytest.raises(StaleTokenError):
        queue.mark_complete(job)
    assert ours(queue=queue, id=id) is False


@guide.row("FailedJobRegistry(queue=q)")
def test_the_failed(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    for name in ("first", "second"):
        queue.push(name)
        queue.fail(popped(queue), f"{name} has failed")
        clock.advance(1)
    assert [(job.json(), job.error) for job in ours(queue=queue)] == [
        ("second", "second has failed"),
        ("first", "first has failed"),
    ]


@guide.row("rq requeue --all")
def test_the_failed_come_again(ours: Ours, queue: Queue) -> None:
    queue.push("x", max_tries=1)
    queue.retry(popped(queue), "its only try")
    assert ours(queue=queue) == 1
    assert popped(queue).tries == 1


@guide.row("app.control.purge() or q.empty()")
def test_a_purge(ours: Ours, queue: Queue) -> None:
    queue.push("dead")
    queue.fail(popped(queue))
    for _ in range(3):
        queue.push("x")
    job = popped(queue)
    assert ours(queue=queue) == 2
    queue.mark_complete(job)
    assert queue.stats().dead == 1
    assert queue.clean_failed() == 1


@guide.row('app.control.cancel_consumer("mail")')
def test_a_pause(ours: Ours, queue: Queue) -> None:
    queue.push("x", "tenant-7")
    ours(queue=queue)
    assert queue.pop() is None
    queue.resume()
    queue.pause("tenant-7")
    queue.push("y", "tenant-8")
    assert popped(queue).lane == "tenant-8"
    assert queue.pop() is None


def test_every_row_has_its_test() -> None:
    assert not guide.unclaimed
