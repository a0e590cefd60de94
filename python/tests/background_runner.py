"""Background work in conformance scenarios, which say when each call returns."""

import threading
from queue import SimpleQueue
from typing import Any

from fairlane import BackgroundProcessor, Queue

PATIENCE = 30
"""How many seconds a call may take to begin."""


class Background:
    """A processor whose calls return one by one, as they are told to."""

    def __init__(self, queue: Queue, arguments: dict[str, Any]) -> None:
        self._begun: SimpleQueue[bytes] = SimpleQueue()
        self._permits = threading.Semaphore(0)
        self._processor = BackgroundProcessor(queue, self._attend, **arguments)

    def _attend(self, arg: bytes) -> None:
        self._begun.put(arg)
        self._permits.acquire()

    def work(self, key: str, remote_backoff: float, arg: bytes) -> bool:
        return self._processor.schedule(key, remote_backoff, arg)

    def begun(self) -> bytes:
        return self._begun.get(timeout=PATIENCE)

    def finish(self) -> None:
        self._permits.release()

    def queue_length(self) -> int:
        return self._processor.queue_length()

    def bump_remote_dedup_key(self) -> None:
        self._processor.bump_remote_dedup_key()

    def end(self, **arguments: Any) -> bool:
        return self._processor.close(**arguments)

    def leave(self) -> None:
        """Lets all calls return, and closes."""
        self._permits.release(1_000)
        self._processor.close(drain=False)
