"""The errors of fairlane: one class a code, each also of the fitting builtin."""

import builtins


class Error(Exception):
    """Base of every error of fairlane.

    ``code`` is the stable name and ``number`` the stable number, the same in every language;
    ``retryable`` tells whether the same call may succeed later without any change to its arguments.
    """

    code: str
    number: int
    retryable: bool = False


class InvalidArgumentError(Error, ValueError):
    """A value is outside what the verb accepts; nothing was changed."""

    code = "InvalidArgument"
    number = 1


class StaleTokenError(Error, LookupError):
    """The token names a delivery that has lapsed or is finished; nothing was changed."""

    code = "StaleToken"
    number = 2


class QueueFullError(Error):
    """The lane or the queue already holds ``max_waiting`` jobs; nothing was changed."""

    code = "QueueFull"
    number = 3
    retryable = True


class PayloadTooLargeError(Error, ValueError):
    """The payload is longer than the queue's ``max_payload``; nothing was changed."""

    code = "PayloadTooLarge"
    number = 4


class ClosedError(Error, ValueError):
    """The queue was closed; a ``ValueError``, as of a closed file."""

    code = "Closed"
    number = 5


class TimeoutError(Error, builtins.TimeoutError):
    """The store stayed busy, or the job unfinished, for longer than the caller allows."""

    code = "Timeout"
    number = 6
    retryable = True


class ConnectionLostError(Error, ConnectionError):
    """The connection to the store broke before the answer came."""

    code = "ConnectionLost"
    number = 7
    retryable = True


class UnavailableError(Error, OSError):
    """The store cannot serve now: read-only, loading, full disk, failing disk."""

    code = "Unavailable"
    number = 8
    retryable = True


class CorruptError(Error):
    """The store's data is not what fairlane wrote."""

    code = "Corrupt"
    number = 9


class VersionMismatchError(Error):
    """The store was written by a newer release."""

    code = "VersionMismatch"
    number = 10


class UnsupportedError(Error, NotImplementedError):
    """This build or this store has no such feature."""

    code = "Unsupported"
    number = 11


class InternalError(Error, RuntimeError):
    """A defect in fairlane itself."""

    code = "Internal"
    number = 12


class JobFailedError(Error, RuntimeError):
    """The job whose result was asked for is dead."""

    code = "JobFailed"
    number = 13


BY_NUMBER: dict[int, type[Error]] = {
    error.number: error
    for error in (
        InvalidArgumentError,
        StaleTokenError,
        QueueFullError,
        PayloadTooLargeError,
        ClosedError,
        TimeoutError,
        ConnectionLostError,
        UnavailableError,
        CorruptError,
        VersionMismatchError,
        UnsupportedError,
        InternalError,
        JobFailedError,
    )
}
"""Every class by its number."""
