"""Consuming: pop, and the ways in which a delivery ends."""

import datetime
import time
from collections.abc import Callable

import pytest

import fairlane
from fairlane import Job, NewJob, Queue, StaleTokenError

Pop = Callable[[], Job]


def test_an_empty_queue_gives_nothing(queue: Queue) -> None:
    assert queue.pop() is None
    assert queue.pop_many(10) == []
    assert queue.pop(wait=0.01) is None


def test_a_delivery_tells_of_its_job(queue: Queue, pop: Pop) -> None:
    parent = queue.push(b"parent")
    id = queue.push(b"child", "tenant-7", priority=2, cost=3, key="k", max_tries=4, after=parent)
    queue.mark_complete(pop())
    before = time.time()
    job = queue.pop(lease=30)
    assert job is not None
    assert (job.id, job.lane, job.payload, job.priority) == (id, "tenant-7", b"child", 2)
    assert (job.cost, job.key, job.max_tries, job.after) == (3, "k", 4, parent)
    assert (job.tries, job.lapses, job.error) == (1, 0, None)
    assert job.lease_until is not None
    assert job.lease_until - job.started_at == pytest.approx(30, abs=1e-3)
    assert job.pushed_at <= job.started_at
    assert abs(job.started_at - before) < 60
    assert job.token.isprintable()
    assert job.token != job.id


def test_lanes_take_turns(queue: Queue) -> None:
    for lane in ("a", "a", "a", "b", "c"):
        queue.push(b"", lane)
    served = []
    while job := queue.pop():
        served.append(job.lane)
        queue.mark_complete(job)
    assert served == ["a", "b", "c", "a", "a"]


def test_many_are_popped_as_many_as_there_are(queue: Queue) -> None:
    for n in range(3):
        queue.push(n)
    assert [job.json() for job in queue.pop_many(2)] == [0, 1]
    assert [job.json() for job in queue.pop_many(10_000, wait=10)] == [2]


def test_a_lease_of_zero_means_at_most_once(queue: Queue) -> None:
    queue.push(b"")
    job = queue.pop(lease=0)
    assert job is not None
    assert job.lease_until is None
    assert queue.get(job.id) is None
    with pytest.raises(StaleTokenError):
        queue.mark_complete(job)


def test_a_lapsed_lease_delivers_the_job_again(queue: Queue) -> None:
    queue.push(b"")
    first = queue.pop(lease=0.01)
    second = queue.pop(wait=10)
    assert first is not None
    assert second is not None
    assert (second.id, second.tries, second.lapses) == (first.id, 2, 1)
    with pytest.raises(StaleTokenError):
        queue.mark_complete(first)
    queue.mark_complete(second)


@pytest.mark.parametrize("by", ["job", "token"])
def test_a_delivery_is_named_by_its_job_or_by_its_token(queue: Queue, pop: Pop, by: str) -> None:
    id = queue.push(b"")
    job = pop()
    queue.mark_complete(job if by == "job" else job.token)
    assert queue.get(id) is None


def test_follow_ups_are_pushed_with_the_completion(queue: Queue, pop: Pop) -> None:
    queue.push(b"first")
    job = pop()
    queue.mark_complete(job, then=[NewJob(b"second"), NewJob(b"third", "other")])
    assert {pop().payload, pop().payload} == {b"second", b"third"}


def test_follow_ups_of_a_stale_delivery_are_not_pushed(queue: Queue, pop: Pop) -> None:
    queue.push(b"")
    job = pop()
    queue.mark_complete(job)
    with pytest.raises(StaleTokenError):
        queue.mark_complete(job, then=[NewJob(b"never")])
    assert queue.size() == 0


def test_a_refused_follow_up_leaves_the_delivery_open(queue: Queue, pop: Pop) -> None:
    queue.push(b"")
    job = pop()
    with pytest.raises(fairlane.InvalidArgumentError):
        queue.mark_complete(job, then=[NewJob(b"", cost=0)])
    queue.mark_complete(job)


def test_of_many_completions_each_is_told_by_itself(queue: Queue, pop: Pop) -> None:
    for _ in range(2):
        queue.push(b"")
    one, other = pop(), pop()
    queue.mark_complete(one)
    first, second = queue.mark_complete_many([one, other.token])
    assert isinstance(first, StaleTokenError)
    assert one.token in str(first)
    assert second is None
    assert queue.stats().completed == 2


def test_a_released_job_comes_first_and_untried(queue: Queue, pop: Pop) -> None:
    queue.push(b"1")
    queue.push(b"2")
    queue.release(pop())
    job = pop()
    assert (job.payload, job.tries) == (b"1", 1)


@pytest.mark.parametrize("delay", [60, datetime.timedelta(minutes=1)])
def test_a_job_may_be_released_for_later(
    queue: Queue, pop: Pop, delay: float | datetime.timedelta
) -> None:
    id = queue.push(b"")
    job = pop()
    queue.release(job, delay)
    info = queue.get(id)
    assert info is not None
    assert info.due_at is not None
    assert 60 <= info.due_at - job.started_at < 120


def test_a_failed_try_comes_again_with_its_error(queue: Queue, pop: Pop) -> None:
    queue.push(b"")
    queue.retry(pop(), "connection reset", delay=0)
    job = pop()
    assert (job.tries, job.error) == (2, "connection reset")


def test_a_job_out_of_tries_is_dead(queue: Queue, pop: Pop) -> None:
    id = queue.push(b"", max_tries=1)
    queue.retry(pop(), error="no such host")
    info = queue.get(id)
    assert info is not None
    assert (info.state, info.error) == ("dead", "no such host")
    assert info.died_at is not None


def test_a_job_may_fail_for_good(queue: Queue, pop: Pop) -> None:
    id = queue.push(b"")
    queue.fail(pop(), "no such user")
    info = queue.get(id)
    assert info is not None
    assert (info.state, info.error, info.tries) == ("dead", "no such user", 1)


def test_a_lease_may_be_extended(queue: Queue) -> None:
    queue.push(b"")
    job = queue.pop(lease=30)
    assert job is not None
    assert job.lease_until is not None
    queue.extend(job, 600)
    info = queue.get(job.id)
    assert info is not None
    assert info.lease_until is not None
    assert info.lease_until > job.lease_until + 500
    queue.mark_complete(job)


def test_of_many_extensions_each_is_told_by_itself(queue: Queue, pop: Pop) -> None:
    for _ in range(2):
        queue.push(b"")
    one, other = pop(), pop()
    queue.mark_complete(one)
    first, second = queue.extend_many([one, other], lease=datetime.timedelta(minutes=5))
    assert isinstance(first, StaleTokenError)
    assert second is None


@pytest.mark.parametrize("verb", ["mark_complete", "release", "retry", "fail", "extend"])
def test_an_ended_delivery_is_stale_for_every_verb(queue: Queue, pop: Pop, verb: str) -> None:
    queue.push(b"")
    job = pop()
    queue.mark_complete(job)
    before = queue.stats()
    with pytest.raises(StaleTokenError) as caught:
        getattr(queue, verb)(job)
    assert isinstance(caught.value, LookupError)
    assert not caught.value.retryable
    assert queue.stats() == before


@pytest.mark.parametrize("verb", ["mark_complete", "release", "retry", "fail", "extend"])
def test_a_token_of_another_queue_is_refused(url: str, queue: Queue, pop: Pop, verb: str) -> None:
    with Queue(url, "another") as another:
        queue.push(b"")
        another.push(b"")
        mine, foreign = pop(), another.pop()
        assert foreign is not None
        with pytest.raises(fairlane.Error) as caught:
            getattr(queue, verb)(foreign.token)
        assert isinstance(caught.value, (fairlane.InvalidArgumentError, StaleTokenError))
        assert foreign.token in str(caught.value)
        queue.mark_complete(mine)
        another.mark_complete(foreign)
