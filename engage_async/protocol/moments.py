"""Moments in time on their way into a request.

Must live here: the checks on date-times and how they are written. Must not: time zones' rules, the clock itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engage_async.errors import InvalidArgument

__all__ = ["coming_moment", "moment"]


def moment(name: str, value: Any) -> str | None:
    """A time-zone aware date-time as ISO 8601 text in UTC with milliseconds; None stays None.

    Raises `InvalidArgument` for a date-time without a time zone, and for anything else.
    """
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise InvalidArgument(f"{name} must be a datetime with a time zone, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise InvalidArgument(f"{name} must have a time zone, and {value.isoformat()} has none")
    try:
        text = value.astimezone(UTC).isoformat(timespec="milliseconds")
    except OverflowError as error:
        raise InvalidArgument(f"{name} cannot be expressed in UTC") from error
    return text.replace("+00:00", "Z")


def coming_moment(name: str, value: Any, now: datetime | None = None) -> str | None:
    """The same for a moment that must lie ahead (of the clock of this machine). Raises `InvalidArgument`."""
    text = moment(name, value)
    if text is not None and value <= (now or datetime.now(UTC)):
        raise InvalidArgument(f"{name} must lie ahead: {text} has passed")
    return text
