"""Lengths of time for which Python itself waits."""

from datetime import timedelta

from .errors import InvalidArgumentError

LONGEST = 315_360_000.0
"""Ten years, the longest that any call takes."""


def seconds(what: str, time: float | timedelta) -> float:
    """Gives a length of time in seconds; refuses one that is out of range in the core's words."""
    given = time.total_seconds() if isinstance(time, timedelta) else time
    if not 0.0 <= given <= LONGEST:
        raise InvalidArgumentError(
            f"{what} {given * 1e3:.0f} ms is out of range: "
            f"accepted are 0 ms to {LONGEST * 1e3:.0f} ms"
        )
    return given
