"""Workers under torture: handlers that fail, processes that die in the middle of a job, and a rolling
restart. FAIRLANE_TORTURE_JOBS says how many jobs; 100,000 take a minute or two a store."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from fairlane import BackoffPolicy, NewJob, Queue

JOBS = int(os.environ.get("FAIRLANE_TORTURE_JOBS", "3000"))
WORKERS = 3
DEADLINE = 5.0
"""How long a worker may take to stop."""
PATIENCE = 800.0

# A worker process: one handler in a hundred kills it, five raise, the others note their job.
PROGRAM = textwrap.dedent(
    f"""
    import os, random, signal, sys
    from fairlane import Queue, Worker

    url, ledger = sys.argv[1:]
    ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND)

    def handle(job):
        dice = random.random()
        if dice < 0.01:
            os.kill(os.getpid(), signal.SIGKILL)
        if dice < 0.06:
            raise RuntimeError("one in twenty")
        os.write(ledger, f"{{job.id}}\\n".encode())

    with Queue(url, "torture", durability="normal") as queue:
        Worker(queue, handle, concurrency=4, lease=1.0).run(stop_timeout={DEADLINE})
    """
)


class Crew:
    """Worker processes, of which a new one takes the place of each that has ended."""

    def __init__(self, *arguments: str) -> None:
        self.command = [sys.executable, "-c", PROGRAM, *arguments]
        self.workers = [self.begin() for _ in range(WORKERS)]
        self.deaths = 0
        self.restarts = 0

    def begin(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.command, stderr=subprocess.DEVNULL)

    def replace(self) -> None:
        """Fills the places of those who died."""
        for place, worker in enumerate(self.workers):
            if worker.poll() is not None:
                assert worker.returncode in (0, -signal.SIGKILL), worker.returncode
                self.deaths += 1
                self.workers[place] = self.begin()

    def restart(self) -> None:
        """Stops the oldest, within its deadline, and begins a new one."""
        oldest = self.workers.pop(0)
        self.workers.append(self.begin())
        oldest.send_signal(signal.SIGTERM)
        try:
            oldest.wait(DEADLINE + 2.0)
        finally:
            oldest.kill()
        self.restarts += 1

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()


@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
def test_each_job_is_done_whatever_becomes_of_its_workers(url: str, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    ledger.touch()
    quick = BackoffPolicy(min=0.01, max=0.1)
    with Queue(url, "torture", durability="normal") as queue:
        pushed = set()
        for first in range(0, JOBS, 1000):
            lanes = (f"lane-{number % 10}" for number in range(first, min(first + 1000, JOBS)))
            news = [NewJob(b"", lane, backoff=quick) for lane in lanes]
            pushed |= {push.id for push in queue.push_many(news)}
        crew = Crew(url, str(ledger))
        try:
            deadline = time.monotonic() + PATIENCE
            restart_at = time.monotonic() + 1.0
            while (counts := queue.stats().counts).waiting + counts.in_flight > 0:
                assert time.monotonic() < deadline, counts
                crew.replace()
                if time.monotonic() >= restart_at:
                    crew.restart()
                    restart_at = time.monotonic() + 1.0
                time.sleep(0.01)
        finally:
            crew.end()
        done = set(ledger.read_text().split())
        dead = {job.id: job for job in queue.failed(JOBS)}
        assert done | dead.keys() == pushed
        # Dead is only whose tries are spent.
        assert all(job.tries >= job.max_tries for job in dead.values()), dead
        assert crew.deaths > JOBS // 1000
