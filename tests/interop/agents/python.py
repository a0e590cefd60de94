"""The Python agent of the interop tests: see README.md."""

import sys
from collections.abc import Callable

import fairlane


def text(word: str) -> str | None:
    return None if word == "-" else bytes.fromhex(word[1:]).decode()


def hexed(value: str | bytes | None) -> str:
    if value is None:
        return "-"
    return "x" + (value.encode() if isinstance(value, str) else value).hex()


class Agent:
    """Each public method is an order."""

    def __init__(self, url: str, name: str) -> None:
        self.queue = fairlane.Queue(url, name)

    def push(self, payload: str, lane: str, key: str) -> str:
        return self.queue.push(bytes.fromhex(payload[1:]), text(lane) or "", key=text(key))

    def pop(self, wait: str) -> str:
        job = self.queue.pop(wait=int(wait) / 1000, lease=60)
        if job is None:
            return "-"
        told = hexed(job.lane), hexed(job.payload), hexed(job.key)
        return " ".join([job.id, job.token, *told, str(job.tries)])

    def complete(self, token: str) -> None:
        self.queue.mark_complete(token)

    def release(self, token: str) -> None:
        self.queue.release(token)

    def fail(self, token: str, error: str) -> None:
        self.queue.fail(token, text(error) or "")

    def get(self, id: str) -> str:
        job = self.queue.get(id)
        if job is None:
            return "-"
        told = job.lane, job.payload, job.key, job.error
        return " ".join([job.state, *map(hexed, told)])

    def limit(self, lane: str, max_in_flight: str) -> None:
        self.queue.set_limits(text(lane), max_in_flight=int(max_in_flight))

    def restore(self) -> str:
        return str(self.queue.restore_failed())

    def sweep(self) -> None:
        self.queue.dethrottle()

    def stats(self) -> str:
        stats = self.queue.stats()
        counts = stats.counts.ready, stats.counts.in_flight, stats.dead, stats.completed
        return " ".join(map(str, counts))


def main() -> None:
    agent = Agent(*sys.argv[1:])
    print("ready", flush=True)
    for line in sys.stdin:
        order, *words = line.split()
        carry_out: Callable[..., str | None] = getattr(agent, order)
        try:
            answer = carry_out(*words)
            print("ok" if answer is None else f"ok {answer}", flush=True)
        except fairlane.Error as error:
            print("error", error.code, flush=True)


main()
