"""Errors: one table in every language, each class also of the fitting builtin, each call refused in
words, and nothing changed."""

import builtins
import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest

import fairlane
from fairlane import Backoff, BackoffPolicy, InvalidArgumentError, NewJob, Queue, _fairlane, errors

Call = Callable[[Queue], Any]
NAN, INF = float("nan"), float("inf")


def test_the_classes_are_those_of_the_one_table() -> None:
    classes = [(error.code, error.number, error.retryable) for error in errors.BY_NUMBER.values()]
    assert classes == _fairlane._error_codes()
    assert [error.__name__ for error in errors.BY_NUMBER.values()] == [
        f"{code}Error" for code, _, _ in _fairlane._error_codes()
    ]


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (fairlane.InvalidArgumentError, ValueError),
        (fairlane.StaleTokenError, LookupError),
        (fairlane.PayloadTooLargeError, ValueError),
        (fairlane.ClosedError, ValueError),
        (fairlane.TimeoutError, builtins.TimeoutError),
        (fairlane.ConnectionLostError, ConnectionError),
        (fairlane.UnavailableError, OSError),
        (fairlane.UnsupportedError, NotImplementedError),
        (fairlane.InternalError, RuntimeError),
    ],
)
def test_an_error_is_caught_as_its_builtin_too(
    error: type[fairlane.Error], builtin: type[Exception]
) -> None:
    assert issubclass(error, fairlane.Error)
    assert issubclass(error, builtin)
    with pytest.raises(builtin, match="a sentence"):
        raise error("a sentence")


REFUSED: list[tuple[Call, str]] = [
    (lambda q: q.push(b"", ""), "lane name of 0 bytes is not accepted"),
    (lambda q: q.push(b"", "x" * (1 << 20)), "lane name of 1048576 bytes is not accepted"),
    (lambda q: q.push(b"", "\ud800"), r"text '\\ud800' holds half a character"),
    (lambda q: q.push(b"", priority=10), "priority 10 is out of range: accepted are 0 to 9"),
    (lambda q: q.push(b"", priority=-1), "priority -1 is out of range"),
    (lambda q: q.push(b"", priority=10**30), "number 10{30} is out of range"),
    (lambda q: q.push(b"", tps=-1), "rate count -1 is out of range"),
    (lambda q: q.push(b"", tps=1, rate=(1, 1)), "tps and rate are both given"),
    (lambda q: q.push(b"", rate=(1, 0)), "rate window 0 ms is out of range: accepted are 1 ms to"),
    (lambda q: q.push(b"", rate=(1, NAN)), "rate window NaN ms is out of range"),
    (lambda q: q.push(b"", delay=-1), "delay -1000 ms is out of range"),
    (lambda q: q.push(b"", delay=NAN), "delay NaN ms is out of range"),
    (lambda q: q.push(b"", delay=INF), "delay inf ms is out of range"),
    (lambda q: q.push(b"", delay=1e300), "delay 1e303 ms is out of range"),
    (lambda q: q.push(b"", delay=10**400), "delay inf ms is out of range"),
    (
        lambda q: q.push(b"", delay=datetime.timedelta(days=-1)),
        "delay -86400000 ms is out of range",
    ),
    (lambda q: q.push(b"", delay=1, at=1), "delay and at are both given"),
    (lambda q: q.push(b"", at=-1), "at -1000 ms is out of range"),
    (lambda q: q.push(b"", at=NAN), "at NaN ms is out of range"),
    (
        lambda q: q.push(b"", at=datetime.datetime(2030, 1, 1)),
        "2030-01-01 00:00:00 has no time zone",
    ),
    (lambda q: q.push(b"", cost=0), "cost 0 is out of range"),
    (lambda q: q.push(b"", key=""), "key name of 0 bytes is not accepted"),
    (lambda q: q.push(b"", key="k", key_ttl=-1), "key_ttl -1000 ms is out of range"),
    (lambda q: q.push(b"", key_ttl=1), "key_ttl 1000 ms is given without a key"),
    (lambda q: q.push(b"", max_tries=0), "max_tries 0 is out of range"),
    (lambda q: q.push(b"", after="999"), "999"),
    (lambda q: q.push(b"", after="+1"), 'job id "\\+1" is not one that push gave'),
    (lambda q: q.push({"n": NAN}), "payload is not JSON: .*: accepted are bytes"),
    (lambda q: q.push("\ud800"), "payload is not JSON: .*surrogates not allowed"),
    (lambda q: q.push_many([NewJob(b"", priority=10)]), "priority 10 is out of range"),
    (lambda q: q.pop(wait=-1), "wait -1000 ms is out of range"),
    (lambda q: q.pop(lease=-1), "lease -1000 ms is out of range"),
    (lambda q: q.pop(lease=NAN), "lease NaN ms is out of range"),
    (lambda q: q.pop_many(0), "count 0 is out of range"),
    (lambda q: q.pop_many(-1), "count -1 is out of range"),
    (lambda q: q.pop_many(10_001), "count 10001 is out of range"),
    (lambda q: q.mark_complete("garbage"), 'token "garbage" is not one that pop gave'),
    (lambda q: q.mark_complete(""), 'token "" is not one that pop gave'),
    (lambda q: q.mark_complete_many(["1.1.0"]), 'token "1.1.0" is not one that pop gave'),
    (lambda q: q.release("garbage"), 'token "garbage" is not one'),
    (lambda q: q.retry("garbage"), 'token "garbage" is not one'),
    (lambda q: q.fail("garbage"), 'token "garbage" is not one'),
    (lambda q: q.extend("garbage"), 'token "garbage" is not one'),
    (lambda q: q.extend_many(["garbage"]), 'token "garbage" is not one'),
    (lambda q: q.extend_many([], lease=0), "lease 0 ms is out of range"),
    (lambda q: q.get("01"), 'job id "01" is not one that push gave'),
    (lambda q: q.cancel("x"), 'job id "x" is not one that push gave'),
    (lambda q: q.restore_failed(["x"]), 'job id "x" is not one that push gave'),
    (lambda q: q.restore_failed(["1"], lane="a"), "ids and lane are both given"),
    (lambda q: q.clean_failed(lane=""), "lane name of 0 bytes is not accepted"),
    (lambda q: q.failed(-1), "count -1 is out of range"),
    (lambda q: q.peek("a", -1), "count -1 is out of range"),
    (lambda q: q.peek(""), "lane name of 0 bytes is not accepted"),
    (lambda q: q.lane(""), "lane name of 0 bytes is not accepted"),
    (lambda q: q.size(""), "lane name of 0 bytes is not accepted"),
    (lambda q: q.purge(""), "lane name of 0 bytes is not accepted"),
    (lambda q: q.pause(""), "lane name of 0 bytes is not accepted"),
    (lambda q: q.resume(""), "lane name of 0 bytes is not accepted"),
    (lambda q: q.throttle("a", -1), "throttle -1000 ms is out of range"),
    (lambda q: q.set_limits("a", weight=0), "weight 0 is out of range"),
    (lambda q: q.set_limits(weight=2), "weight of a whole queue is not accepted"),
    (lambda q: q.set_limits("a", max_in_flight=-1), "max_in_flight -1 is out of range"),
    (lambda q: q.set_limits("a", max_waiting=-1), "max_waiting -1 is out of range"),
    (lambda q: q.set_limits("a", tps=1, rate=(1, 1)), "tps and rate are both given"),
    (lambda q: q.start_dethrottler(-1), "interval -1000 ms is out of range"),
    (lambda _: Queue("memory:", ""), "queue name of 0 bytes is not accepted"),
    (lambda _: Queue("amqp://host", "q"), 'url scheme "amqp" is not known'),
    (lambda _: Queue("", "q"), "names no file"),
    (lambda _: Queue("memory:", "q", durability="some"), 'durability "some" is not known'),
    (lambda _: Queue("memory:", "q", max_payload=0), "max_payload 0 is out of range"),
    (lambda _: Queue("memory:", "q", max_payload=-1), "max_payload -1 is out of range"),
    (lambda _: Queue("memory:", "q", max_failed=-1), "max_failed -1 is out of range"),
    (lambda _: Queue("memory:", "q", busy_timeout=-1), "busy_timeout -1000 ms is out of range"),
    (lambda _: BackoffPolicy(min=-1), "backoff min -1000 ms is out of range"),
    (lambda _: BackoffPolicy(min=2, max=1), "backoff min 2000 ms is above max 1000 ms"),
    (lambda _: BackoffPolicy(factor=NAN), "backoff factor NaN is out of range"),
    (lambda _: Backoff(max=INF), "backoff max inf ms is out of range"),
    (lambda _: Backoff(limit=-1), "limit -1 is out of range"),
    (lambda _: Backoff(expiration=-1), "expiration -1000 ms is out of range"),
    (lambda _: Backoff().for_attempt(-1), "attempt -1 is out of range"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_is_not_accepted_is_named_and_changes_nothing(
    queue: Queue, call: Call, message: str
) -> None:
    queue.push(b"", "bystander")
    before = queue.stats(), queue.lanes()
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        call(queue)
    assert (queue.stats(), queue.lanes()) == before
    assert (caught.value.code, caught.value.number) == ("InvalidArgument", 1)
    assert not caught.value.retryable
    # A sentence: lower case, no period at its end.
    assert re.fullmatch(r"[a-z].*[^.]", str(caught.value), re.DOTALL)


Untyped: Any = Queue
MISTYPED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda q: q.push({1, 2}), "payload is not JSON: .*set.*: accepted are bytes, bytearray"),
    (lambda q: q.push(b"", 7), "'int'.*'str'"),
    (lambda q: q.push(b"", lane=b"a"), "'bytes'.*'str'"),
    (lambda q: q.push(b"", priority="high"), "'str'.*integer"),
    (lambda q: q.push(b"", priority=1.5), "'float'.*integer"),
    (lambda q: q.push(b"", delay="1s"), "str is not accepted: accepted are seconds or a timedelta"),
    (lambda q: q.push(b"", at="noon"), "str is not accepted: accepted are seconds since 1970"),
    (lambda q: q.push(b"", at=datetime.timedelta(1)), "timedelta is not accepted"),
    (lambda q: q.push(b"", delay=datetime.datetime.now()), "datetime is not accepted"),
    (lambda q: q.push(b"", rate=3), "'int'.*'tuple'"),
    (lambda q: q.push(b"", backoff=3), "int is not accepted: accepted are BackoffPolicy"),
    (lambda q: q.push(b"", after=1), "'int'.*'str'"),
    (lambda q: q.push(b"", colour="red"), "colour"),
    (lambda q: q.push(), "payload"),
    (lambda q: q.push_many(b"ab"), "int is not accepted: accepted are NewJob"),
    (lambda q: q.push_many(3), "'int' object is not iterable"),
    (lambda q: q.pop(wait=None), "NoneType is not accepted: accepted are seconds"),
    (lambda q: q.mark_complete(1), "int is not accepted: accepted are a Job and its token"),
    (lambda q: q.mark_complete("1.1.00000000", then=[b"x"]), "bytes is not accepted"),
    (lambda q: q.throttle("a", None), "NoneType is not accepted"),
    (lambda _: Untyped(3, "q"), "int is not accepted: accepted are a URL and a path"),
    (lambda _: Untyped("memory:", None), "'None(Type)?'.*'str'"),
]


@pytest.mark.parametrize(("call", "message"), MISTYPED, ids=[message for _, message in MISTYPED])
def test_a_wrong_type_is_a_type_error_and_changes_nothing(
    queue: Queue, call: Call, message: str
) -> None:
    before = queue.stats()
    with pytest.raises(TypeError, match=message):
        call(queue)
    assert queue.stats() == before


VERBS: list[Call] = [
    lambda q: q.push(b""),
    lambda q: q.push_many([NewJob(b"")]),
    lambda q: q.pop(),
    lambda q: q.pop(wait=60),
    lambda q: q.pop_many(2),
    lambda q: q.mark_complete("1.1.00000000"),
    lambda q: q.mark_complete_many(["1.1.00000000"]),
    lambda q: q.release("1.1.00000000"),
    lambda q: q.retry("1.1.00000000"),
    lambda q: q.fail("1.1.00000000"),
    lambda q: q.extend("1.1.00000000"),
    lambda q: q.extend_many(["1.1.00000000"]),
    lambda q: q.dethrottle(),
    lambda q: q.throttle("a", 1),
    lambda q: q.set_limits("a", tps=1),
    lambda q: q.pause(),
    lambda q: q.resume(),
    lambda q: q.lanes(),
    lambda q: q.lane("a"),
    lambda q: q.stats(),
    lambda q: q.size(),
    lambda q: q.get("1"),
    lambda q: q.peek("a"),
    lambda q: q.cancel("1"),
    lambda q: q.purge(),
    lambda q: q.failed(),
    lambda q: q.restore_failed(),
    lambda q: q.clean_failed(),
    lambda q: q.bump_keys(),
]


@pytest.mark.parametrize("verb", VERBS)
def test_a_closed_queue_says_so(queue: Queue, verb: Call) -> None:
    queue.close()
    queue.close()
    with pytest.raises(fairlane.ClosedError, match="queue is closed: open it again to go on"):
        verb(queue)
    assert queue.name == "tests"
    assert repr(queue) == "<Queue 'tests'>"


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    queue = Queue("redis://user:secret@127.0.0.1:1", "q", busy_timeout=0.5)
    with pytest.raises(fairlane.ConnectionLostError, match=r"127\.0\.0\.1:1") as caught:
        queue.push(b"payload")
    assert "secret" not in str(caught.value)
