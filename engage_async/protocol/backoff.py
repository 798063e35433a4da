"""How long to wait before the next attempt.

Must live here: the sums, and how ``Retry-After`` is read. Must not: sleeping, or which failures are worth a repetition.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from attrs import frozen

Dice = Callable[[], float]
"""Gives a number from 0 to 1, as `random.random` does."""

LONGEST_RETRY_AFTER = 60.0
"""A server's wish to wait is honoured up to this many seconds."""


@frozen
class Backoff:
    """Delays in seconds that double from `first` to `longest`, each cut by chance by up to a half."""

    first: float = 0.2
    longest: float = 10.0

    def delay(self, failures: int, dice: Dice) -> float:
        """The wait after that many failures in a row (at least one)."""
        whole = min(self.longest, self.first * 2.0 ** min(failures - 1, 60))
        return whole * (1.0 - dice() / 2.0)


def retry_after(value: str | None, now: float, *, longest: float = LONGEST_RETRY_AFTER) -> float | None:
    """Read a ``Retry-After`` header (seconds, or an HTTP date) as seconds from `now` (Unix time).

    None when there is none or it cannot be read; never negative, never more than `longest`.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return min(float(value[:12]), longest)
    try:
        seconds = parsedate_to_datetime(value).timestamp() - now
    except (ValueError, OverflowError, OSError):
        return None
    return min(max(seconds, 0.0), longest) if math.isfinite(seconds) else None
