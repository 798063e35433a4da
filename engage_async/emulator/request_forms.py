"""How a request body is read: by its form, which says what members its ``data`` has, and of which type.

Must live here: forms, the types of members, and the complaints about a body. Must not: any one request's form, HTTP.

A member that is null counts as absent; unknown members are ignored.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from attrs import field, frozen

from engage_async.emulator.rest_replies import MalformedRequest

__all__ = ["Check", "Form", "boolean", "names", "number", "one_of", "pairs", "read_body", "read_object", "text"]

_DEEPEST = 32
_INT64 = range(-(2**63), 2**63)

Check = Callable[[str, Any], Any]
"""Gives the value of the member named, in its normal form. Raises `MalformedRequest`."""


@frozen
class Form:
    """The members of a request's ``data``, and those of them that are `required`. `data` of None: it takes none."""

    data: dict[str, Check] | None = None
    required: tuple[str, ...] = field(default=(), kw_only=True)


def read_body(form: Form, body: bytes) -> tuple[str | None, dict[str, Any]]:
    """The operation id and the ``data`` of a body. Raises `MalformedRequest`."""
    content = read_object(body)
    operation_id = content.get("operationId")
    if operation_id is not None and not isinstance(operation_id, str):
        raise _unlike("operationId", "a string", operation_id)
    given = content.get("data")
    if form.data is None:
        return operation_id, {}
    if given is None:
        given = {}
    elif not isinstance(given, dict):
        raise _unlike("data", "an object", given)
    missing = [name for name in form.required if given.get(name) is None]
    if missing:
        raise MalformedRequest(f"Missing parameters: {', '.join(f'data.{name}' for name in missing)}")
    named = {name: check for name, check in form.data.items() if given.get(name) is not None}
    return operation_id, {name: check(f"data.{name}", given[name]) for name, check in named.items()}


def read_object(body: bytes) -> dict[str, Any]:
    """The object that a body is; empty for no body. Raises `MalformedRequest`."""
    if not body.strip():
        return {}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedRequest("The body is not JSON") from None
    if not isinstance(content, dict):
        raise _unlike("The body", "an object", content)
    return content


def _unlike(name: str, expected: str, came: Any) -> MalformedRequest:
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return MalformedRequest(f"{name} must be {expected}, not {kinds.get(type(came), 'a number')}")


# --- the types of members ---------------------------------------------------------------------------------------------


def text(name: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise _unlike(name, "a string", value)
    return value


def one_of(*words: str) -> Check:
    """One of these strings."""

    def check(name: str, value: Any) -> str:
        if text(name, value) not in words:
            raise MalformedRequest(f"{name} must be one of {', '.join(words)}, not {value[:40]!r}")
        return str(value)

    return check


def boolean(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise _unlike(name, "true or false", value)
    return value


def number(name: str, value: Any) -> float:
    """A number from zero on."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise MalformedRequest(f"{name} must be a number that is not negative")
    return float(value)


def names(name: str, value: Any) -> tuple[str, ...]:
    """A list of names: at least one, and each counts once."""
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
        raise MalformedRequest(f"{name} must be a list of names")
    return tuple(dict.fromkeys(value))


def pairs(name: str, value: Any, depth: int = 0) -> list[dict[str, Any]]:
    """A key/value list."""
    if not isinstance(value, list):
        raise _unlike(name, "a key/value list (an array)", value)
    if depth > _DEEPEST:
        raise MalformedRequest(f"{name} nests deeper than {_DEEPEST} levels")
    return [_pair(f"{name}[{at}]", entry, depth) for at, entry in enumerate(value)]


def _pair(name: str, entry: Any, depth: int) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise _unlike(name, "an object with key, type and value", entry)
    key, kind, value = entry.get("key"), entry.get("type", "str"), entry.get("value")
    if not isinstance(key, str) or not key:
        raise MalformedRequest(f"{name}.key must be a non-empty string")
    match kind:
        case "str":
            return {"key": key, "type": kind, "value": text(f"{name}.value", value)}
        case "int":
            if not isinstance(value, int) or isinstance(value, bool) or value not in _INT64:
                raise MalformedRequest(f"{name}.value must be an integer of at most 64 bits")
            return {"key": key, "type": kind, "value": value}
        case "kvlist":
            return {"key": key, "type": kind, "value": pairs(f"{name}.value", value, depth + 1)}
    raise MalformedRequest(f"{name}.type must be one of str, int, kvlist")
