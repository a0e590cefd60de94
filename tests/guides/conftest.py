"""What the tests of the guides share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlane import ManualClock, Queue


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test turns."""
    return ManualClock(1_700_000_000)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file of its own."""
    return str(tmp_path / "jobs.db")


@pytest.fixture
def queue(url: str, clock: ManualClock) -> Iterator[Queue]:
    """An empty queue by that clock."""
    with Queue(url, "mail", clock=clock) as queue:
        yield queue
