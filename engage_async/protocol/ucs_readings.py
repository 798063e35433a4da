"""What the messages of contacts, standard responses, workbins and snapshots say of which object.

Must live here: the readers of the three message types. Must not: trust in any field.

A message with an ``operationId`` is read as nothing but an answer to that operation: one of another client's, or of
another browser tab's, must not settle an operation of ours that looks the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engage_async.protocol.completion import Key
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.reading import Memory, Reading, operation_id_of, text
from engage_async.protocol.ucs_completion import CONTACTS, CONTENT, SNAPSHOT, SNAPSHOTS, UCS, WORKBIN, WORKBINS

__all__ = ["READERS"]

Ids = tuple[tuple[str, tuple[str, ...]], ...]

_CONTACT: Ids = (("contact", ("contactId",)),)
_RECORD: Ids = (("record", ("interactionId",)),)
_UCS_IDS: Mapping[str, Ids] = {
    "EventGetContactDetails": _CONTACT,
    "EventContactUpdated": _CONTACT,
    "EventContactDeleted": _CONTACT,
    "EventGetContactHistory": _CONTACT,
    "EventUpdateInteraction": _RECORD,
    "EventInteractionAssignedToContact": _RECORD,
    "EventGetInteractionContent": _RECORD,
    "EventGetCategory": (("category", ("category", "categoryId")), ("category", ("category", "id"))),
    "EventGetStandardResponse": (
        ("response", ("standardResponse", "standardResponseId")),
        ("response", ("standardResponse", "id")),
    ),
}
_WORKBIN_IDS: Mapping[str, Ids] = {
    "EventWorkbinContent": (("workbin", ("workbin", "id")),),
    "EventAck": (("workbin", ("workbinId",)),),
    "EventGetInteractionDetails": (("record", ("interaction", "id")),),
}
"""By the name of a message: the kind of the object that it is about, and where its id is."""


def _ucs_message(notice: Notice, _: Memory) -> Iterator[Reading]:
    yield from _answer(notice.payload, UCS, _UCS_IDS, CONTACTS)


def _workbins_message(notice: Notice, _: Memory) -> Iterator[Reading]:
    payload = notice.payload
    if payload.get("name") != "EventWorkbinContentChanged":
        yield from _answer(payload, WORKBIN, _WORKBIN_IDS, WORKBINS)
        return
    workbin, change = text(_at(payload, ("workbin", "id"))), text(payload.get("workbinContentOperation"))
    if workbin and change:
        yield Reading((("workbin", workbin),), (f"{CONTENT}:{change}",), claims=CONTENT)


def _snapshot_message(notice: Notice, _: Memory) -> Iterator[Reading]:
    payload = notice.payload
    name, snapshot = text(payload.get("notificationType")), text(payload.get("snapshotId"))
    if operation_id_of(payload) is not None:
        yield Reading((), (), claims=SNAPSHOT)
        return
    for key in ((("snapshot", snapshot),) if snapshot else ()) + (SNAPSHOTS,):
        yield Reading((key,), (f"{SNAPSHOT}:{name}",), claims=SNAPSHOT)


def _answer(payload: Payload, kind: str, ids: Mapping[str, Ids], any_object: Key) -> Iterator[Reading]:
    if operation_id_of(payload) is not None:
        yield Reading((), (), claims=kind)
        return
    name = text(payload.get("name")) or ""
    found = ((object_kind, text(_at(payload, path))) for object_kind, path in ids.get(name, ()))
    keys = tuple(dict.fromkeys((object_kind, each) for object_kind, each in found if each))
    yield Reading(keys or (any_object,), (f"{kind}:{name}",), claims=kind)


def _at(payload: Payload, path: tuple[str, ...]) -> Any:
    value: Any = payload
    for member in path:
        value = value.get(member) if isinstance(value, dict) else None
    return value


READERS: Mapping[str, Callable[[Notice, Memory], Iterator[Reading]]] = {
    "UcsMessage": _ucs_message,
    "WorkbinsMessage": _workbins_message,
    "SnapshotMessage": _snapshot_message,
}
