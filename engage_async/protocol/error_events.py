"""``EventError``: what it names, and which operations its code fits.

Must live here: the places where the fields may be, and the table of codes. Must not: the choice of the operation.

Codes: T-Library's `tliberr.h`; wording ours. The list dates from 2004 and newer servers may add to it, so an unknown
code fits any operation.
"""

from __future__ import annotations

import re
from typing import Any

from attrs import frozen

from engage_async.protocol.completion import Key
from engage_async.protocol.notices import Notice, Payload

_DIALS = frozenset({
    "voice.make_call", "voice.initiate_transfer", "voice.initiate_conference", "voice.single_step_transfer",
    "voice.single_step_conference", "voice.redirect",
})  # fmt: skip
_SIGNS_IN = frozenset({"session.activate_voice", "voice.login", "voice.ready", "voice.not_ready"})
_AGENT_STATE = frozenset({"voice.ready", "voice.not_ready"})
_INITIATES = frozenset({"voice.initiate_transfer", "voice.initiate_conference"})
_CONFERENCES = frozenset({"voice.complete_conference"})
_TRANSFERS = frozenset({"voice.complete_transfer"})
_RETRIEVES = frozenset({"voice.retrieve", "voice.reconnect", "voice.alternate"})
_FORWARDS = frozenset({"voice.set_forward"})


def _table() -> dict[int, frozenset[str]]:
    rows: tuple[tuple[frozenset[str], tuple[int, ...]], ...] = (
        (_DIALS, (71, 72, 91, 168, 169, 177, 231, 232, 233, 415, 460, 497, 520, 704)),
        (_SIGNS_IN, (40, 119, 191, 192, 259, 526, 527, 550, 700, 1703, 1704, 1705, 1706, 1707)),
        (_AGENT_STATE, (185, 186, 187, 702, 703)),
        (_CONFERENCES, (96, 709)),
        (_INITIATES, (97, 707, 708)),
        (_TRANSFERS, (98, 710)),
        (_RETRIEVES, (99, 171, 711, 1164)),
        (frozenset({"voice.answer"}), (174, 1167)),
        (frozenset({"voice.release"}), (175,)),
        (frozenset({"voice.send_dtmf"}), (302,)),
        (_FORWARDS, (193, 194, 195)),
    )
    return {code: operations for operations, codes in rows for code in codes}


OPERATIONS_OF_CODE = _table()

ALREADY_SO = frozenset({43, 186, 623})
"""Codes that refuse a request because what it asks for is so already."""

_ANSWERS = frozenset({"UcsMessage", "WorkbinsMessage", "SnapshotMessage"})
_KEEPS_RECORDS = frozenset({"contacts", "workbins", "media-management"})  # there an id outlives the interaction itself
_OTHER_IDS = (
    ("workbin", "workbinId"),
    ("contact", "contactId"),
    ("snapshot", "snapshotId"),
    ("response", "standardResponseId"),
    ("category", "categoryId"),
)


@frozen
class ErrorReading:
    """What an error event names, as far as it names anything.

    An operation id that is not ours is another client's; a reference id that is not ours may be one that the server
    made, and says nothing. `mediatype` is set when it came on the channel of one media type.
    """

    domain: str
    mediatype: str | None = None
    code: int | None = None
    message: str | None = None
    operation_ids: tuple[str, ...] = ()
    reference_ids: tuple[str, ...] = ()
    objects: tuple[Key, ...] = ()
    dn: str | None = None
    connection_id: str | None = None
    call_uuid: str | None = None


def domain_of(channel: str) -> str:
    """The part of the service that a channel belongs to: ``/workspace/v3/media/chat`` → ``media``."""
    parts = channel.strip("/").split("/")
    return parts[2] if len(parts) > 2 else (parts[-1] or "")


def _mediatype_of(channel: str) -> str | None:
    """The media type of ``/workspace/v3/media/{mediatype}``."""
    parts = channel.strip("/").split("/")
    return parts[3] if len(parts) == 4 and parts[2] == "media" and parts[3] else None


def is_error(notice: Notice) -> bool:
    """Whether the event reports a failure: by its type or name, or as an answer that holds an error."""
    if notice.message_type == "EventError" or notice.payload.get("name") == "EventError":
        return True
    return notice.message_type in _ANSWERS and reports_failure(notice.payload)


def reports_failure(payload: Payload) -> bool:
    """Whether a message has a member that only failures have."""
    return any(payload.get(member) for member in ("error", "errorCode", "errorMessage", "fault"))


def read_error(notice: Notice) -> ErrorReading:
    """Read an ``EventError`` with every place that may name an operation or an object looked at."""
    payload, domain = notice.payload, domain_of(notice.channel)
    inner = payload.get("error") or payload.get("fault")
    levels = (payload, inner) if isinstance(inner, dict) else (payload,)
    calls = tuple(c for level in levels if isinstance(c := level.get("call"), dict))
    connection_ids = _texts(calls, "id", "connId") + _texts(levels, "connId", "callId", "connectionId")
    uuids = _texts(calls, "callUuid") + _texts(levels, "callUuid")
    objects = [("call", i) for i in connection_ids] + [("call uuid", i) for i in uuids]
    interactions = tuple(i for level in levels if isinstance(i := level.get("interaction"), dict))
    kind = "record" if domain in _KEEPS_RECORDS else "interaction"
    objects += [(kind, i) for i in _texts(interactions, "id") + _texts(levels, "interactionId")]
    for kind, member in _OTHER_IDS:
        objects += [(kind, i) for i in _texts(levels, member)]
    listed = _listed_errors(payload)
    return ErrorReading(
        domain=domain,
        mediatype=_mediatype_of(notice.channel),
        code=_number(_first(levels, "errorCode")) or _number(_first(listed, "statusCode")),
        message=_first_text(levels, "errorMessage")
        or (inner if isinstance(inner, str) and inner else None)
        or "; ".join(dict.fromkeys(_texts(listed, "message")))
        or None,
        operation_ids=_texts(levels, "operationId"),
        reference_ids=_texts(levels, "referenceId"),
        objects=tuple(dict.fromkeys(objects)),
        dn=_dn(levels),
        connection_id=next(iter(connection_ids), None),
        call_uuid=next(iter(uuids), None),
    )


def _listed_errors(payload: Payload) -> tuple[Payload, ...]:
    """The ``errors`` of a failed initialization: a key/value list, or a list of objects; perhaps inside ``data``."""
    data = payload.get("data")
    errors = payload.get("errors") or (data.get("errors") if isinstance(data, dict) else None)
    if not isinstance(errors, list):
        return ()
    entries = [entry for entry in errors[:_ERRORS] if isinstance(entry, dict)]
    pairs = {key: entry.get("value") for entry in entries if isinstance(key := entry.get("key"), str)}
    return (*entries, pairs)


_ERRORS = 32


def _first(levels: tuple[Payload, ...], name: str) -> Any:
    return next((level[name] for level in reversed(levels) if level.get(name) is not None), None)


def _first_text(levels: tuple[Payload, ...], name: str) -> str | None:
    value = _first(levels, name)
    return value if isinstance(value, str) else None


def _texts(levels: tuple[Payload, ...], *names: str) -> tuple[str, ...]:
    values = (level.get(name) for name in names for level in levels)
    return tuple(
        dict.fromkeys(str(v) for v in values if isinstance(v, str | int) and not isinstance(v, bool) and v != "")
    )


def _number(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _dn(levels: tuple[Payload, ...]) -> str | None:
    for level in levels:
        for name in ("dn", "thisDN", "phoneNumber"):
            value = level.get(name)
            if isinstance(value, dict):
                value = value.get("number")
            if isinstance(value, str) and value:
                return value
    return None
