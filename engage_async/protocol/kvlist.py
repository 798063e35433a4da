"""Key/value lists: ``[{"key": …, "type": "str" | "int" | "kvlist", "value": …}]`` on the wire, plain dicts to the user.

Must live here: both directions, and nothing lost on the way. Must not: what any key means.

Repeated keys are legal (attaching user data appends), so a list of pairs is accepted, and offered, beside dicts. The
service also sends plain objects (``optimize_config``, outbound user events) and values that disagree with their type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, Union

from engage_async.errors import InvalidArgument

__all__ = ["NO_PAIRS", "KeyValueList", "KeyValues", "Value", "from_wire", "pairs", "to_wire"]

Value: TypeAlias = Union[str, int, "KeyValues"]
KeyValues: TypeAlias = Mapping[str, Value] | Sequence[tuple[str, Value]]
"""What a user may give: a mapping, or a sequence of pairs where keys repeat. Values may nest."""

_DEPTH = 32


def pairs(given: KeyValues) -> list[tuple[str, Value]]:
    """The pairs of a key/value list as a user gave it. Raises `InvalidArgument` for what is none."""
    if isinstance(given, KeyValueList):
        return given.pairs()
    if isinstance(given, Mapping):
        entries: list[Any] = list(given.items())
    elif isinstance(given, list | tuple):
        entries = list(given)
    else:
        raise _refused("a dict or a list of (key, value) pairs", given)
    for entry in entries:
        if not isinstance(entry, tuple | list) or len(entry) != 2:
            raise _refused("(key, value) pairs", entry)
        if not isinstance(entry[0], str) or not entry[0]:
            raise _refused("a non-empty string as key", entry[0])
    return [(key, value) for key, value in entries]


def to_wire(given: KeyValues, _depth: int = 0) -> list[dict[str, Any]]:
    """The wire form. Raises `InvalidArgument` for keys and values that a key/value list cannot hold."""
    if isinstance(given, KeyValueList) and isinstance(wire := given.wire(), list):
        return wire
    if _depth > _DEPTH:
        raise InvalidArgument(f"a key/value list nests deeper than {_DEPTH} levels")
    return [_entry(key, value, _depth) for key, value in pairs(given)]


def _entry(key: str, value: Any, depth: int) -> dict[str, Any]:
    if isinstance(value, str):
        return {"key": key, "type": "str", "value": str(value)}
    if isinstance(value, int) and not isinstance(value, bool):
        if not -(2**63) <= value < 2**63:
            raise _refused(f"an integer of at most 64 bits as value of {key!r}", value)
        return {"key": key, "type": "int", "value": int(value)}
    if isinstance(value, Mapping | list | tuple):
        return {"key": key, "type": "kvlist", "value": to_wire(value, depth + 1)}
    raise _refused(f"a string, an integer or a nested key/value list as value of {key!r}", value)


def _refused(expected: str, came: Any) -> InvalidArgument:
    return InvalidArgument(f"key/value list: expected {expected}, got {type(came).__name__} {str(came)[:40]!r}")


class KeyValueList(Mapping[str, Any]):
    """An immutable key/value list as it came.

    As a mapping it gives the **first** value of a repeated key; `get_all` and `pairs` give every one, in order. Values
    are strings, integers, nested `KeyValueList` objects, or whatever else the service sent. Equal to any mapping with
    the same items. `unread` holds entries that are no pairs.
    """

    __slots__ = ("_first", "_raw", "_read")

    def __init__(self, raw: Any = (), _depth: int = 0) -> None:
        self._raw = raw
        self._read: list[tuple[str, Any]] = list(_read(raw, _depth))
        self._first: dict[str, Any] = {}
        for key, value in self._read:
            self._first.setdefault(key, value)

    def __getitem__(self, key: str) -> Any:
        return self._first[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, KeyValueList):
            return self._read == other._read
        return self._first == other if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(key for key, _ in self._read))

    def __repr__(self) -> str:
        repeats = len(self._first) != len(self._read)
        return f"KeyValueList({self._read!r})" if repeats else f"KeyValueList({self._first!r})"

    def pairs(self) -> list[tuple[str, Any]]:
        """Every pair, in order."""
        return list(self._read)

    def get_all(self, key: str) -> list[Any]:
        """Every value of a key, in order; empty when there is none."""
        return [value for name, value in self._read if name == key]

    @property
    def unread(self) -> list[Any]:
        """Entries that are no pairs, as they came."""
        return [e for e in self._raw if not _is_pair(e)] if isinstance(self._raw, list) else []

    def wire(self) -> Any:
        """The list exactly as it came."""
        return list(self._raw) if isinstance(self._raw, tuple) else self._raw


def from_wire(raw: Any) -> KeyValueList:
    """Read any JSON as a key/value list; what is none gives an empty list that still holds it."""
    return KeyValueList(raw)


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("key"), str)


def _read(raw: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(raw, dict):
        yield from ((key, _nested(value, depth)) for key, value in raw.items())
    elif isinstance(raw, list):
        for entry in raw:
            if _is_pair(entry):
                value = entry.get("value")
                yield entry["key"], _nested(value, depth) if entry.get("type") == "kvlist" else value


def _nested(value: Any, depth: int) -> Any:
    return KeyValueList(value, depth + 1) if isinstance(value, list | dict) and depth < _DEPTH else value


NO_PAIRS = KeyValueList()
"""The empty list: immutable, so one serves all."""
