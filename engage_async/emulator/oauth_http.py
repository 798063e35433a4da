"""The OAuth 2 endpoints over HTTP.

Must live here: reading token and authorization requests, writing answers. Must not: the rules of a grant (oauth.py).
"""

from __future__ import annotations

import base64
import binascii
from html import escape
from urllib.parse import unquote_plus, urlencode, urlsplit

from aiohttp import web

from engage_async.emulator.oauth import AuthorizationServer, OAuthError

__all__ = ["BearerGate", "OAuthEndpoint", "bearer", "unauthorized"]

_UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def bearer(request: web.BaseRequest) -> str | None:
    """The bearer token of a request."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def unauthorized(request: web.BaseRequest) -> web.Response:
    """The answer to a request without a good token: RFC 6750, section 3."""
    error = {"error": "invalid_token", "error_description": "The access token is invalid or has expired"}
    if bearer(request) is None:
        error = {"error": "unauthorized", "error_description": "Authentication is required"}
        return web.json_response(error, status=401, headers={"WWW-Authenticate": "Bearer"})
    return web.json_response(error, status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class BearerGate:
    """Lets those in who have an access token of a user."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def user_of(self, request: web.BaseRequest) -> str | None:
        """The user of the request's token; None when there is none, or it is not good."""
        token = self._server.owner(bearer(request) or "")
        return token.user if token is not None else None

    def refusal(self, request: web.BaseRequest) -> web.Response:
        """What the others are answered."""
        return unauthorized(request)


class OAuthEndpoint:
    """An authorization server at ``/auth/v3/oauth``."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def add_routes(self, app: web.Application) -> None:
        """Mount ``token`` and ``authorize``."""
        app.router.add_post("/auth/v3/oauth/token", self._token)
        app.router.add_get("/auth/v3/oauth/authorize", self._authorize)

    async def _token(self, request: web.Request) -> web.Response:
        try:
            form = await _form(request)
            token = self._server.token(_client(request, form), form)
        except OAuthError as refusal:
            body = {"error": refusal.error, "error_description": refusal.description}
            headers = {"WWW-Authenticate": 'Basic realm="oauth"'} if refusal.status == 401 else {}
            return web.json_response(body, status=refusal.status, headers=_UNCACHED | headers)
        answer = {"access_token": token.access, "token_type": "bearer", "expires_in": int(token.lifetime), "scope": "*"}
        if token.refresh is not None:
            answer["refresh_token"] = token.refresh
        return web.json_response(answer, headers=_UNCACHED)

    async def _authorize(self, request: web.Request) -> web.Response:
        """Sign the user named by the parameter ``username`` in; without it, offer every user as a link."""
        query = request.query
        redirect_uri = query.get("redirect_uri", "")
        if not self._server.knows_client(query.get("client_id", "")) or not urlsplit(redirect_uri).scheme:
            return _page("Unknown client or no redirect URI", status=400)
        back = {"state": query["state"]} if "state" in query else {}
        method, challenge = query.get("code_challenge_method", "plain"), query.get("code_challenge")
        if query.get("response_type") != "code":
            return _redirect(redirect_uri, {"error": "unsupported_response_type"} | back)
        if challenge is not None and method != "S256":
            return _redirect(redirect_uri, {"error": "invalid_request"} | back)
        if "username" not in query:
            links = (str(request.rel_url.update_query(username=user)) for user in self._server.users())
            return _page("Sign in as", *links)
        code = self._server.sign_in(query["username"], query["client_id"], redirect_uri, challenge)
        return _redirect(redirect_uri, ({"code": code} if code else {"error": "access_denied"}) | back)


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "The body must be form-encoded")
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _client(request: web.Request, form: dict[str, str]) -> tuple[str, str | None] | None:
    """The client's id and secret: from Basic authentication, else from the form."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        client_id = form.get("client_id")
        return (client_id, form.get("client_secret")) if client_id else None
    try:
        name, colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    client_id = unquote_plus(name)
    if not colon or form.get("client_id", client_id) != client_id:
        return None
    return client_id, unquote_plus(secret)


def _redirect(uri: str, parameters: dict[str, str]) -> web.Response:
    separator = "&" if urlsplit(uri).query else "?"
    return web.Response(status=302, headers={"Location": f"{uri}{separator}{urlencode(parameters)}"})


def _page(title: str, *links: str, status: int = 200) -> web.Response:
    title = escape(title)
    items = "".join(
        f'<li><a href="{escape(link)}">{escape(link.rpartition("username=")[2])}</a></li>' for link in links
    )
    head, body = f"<head><title>{title}</title></head>", f"<body><h1>{title}</h1><ul>{items}</ul></body>"
    return web.Response(status=status, text=f"<!DOCTYPE html><html>{head}{body}</html>", content_type="text/html")
