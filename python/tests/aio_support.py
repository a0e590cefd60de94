"""What the tests of fairlane.aio share."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

SOON = 20.0

Run = Callable[[Coroutine[Any, Any, T]], T]


async def within(awaitable: Awaitable[T]) -> T:
    """Awaits what must come soon."""
    return await asyncio.wait_for(awaitable, SOON)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what the store must show soon."""
    deadline = asyncio.get_running_loop().time() + SOON
    while not await holds():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.001)
