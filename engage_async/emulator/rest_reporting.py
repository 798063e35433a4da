"""REST routes of the workspace group `reporting`.

Must live here: reading the requests of the group, and their answers. Must not: subscriptions (reporting.py), values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from engage_async.emulator.request_forms import read_object
from engage_async.emulator.rest_replies import MalformedRequest, done, in_session, refused
from engage_async.emulator.rest_statistics import errors_of, read_statistics
from engage_async.emulator.web_sessions import WebSession

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

_BASE = "/workspace/v3/reporting/subscriptions"


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the group."""
    routes = _ReportingRoutes(emulator)
    for method, path, handler in (
        ("POST", "", routes.subscribe),
        ("GET", "", routes.peek_multiple),
        ("GET", "/{id}", routes.peek),
        ("DELETE", "/{id}", routes.unsubscribe),
    ):
        app.router.add_route(method, _BASE + path, in_session(emulator, handler))


class _ReportingRoutes:
    """The handlers."""

    def __init__(self, emulator: Emulator) -> None:
        self._reporting = emulator.reporting

    async def subscribe(self, request: web.Request, session: WebSession) -> web.Response:
        """Open statistics; those that there are not come as errors beside the others."""
        wanted = read_statistics(read_object(await request.read()), definitions=False)
        opened, unknown = self._reporting.open(session, wanted)
        if not unknown:
            return done(opened)
        return web.json_response({"status": {"code": 0}, "data": opened, "errors": errors_of(unknown)})

    async def peek(self, request: web.Request, session: WebSession) -> web.Response:
        """The present values of a subscription."""
        own = request.match_info["id"]
        found = self._reporting.peek(session, own)
        return done(found) if found is not None else refused("Resource not found", {"subscriptionId": own})

    async def peek_multiple(self, request: web.Request, session: WebSession) -> web.Response:
        """The present values of those of the subscriptions named that there are."""
        ids = [each for each in request.query.get("ids", "").split(",") if each]
        if not ids:
            raise MalformedRequest("Missing parameters: ids")
        found = (self._reporting.peek(session, own) for own in dict.fromkeys(ids))
        return done({"subscriptions": [each for each in found if each is not None]})

    async def unsubscribe(self, request: web.Request, session: WebSession) -> web.Response:
        """Close a subscription."""
        own = request.match_info["id"]
        if not self._reporting.close(session, own):
            return refused("Resource not found", {"subscriptionId": own})
        return done()
