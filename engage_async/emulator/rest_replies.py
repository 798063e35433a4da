"""What the REST routes of the workspace answer, and what their handlers have in common.

Must live here: the forms of answers (envelope, refusal, complaint about a request), the wrapping of handlers. Must not:
request bodies (request_forms.py), any operation.

    {"status": {"code": 0}, "data": …}                                             done
    {"status": {"code": 1}, "operationId": …}                                      accepted: an event follows
    {"status": {"code": 500, "message": …, "detail": {…}}}             HTTP 500    refused: the request was well formed
    {"message": …}                                                     HTTP 400    not a well-formed request
    {"status": {"code": 603, "message": "Unauthorized"}}               HTTP 403    no session

Sources: "Introduction to Engage Cloud APIs" for the codes and a refusal's form; 603 and the complaint without a status
are what the vendor's agent API simulator answers.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator
    from engage_async.emulator.switches import Switches

__all__ = [
    "Handler",
    "MalformedRequest",
    "accepted",
    "accepted_as",
    "answering",
    "done",
    "flag",
    "forbidden",
    "in_session",
    "refused",
]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SessionHandler = Callable[[web.Request, WebSession], Awaitable[web.StreamResponse]]


class MalformedRequest(Exception):
    """The request is not well formed; the text says what is wrong with it. It is answered with HTTP 400."""


def answering(handler: Handler) -> Handler:
    """A handler that may raise `MalformedRequest`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except MalformedRequest as complaint:
            return web.json_response({"message": str(complaint)}, status=400)

    return answer


def in_session(emulator: Emulator, handler: SessionHandler) -> Handler:
    """A handler that is called with the living session which the request's cookies name; the rest is answered here."""

    async def answer(request: web.Request) -> web.StreamResponse:
        session = emulator.web_sessions.find(request)
        return forbidden() if session is None else await handler(request, session)

    return answering(answer)


def done(data: Any = None) -> web.Response:
    """The operation is done. Without `data` the reply has none."""
    return web.json_response({"status": {"code": 0}} if data is None else {"status": {"code": 0}, "data": data})


def accepted(operation_id: str | None = None) -> web.Response:
    """The operation was accepted; its outcome follows as an event."""
    named = {} if operation_id is None else {"operationId": operation_id}
    return web.json_response({"status": {"code": 1}} | named)


def accepted_as(sent: str | None, switches: Switches) -> web.Response:
    """The same, naming the operation id that the switches say for the one that was sent."""
    match switches.reply_operation_id:
        case "echo":
            return accepted(sent)
        case "fresh":
            return accepted(str(uuid.uuid4()))
        case "none":
            return accepted()


def refused(message: str, detail: dict[str, Any] | None = None) -> web.Response:
    """The request is well formed, and cannot be carried out."""
    status: dict[str, Any] = {"code": 500, "message": message}
    return web.json_response({"status": status | ({"detail": detail} if detail else {})}, status=500)


def forbidden() -> web.Response:
    """The request names no session, or one that has ended."""
    return web.json_response({"status": {"code": 603, "message": "Unauthorized"}}, status=403)


def flag(request: web.Request, name: str) -> bool:
    """A boolean query parameter; False when it is absent. Raises `MalformedRequest`."""
    text = request.query.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise MalformedRequest(f"{name} must be true or false")
    return text == "true"
