"""A running dethrottler."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class Dethrottler:
    """A running dethrottler; see ``Queue.start_dethrottler``.

    As an asynchronous context manager it stops at the end of the block. It also stops when it is
    collected.
    """

    def __init__(self, stop: Callable[[], Awaitable[None]]) -> None:
        self._stop = stop

    async def stop(self) -> None:
        """Stop, and wait until a sweep under way has ended. Stopping again is harmless."""
        await self._stop()

    async def __aenter__(self) -> "Self":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.stop()
