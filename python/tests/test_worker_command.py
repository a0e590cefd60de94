"""``fairlane worker module:name``, as a process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "fairlane", "worker", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
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
    with Queue(folder / "jobs.db", "mail") as queue:
        process = start(folder, f"shop:{name}", *options)
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
    process = start(folder, *arguments)
    _, err = process.communicate(timeout=SOON)
    assert (process.returncode, message in err) == (2, True), err


def test_the_queue_may_be_named_by_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLANE_URL", "jobs.db")
    monkeypatch.setenv("FAIRLANE_QUEUE", "mail")
    with Queue(folder / "jobs.db", "mail") as queue:
        process = start(folder, "shop:plain")
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
        process = start(folder, f"shop:{handler}", *QUEUE, *options)
        _, logged = process.communicate(timeout=SOON)
        assert (process.returncode, queue.size()) == (0, left), logged


def test_an_error_of_fairlane_is_told_in_a_line(folder: Path) -> None:
    process = start(folder, "shop:plain", *QUEUE, "--concurrency", "0")
    _, err = process.communicate(timeout=SOON)
    assert process.returncode == 1
    assert "fairlane: concurrency 0 is out of range: accepted are 1 to 1024\n" in err


def test_a_change_of_files_starts_the_worker_anew(folder: Path) -> None:
    with Queue(folder / "jobs.db", "mail") as queue:
        process = start(folder, "shop:plain", *QUEUE, "--reload")
        assert process.stdout is not None
        queue.push(b"hello")
        assert process.stdout.readline() == "plain hello\n"
        changed = MODULE.replace('"plain"', '"changed"')
        (folder / "shop.py").write_text(changed, "utf-8")
        assert process.stderr is not None
        while "starting anew" not in process.stderr.readline():
            assert process.poll() is None
        while "works off queue" not in process.stderr.readline():
            assert process.poll() is None
        queue.push(b"again")
        assert process.stdout.readline() == "changed again\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SOON)
