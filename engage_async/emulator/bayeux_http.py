"""Bayeux long-polling over HTTP: request bodies in, response bodies out, polls that wait.

Must live here: reading a body, the browser cookie, the waiting. Must not: what a message means (bayeux.py).
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Hashable
from typing import Any, NoReturn

from aiohttp import web

from engage_async.emulator.bayeux import BayeuxServer, Ending, Message, Session

__all__ = ["BayeuxEndpoint"]

BROWSER = "BAYEUX_BROWSER"
META_PATHS = ("", "handshake", "connect", "disconnect", "subscribe", "unsubscribe")

_DUPLICATE_CONNECT = 500  # CometD's default ``duplicateMetaConnectHttpResponseCode``


class BayeuxEndpoint:
    """A Bayeux server at a path. `bind` gives what stands behind a request's session, or None."""

    def __init__(self, server: BayeuxServer, *, bind: Callable[[web.Request], Hashable | None]) -> None:
        self._server, self._bind = server, bind

    def add_routes(self, app: web.Application, path: str) -> None:
        """Mount it at `path` and below it: at the path of each kind of meta message, and at none.

        The official JavaScript client posts what has no path of its own to `path` and a slash.
        """
        app.router.add_post(path, self._post)
        for name in META_PATHS:
            app.router.add_post(f"{path}/{name}", self._post)

    async def _post(self, request: web.Request) -> web.Response:
        messages = _read(await request.read())
        if messages is None:
            return web.json_response({"message": "Not a Bayeux request"}, status=400)
        browser = request.cookies.get(BROWSER, "")
        shaking = any(message.get("channel") == "/meta/handshake" for message in messages)
        new_browser = secrets.token_hex(16) if shaking and not browser else None
        answer = self._server.process(messages, browser=new_browser or browser, binding=self._bind(request))
        if answer.suspended is not None and answer.session is not None:
            ending = await _wait(answer.session, answer.timeout)
            if ending == "replaced":
                return web.Response(status=_DUPLICATE_CONNECT)
            self._server.resumed(answer, ending)
        response = web.Response(text=self._server.body(answer), content_type="application/json")
        if new_browser:
            response.set_cookie(BROWSER, new_browser, path="/", httponly=True)
        return response


async def _wait(session: Session, timeout: float) -> Ending:
    """Wait for messages, for the time to pass, or for the session to end. A client that goes away cancels it."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Ending] = loop.create_future()

    def end(ending: Ending) -> None:
        if not ended.done():
            ended.set_result(ending)

    session.resume = end
    timer = loop.call_later(timeout, end, "due")
    try:
        return await ended
    finally:
        timer.cancel()
        if session.resume is end:
            session.resume = None


def _read(body: bytes) -> list[Message] | None:
    """The messages of a request body (a lone message counts as an array of one); None when it is not of that form."""
    try:
        value: Any = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    messages = value if isinstance(value, list) else [value]
    if not messages or not all(isinstance(message, dict) for message in messages):
        return None
    return messages


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
