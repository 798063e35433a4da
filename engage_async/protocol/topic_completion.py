"""Which events complete an operation on a topic: user events that answer an outbound record's request.

Must live here: the rule, and what an answer says. Must not: bookkeeping of operations.

A request and its answer have the record's handle (``GSW_RECORD_HANDLE``) or a reference (``GSW_REFERENCE_ID``) in
common; an answer is recognised by its ``GSW_USER_EVENT``. What has neither is answered by nothing that could be told
from other events.

Source: the vendor's agent API simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engage_async.protocol.completion import ERROR_GRACE, Arguments, Key, Rule, Step
from engage_async.protocol.kvlist import pairs
from engage_async.protocol.notices import Notice
from engage_async.protocol.reading import Memory, Reading

__all__ = ["READERS", "TOPICS", "acknowledged"]

TOPICS = "/workspace/v3/media/topics"

_ANSWERED = "acknowledged"
_CORRELATES = ("GSW_RECORD_HANDLE", "GSW_REFERENCE_ID")
_ANSWER = "GSW_USER_EVENT"
_MOST_PAIRS = 256


def acknowledged(args: Arguments) -> Rule:
    """A user event on the topics' channel answers the request; a request that cannot be recognised is only accepted."""
    given = dict(pairs(args["event_content"])) if args.get("event_content") is not None else {}
    steps = tuple(Step(key, _ANSWERED) for key in _keys(given))
    return Rule(steps, on_acceptance=None if steps else ERROR_GRACE)


def _user_event(notice: Notice, _: Memory) -> Iterator[Reading]:
    if notice.channel != TOPICS:
        return
    content = _flat(notice.payload.get("eventContent")) or _flat(notice.payload.get("userData"))
    if _ANSWER in content:
        yield from (Reading((key,), (_ANSWERED,), claims=_ANSWERED) for key in _keys(content))


def _keys(content: Mapping[str, Any]) -> Iterator[Key]:
    for name in _CORRELATES:
        value = content.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            yield (name, str(value))


def _flat(value: Any) -> dict[str, Any]:
    """The pairs of a key/value list of either form; of a repeated key the first."""
    if isinstance(value, dict):
        return value
    flat: dict[str, Any] = {}
    for entry in value[:_MOST_PAIRS] if isinstance(value, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("key"), str):
            flat.setdefault(entry["key"], entry.get("value"))
    return flat


READERS: dict[str, Callable[[Notice, Memory], Iterator[Reading]]] = {"EventUserEvent": _user_event}
