"""The form of every media request: which members its ``data`` has, of which type, and which must be there.

Must live here: the table of forms. Must not: how a body is read by them (request_forms.py), what a request does, HTTP.

Source: the request models of the vendor's clients, whose enumerations are exact. Two liberties: the models require
``data`` in requests where no member of it is required, here it may be missing; and recipients of an email may be one
address or a list in every request (the models disagree with each other).
"""

from __future__ import annotations

from typing import Any

from engage_async.emulator.chats import VISIBILITIES, WATCHING
from engage_async.emulator.request_forms import Check, Form, boolean, names, one_of, pairs, text
from engage_async.emulator.rest_replies import MalformedRequest

__all__ = ["ALL_CHANNELS", "CHANNEL", "CREATE", "CREATE_EMAIL", "INTERACTION", "NAMED_IN_PATH"]


def addresses(name: str, value: Any) -> list[str]:
    """Email addresses: one, or a list."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise MalformedRequest(f"{name} must be an address, or a list of them")
    return [each for each in value if each.strip()]


def number(name: str, value: Any) -> float:
    """A number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise MalformedRequest(f"{name} must be a number")
    return value


def reason(name: str, value: Any) -> list[dict[str, Any]]:
    """A reason of the Interaction Server; gives it as key/value list."""
    if not isinstance(value, dict):
        raise MalformedRequest(f"{name} must be an object")
    given = {member: value[member] for member in ("reasonSystemName", "reasonDescription", "reason") if member in value}
    kinds = {member: "int" if member == "reason" else "str" for member in given}
    return pairs(name, [{"key": key, "type": kinds[key], "value": each} for key, each in given.items()])


_reasoned: dict[str, Check] = {"reason": reason, "extension": pairs}
_moving: dict[str, Check] = {
    **_reasoned,
    "addedProperties": pairs,
    "changedProperties": pairs,
    "deletedProperties": pairs,
}
_written: dict[str, Check] = {
    "from": text,
    "to": addresses,
    "cc": addresses,
    "bcc": addresses,
    "body": text,
    "bodyAsPlainText": text,
    "mime": text,
    "subject": text,
}
_seen: dict[str, Check] = {"visibility": one_of(*VISIBILITIES)}
_spoken: dict[str, Check] = {"message": text, **_seen}
_spoken_as: dict[str, Check] = {"messageType": text, "treatAs": one_of("Normal", "System")}

_bare = Form()
_with_user_data = Form({"userData": pairs}, required=("userData",))
_with_agent = Form({"agentId": text}, required=("agentId",))
_with_queue = Form({"queue": text}, required=("queue",))
_moved = Form({"queue": text, **_moving}, required=("queue",))
_answering = Form({"queue": text, **_written, "userData": pairs}, required=("queue", "from"))
_notice = Form({**_spoken, "userData": pairs})

ALL_CHANNELS: dict[str, Form] = {
    "ready": _bare,
    "not-ready": Form({"reasonCode": text, **_reasoned}),
    "logout": _bare,
    "dnd-on": _bare,
    "dnd-off": _bare,
}
"""Of requests about every channel: ``/media/{operation}``."""

CHANNEL: dict[str, Form] = {
    "ready": Form(_reasoned),
    "not-ready": Form({"reasonCode": text, **_reasoned}),
    "logout": Form(_reasoned),
    "start-monitoring": Form(
        {
            "agentId": text,
            "monitoringMode": one_of(*WATCHING),
            "monitoringNextInteractionType": one_of("NextInteraction", "AllInteractions"),
        },
        required=("agentId", "monitoringMode", "monitoringNextInteractionType"),
    ),
    "stop-monitoring": _with_agent,
}
"""Of requests about one channel: ``/media/{mediatype}/{operation}``."""

CREATE = Form(
    {
        "subtype": one_of("OutboundNew", "OutboundReply"),
        "queue": text,
        "parentId": text,
        "contactId": text,
        "subject": text,
        "userData": pairs,
        "extension": pairs,
    }
)
CREATE_EMAIL = Form(
    {
        "queue": text,
        "threadId": text,
        "parentId": text,
        "contactId": text,
        "documents": names,
        "userData": pairs,
        **_written,
    }
)
"""Of requests for a new interaction: ``/media/{mediatype}/interactions/create``."""

INTERACTION: dict[str, Form] = {
    "accept": Form({"nickname": text, "useReviewer": boolean, "extension": pairs}),
    "reject": Form({"extension": pairs}),
    "complete": Form({"reasonOnStop": text, "reasonOnPlaceInQueue": text}),
    "transfer-agent": Form({"agentId": text, "extension": pairs}, required=("agentId",)),
    "place-in-queue": _moved,
    "pull": Form(
        {
            "ownerId": text,
            "workbinId": text,
            "useReviewer": boolean,
            "context": one_of("none", "universal-queue"),
            **_reasoned,
        }
    ),
    "attach-user-data": _with_user_data,
    "update-user-data": _with_user_data,
    "delete-user-data": Form({"keys": names, "userData": pairs}),
    "set-comment": Form({"comment": text}, required=("comment",)),
    "add-content": Form({"comment": text, "threadId": text, "parentId": text, "contactId": text}),
    "add-document": Form(
        {"documentId": text, "size": number, "mime": text, "name": text},
        required=("documentId",),
    ),
    "reply": _answering,
    "forward": _answering,
    "save": Form({**_written, "comment": text}, required=("from", "to")),
    "send": Form(
        {**_written, "queue": text, "comment": text, "useReviewer": boolean},
        required=("queue", "from", "to"),
    ),
    "cancel": _bare,
    "send-message": Form({**_spoken, **_spoken_as}, required=("message",)),
    "send-url": Form({"url": text, **_seen}, required=("url",)),
    "send-custom-notification": _notice,
    "send-system-command": _notice,
    "send-typing-started": Form(_spoken),
    "send-typing-stopped": Form(_spoken),
    "update-nickname": Form({"nickname": text, **_seen}, required=("nickname",)),
    "invite": _with_agent,
    "invite-by-queue": _with_queue,
    "consult": _with_agent,
    "consult-by-queue": _with_queue,
    "cancel-consult": _bare,
    "remove-from-conference": _with_agent,
    "leave": Form(
        {
            "afterAction": one_of("CloseIfNoAgents", "ForceClose", "KeepAlive"),
            "message": text,
            **_spoken_as,
        }
    ),
    "put-on-hold": _moved,
    "resume": Form({"nickname": text}, required=("nickname",)),
    "switch-to-monitor": _bare,
    "switch-to-coach": _bare,
    "switch-to-barge-in": _bare,
}
"""Of requests about one interaction: ``/media/{mediatype}/interactions/{id}/{operation}``."""

NAMED_IN_PATH = {"assign-contact": "contactId", "remove-attachment": "documentId"}
"""Requests about one interaction that name something else in the path, after the operation."""
