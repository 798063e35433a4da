"""Bayeux long-polling over HTTP: request bodies in, response bodies out, polls that wait.

Must live here: reading a body, cookies, the waiting. Must not: what a message means (bayeux.py), who may come in.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any, NoReturn, Protocol

from aiohttp import web

from engage_async.emulator.bayeux import BayeuxServer, Ending, Message, Session
from engage_async.emulator.web_sessions import STICKINESS, WebSession, WebSessions

__all__ = ["BayeuxEndpoint", "Gate"]

BROWSER = "BAYEUX_BROWSER"
META_PATHS = ("", "handshake", "connect", "disconnect", "subscribe", "unsubscribe")

_DUPLICATE_CONNECT = 500  # CometD's default ``duplicateMetaConnectHttpResponseCode``


class Gate(Protocol):
    """Who may come in to notifications whose handshake opens the session."""

    def user_of(self, request: web.Request) -> str | None:
        """The user whose credentials the request carries; None when there are none, or they are not good."""
        ...

    def refusal(self, request: web.Request) -> web.Response:
        """The answer to a request without good credentials."""
        ...


class BayeuxEndpoint:
    """A Bayeux server at a path, for those who have one of these cookie sessions.

    With a `gate` every request must pass it, and a handshake without a cookie session opens one.
    """

    def __init__(self, server: BayeuxServer, web_sessions: WebSessions, *, gate: Gate | None = None) -> None:
        self._server, self._web_sessions, self._gate = server, web_sessions, gate

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
        user = self._gate.user_of(request) if self._gate is not None else None
        if self._gate is not None and user is None:
            return self._gate.refusal(request)
        browser = request.cookies.get(BROWSER, "")
        shaking = any(message.get("channel") == "/meta/handshake" for message in messages)
        new_browser = secrets.token_hex(16) if shaking and not browser else None
        binding = self._web_sessions.find(request)
        opened: WebSession | None = None
        if user is not None and binding is None and shaking:
            opened = binding = self._web_sessions.open(user, node=request.cookies.get(STICKINESS))
        answer = self._server.process(messages, browser=new_browser or browser, binding=binding)
        if opened is not None and not self._server.bound_to(opened):
            self._web_sessions.end(opened)
            opened = None
        if answer.suspended is not None and answer.session is not None:
            ending = await _wait(answer.session, answer.timeout)
            if ending == "replaced":
                return web.Response(status=_DUPLICATE_CONNECT)
            self._server.resumed(answer, ending)
        response = web.Response(text=self._server.body(answer), content_type="application/json")
        if new_browser:
            response.set_cookie(BROWSER, new_browser, path="/", httponly=True)
        if opened is not None:
            opened.attach(response)
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
