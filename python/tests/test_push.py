"""Producing: what `push` takes and what becomes of it."""

import datetime
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import fairlane
from fairlane import BackoffPolicy, Job, ManualClock, NewJob, Pushed, Queue

Pop = Callable[[], Job]


@pytest.mark.parametrize(
    "payload",
    [b"", b"plain", bytes(range(256)), bytearray(b"changing"), memoryview(b"a view")[2:]],
    ids=["empty", "bytes", "every byte", "bytearray", "memoryview"],
)
def test_bytes_arrive_as_they_are(
    queue: Queue, pop: Pop, payload: bytes | bytearray | memoryview
) -> None:
    queue.push(payload)
    assert pop().payload == bytes(payload)


class Named(bytes):
    """Bytes of a class that may carry more."""


@pytest.mark.parametrize("kind", [bytes, bytearray, Named])
def test_a_job_to_push_keeps_its_payload(
    queue: Queue, pop: Pop, kind: type[bytes | bytearray]
) -> None:
    given = kind(b"as it was")
    job = NewJob(given)
    assert job == NewJob(b"as it was")
    assert job != NewJob(b"as it is")
    if isinstance(given, bytearray):
        given[:] = b"changed"
    queue.push_many([job, job])
    assert type(job.payload) is bytes
    assert [pop().payload for _ in range(2)] == [b"as it was"] * 2


def test_a_view_with_gaps_is_read_in_its_order(queue: Queue, pop: Pop) -> None:
    queue.push(memoryview(b"abcdef")[::-2])
    assert pop().payload == b"fdb"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ({"to": "ada", "tries": [1, 2.5, None, True]}, b'{"to":"ada","tries":[1,2.5,null,true]}'),
        ("żółw 🐢", '"żółw 🐢"'.encode()),
        ((1, 2), b"[1,2]"),
        (10**30, b"1" + b"0" * 30),
        (False, b"false"),
        (None, b"null"),
    ],
)
def test_any_other_value_arrives_as_compact_json(
    queue: Queue, pop: Pop, value: object, encoded: bytes
) -> None:
    queue.push(value)
    job = pop()
    assert job.payload == encoded
    assert job.json() == (list(value) if isinstance(value, tuple) else value)


def test_a_payload_that_is_no_json_says_so_when_it_is_read_as_json(queue: Queue, pop: Pop) -> None:
    queue.push(b"{")
    with pytest.raises(json.JSONDecodeError):
        pop().json()


def test_headers_are_any_mapping_of_texts(queue: Queue, pop: Pop) -> None:
    headers = {"traceparent": "00-1-2-01", "ż": ""}
    queue.push(b"", headers=MappingProxyType(headers))
    queue.push_many([NewJob(b"", headers=headers), NewJob(b"")])
    job = pop()
    assert job.headers == NewJob(b"", headers=headers).headers == headers
    # What a job shows is the caller's own.
    job.headers["other"] = "value"
    assert job.headers == headers
    assert [pop().headers, pop().headers] == [headers, {}]


@pytest.mark.parametrize(
    ("headers", "error", "message"),
    [
        ([("n", "v")], TypeError, "list is not accepted: accepted are mappings from str to str"),
        ({"n": 1}, TypeError, "int"),
        ({b"n": "v"}, TypeError, "bytes"),
        ({"n": "\ud800"}, fairlane.InvalidArgumentError, "half a character"),
        ({"": "v"}, fairlane.InvalidArgumentError, "header name of 0 bytes"),
    ],
)
def test_headers_of_another_kind_are_refused(
    queue: Queue, headers: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        queue.push(b"", headers=headers)
    assert queue.size() == 0


def test_ids_are_strings_and_never_used_twice(queue: Queue) -> None:
    ids = [queue.push(b"") for _ in range(3)]
    assert queue.cancel(ids[-1])
    ids.append(queue.push(b""))
    assert all(isinstance(id, str) for id in ids)
    assert len(set(ids)) == 4


def test_a_pushed_job_has_the_settings_that_were_given(queue: Queue) -> None:
    parent = queue.push(b"parent")
    id = queue.push(b"child", "tenant-7", priority=9, cost=3, key="k", max_tries=-1, after=parent)
    info = queue.get(id)
    assert info is not None
    assert (info.state, info.lane, info.priority, info.cost) == ("blocked", "tenant-7", 9, 3)
    assert (info.key, info.max_tries, info.after) == ("k", -1, parent)
    assert (info.payload, info.tries, info.lapses, info.error) == (b"child", 0, 0, None)
    assert abs(info.pushed_at - time.time()) < 60


def test_the_defaults_are_the_constants(queue: Queue) -> None:
    info = queue.get(queue.push(b""))
    assert info is not None
    assert (info.lane, info.priority) == (fairlane.DEFAULT_LANE, fairlane.DEFAULT_PRIORITY)
    assert (info.cost, info.max_tries) == (1, fairlane.DEFAULT_MAX_TRIES)


def test_a_higher_priority_goes_first_in_its_lane(queue: Queue, pop: Pop) -> None:
    for priority in (fairlane.BULK_PRIORITY, fairlane.MAX_PRIORITY, fairlane.DEFAULT_PRIORITY):
        queue.push(priority, priority=priority)
    assert [pop().json() for _ in range(3)] == [9, 1, 0]


@pytest.mark.parametrize("lane", ["tenant-7", "żółw 🐢", "a b\n'\"\\", "x" * 1024, "\0"])
def test_a_lane_may_have_any_name(queue: Queue, pop: Pop, lane: str) -> None:
    queue.push(b"", lane)
    assert [info.name for info in queue.lanes()] == [lane]
    assert pop().lane == lane


def test_tps_holds_the_lane_to_so_many_starts_a_second(url: str) -> None:
    with Queue(url, "tests", clock=ManualClock(1_700_000_000)) as queue:
        for _ in range(3):
            queue.push(b"", tps=2)
        assert len(queue.pop_many(10)) == 2
        lane = queue.lane("default")
        assert lane is not None
        assert (lane.state, lane.limits.rate) == ("throttled", (2, 1.0))


@pytest.mark.parametrize("window", [60, 60.0, datetime.timedelta(minutes=1)])
def test_rate_names_the_window_too(queue: Queue, window: float | datetime.timedelta) -> None:
    queue.push(b"", rate=(5, window))
    lane = queue.lane("default")
    assert lane is not None
    assert lane.limits.rate == (5, 60.0)


def test_a_dear_job_counts_as_several_starts(queue: Queue) -> None:
    queue.push(b"", rate=(3, 60), cost=2)
    queue.push(b"", cost=2)
    assert len(queue.pop_many(10)) == 1


@pytest.mark.parametrize("delay", [0.08, datetime.timedelta(milliseconds=80)])
def test_a_delayed_job_starts_when_its_time_has_come(
    queue: Queue, delay: float | datetime.timedelta
) -> None:
    queue.push(b"", delay=delay)
    # It may be due at the first look already, if the machine is slow.
    job = queue.pop() or queue.pop(wait=10)
    assert job is not None
    assert job.started_at - job.pushed_at >= 0.08 - 1e-6


def test_a_job_may_be_due_at_a_moment(queue: Queue) -> None:
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    for at in (tomorrow, tomorrow.astimezone(datetime.timezone(datetime.timedelta(hours=9)))):
        info = queue.get(queue.push(b"", at=at))
        assert info is not None
        assert info.state == "delayed"
        assert info.due_at == pytest.approx(tomorrow.timestamp(), abs=0.001)
    by_number = queue.get(queue.push(b"", at=tomorrow.timestamp()))
    assert by_number is not None
    assert by_number.due_at == pytest.approx(tomorrow.timestamp(), abs=0.001)


def test_a_moment_in_the_past_is_now(queue: Queue, pop: Pop) -> None:
    queue.push(b"", at=0)
    assert pop().tries == 1


def test_a_held_key_gives_the_holder_and_makes_no_job(queue: Queue, pop: Pop) -> None:
    first = queue.push(b"1", key="report")
    assert queue.push(b"2", key="report") == first
    assert queue.size() == 1
    queue.mark_complete(pop())
    assert queue.push(b"3", key="report") != first


def test_a_key_stays_taken_until_its_ttl_is_over(queue: Queue, pop: Pop) -> None:
    first = queue.push(b"", key="report", key_ttl=datetime.timedelta(hours=1))
    queue.mark_complete(pop())
    assert queue.push(b"", key="report") == first
    queue.bump_keys()
    assert queue.push(b"", key="report") != first


@pytest.mark.parametrize(
    "backoff", [BackoffPolicy(min=30, max=30, jitter=False), fairlane.Backoff(min=30, max=60)]
)
def test_a_job_may_have_its_own_backoff(
    queue: Queue, pop: Pop, backoff: BackoffPolicy | fairlane.Backoff
) -> None:
    id = queue.push(b"", backoff=backoff)
    job = pop()
    queue.retry(job, "not yet")
    info = queue.get(id)
    assert info is not None
    assert info.due_at is not None
    assert 30 <= info.due_at - job.started_at < 60


def test_a_child_is_hidden_until_its_parent_has_completed(queue: Queue, pop: Pop) -> None:
    parent = queue.push(b"parent")
    queue.push(b"child", after=parent)
    first = pop()
    assert queue.pop() is None
    queue.mark_complete(first)
    assert pop().payload == b"child"


def test_many_jobs_are_pushed_in_one_step(queue: Queue) -> None:
    pushed = queue.push_many(NewJob(n, f"lane-{n % 2}", key=f"k{n % 3}") for n in range(4))
    assert [one.is_new for one in pushed] == [True, True, True, False]
    assert pushed[3].id == pushed[0].id
    assert all(isinstance(one, Pushed) for one in pushed)
    assert queue.push_many([]) == []


def test_of_many_jobs_all_are_pushed_or_none(queue: Queue) -> None:
    with pytest.raises(fairlane.InvalidArgumentError, match=r"^job 1: priority 10 is out of range"):
        queue.push_many([NewJob(b""), NewJob(b"", priority=10)])
    assert queue.size() == 0


def test_a_new_job_tells_what_it_was_made_of() -> None:
    job = NewJob(
        {"n": 1},
        "tenant-7",
        priority=2,
        rate=(3, 0.5),
        delay=4,
        cost=5,
        key="k",
        key_ttl=6,
        max_tries=7,
        backoff=BackoffPolicy(),
        after="8",
    )
    assert (job.payload, job.lane, job.priority, job.rate) == (b'{"n":1}', "tenant-7", 2, (3, 0.5))
    assert (job.delay, job.at, job.cost, job.key, job.key_ttl) == (4.0, None, 5, "k", 6.0)
    assert (job.max_tries, job.backoff, job.after) == (7, BackoffPolicy(), "8")
    assert NewJob(b"", at=9).at == 9.0
    assert NewJob(b"", tps=3).rate == (3, 1.0)


def test_a_full_lane_refuses_more(queue: Queue) -> None:
    queue.set_limits("tenant-7", max_waiting=1)
    queue.push(b"", "tenant-7")
    with pytest.raises(fairlane.QueueFullError) as caught:
        queue.push(b"", "tenant-7")
    assert caught.value.retryable
    assert queue.size("tenant-7") == 1


def test_a_payload_over_the_limit_is_refused(url: str) -> None:
    with Queue(url, "small", max_payload=10) as queue:
        queue.push(b"x" * 10)
        with pytest.raises(fairlane.PayloadTooLargeError, match="payload of 11 bytes"):
            queue.push(b"x" * 11)
        assert queue.size() == 1


def test_what_was_pushed_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    with Queue(tmp_path / "jobs.db", "mail", durability="normal") as queue:
        queue.push(b"kept")
    with Queue(f"sqlite:{tmp_path}/jobs.db", "mail") as queue:
        job = queue.pop()
        assert job is not None
        assert job.payload == b"kept"
