"""The agents of the hosts, and the stores that they share."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AGENTS = Path(__file__).parent / "agents"
PREFIX = ROOT / "target" / "c" / "prefix"


class Agent:
    """A program of one host that has the queue open."""

    def __init__(self, host: str, command: list[str]) -> None:
        self.host = host
        self.is_killed = False
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self.answer() == ["ready"], host

    def ask(self, *order: object) -> None:
        """Gives an order, without waiting for the answer."""
        assert self.process.stdin is not None
        print(*order, file=self.process.stdin, flush=True)

    def answer(self) -> list[str]:
        assert self.process.stdout is not None
        return self.process.stdout.readline().split()

    def tell(self, *order: object) -> list[str]:
        """Gives an order and what came of it, without the "ok"."""
        self.ask(*order)
        first, *words = self.answer()
        assert first == "ok", (self.host, order, words)
        return words

    def refuse(self, *order: object) -> str:
        """Gives an order that must be refused, and the code of the error."""
        self.ask(*order)
        first, code = self.answer()
        assert first == "error", (self.host, order)
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.is_killed = True

    def end(self) -> None:
        if not self.is_killed:
            try:
                self.process.communicate(timeout=30)
            finally:
                self.process.kill()
            assert self.process.returncode == 0, self.host


Start = Callable[[str, str], Agent]


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The commands that start the agents: the Rust one as cargo built it, the C one built here
    against the library as it is installed."""
    c = tmp_path_factory.mktemp("c") / "agent"
    include, library = PREFIX / "include", next(PREFIX.glob("lib/**/libfairlane.so")).parent
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{include}", f"-L{library}"]
    link = ["-lfairlane", f"-Wl,-rpath,{library}"]
    subprocess.run(["cc", *flags, str(AGENTS / "c.c"), "-o", str(c), *link], check=True)
    node = shutil.which("node")
    assert node is not None
    return {
        "rust": [str(ROOT / "target" / "debug" / "interop_agent")],
        "python": [sys.executable, str(AGENTS / "python.py")],
        "node": [node, str(AGENTS / "node.mjs")],
        "c": [str(c)],
        "wasm": [node, str(AGENTS / "wasm.mjs")],
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Tells whether it is a server that listens: while nobody does, a port may be connected to itself."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


def started(port: int, folder: Path) -> "subprocess.Popen[bytes] | None":
    """Starts a server; None if the port is not free any more."""
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not answers(port):
        if server.poll() is not None:
            return None
        if time.monotonic() > deadline:
            server.kill()
            server.wait()
            raise AssertionError("redis-server does not answer")
        time.sleep(0.01)
    return server


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty server."""
    ports = [free_port() for _ in range(5)]
    tries = ((port, started(port, tmp_path)) for port in ports)
    port, server = next((port, server) for port, server in tries if server is not None)
    yield f"redis://127.0.0.1:{port}"
    server.kill()
    server.wait()


@pytest.fixture
def start(commands: dict[str, list[str]]) -> Iterator[Start]:
    """Starts an agent of a host on a store."""
    with ExitStack() as ends:

        def start(host: str, url: str) -> Agent:
            agent = Agent(host, [*commands[host], url, "interop"])
            ends.callback(agent.end)
            return agent

        yield start


@pytest.fixture(params=["file", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the queue is."""
    if request.param == "file":
        return str(tmp_path / "jobs.db")
    server: str = request.getfixturevalue("redis")
    return server


@pytest.fixture
def agents(url: str, start: Start, commands: dict[str, list[str]]) -> list[Agent]:
    """An agent of each host that can use the store, all on one queue. They end before it does."""
    # WebAssembly has no files of the machine.
    hosts = [host for host in commands if host != "wasm" or url.startswith("redis:")]
    return [start(host, url) for host in hosts]
