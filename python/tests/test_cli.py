"""The program `fairlane`, as the package installs it."""

import json
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from conftest import running

import fairlane
from fairlane import Queue

SCRIPT = [str(Path(sysconfig.get_path("scripts")) / "fairlane")]
MODULE = [sys.executable, "-m", "fairlane"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the queue of a test lives."""
    return tmp_path / "jobs.db"


def run(program: list[str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("program", [SCRIPT, MODULE], ids=["script", "module"])
def test_the_program_tells_its_version(program: list[str]) -> None:
    done = run(program, "--version")
    assert (done.returncode, done.stdout) == (0, f"fairlane {fairlane.__version__}\n")


def test_what_the_program_pushes_the_package_pops(file: Path) -> None:
    done = run(SCRIPT, "push", "hello", "--url", str(file), "--queue", "mail", "--lane", "żółw")
    assert done.returncode == 0, done.stderr
    with Queue(file, "mail") as queue:
        job = queue.pop()
        assert job is not None
        assert (job.payload, job.lane) == (b"hello", "żółw")


def test_what_the_package_pushes_the_program_counts(file: Path) -> None:
    with Queue(file, "mail") as queue:
        queue.push(b"")
    done = run(SCRIPT, "stats", "--json", "--url", str(file), "--queue", "mail")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ready"] == 1


def test_wrong_usage_has_its_exit_code() -> None:
    done = run(SCRIPT, "fly")
    assert (done.returncode, done.stdout) == (2, "")
    assert "fly" in done.stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_idle_worker_ends_at_once_when_it_is_asked_to(file: Path, sent: signal.Signals) -> None:
    with Queue(file, "mail") as queue:
        queue.push(b"")
        command = [*SCRIPT, "work", "--url", str(file), "--queue", "mail", "--", "true"]
        with running(subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True)) as worker:
            deadline = time.monotonic() + 30
            while queue.stats().completed == 0:
                assert time.monotonic() < deadline, "the worker did no job"
            worker.send_signal(sent)
            assert worker.wait(timeout=30) == 128 + sent
