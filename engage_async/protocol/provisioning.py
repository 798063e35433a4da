"""The provisioning service's notifications, as far as they need reading before anything is structured.

Must live here: the unwrapping of its messages, and what an answer says of its operation. Must not: I/O, typed models.

    {"channel": "operations",                                    the logical channel: the Bayeux one does not matter
     "data": {"id": "<_aioId>", "path": "/operations/get-users",
              "data": {"data": "{\"status\": {\"code\": 0}, \"data\": {\"users\": [], \"totalCount\": 0}}"}}}

Source: the vendor's JavaScript and Java clients, which unwrap the answer to different depths. So it is unwrapped while
there is something to unwrap, and JSON text is decoded where it stands. What a failure looks like is not documented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from engage_async.protocol.completion import Arguments, Rule
from engage_async.protocol.notices import Notice, Payload

__all__ = ["MESSAGE", "answer_of", "answered", "read_service_notice"]

MESSAGE = "ProvisioningMessage"
"""The type of every message of the service. The name is ours: the service sends none."""

_OPERATIONS = ("operations", "aio")  # the second is what the first was called before August 2018
_DEPTH = 4
_SUCCESS = frozenset({0, 1, 2})


def answered(_: Arguments) -> Rule:
    """A message with the operation's id."""
    return Rule()


def read_service_notice(notice: Notice) -> Notice:
    """The notice with a type and, beside what it holds, its unwrapped content: for an answer also whose it is.

    ``operationId`` is the id of the operation, ``path`` its request, ``content`` the data of the answer; ``error`` is
    there when the answer is a failure, ``errors`` when it is one in part.
    """
    payload, told = notice.payload, _decoded(notice.payload.get("data"))
    read: Payload = {**payload, "messageType": MESSAGE, "content": told}
    if payload.get("channel") in _OPERATIONS and isinstance(told, dict) and isinstance(told.get("id"), str):
        read |= {"operationId": told["id"], "path": told.get("path"), **_answer(told.get("data"))}
    return evolve(notice, message_type=MESSAGE, payload=read)


def answer_of(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data that complete an operation: those in its message, or the data of a reply as they are."""
    if payload.get("messageType") != MESSAGE:
        return payload
    content = payload.get("content")
    return content if isinstance(content, dict) else {}


def _answer(told: Any) -> Payload:
    """What an answer holds: unwrapped to the innermost ``data``; the status on the way says whether it succeeded."""
    status: Any = None
    errors: list[Any] = []
    failure: Any = None
    for _ in range(_DEPTH):
        told = _decoded(told)
        if not isinstance(told, dict):
            break
        status = told.get("status", told.get("statusCode", status))
        failure = next((told[name] for name in ("error", "errorMessage", "fault") if told.get(name)), failure)
        if isinstance(told.get("errors"), list):
            errors = told["errors"]
        if "data" not in told:
            break
        told = told["data"]
    read: Payload = {"content": told}
    if errors:
        read["errors"] = errors
    if (error := _error(status, failure)) is not None:
        read["error"] = error
    return read


def _error(status: Any, failure: Any) -> Payload | None:
    """What an answer with this status (an envelope's, or that of HTTP) and this failure says of its operation."""
    code = status.get("code") if isinstance(status, dict) else status
    if isinstance(code, str) and code.removeprefix("-").isdecimal() and len(code) < 10:
        code = int(code)
    if isinstance(code, int) and not isinstance(code, bool) and code not in _SUCCESS and not 200 <= code < 300:
        told = status.get("message") if isinstance(status, dict) else None
        return {"errorCode": code, "errorMessage": _told(told) or _told(failure)}
    return {"errorMessage": _told(failure)} if failure is not None else None


def _told(value: Any) -> str | None:
    """The words of an error that is a text, or an object with one."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("message", "errorMessage") if value.get(name)), None)
    return value if isinstance(value, str) and value else None


def _decoded(value: Any) -> Any:
    """JSON text as what it says; anything else, and text that is no JSON, as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
