"""The conformance scenarios through the Python surface, on each kind of store.

`tests/conformance/README.md` is what this runner follows.
"""

from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
import transcript
from background_runner import Background
from transcript import DAWN, millis, moment, record, text, truth

import fairlane
from fairlane import (
    Backoff,
    BackoffPolicy,
    Job,
    JobInfo,
    LaneInfo,
    ManualClock,
    NewJob,
    Pushed,
    Queue,
    Repaired,
    ScheduleInfo,
    Stats,
    Swept,
)

SCENARIOS = sorted(Path(__file__).parents[2].glob("tests/conformance/scenarios/*.txt"))
NUMBERS = {
    *("priority", "tps", "cost", "max_tries", "n", "limit", "attempt", "max_payload"),
    *("max_failed", "max_in_flight", "weight", "max_waiting", "concurrency"),
}
TIMES = {
    *("delay", "key_ttl", "wait", "lease", "interval", "duration", "by", "busy_timeout"),
    *("every", "result_ttl", "pause", "remote_backoff", "timeout"),
    *("min", "max", "expiration"),
}


class Names:
    """Names of ids or of tokens, the first that was bound first."""

    def __init__(self) -> None:
        self.bound: list[tuple[str, str, str]] = []

    def bind(self, handle: str, names: list[str], values: list[str]) -> None:
        pairs = zip(names, values, strict=False)
        self.bound += [(name, handle, value) for name, value in pairs if name]

    def of(self, handle: str, value: str) -> str:
        names = (name for name, *bound in self.bound if bound == [handle, value])
        return next((f"${name}" for name in names), "?")


class Line:
    """A verb and its arguments."""

    def __init__(self, line: str) -> None:
        self.verb, *arguments = line.split(" ")
        self.arguments = dict(argument.split("=", 1) for argument in arguments)

    def pop(self, name: str, default: str = "") -> str:
        return self.arguments.pop(name, default)


class Runner:
    """One scenario on one store. A verb that needs more than its arguments has a method here."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = ManualClock(DAWN / 1000)
        self.handle = ""
        self.queues: dict[str, Queue] = {}
        self.others: dict[str, Any] = {}
        self.backgrounds: dict[str, Background] = {}
        self.ids, self.tokens = Names(), Names()
        self.jobs: list[str] = []

    def transcript(self, scenario: str) -> str:
        lines: list[str] = []
        try:
            for line in scenario.split("\n")[:-1]:
                if line.startswith(("=", "-", "!")):
                    continue
                lines.append(line)
                if line.startswith("job "):
                    self.jobs.append(line)
                elif line and not line.startswith(("#", "needs ")):
                    lines += self.answer(Line(line))
        finally:
            for background in self.backgrounds.values():
                background.leave()
            for queue in self.queues.values():
                queue.close()
        return "\n".join([*lines, ""])

    def answer(self, line: Line) -> list[str]:
        self.handle = line.pop("on", "queue")
        names = line.pop("as").split(",")
        try:
            answer = getattr(self, f"do_{line.verb}", self.plain)(line, names)
        except fairlane.Error as error:
            return [self.error(error)]
        if isinstance(answer, list):
            return [f"= {len(answer)}", *(f"- {one}" for one in answer)]
        return [f"= {answer}" if answer != "" else "="]

    # What goes in.

    def value(self, value: str) -> str:
        if not value.startswith("$"):
            return unquote_to_bytes(value).decode()
        return {name: it for name, _, it in self.ids.bound + self.tokens.bound}[value[1:]]

    def argument(self, name: str, value: str) -> Any:
        """Gives an argument in the type that Python takes."""
        if name in NUMBERS:
            return int(value)
        if name in TIMES:
            return int(value) / 1000
        match name:
            case "payload" | "result" | "arg":
                return unquote_to_bytes(value)
            case "results":
                values = value.split(",")
                return [None if one == "none" else unquote_to_bytes(one) for one in values]
            case "at" | "now":
                return (DAWN + int(value)) / 1000
            case "rate":
                count, window = value.split("/")
                return int(count), int(window) / 1000
            case "backoff":
                low, high, factor = value.split("/")
                return BackoffPolicy(int(low) / 1000, int(high) / 1000, float(factor), jitter=False)
            case "headers":
                pairs = (one.split(":", 1) for one in value.split(","))
                return {self.value(name): self.value(text) for name, text in pairs}
            case "factor":
                return float(value)
            case "create" | "keep_leases" | "fail_open" | "drain":
                return value == "true"
            case "tokens" | "ids":
                return [self.value(one) for one in value.split(",")] if value else []
            case _:
                return self.value(value)

    def arguments(self, line: Line) -> dict[str, Any]:
        return {name: self.argument(name, value) for name, value in line.arguments.items()}

    def new_jobs(self) -> list[NewJob]:
        lines, self.jobs = self.jobs, []
        return [NewJob(**self.arguments(Line(line))) for line in lines]

    # What comes out.

    def id(self, id: str) -> str:
        return self.ids.of(self.handle, id)

    def token(self, token: str) -> str:
        return self.tokens.of(self.handle, token)

    def error(self, error: fairlane.Error) -> str:
        message = str(error)
        for name, _, token in self.tokens.bound:
            message = message.replace(f'"{token}"', f"${name}")
        return f"! {error.code} {transcript.sentence(message)}"

    def shown(self, value: Any) -> Any:
        match value:
            case None:
                return "none"
            case bool():
                return truth(value)
            case bytes():
                return transcript.encoded(value)
            case list():
                return ["ok" if one is None else self.shown(one) for one in value]
            case fairlane.Error():
                return self.error(value)
            case Job():
                return record(transcript.delivered(value, self.id, self.token))
            case JobInfo():
                return record(transcript.looked_at(value, self.id))
            case Pushed():
                return record(transcript.pushed(value, self.id))
            case LaneInfo():
                return record(transcript.lane(value))
            case Stats():
                return record(transcript.stats(value))
            case Repaired():
                return record(transcript.repaired(value))
            case ScheduleInfo():
                return record(transcript.schedule(value))
            case Swept():
                return record(transcript.swept(value))
            case _:
                return value

    # The verbs.

    def plain(self, line: Line, _: list[str]) -> Any:
        answer = getattr(self.queues[self.handle], line.verb)(**self.arguments(line))
        return (
            "ok"
            if answer is None and line.verb not in ("get", "lane", "result")
            else self.shown(answer)
        )

    def do_open(self, line: Line, names: list[str]) -> str:
        handle = names[0] or "queue"
        name, url = self.value(line.pop("name", handle)), self.value(line.pop("url", self.url))
        self.queues[handle] = Queue(url, name, clock=self.clock, **self.arguments(line))
        return "ok"

    def do_name(self, *_: object) -> str | None:
        return text(self.queues[self.handle].name)

    def do_push(self, line: Line, names: list[str]) -> str:
        id = self.queues[self.handle].push(**self.arguments(line))
        self.ids.bind(self.handle, names, [id])
        return self.id(id)

    def do_push_many(self, _: Line, names: list[str]) -> Any:
        pushed = self.queues[self.handle].push_many(self.new_jobs())
        self.ids.bind(self.handle, names, [one.id for one in pushed])
        return self.shown(pushed)

    def do_pop(self, line: Line, names: list[str]) -> Any:
        job = self.queues[self.handle].pop(**self.arguments(line))
        self.tokens.bind(self.handle, names, [job.token] if job else [])
        return self.shown(job)

    def do_pop_many(self, line: Line, names: list[str]) -> Any:
        jobs = self.queues[self.handle].pop_many(**self.arguments(line))
        self.tokens.bind(self.handle, names, [job.token for job in jobs])
        return self.shown(jobs)

    def do_mark_complete(self, line: Line, _: list[str]) -> str:
        then = self.new_jobs()
        self.queues[self.handle].mark_complete(**self.arguments(line), then=then)
        return "ok"

    def do_throttle(self, line: Line, _: list[str]) -> str:
        self.queues[self.handle].throttle(**{"lane": None, **self.arguments(line)})
        return "ok"

    def do_start_dethrottler(self, line: Line, names: list[str]) -> str:
        dethrottler = self.queues[self.handle].start_dethrottler(**self.arguments(line))
        self.others[names[0]] = dethrottler
        return "ok"

    def do_stop(self, line: Line, _: list[str]) -> str:
        self.others[line.pop("of")].stop()
        return "ok"

    def do_set(self, line: Line, _: list[str]) -> int | None:
        self.clock.set(**self.arguments(line))
        return moment(self.clock.now)

    def do_advance(self, line: Line, _: list[str]) -> int | None:
        self.clock.advance(**self.arguments(line))
        return moment(self.clock.now)

    def do_backoff(self, line: Line, names: list[str]) -> str:
        self.others[names[0]] = Backoff(**self.arguments(line))
        return "ok"

    def do_duration(self, line: Line, _: list[str]) -> int | str:
        seconds = self.others[line.pop("of")].duration()
        return "none" if seconds is None else millis(seconds)

    def do_for_attempt(self, line: Line, _: list[str]) -> int:
        backoff = self.others[line.pop("of")]
        return millis(backoff.for_attempt(**self.arguments(line)))

    def do_attempt(self, line: Line, _: list[str]) -> int:
        attempt: int = self.others[line.pop("of")].attempt
        return attempt

    def do_reset(self, line: Line, _: list[str]) -> str:
        self.others[line.pop("of")].reset()
        return "ok"

    def do_copy(self, line: Line, names: list[str]) -> str:
        self.others[names[0]] = self.others[line.pop("of")].copy()
        return "ok"

    def do_background(self, line: Line, names: list[str]) -> str:
        made = Background(self.queues[self.handle], self.arguments(line))
        self.backgrounds[names[0]] = made
        return "ok"

    def of_background(self, line: Line, _: list[str]) -> Any:
        background = self.backgrounds[line.pop("of")]
        answer = getattr(background, line.verb)(**self.arguments(line))
        return "ok" if answer is None else self.shown(answer)

    do_work = do_begun = do_finish = do_queue_length = of_background
    do_bump_remote_dedup_key = do_end = of_background


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_a_scenario_holds(url: str, file: Path) -> None:
    scenario = file.read_text("utf-8")
    assert Runner(url).transcript(scenario) == scenario
