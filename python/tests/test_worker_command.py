"""``fairlane worker module:name``, as a process."""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

import pytest
from conftest import running

from fairlane import Queue

SOON = 30.0

MODULE = """
import asyncio
from fairlane import Queue, Worker, aio

def plain(job):
    print("plain", job.payload.decode(), flush=True)

async def awaited(job):
    await asyncio.sleep(0)
    print("awaited", job.payload.decode(), flush=True)

class Shop:
    worker = Worker(Queue("jobs.db", "mail"), plain, concurrency=1)

aio_worker = aio.Worker(aio.Queue("jobs.db", "mail"), awaited)
number = 7
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command is called."""
    (tmp_path / "shop.py").write_text(MODULE, "utf-8")
    return tmp_path


def start(folder: Path, *arguments: str) -> AbstractContextManager["subprocess.Popen[str]"]:
    return running(
        subprocess.Popen(
            [sys.executable, "-m", "fairlane", "worker", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    )


QUEUE = ("--url", "jobs.db", "--queue", "mail")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("plain", (*QUEUE, "--concurrency", "2", "--lease", "30", "--timeout", "9.5"), "plain"),
        ("awaited", (*QUEUE, "--concurrency", "2"), "awaited"),
        ("Shop.worker", (), "plain"),
        ("aio_worker", (), "awaited"),
    ],
)
def test_jobs_are_worked_off_until_a_signal(
    folder: Path, name: str, options: tuple[str, ...], says: str, number: signal.Signals
) -> None:
    with (
        Queue(folder / "jobs.db", "mail") as queue,
        start(folder, f"shop:{name}", *options) as process,
    ):
        assert process.stdout is not None
        queue.push(b"hello")
        assert process.stdout.readline() == f"{says} hello\n"
        process.send_signal(number)
        _, logged = process.communicate(timeout=SOON)
        assert process.returncode == 0, logged
        assert logged.splitlines()[-1].endswith(f"INFO fairlane.worker: shop:{name} has stopped")
        assert queue.stats().completed == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("shop",), "'shop' is not accepted: accepted is MODULE:NAME"),
        (("shap:plain", *QUEUE), "module 'shap' is not there"),
        (("shop:pain", *QUEUE), "module 'shop' has no 'pain'"),
        (("shop:number", *QUEUE), "accepted are functions of a job and workers"),
        (("shop:Shop.worker", "--lease", "3"), "which has its own queue and options"),
    ],
)
def test_what_cannot_run_is_refused(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    with start(folder, *arguments) as process:
        _, err = process.communicate(timeout=SOON)
    assert (process.returncode, message in err) == (2, True), err


def test_the_queue_may_be_named_by_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLANE_URL", "jobs.db")
    monkeypatch.setenv("FAIRLANE_QUEUE", "mail")
    with Queue(folder / "jobs.db", "mail") as queue, start(folder, "shop:plain") as process:
        assert process.stdout is not None
        queue.push(b"hello")
        assert process.stdout.readline() == "plain hello\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SOON)


@pytest.mark.parametrize("handler", ["plain", "awaited"])
@pytest.mark.parametrize(("options", "left"), [(("--max-jobs", "1"), 1), (("--until-empty",), 0)])
def test_it_may_end_by_itself(
    folder: Path, handler: str, options: tuple[str, ...], left: int
) -> None:
    with Queue(folder / "jobs.db", "mail") as queue:
        for _ in range(2):
            queue.push(b"hello")
        with start(folder, f"shop:{handler}", *QUEUE, *options) as process:
            _, logged = process.communicate(timeout=SOON)
        assert (process.returncode, queue.size()) == (0, left), logged


def test_an_error_of_fairlane_is_told_in_a_line(folder: Path) -> None:
    with start(folder, "shop:plain", *QUEUE, "--concurrency", "0") as process:
        _, err = process.communicate(timeout=SOON)
    assert process.returncode == 1
    assert "fairlane: concurrency 0 is out of range: accepted are 1 to 1024\n" in err


class Lines:
    """The lines of an output, to be waited for."""

    def __init__(self, output: IO[str] | None) -> None:
        assert output is not None
        self.file = output.fileno()
        self.whole: list[str] = []
        self.rest = ""

    def has(self, text: str, within: float) -> bool:
        """Tells whether a line with this text comes within so many seconds; leaves what follows."""
        deadline = time.monotonic() + within
        while True:
            while self.whole:
                if text in self.whole.pop(0):
                    return True
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                return False
            *whole, self.rest = (self.rest + os.read(self.file, 65_536).decode()).split("\n")
            self.whole += whole


def test_a_change_of_files_starts_the_worker_anew(folder: Path) -> None:
    with (
        Queue(folder / "jobs.db", "mail") as queue,
        start(folder, "shop:plain", *QUEUE, "--reload") as process,
    ):
        assert process.stdout is not None
        queue.push(b"hello")
        assert process.stdout.readline() == "plain hello\n"
        told = Lines(process.stderr)
        changed = MODULE.replace('"plain"', '"changed"')
        deadline = time.monotonic() + SOON
        try:
            # Again and again: the worker may have done its job before its files were watched.
            while True:
                (folder / "shop.py").write_text(changed, "utf-8")
                if told.has("starting anew", within=2.0):
                    break
                assert process.poll() is None
                assert time.monotonic() < deadline
            assert told.has("works off queue", within=SOON)
            queue.push(b"again")
            assert process.stdout.readline() == "changed again\n"
        finally:
            # It ends its worker, which a kill would leave behind.
            process.terminate()
            process.wait(timeout=SOON)
