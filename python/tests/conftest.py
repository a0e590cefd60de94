"""What the tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairlane import Job, Queue


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a queue lives: every test that asks for it runs on each kind of store."""
    return "memory:" if request.param == "memory" else str(tmp_path / "jobs.db")


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
