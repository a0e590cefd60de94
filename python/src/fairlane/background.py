"""Background work inside a process, one piece a key over all machines."""

import atexit
import inspect
import logging
import weakref
from collections.abc import Callable
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._fairlane import Queue, _BackgroundProcessor
from ._time import seconds
from .errors import Error
from .outcome import text_of
from .worker import SLICE

if TYPE_CHECKING:
    from typing_extensions import Self

logger = logging.getLogger("fairlane.background")

T = TypeVar("T")

Observer = Callable[..., object]
"""What a processor tells events: called with a name, the key or None, and what else belongs to it.

- started, dropped (it was closed before the call): the key
- lost: the key; it is no more held for its work, after a bump or because the store was away
- done: the key, and how many seconds the function took
- failed: the key, the seconds, and the error text
- trouble: None, and the error of the store

It is called on the processor's threads; what it raises is reported and changes nothing."""


class BackgroundProcessor(Generic[T]):
    """Calls a function with what is scheduled, on threads of its own: at most one piece of work a
    key, over all processes that use the queue.

    The work stays in this process: its argument is any value, is never stored, and is gone with the
    process. The queue keeps the keys alone, apart from the keys of jobs.

    - queue: a Queue; or the URL of one, which the processor then opens and closes.
    - name: the name of a queue that is given by its URL.
    - concurrency: how many calls run at once, 1 to 1,024.
    - lease: how many seconds after this process died its keys come free at the latest, as far as
      their backoff has passed.
    - pause: how many seconds each thread rests between two calls.
    - fail_open: what schedule does while the store cannot serve: work without its knowledge, so that
      something may be done twice; or, if false, raise its error.
    - observer: is told what happens; see Observer. Failures are logged to ``fairlane.background`` too.

    Threads start with the first piece of work. In a forked child a processor begins anew, with
    nothing waiting. As a context manager it closes, and drains, at the end of the block; a program
    that ends without closing it drops what waits.
    """

    def __init__(
        self,
        queue: "Queue | str | PathLike[str]",
        fn: Callable[[T], object],
        *,
        name: str = "background",
        concurrency: int = 1,
        lease: "float | timedelta" = 30.0,
        pause: "float | timedelta" = 0.0,
        fail_open: bool = True,
        observer: Observer | None = None,
    ) -> None:
        if not callable(fn):
            raise TypeError(f"fn {fn!r} is not accepted: accepted are functions of an argument")
        if inspect.iscoroutinefunction(fn):
            raise TypeError(f"fn {fn!r} is a coroutine function: accepted are plain functions")

        # Neither refers to this object: it could not be collected, as the native half holds them.
        def call(arg: T) -> str | None:
            return _call(fn, arg)

        def observe(kind: str, key: str | None, *details: object) -> None:
            if kind == "trouble":
                assert isinstance(details[0], Error)
                logger.warning("store cannot serve: %s", details[0])
            if observer is not None:
                observer(kind, key, *details)

        opened = queue if isinstance(queue, Queue) else Queue(queue, name)
        self._own = None if opened is queue else opened
        self._native = _BackgroundProcessor(
            opened,
            call,
            observe,
            observer is not None,
            concurrency,
            lease,
            pause,
            fail_open,
        )
        # Threads that run on into the end of the interpreter would hang or crash it.
        _open.add(self)

    def schedule(self, key: str, remote_backoff: "float | timedelta", arg: T) -> bool:
        """Have the function called with ``arg``, unless work under ``key`` waits in this process, or
        the key is held anywhere; tell whether it will be. The key is held while the work waits and
        runs, and until ``remote_backoff`` seconds from now have passed; 0 frees it with the end of
        the work.

        Waits for the store's answer. Raises InvalidArgumentError, ClosedError, those of the store.
        """
        return self._native.schedule(key, remote_backoff, arg)

    def queue_length(self) -> int:
        """Tell how many pieces of work wait in this process; what runs is not counted."""
        return self._native.queue_length()

    def bump_remote_dedup_key(self) -> None:
        """Free the keys of all processors on the queue, everywhere: what waits or runs goes on, and
        frees nothing that was scheduled after this."""
        self._native.bump_remote_dedup_key()

    def close(self, *, drain: bool = True, timeout: "float | timedelta" = 30.0) -> bool:
        """Take no more work, and do what waits for up to ``timeout`` seconds; what has not begun then
        is dropped, as all that waits is without ``drain``, and its keys come free at once. Tell
        whether every call has returned. Ctrl-C ends the wait. Closing again is harmless."""
        left = seconds("timeout", timeout)
        if drain:
            self._native.drain()
        else:
            self._native.drop_waiting()
        try:
            self._wait(left)
        finally:
            has_ended = self._native.drop_waiting()
        if has_ended:
            _open.discard(self)
            if self._own is not None:
                self._own.close()
        return has_ended

    def _wait(self, left: float) -> None:
        # In slices, so that Python's signal handlers run.
        while left > 0 and not self._native.wait_for(min(left, SLICE)):
            left -= SLICE

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<BackgroundProcessor queue_length={self.queue_length()}>"


_open: "weakref.WeakSet[BackgroundProcessor[Any]]" = weakref.WeakSet()


def _drop_all() -> None:
    """Frees the keys of what waits when the interpreter ends."""
    for processor in list(_open):
        processor._native.drop_waiting()


atexit.register(_drop_all)


def _call(fn: Callable[[T], object], arg: T) -> str | None:
    """Calls the function; gives the text of what it raised."""
    try:
        fn(arg)
    # SystemExit too: a function does not end the process that works for others.
    except BaseException as error:
        logger.warning("background work failed", exc_info=error)
        return text_of(error)
    return None
