"""A job queue that is fair between tenants, durable, and the same in every language.

>>> import fairlane
>>> queue = fairlane.Queue("memory:", "mail")
>>> queue.push({"to": "ada@example.com"}, lane="tenant-7")
'1'
>>> job = queue.pop(wait=1)
>>> job.json()
{'to': 'ada@example.com'}
>>> queue.mark_complete(job)
"""

import os

from . import _fairlane
from ._fairlane import (
    BULK_PRIORITY,
    DEFAULT_LANE,
    DEFAULT_LEASE,
    DEFAULT_MAX_TRIES,
    DEFAULT_PRIORITY,
    MAX_PRIORITY,
    VERSION,
    Backoff,
    BackoffPolicy,
    Counts,
    Dethrottler,
    Job,
    JobInfo,
    LaneInfo,
    Limits,
    ManualClock,
    NewJob,
    Pushed,
    Queue,
    Repaired,
    ScheduleInfo,
    Signal,
    Stats,
    Swept,
)
from .errors import (
    ClosedError,
    ConnectionLostError,
    CorruptError,
    Error,
    InternalError,
    InvalidArgumentError,
    JobFailedError,
    PayloadTooLargeError,
    QueueFullError,
    StaleTokenError,
    TimeoutError,
    UnavailableError,
    UnsupportedError,
    VersionMismatchError,
)

# Type checkers know the name, and take it for true; the module `typing` would be loaded for it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .background import BackgroundProcessor
    from .worker import Discard, Release, Retry, Worker

__version__ = VERSION

_OF_WORKER = ("Discard", "Release", "Retry", "Worker")


def __getattr__(name: str) -> object:
    """Imports what has threads when it is asked for: it needs modules that take ten times as long to
    load as all the rest, and a program that only pushes should not pay for them."""
    if name == "BackgroundProcessor":
        from .background import BackgroundProcessor

        return BackgroundProcessor
    if name in _OF_WORKER:
        from . import worker

        return getattr(worker, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if hasattr(os, "register_at_fork"):
    # Whoever forks (gunicorn, Celery, multiprocessing) goes on with the same Queue on both sides.
    os.register_at_fork(
        before=_fairlane._before_fork,
        after_in_parent=_fairlane._after_fork_in_parent,
        after_in_child=_fairlane._after_fork_in_child,
    )

__all__ = [
    "BULK_PRIORITY",
    "DEFAULT_LANE",
    "DEFAULT_LEASE",
    "DEFAULT_MAX_TRIES",
    "DEFAULT_PRIORITY",
    "MAX_PRIORITY",
    "BackgroundProcessor",
    "Backoff",
    "BackoffPolicy",
    "ClosedError",
    "ConnectionLostError",
    "CorruptError",
    "Counts",
    "Dethrottler",
    "Discard",
    "Error",
    "InternalError",
    "InvalidArgumentError",
    "Job",
    "JobFailedError",
    "JobInfo",
    "LaneInfo",
    "Limits",
    "ManualClock",
    "NewJob",
    "PayloadTooLargeError",
    "Pushed",
    "Queue",
    "QueueFullError",
    "Release",
    "Repaired",
    "Retry",
    "ScheduleInfo",
    "Signal",
    "StaleTokenError",
    "Stats",
    "Swept",
    "TimeoutError",
    "UnavailableError",
    "UnsupportedError",
    "VersionMismatchError",
    "Worker",
    "__version__",
]
