"""Backoff: how long to wait before the next try, as a value of its own."""

import datetime

import pytest

import fairlane
from fairlane import Backoff, BackoffPolicy


def test_delays_double_from_100_ms_to_10_s_by_default() -> None:
    backoff = Backoff()
    delays = [backoff.duration() for _ in range(9)]
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert backoff.attempt == 9


def test_reset_starts_again_and_a_copy_starts_fresh() -> None:
    backoff = Backoff(min=1, factor=3)
    assert [backoff.duration(), backoff.duration()] == [1.0, 3.0]
    copy = backoff.copy()
    assert (copy.attempt, copy.duration(), backoff.attempt) == (0, 1.0, 2)
    backoff.reset()
    assert (backoff.attempt, backoff.duration()) == (0, 1.0)


def test_for_attempt_changes_nothing() -> None:
    backoff = Backoff(min=datetime.timedelta(seconds=1), max=datetime.timedelta(minutes=1))
    assert [backoff.for_attempt(n) for n in (0, 3, 100)] == [1.0, 8.0, 60.0]
    assert backoff.attempt == 0


def test_after_the_limit_there_is_no_further_delay() -> None:
    backoff = Backoff(limit=2)
    assert [backoff.duration() for _ in range(3)] == [0.1, 0.2, None]


def test_after_the_expiration_there_is_no_further_delay() -> None:
    assert Backoff(expiration=0).duration() is None
    assert Backoff(expiration=3600).duration() == 0.1


def test_jitter_stays_between_the_shortest_and_the_grown_delay() -> None:
    backoff = Backoff(min=1, max=64, jitter=True)
    delays = [backoff.for_attempt(5) for _ in range(100)]
    assert all(1 <= delay <= 32 for delay in delays)
    assert len(set(delays)) > 1


def test_a_policy_shows_its_fields_and_is_equal_by_them() -> None:
    policy = BackoffPolicy()
    assert (policy.min, policy.max, policy.factor, policy.jitter) == (1.0, 600.0, 2.0, True)
    assert repr(policy) == "BackoffPolicy(min=1.0, max=600.0, factor=2.0, jitter=True)"
    assert eval(repr(policy), vars(fairlane)) == policy
    assert policy != BackoffPolicy(min=2)


def test_a_backoff_shows_its_settings() -> None:
    backoff = Backoff()
    backoff.duration()
    assert repr(backoff) == "<Backoff min=0.1, max=10.0, factor=2.0, jitter=False, attempt=1>"


@pytest.mark.parametrize("name", ["attempt", "duration", "colour"])
def test_a_backoff_is_changed_by_its_methods_alone(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Backoff(), name, 1)
