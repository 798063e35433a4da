"""What a request about records is, and the types of its members.

Must live here: the record of an operation, and the checks that more than one group needs. Must not: any one operation.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import field, frozen

from engage_async.emulator.record_answers import Answer, RecordRequest, Service
from engage_async.emulator.records import Records
from engage_async.emulator.request_forms import Form
from engage_async.emulator.rest_replies import MalformedRequest

__all__ = ["RecordOperation", "comma_separated", "integer", "moment", "objects", "properties", "words"]

Work = Callable[[Records, RecordRequest], Answer | None]
"""Does what is asked for and gives the message that says so; None when other events say it."""


@frozen
class RecordOperation:
    """One operation. `path` is below the workspace's; its parameters are named as messages name them."""

    path: str
    service: Service
    work: Work
    form: Form = field(default=Form(), kw_only=True)


def integer(name: str, value: Any) -> int:
    """A number that counts something."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedRequest(f"{name} must be an integer that is not negative")
    return value


def words(name: str, value: Any) -> tuple[str, ...]:
    """A list of names, which may be empty."""
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise MalformedRequest(f"{name} must be a list of names")
    return tuple(dict.fromkeys(value))


def comma_separated(name: str, value: Any) -> tuple[str, ...]:
    """Names in one text, between commas."""
    listed = [each.strip() for each in value.split(",")] if isinstance(value, str) else []
    return words(name, [each for each in listed if each] or None)


def objects(name: str, value: Any) -> tuple[dict[str, Any], ...]:
    """A list of objects."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise MalformedRequest(f"{name} must be a list of objects")
    return tuple(value)


def moment(name: str, value: Any) -> float:
    """ISO 8601 text with a time zone; gives seconds since 1970."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise MalformedRequest(f"{name} must be a moment in ISO 8601 with a time zone")
    return read.timestamp()


def properties(name: str, value: Any) -> dict[str, list[dict[str, Any]]]:
    """Attributes of a contact: ``[{"name": …, "values": [{"value": …}]}]``; gives values by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for at, entry in enumerate(objects(name, value)):
        attribute, values = entry.get("name"), entry.get("values")
        if not isinstance(attribute, str) or not attribute:
            raise MalformedRequest(f"{name}[{at}].name must be a non-empty string")
        given = objects(f"{name}[{at}].values", [] if values is None else values)
        if not all(isinstance(each.get("value"), str) for each in given):
            raise MalformedRequest(f"{name}[{at}].values must have strings as value")
        found.setdefault(attribute, []).extend(dict(each) for each in given)
    return found
