"""Schedules: jobs that are pushed again and again."""

import datetime
from pathlib import Path

import pytest

import fairlane
from fairlane import ManualClock, Queue

NOON = datetime.datetime(2026, 3, 27, 12, tzinfo=datetime.timezone.utc)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def queue(url: str, clock: ManualClock) -> Queue:
    return Queue(url, "schedules", clock=clock)


def test_each_tick_gives_a_job(queue: Queue, clock: ManualClock) -> None:
    queue.schedule("tidy", {"folder": "tmp"}, every=datetime.timedelta(minutes=5))
    assert queue.pop() is None
    for _ in range(3):
        clock.advance(300)
        job = queue.pop(lease=0)
        assert job is not None
        assert job.json() == {"folder": "tmp"}
        assert queue.pop() is None


def test_a_schedule_ticks_by_the_calendar_of_its_time_zone(
    queue: Queue, clock: ManualClock
) -> None:
    queue.schedule("report", b"", cron="0 9 * * *", timezone="Europe/Berlin", lane="reports")
    # That night, clocks in Berlin go from 02:00 to 03:00.
    for day, hour in ((28, 8), (29, 7)):
        tick = datetime.datetime(2026, 3, day, hour, tzinfo=datetime.timezone.utc)
        assert queue.schedules()[0].next_at == tick.timestamp()
        clock.set(tick)
        job = queue.pop()
        assert job is not None
        assert job.lane == "reports"


def test_schedules_are_listed_by_name(queue: Queue, clock: ManualClock) -> None:
    queue.schedule("b", b"x", "l", every=60, catch_up="all")
    queue.schedule("a", b"y", cron="@daily")
    a, b = queue.schedules()
    assert (a.name, a.lane, a.payload, a.cron, a.every, a.timezone, a.catch_up, a.last_at) == (
        "a",
        "default",
        b"y",
        "@daily",
        None,
        "UTC",
        "one",
        None,
    )
    assert (b.cron, b.every, b.timezone, b.catch_up) == (None, 60.0, None, "all")
    assert b.next_at == NOON.timestamp() + 60
    assert repr(b) == "ScheduleInfo(name='b', every=60.0, next_at=1774612860.0)"
    assert "cron='@daily', timezone='UTC'" in repr(a)
    clock.advance(60)
    queue.dethrottle()
    assert queue.schedules()[1].last_at == NOON.timestamp() + 60


def test_the_same_schedule_again_changes_nothing_and_another_replaces_it(
    queue: Queue, clock: ManualClock
) -> None:
    queue.schedule("a", b"x", every=60)
    clock.advance(40)
    queue.schedule("a", b"x", every=60)
    assert queue.schedules()[0].next_at == NOON.timestamp() + 60
    queue.schedule("a", b"y", every=60)
    assert queue.schedules()[0].next_at == NOON.timestamp() + 100


def test_an_ended_schedule_pushes_no_more(queue: Queue, clock: ManualClock) -> None:
    queue.schedule("a", b"x", every=60)
    assert queue.unschedule("a")
    assert not queue.unschedule("a")
    clock.advance(60)
    assert queue.pop() is None
    assert queue.schedules() == []


def test_the_jobs_have_the_settings_of_a_push(queue: Queue, clock: ManualClock) -> None:
    backoff = fairlane.BackoffPolicy(min=5, max=5, jitter=False)
    queue.schedule(
        "a", b"", every=60, priority=7, cost=3, key="k", key_ttl=5, max_tries=2, backoff=backoff
    )
    clock.advance(60)
    job = queue.pop()
    assert job is not None
    assert (job.priority, job.cost, job.key, job.max_tries) == (7, 3, "k", 2)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "cron and every are both missing: one is needed"),
        ({"cron": "@daily", "every": 1}, "cron and every are both given: accepted is one of them"),
        ({"every": 1, "timezone": "Asia/Tokyo"}, "timezone 'Asia/Tokyo' is given with every"),
        ({"cron": "@daily", "timezone": "Mars"}, "timezone 'Mars' is not known: accepted are"),
        ({"cron": "0 0 30 2 *"}, "cron '0 0 30 2 *' never ticks: accepted are"),
        ({"cron": "hello"}, "cron 'hello' is not accepted: "),
        ({"every": 0}, "every 0 ms is out of range: accepted are 1 ms to"),
        ({"every": 1, "catch_up": "two"}, "catch_up 'two' is not known: accepted are one, skip"),
    ],
)
def test_what_cannot_be_scheduled_is_refused(
    queue: Queue, settings: dict[str, object], text: str
) -> None:
    with pytest.raises(fairlane.InvalidArgumentError) as caught:
        queue.schedule("a", b"", **settings)  # type: ignore[arg-type]
    assert text.replace("'", '"') in str(caught.value)
    assert queue.schedules() == []


def test_a_worker_that_waits_starts_a_tick_at_its_time(tmp_path: Path) -> None:
    queue = Queue(str(tmp_path / "jobs.db"), "schedules", durability="normal")
    queue.schedule("a", b"", every=0.05)
    for _ in range(3):
        job = queue.pop(wait=60)
        assert job is not None
        queue.mark_complete(job)
