"""REST routes of ``/media/topics``.

Must live here: reading the requests, and their answers. Must not: what they do (topics.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.request_forms import Form, names, pairs, read_body
from engage_async.emulator.rest_refusals import strikes
from engage_async.emulator.rest_replies import Handler, accepted_as, in_session
from engage_async.emulator.web_sessions import WebSession
from engage_async.protocol.topic_completion import TOPICS

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

_BASE = "/workspace/v3/media/topics"
_CONTENT = Form({"eventContent": pairs}, required=("eventContent",))
_TOPICS = Form({"topics": names}, required=("topics",))


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes."""
    topics = emulator.centre.topics

    def publish(user: str, request: web.Request, data: dict[str, Any]) -> None:
        echo = data["operationId"] if emulator.switches.echo_operation_id else None
        topics.publish(user, request.match_info["topic"], data["eventContent"], operation_id=echo)

    def subscribe(user: str, _request: web.Request, data: dict[str, Any]) -> None:
        topics.subscribe(user, data["topics"])

    def unsubscribe(user: str, _request: web.Request, data: dict[str, Any]) -> None:
        topics.unsubscribe(user, data["topics"])

    app.router.add_post(f"{_BASE}/subscribe", _accepting(emulator, _TOPICS, subscribe))
    app.router.add_post(f"{_BASE}/unsubscribe", _accepting(emulator, _TOPICS, unsubscribe))
    app.router.add_post(f"{_BASE}/{{topic}}/publish", _accepting(emulator, _CONTENT, publish))


def _accepting(
    emulator: Emulator, form: Form, carry_out: Callable[[str, web.Request, dict[str, Any]], None]
) -> Handler:
    async def handle(request: web.Request, session: WebSession) -> web.Response:
        operation_id, data = read_body(form, await request.read())
        if not strikes(emulator, request, session.user, TOPICS, operation_id):
            carry_out(session.user, request, {"operationId": operation_id, **data})
        return accepted_as(operation_id, emulator.switches)

    return in_session(emulator, handle)
