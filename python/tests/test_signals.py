"""Ctrl-C: a real signal to a real process whose main thread waits for a job."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import running

# A shell that runs the tests in the background ignores SIGINT, and its children inherit that: so the
# program asks for Python's own handler.
WAITING = """
import signal, sys, threading, time
import fairlane

signal.signal(signal.SIGINT, signal.default_int_handler)
queue = fairlane.Queue(sys.argv[1], sys.argv[2])
{before}
print("waiting", flush=True)
try:
    queue.{verb}
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
queue.push(b"still of use")
"""


def asleep(process: "subprocess.Popen[str]") -> bool:
    """Tells whether the main thread of a process sleeps."""
    status = Path(f"/proc/{process.pid}/stat")
    if status.exists():
        return status.read_text().rpartition(") ")[2].startswith("S")
    command = ["ps", "-o", "stat=", "-p", str(process.pid)]
    return subprocess.run(command, capture_output=True, check=True).stdout.startswith(b"S")


def until_asleep(process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 30
    while not asleep(process):
        assert time.monotonic() < deadline, "never slept"


@pytest.mark.parametrize(
    "verb",
    ["pop(wait=600)", "pop_many(5, wait=600)", "result(queue.push(b'', delay=600), wait=600)"],
)
@pytest.mark.parametrize(
    "before",
    ["", "threading.Thread(target=lambda: queue.pop(wait=600), daemon=True).start()"],
    ids=["alone", "beside another waiting thread"],
)
def test_ctrl_c_ends_a_waiting_pop_at_once(url: str, verb: str, before: str) -> None:
    program = WAITING.format(verb=verb, before=before)
    # A machine that is busy with something else may be late at times, not each time.
    assert any(interrupted_after(program, url, name) < 0.1 for name in "abcdefghij")


def interrupted_after(program: str, url: str, name: str) -> float:
    """Gives the seconds from the signal to the end of the wait, on a queue of that name."""
    command = [sys.executable, "-c", program, url, name]
    with running(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        until_asleep(process)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        ended = float(process.stdout.readline())
        assert process.wait(timeout=30) == 0
        return ended - sent


def test_a_handler_that_returns_lets_the_pop_go_on(url: str) -> None:
    program = """
import signal, sys
import fairlane

queue = fairlane.Queue(sys.argv[1], "q")
signal.signal(signal.SIGUSR1, lambda *_: print(queue.push(b"by the handler"), flush=True))
print("waiting", flush=True)
job = queue.pop(wait=600)
print(job.payload, flush=True)
"""
    command = [sys.executable, "-c", program, url]
    with running(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        until_asleep(process)
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.read().splitlines() == ["1", "b'by the handler'"]
        assert process.wait(timeout=30) == 0
