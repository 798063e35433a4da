"""REST routes of the workspace group `session`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the group.

    A handler finds the user of a request's cookie session with ``emulator.user_of(request)``, and the session itself
    with ``emulator.web_sessions.find(request)``.
    """
