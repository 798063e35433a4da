"""REST routes of the workspace group `users`, and those by which a supervisor changes an agent's state.

Must live here: reading the requests, and their answers. Must not: what they do (colleagues.py).

The answer has the code 1 when something changed, and 0 when nothing did. The agent is told of the change; the
supervisor is not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from engage_async.emulator.colleagues import REMOTE_OPERATIONS, NotAllowed
from engage_async.emulator.directory import User
from engage_async.emulator.exchange import VOICE
from engage_async.emulator.media_channels import MEDIA
from engage_async.emulator.request_forms import Form, read_body, text
from engage_async.emulator.rest_refusals import strikes
from engage_async.emulator.rest_replies import MalformedRequest, accepted, done, in_session, refused
from engage_async.emulator.rest_targets import whole_number
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

_BASE = "/workspace/v3"


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the group."""
    routes = _UserRoutes(emulator)
    for method, path, handler in (
        ("GET", "users", routes.users),
        ("POST", "supervisor/voice/{operation}", routes.remote_operation),
        ("POST", "users/{dbid}/voice/{operation}", routes.voice_state),
        ("POST", "users/{dbid}/media/{operation}", routes.media_state),
        ("POST", "users/{dbid}/media/{channel}/{operation}", routes.media_state),
    ):
        app.router.add_route(method, f"{_BASE}/{path}", in_session(emulator, handler))


class _UserRoutes:
    """The handlers."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._colleagues, self._centre = emulator.centre.colleagues, emulator.centre

    async def users(self, request: web.Request, _session: WebSession) -> web.Response:
        """A page of the list of agents, and how many fit."""
        limit, offset = whole_number(request, "limit", 100), whole_number(request, "offset", 0)
        group = whole_number(request, "groupId", -1)
        found = self._colleagues.list(request.query.get("searchTerm", ""), None if group < 0 else group)
        if request.query.get("sort", "asc") not in {"asc", "desc"}:
            raise MalformedRequest("sort must be asc or desc")
        if request.query.get("sort") == "desc":
            found.reverse()
        page = [self._colleagues.view(user) for user in found[offset : offset + limit]]
        return done({"users": page, "totalMatches": len(found)})

    async def remote_operation(self, request: web.Request, session: WebSession) -> web.Response:
        """A voice operation for the agent of a user name, on the agent's DN."""
        operation = _operation(request)
        form = Form({"userName": text, "dn": text}, required=("userName", "dn"))
        _, data = read_body(form, await request.read())
        user, dn = self._centre.directory.users.get(data["userName"]), self._centre.exchange.dn_of(data["userName"])
        if user is None or (dn is not None and dn.number != data["dn"]):
            return refused("Resource not found", data)
        return self._answer(request, session, VOICE, partial(self._colleagues.on_voice, session.user, user, operation))

    async def voice_state(self, request: web.Request, session: WebSession) -> web.Response:
        """The same for the agent of an id."""
        operation, user = _operation(request), self._user(request)
        if user is None:
            return refused("Resource not found", {"dbid": request.match_info["dbid"]})
        return self._answer(request, session, VOICE, partial(self._colleagues.on_voice, session.user, user, operation))

    async def media_state(self, request: web.Request, session: WebSession) -> web.Response:
        """The same on a media channel, or on all."""
        operation, user, channel = _operation(request), self._user(request), request.match_info.get("channel")
        if user is None or channel not in {None, *self._centre.directory.media_channels}:
            return refused("Resource not found", dict(request.match_info))
        change = partial(self._colleagues.on_media, session.user, user, operation, channel)
        return self._answer(request, session, MEDIA, change)

    def _answer(
        self, request: web.Request, session: WebSession, channel: str, change: Callable[[], bool]
    ) -> web.Response:
        if strikes(self._emulator, request, session.user, channel):
            return accepted()
        try:
            return accepted() if change() else done()
        except NotAllowed:
            return refused("Only supervisors may do this")

    def _user(self, request: web.Request) -> User | None:
        return self._colleagues.find(request.match_info["dbid"])


def _operation(request: web.Request) -> str:
    operation = request.match_info["operation"]
    if operation not in REMOTE_OPERATIONS:
        raise MalformedRequest(f"{operation[:40]!r} is none of {', '.join(REMOTE_OPERATIONS)}")
    return operation
