"""Values, records and answers as the transcripts of the conformance scenarios show them."""

from collections.abc import Callable, Iterable

from fairlane import (
    Counts,
    Job,
    JobInfo,
    LaneInfo,
    Limits,
    Pushed,
    Repaired,
    ScheduleInfo,
    Stats,
    Swept,
)

DAWN = 1_700_000_000_000
"""The moment at which each scenario begins, in milliseconds since 1970."""

Fields = Iterable[tuple[str, object, object]]
"""The name, the value and the default of each field."""

ALWAYS = object()
"""The default of a field that is always shown."""

Name = Callable[[str], str]
"""Gives the name that an id or a token is shown by."""


def encoded(value: bytes) -> str:
    """Shows bytes as a value."""
    plain = (chr(it) if 0x21 <= it <= 0x7E and it not in b"%,$" else f"%{it:02X}" for it in value)
    return "".join(plain)


def sentence(text: str) -> str:
    """Shows the sentence of an error."""
    plain = (
        chr(it) if 0x20 <= it <= 0x7E and it != ord("%") else f"%{it:02X}" for it in text.encode()
    )
    return "".join(plain)


def text(value: str | None) -> str | None:
    return None if value is None else encoded(value.encode())


def truth(value: bool) -> str:
    return "true" if value else "false"


def millis(seconds: float) -> int:
    return round(seconds * 1000)


def moment(seconds: float | None) -> int | None:
    return None if seconds is None else millis(seconds) - DAWN


def record(fields: Fields) -> str:
    return " ".join(f"{name}={value}" for name, value, default in fields if value != default)


def pushed(pushed: Pushed, name_of_id: Name) -> Fields:
    yield "id", name_of_id(pushed.id), "?"
    yield "is_new", truth(pushed.is_new), ALWAYS


def delivered(job: Job, name_of_id: Name, name_of_token: Name) -> Fields:
    yield "token", name_of_token(job.token), "?"
    yield "id", name_of_id(job.id), "?"
    yield from common(job, tries=1)
    yield "started_at", moment(job.started_at), 0
    yield "lease_until", moment(job.lease_until), None
    yield from last(job, name_of_id)
    yield "error", text(job.error), None
    yield "headers", headers(job.headers), ""


def looked_at(job: JobInfo, name_of_id: Name) -> Fields:
    yield "id", name_of_id(job.id), "?"
    yield "state", job.state, ALWAYS
    yield from common(job, tries=0)
    yield "due_at", moment(job.due_at), None
    yield "lease_until", moment(job.lease_until), None
    yield "died_at", moment(job.died_at), None
    yield from last(job, name_of_id)
    yield "parent_dead", truth(job.parent_dead), "false"
    yield "error", text(job.error), None
    yield "headers", headers(job.headers), ""


def common(job: Job | JobInfo, tries: int) -> Fields:
    yield "lane", text(job.lane), "default"
    yield "payload", encoded(job.payload), ALWAYS
    yield "priority", job.priority, 1
    yield "cost", job.cost, 1
    yield "tries", job.tries, tries
    yield "max_tries", job.max_tries, 10
    yield "lapses", job.lapses, 0
    yield "pushed_at", moment(job.pushed_at), 0


def last(job: Job | JobInfo, name_of_id: Name) -> Fields:
    yield "key", text(job.key), None
    yield "after", name_of_id(job.after) if job.after else None, None


def headers(headers: dict[str, str]) -> str:
    def one(name: str, value: str) -> str:
        return f"{encoded(name.encode()).replace(':', '%3A')}:{encoded(value.encode())}"

    return ",".join(one(*item) for item in headers.items())


def lane(lane: LaneInfo) -> Fields:
    yield "name", text(lane.name), ALWAYS
    yield "state", lane.state, ALWAYS
    yield from counts(lane.counts)
    yield from limits(lane.limits)
    yield "paused", truth(lane.paused), "false"
    yield "wakes_at", moment(lane.wakes_at), None


def stats(stats: Stats) -> Fields:
    yield from counts(stats.counts)
    for name in ("dead", "quarantined", "lanes"):
        yield name, getattr(stats, name), 0
    yield "paused", truth(stats.paused), "false"
    yield from limits(stats.limits)
    for name in ("pushed", "completed", "retried", "died", "lapsed"):
        yield name, getattr(stats, name), 0


def schedule(info: ScheduleInfo) -> Fields:
    yield "name", text(info.name), ALWAYS
    yield "lane", text(info.lane), "default"
    yield "payload", encoded(info.payload), ALWAYS
    yield "cron", text(info.cron), None
    yield "every", None if info.every is None else millis(info.every), None
    yield "timezone", text(info.timezone), None
    yield "catch_up", info.catch_up, "one"
    yield "next_at", moment(info.next_at), ALWAYS
    yield "last_at", moment(info.last_at), None


def swept(swept: Swept) -> Fields:
    for name in ("due", "lapsed", "woken"):
        yield name, getattr(swept, name), ALWAYS


def repaired(repaired: Repaired) -> Fields:
    yield "jobs", repaired.jobs, ALWAYS
    yield "lanes", repaired.lanes, ALWAYS
    for name in ("lost_jobs", "placed_jobs", "dropped_entries", "mended_lanes", "mended_sums"):
        yield name, getattr(repaired, name), 0
    yield "is_sound", truth(repaired.is_sound), "true"


def counts(counts: Counts) -> Fields:
    for name in ("ready", "delayed", "blocked", "in_flight"):
        yield name, getattr(counts, name), 0


def limits(limits: Limits) -> Fields:
    count, window = limits.rate
    yield "rate", f"{count}/{millis(window)}", "0/1000"
    yield "max_in_flight", limits.max_in_flight, 0
    yield "weight", limits.weight, 1
    yield "max_waiting", limits.max_waiting, 0
