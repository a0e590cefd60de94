"""The values that calls give: frozen, comparable, and readable when shown."""

import re
from typing import Any

import pytest

import fairlane
from fairlane import NewJob, Queue


def values(queue: Queue) -> dict[str, Any]:
    queue.push(b"abc", "tenant '7'")
    job = queue.pop()
    assert job is not None
    return {
        "Job": job,
        "JobInfo": queue.get(job.id),
        "Pushed": queue.push_many([NewJob(b"")])[0],
        "NewJob": NewJob(b"abc", "a"),
        "Stats": queue.stats(),
        "Counts": queue.stats().counts,
        "Limits": queue.stats().limits,
        "LaneInfo": queue.lane("tenant '7'"),
        "Swept": queue.dethrottle(),
        "Repaired": queue.repair(),
        "BackoffPolicy": fairlane.BackoffPolicy(),
    }


SHOWN = {
    "Job": """Job(id='1', lane="tenant '7'", tries=1, payload=<3 bytes>)""",
    "JobInfo": """JobInfo(id='1', state='leased', lane="tenant '7'", tries=1, payload=<3 bytes>)""",
    "Pushed": "Pushed(id='2', is_new=True)",
    "NewJob": "NewJob(<3 bytes>, lane='a')",
    "Stats": "Stats(counts=Counts(ready=1, delayed=0, blocked=0, in_flight=1), dead=0, "
    "quarantined=0, lanes=2, paused=False, limits=Limits(rate=(0, 1.0), max_in_flight=0, weight=1, "
    "max_waiting=0), pushed=2, completed=0, retried=0, died=0, lapsed=0)",
    "Counts": "Counts(ready=1, delayed=0, blocked=0, in_flight=1)",
    "Limits": "Limits(rate=(0, 1.0), max_in_flight=0, weight=1, max_waiting=0)",
    "LaneInfo": """LaneInfo(name="tenant '7'", state='empty', """
    "counts=Counts(ready=0, delayed=0, blocked=0, in_flight=1))",
    "Swept": "Swept(due=0, lapsed=0, woken=0)",
    "Repaired": "Repaired(jobs=2, lanes=2, lost_jobs=0, placed_jobs=0, dropped_entries=0, "
    "mended_lanes=0, mended_sums=0)",
    "BackoffPolicy": "BackoffPolicy(min=1.0, max=600.0, factor=2.0, jitter=True)",
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_value_shows_itself(queue: Queue, name: str) -> None:
    assert repr(values(queue)[name]) == SHOWN[name]


@pytest.mark.parametrize("name", SHOWN)
def test_a_value_is_frozen(queue: Queue, name: str) -> None:
    value = values(queue)[name]
    attributes = [name for name in dir(value) if not re.match("__|json$", name)]
    assert attributes
    for attribute in [*attributes, "colour"]:
        with pytest.raises(AttributeError):
            setattr(value, attribute, 1)


@pytest.mark.parametrize("name", ["Stats", "Counts", "Limits", "LaneInfo", "Swept", "Repaired"])
def test_equal_looks_are_equal(queue: Queue, name: str) -> None:
    first = values(queue)[name]
    fresh = {
        "Stats": queue.stats,
        "Counts": lambda: queue.stats().counts,
        "Limits": lambda: queue.stats().limits,
        "LaneInfo": lambda: queue.lane("tenant '7'"),
        "Swept": queue.dethrottle,
        "Repaired": queue.repair,
    }[name]
    assert fresh() == first
    assert first != 1
    if name not in ("Limits", "Swept"):
        queue.push(b"", "tenant '7'")
        assert fresh() != first


def test_new_jobs_are_equal_by_what_they_hold() -> None:
    assert NewJob({"n": 1}, tps=3) == NewJob(b'{"n":1}', rate=(3, 1))
    assert NewJob(b"", delay=1) != NewJob(b"", delay=2)


@pytest.mark.parametrize("name", [*SHOWN, "Queue", "Backoff", "Dethrottler", "ManualClock"])
def test_classes_belong_to_the_package(name: str) -> None:
    assert getattr(fairlane, name).__module__ == "fairlane"
