"""What the tests share."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairlane import Job, Queue


@contextmanager
def running(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """Kills a process in the end: a test that fails neither waits for it nor leaves it behind."""
    with process:
        try:
            yield process
        finally:
            process.kill()


class Redis:
    """A server of the tests, on a socket in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.socket"
        command = ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            self.await_answer()
        except BaseException:
            self.end()
            raise

    def await_answer(self) -> None:
        deadline = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None, "redis-server did not start"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.01)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def answers(self) -> bool:
        """Tells whether it listens: its socket is there a little earlier."""
        try:
            return self.ask(b"PING") == b"+PONG"
        except OSError:
            return False

    def ask(self, command: bytes) -> bytes:
        """Sends a command and gives the first line of the reply."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(command + b"\r\n")
            return connection.makefile("rb").readline().rstrip()

    def url(self) -> str:
        """Gives the address of the server, which is empty from now on."""
        assert self.ask(b"FLUSHALL") == b"+OK"
        return f"redis+unix://{self.socket}"


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """One server for all tests."""
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.end()


@pytest.fixture(params=["memory", "file", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a queue lives: every test that asks for it runs on each kind of store."""
    if request.param == "memory":
        return "memory:"
    if request.param == "file":
        return str(tmp_path / "jobs.db")
    server: Redis = request.getfixturevalue("redis")
    return server.url()


@pytest.fixture
def queue(url: str) -> Iterator[Queue]:
    """An empty queue."""
    with Queue(url, "tests") as queue:
        yield queue


@pytest.fixture
def pop(queue: Queue) -> Callable[[], Job]:
    """Pops a job that must be there."""

    def pop() -> Job:
        job = queue.pop()
        assert job is not None, "no job is ready"
        return job

    return pop
