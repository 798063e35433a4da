"""Arguments on their way into a route: checked early, in the form that goes on the wire.

Must live here: checks that several groups of operations need. Must not: any one operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from engage_async.errors import InvalidArgument

__all__ = ["chosen", "count", "names", "some_names"]

T = TypeVar("T")


def count(argument: str, value: Any, *, least: int = 1) -> int | None:
    """A whole number from `least` on; None stays None. Raises `InvalidArgument`."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
        raise InvalidArgument(f"{argument} must be an integer from {least} on, not {value!r:.60}")
    number: int | None = value
    return number


def names(argument: str, value: Any) -> list[str] | None:
    """A list of names; None stays None. Raises `InvalidArgument` for a lone string and for what holds other things."""
    if value is None:
        return None
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidArgument(f"{argument} must be a list of strings, not {type(value).__name__}")
    listed = list(value)
    for each in listed:
        if not isinstance(each, str) or not each.strip():
            raise InvalidArgument(f"{argument} must hold non-empty strings, not {each!r:.60}")
    return listed


def some_names(argument: str, value: Any) -> list[str]:
    """A list of at least one name. Raises `InvalidArgument`."""
    listed = names(argument, value)
    if not listed:
        raise InvalidArgument(f"{argument} must name at least one")
    return listed


def chosen(argument: str, value: Any, choices: Mapping[str, T]) -> T:
    """What a word stands for. Raises `InvalidArgument` for a word that stands for nothing."""
    found = choices.get(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidArgument(f"{argument} must be one of {', '.join(choices)}, not {value!r:.60}")
    return found
