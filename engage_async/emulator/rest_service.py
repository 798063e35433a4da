"""REST routes of the workspace that are about the service and its configuration, not about an agent's work.

Must live here: reading the requests, and their answers. Must not: anything that lasts, but for the feedback that was
submitted.

Sources: the vendor's C# client for ``/doc`` and ``/info``; its agent API simulator for the rest, and for which replies
have no status. What ``pure-cloud-token`` gives is a token of this emulator, which stands for the other cloud, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web
from attrs import frozen

import engage_async
from engage_async.emulator.assertions import ASSERTION_LIFETIME, assertion
from engage_async.emulator.configuration import configuration
from engage_async.emulator.documented import documented_operations
from engage_async.emulator.oauth import JWT_BEARER
from engage_async.emulator.request_forms import read_object, text
from engage_async.emulator.rest_replies import (
    Handler,
    MalformedRequest,
    accepted,
    answering,
    done,
    forbidden,
    in_session,
    refused,
)
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["Feedback", "add_routes"]

_BASE = "/workspace/v3"
_MOST_FEEDBACK = 1_000
_SECTIONS = {
    "settings": "settings",
    "action-codes": "actionCodes",
    "business-attributes": "businessAttributes",
    "transactions": "workspaceTransactions",
}


@frozen
class Feedback:
    """What an agent had to say."""

    user: str
    text: str
    topic: str | None = None
    metadata: Mapping[str, Any] | None = None


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes."""
    routes = _ServiceRoutes(emulator)
    app.router.add_get(f"{_BASE}/doc", routes.doc)
    app.router.add_get(f"{_BASE}/start", answering(routes.start))
    for method, path, handler in (
        ("GET", "info", routes.info),
        ("GET", "version", routes.info),
        ("GET", "campaigns/{name}/configuration", routes.campaign),
        ("GET", "security/pure-cloud-token", routes.pure_cloud_token),
        ("GET", "security/exchange-token", routes.exchange_token),
        ("POST", "feedback/submit", routes.submit_feedback),
    ):
        app.router.add_route(method, f"{_BASE}/{path}", in_session(emulator, handler))
    for path, kind in _SECTIONS.items():
        app.router.add_get(f"{_BASE}/configuration/{path}", routes.section(kind))


class _ServiceRoutes:
    """The handlers."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator, self._directory = emulator, emulator.centre.directory
        self._feedback: deque[Feedback] = emulator.feedback

    async def doc(self, _request: web.Request) -> web.Response:
        """The operations of the workspace, as a Swagger 2.0 description of their verbs and paths."""
        paths: dict[str, dict[str, Any]] = {}
        for verb, path in documented_operations():
            if path.startswith(f"{_BASE}/"):
                operation = {"responses": {"200": {"description": "See the vendor's documentation"}}}
                paths.setdefault(path.removeprefix(_BASE), {})[verb.lower()] = operation
        info = {"title": "Workspace API of the emulator", "version": engage_async.__version__}
        return web.json_response({"swagger": "2.0", "info": info, "basePath": _BASE, "paths": paths})

    async def info(self, _request: web.Request, _session: WebSession) -> web.Response:
        """What this is."""
        return web.json_response({"name": "engage-async emulator", "version": engage_async.__version__})

    async def start(self, request: web.Request) -> web.Response:
        """Open a cookie session by an authorization code, and send the browser on."""
        code, redirect_uri = request.query.get("code"), request.query.get("redirect_uri", "")
        if not code or not urlsplit(redirect_uri).scheme or not redirect_uri.isprintable():
            raise MalformedRequest("Missing parameters: code, redirect_uri")
        user = self._emulator.user_of_code(code, redirect_uri)
        if user is None:
            return forbidden()
        response = web.Response(status=302, headers={"Location": redirect_uri})
        self._emulator.web_sessions.open(user).attach(response)
        return response

    def section(self, kind: str) -> Handler:
        """A handler that gives one section of the configuration."""

        async def handle(_request: web.Request, _session: WebSession) -> web.Response:
            return done(configuration(self._directory, [kind]))

        return in_session(self._emulator, handle)

    async def campaign(self, request: web.Request, _session: WebSession) -> web.Response:
        """An outbound campaign; the reply has no status."""
        found = self._directory.campaigns.get(request.match_info["name"])
        if found is None:
            return refused("Resource not found", {"campaignName": request.match_info["name"]})
        return web.json_response({"data": found})

    async def pure_cloud_token(self, _request: web.Request, session: WebSession) -> web.Response:
        """An access token for the user."""
        form = {"grant_type": JWT_BEARER, "assertion": self._assertion(session.user)}
        token = self._emulator.oauth.token(next(iter(self._directory.clients.items())), form)
        return done({"access_token": token.access, "token_type": "bearer", "expires_in": token.lifetime})

    async def exchange_token(self, _request: web.Request, session: WebSession) -> web.Response:
        """An assertion that ``/auth/v3/oauth/token`` takes for an access token of the user."""
        return done({"access_token": self._assertion(session.user), "expires_in": ASSERTION_LIFETIME})

    async def submit_feedback(self, request: web.Request, session: WebSession) -> web.Response:
        """Keep what the agent has to say."""
        body = read_object(await request.read())
        if not body.get("text"):
            raise MalformedRequest("Missing parameters: text")
        said = text("text", body["text"])
        topic = text("topic", body["topic"]) if body.get("topic") is not None else None
        metadata = body.get("metadata")
        if metadata is not None and not isinstance(metadata, dict):
            raise MalformedRequest("metadata must be an object")
        self._feedback.append(Feedback(session.user, said, topic, metadata))
        while len(self._feedback) > _MOST_FEEDBACK:
            self._feedback.popleft()
        return accepted()

    def _assertion(self, user: str) -> str:
        client_id, secret = next(iter(self._directory.clients.items()))
        now = self._emulator.centre.scheduler.now()
        return assertion(user, client_id=client_id, secret=secret, audience=self._emulator.base_url, now=now)
