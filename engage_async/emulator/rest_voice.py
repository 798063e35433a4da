"""REST routes of the workspace group `voice`.

Must live here: paths, and the way from a request to the switch's desk and back. Must not: forms, what requests do.

Every well-formed request of a session is accepted; what comes of it is an event. A call id that never was is the
service's own refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from engage_async.emulator.exchange import UnknownCall, VoiceRequest
from engage_async.emulator.request_forms import Form, read_body
from engage_async.emulator.rest_replies import Handler, accepted_as, done, in_session, refused
from engage_async.emulator.voice_requests import CALL_FORMS, DN_FORMS
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

_VOICE = "/workspace/v3/voice"


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the group."""
    for operation, form in DN_FORMS.items():
        app.router.add_post(f"{_VOICE}/{operation}", _asynchronous(emulator, operation, form))
    for operation, form in CALL_FORMS.items():
        app.router.add_post(f"{_VOICE}/calls/{{id}}/{operation}", _asynchronous(emulator, operation, form))
    app.router.add_get(f"{_VOICE}/calls", _calls(emulator))


def _asynchronous(emulator: Emulator, operation: str, form: Form) -> Handler:
    async def handle(request: web.Request, session: WebSession) -> web.Response:
        operation_id, data = read_body(form, await request.read())
        call_id = request.match_info.get("id")
        try:
            emulator.centre.voice.handle(VoiceRequest(session.user, operation, operation_id, call_id, data))
        except UnknownCall as unknown:
            return refused("Resource not found", {"callId": unknown.call_id})
        return accepted_as(operation_id, emulator.switches)

    return in_session(emulator, handle)


def _calls(emulator: Emulator) -> Handler:
    async def handle(_: web.Request, session: WebSession) -> web.Response:
        return done({"calls": emulator.centre.exchange.calls_of(session.user)})

    return in_session(emulator, handle)
