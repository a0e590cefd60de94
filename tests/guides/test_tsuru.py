"""The guide for those who come from tsuru's queue."""

import threading
from collections.abc import Iterator

import pytest
from guide import Guide, Ours

from fairlane import Job, ManualClock, Queue, StaleTokenError, Worker

guide = Guide("tsuru.md")

SOON = 20


def popped(queue: Queue) -> Job:
    job = queue.pop()
    assert job is not None
    return job


@guide.row('q, err := factory.Get("mail")')
def test_a_queue_is_opened_by_name(ours: Ours, url: str) -> None:
    with ours(url=url) as mail, Queue(url, "sms") as sms:
        assert mail.name == "mail"
        mail.push("to be read")
        assert (mail.size(), sms.size()) == (1, 0)


@guide.row('q.Put(&Message{Action: "send", Args: args}, 0)')
def test_any_json_is_a_message(ours: Ours, queue: Queue) -> None:
    ours(queue=queue, args=["ada"])
    assert popped(queue).json() == {"action": "send", "args": ["ada"]}


@guide.row("q.Put(&m, delay)")
def test_a_message_may_wait(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    ours(queue=queue, message="later")
    clock.advance(59.999)
    assert queue.pop() is None
    clock.advance(0.001)
    assert popped(queue).json() == "later"


@guide.row("m, err := q.Get(timeout)")
def test_nothing_is_no_error(ours: Ours, queue: Queue) -> None:
    assert ours(queue=queue) is None
    queue.push({"action": "send"})
    assert ours(queue=queue).json() == {"action": "send"}


@guide.row("q.Delete(&m)")
def test_only_the_own_delivery_is_ended(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    queue.push("x")
    late = popped(queue)
    clock.advance(121)
    job = popped(queue)
    with pytest.raises(StaleTokenError):
        ours(queue=queue, job=late)
    ours(queue=queue, job=job)
    assert queue.get(job.id) is None


@guide.row("q.Release(&m, delay)")
def test_a_release_charges_no_try(ours: Ours, queue: Queue, clock: ManualClock) -> None:
    queue.push("x", max_tries=1)
    ours(queue=queue, job=popped(queue))
    assert queue.pop() is None
    clock.advance(30)
    assert popped(queue).tries == 1


@pytest.fixture
def mail(url: str) -> Iterator[Queue]:
    with Queue(url, "mail") as mail:
        yield mail


@guide.row('h, err := factory.Handler(f, "mail", "sms")')
def test_one_worker_for_queues(ours: Ours, mail: Queue, url: str) -> None:
    done = threading.Semaphore(0)
    seen = []

    def handle(job: Job) -> None:
        seen.append(job.json())
        done.release()

    with Queue(url, "sms") as sms:
        mail.push("a mail")
        sms.push("a text")
        with ours(mail=mail, sms=sms, handle=handle):
            assert done.acquire(timeout=SOON)
            assert done.acquire(timeout=SOON)
        assert sorted(seen) == ["a mail", "a text"]
        assert (mail.stats().completed, sms.stats().completed) == (1, 1)


@guide.row("h.Start()")
def test_to_start_again_is_harmless(ours: Ours, mail: Queue) -> None:
    worker = Worker(mail, lambda job: None)
    ours(worker=worker)
    ours(worker=worker)
    assert worker.state == "running"
    assert worker.stop()


@guide.row("h.Stop()")
def test_to_stop_waits_for_what_runs(ours: Ours, mail: Queue) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def handle(_job: Job) -> None:
        begun.set()
        assert go_on.wait(SOON)

    worker = Worker(mail, handle)
    mail.push("x")
    worker.start()
    assert begun.wait(SOON)
    threading.Timer(0.05, go_on.set).start()
    assert ours(worker=worker) is True
    assert mail.stats().completed == 1
    assert ours(worker=worker) is True  # it does not run: no error


@guide.row("h.Wait()")
def test_to_wait_for_the_end(ours: Ours, mail: Queue) -> None:
    worker = Worker(mail, lambda job: None)
    worker.start()
    threading.Timer(0.05, worker.stop).start()
    assert ours(worker=worker) is True
    assert worker.state == "stopped"


@guide.row("queue.Preempt()")
def test_all_may_be_stopped(ours: Ours, mail: Queue) -> None:
    workers = [Worker(mail, lambda job: None) for _ in range(2)]
    for worker in workers:
        worker.start()
    ours(workers=workers)
    assert [worker.state for worker in workers] == ["stopped", "stopped"]


def test_every_row_has_its_test() -> None:
    assert not guide.unclaimed
