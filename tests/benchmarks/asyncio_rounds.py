"""1,000 concurrent pushes, and as many pops and completions, from one event loop: `fairlane.aio` against the
blocking Queue in one thread, and against that Queue in `asyncio.to_thread`, taking turns.

    python tests/benchmarks/asyncio_rounds.py [URL ...]
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from fairlane import Queue, aio

JOBS = 1_000
TURNS = 5


async def aio_round(queue: Queue, awaited: aio.Queue) -> None:
    await asyncio.gather(*(awaited.push(b"") for _ in range(JOBS)))
    jobs = await asyncio.gather(*(awaited.pop() for _ in range(JOBS)))
    await asyncio.gather(*(awaited.mark_complete(job) for job in jobs if job is not None))


async def blocking_round(queue: Queue, awaited: aio.Queue) -> None:
    for _ in range(JOBS):
        queue.push(b"")
    jobs = [queue.pop() for _ in range(JOBS)]
    for job in jobs:
        if job is not None:
            queue.mark_complete(job)


async def thread_round(queue: Queue, awaited: aio.Queue) -> None:
    await asyncio.gather(*(asyncio.to_thread(queue.push, b"") for _ in range(JOBS)))
    jobs = await asyncio.gather(*(asyncio.to_thread(queue.pop) for _ in range(JOBS)))
    ends = (asyncio.to_thread(queue.mark_complete, job) for job in jobs if job is not None)
    await asyncio.gather(*ends)


Round = Callable[[Queue, aio.Queue], Awaitable[None]]
ROUNDS: dict[str, Round] = {
    "fairlane.aio": aio_round,
    "Queue, one thread": blocking_round,
    "asyncio.to_thread": thread_round,
}


async def measure(url: str, name: str) -> None:
    times: dict[str, list[float]] = {kind: [] for kind in ROUNDS}
    for turn in range(TURNS):
        # A queue in memory is one of its handle alone: both ways get one of their own.
        with Queue(url, f"{name}-{turn}") as queue:
            async with aio.Queue(url, f"{name}-{turn}-aio") as awaited:
                for kind, round in ROUNDS.items():
                    began = time.perf_counter()
                    await round(queue, awaited)
                    times[kind].append(time.perf_counter() - began)
    rates = " | ".join(f"{JOBS / median(times[kind]):,.0f}" for kind in ROUNDS)
    print(f"| {name} | {rates} |", flush=True)


def main() -> None:
    print(f"| jobs/s | {' | '.join(ROUNDS)} |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        places = {"memory": "memory:", "file": str(Path(folder) / "jobs.db")}
        places |= {f"server-{number}": url for number, url in enumerate(sys.argv[1:])}
        for name, url in places.items():
            asyncio.run(measure(url, name))


if __name__ == "__main__":
    main()
