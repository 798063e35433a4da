"""REST routes of the Authentication API, beside OAuth 2 (`oauth_http`).

Must live here: who a token belongs to, passwords, signing out, over HTTP. Must not: the rules of a grant.

Replies carry the envelope but for ``userinfo`` and ``openid/userinfo``. A missing or void token is answered as
RFC 6750 says: HTTP 401 ``{"error": "invalid_token"}``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from engage_async.emulator.directory import User
from engage_async.emulator.oauth import Token
from engage_async.emulator.oauth_http import bearer, unauthorized
from engage_async.emulator.request_forms import Form, read_body, text
from engage_async.emulator.rest_replies import answering, done, flag, refused

if TYPE_CHECKING:
    from engage_async.emulator.server import Emulator

__all__ = ["add_routes"]

_ENVIRONMENT = {"contact_center_id": "emulated-contact-centre", "environment_id": "emulator"}
_SHORTEST_PASSWORD = 8
_CHANGE = Form({"oldPassword": text, "newPassword": text, "userName": text}, required=("oldPassword", "newPassword"))
_LOOK_UP = Form({"userName": text, "tenant": text}, required=("userName",))


def add_routes(app: web.Application, emulator: Emulator) -> None:
    """Mount the routes of the API."""
    routes = _Routes(emulator)
    app.router.add_get("/auth/v3/ping", routes.ping)
    app.router.add_get("/auth/v3/userinfo", routes.signed_in(routes.user_info))
    app.router.add_get("/auth/v3/openid/userinfo", routes.signed_in(routes.openid_user_info))
    app.router.add_get("/auth/v3/jwt-userinfo", routes.signed_in(routes.jwt_user_info))
    app.router.add_post("/auth/v3/change-password", answering(routes.signed_in(routes.change_password)))
    app.router.add_post("/auth/v3/auth-scheme", answering(routes.auth_scheme))
    for method in ("GET", "POST"):
        app.router.add_route(method, "/auth/v3/sign-out", answering(routes.sign_out))


TokenHandler = Callable[[web.Request, Token], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Routes:
    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._users = emulator.centre.directory.users

    def signed_in(self, handler: TokenHandler) -> Handler:
        """A handler that is given the request's token."""

        async def handle(request: web.Request) -> web.StreamResponse:
            token = self._token(request)
            return await handler(request, token) if token is not None else unauthorized(request)

        return handle

    async def ping(self, _request: web.Request) -> web.StreamResponse:
        return done()

    async def user_info(self, _request: web.Request, token: Token) -> web.StreamResponse:
        user = self._users.get(token.user or "")
        details: dict[str, Any] = {"username": token.client_id, "authorities": [], "properties": {}}
        if user is not None:
            details |= {
                "username": user.user_name,
                "loginName": user.user_name,
                "cmeUserName": user.user_name,
                "dbid": user.dbid,
                "contactCenterId": _ENVIRONMENT["contact_center_id"],
                "environmentId": _ENVIRONMENT["environment_id"],
                "authorities": _authorities(user),
            }
        return web.json_response(details)

    async def openid_user_info(self, _request: web.Request, token: Token) -> web.StreamResponse:
        user = self._users.get(token.user or "")
        if user is None:
            return web.json_response({"sub": token.client_id, "aud": token.client_id, "authorities": []})
        return web.json_response(
            {
                "sub": str(user.dbid),
                "aud": token.client_id,
                "user_name": user.user_name,
                "given_name": user.first_name,
                "family_name": user.last_name,
                "email": f"{user.user_name.lower()}@example.com",
                "dbid": user.dbid,
                "authorities": _authorities(user),
                "properties": {},
                **_ENVIRONMENT,
            }
        )

    async def jwt_user_info(self, _request: web.Request, token: Token) -> web.StreamResponse:
        claims = {"client_id": token.client_id, "user_name": token.user, "exp": int(token.expires), "scope": ["*"]}
        return done({name: value for name, value in claims.items() if value is not None})

    async def change_password(self, request: web.Request, token: Token) -> web.StreamResponse:
        _, data = read_body(_CHANGE, await request.read())
        old, new = data["oldPassword"], data["newPassword"]
        if token.user is None or data.get("userName", token.user) != token.user:
            return refused("A password is changed by its own user")
        if len(new) < _SHORTEST_PASSWORD or new == old:
            return refused(f"A new password has at least {_SHORTEST_PASSWORD} characters and is another one")
        if not self._emulator.oauth.change_password(token.user, old, new):
            return refused("The old password is wrong")
        return done()

    async def auth_scheme(self, request: web.Request) -> web.StreamResponse:
        read_body(_LOOK_UP, await request.read())
        return done({"scheme": "form"})  # every user logs in by form here; unknown ones are not told apart

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """Void the request's token; ``global``: all of its user's. A browser without a token is just sent on."""
        token, everywhere = self._token(request), flag(request, "global")
        if token is not None:
            self._emulator.oauth.sign_out(token, everywhere=everywhere)
            if everywhere and token.user is not None:
                self._emulator.end_web_sessions(token.user)
        back = request.query.get("redirectUri") or request.query.get("redirect_uri")
        if request.method == "GET" and back and token is None:
            return web.Response(status=302, headers={"Location": back})
        return done() if token is not None or request.method == "GET" else unauthorized(request)

    def _token(self, request: web.Request) -> Token | None:
        return self._emulator.oauth.owner(bearer(request) or "")


def _authorities(user: User) -> list[dict[str, Any]]:
    roles = [{"name": "ROLE_AGENT", "privileges": ["voice", "media"]}]
    return [*roles, {"name": "ROLE_SUPERVISOR", "privileges": ["monitor"]}] if user.supervisor else [*roles]
