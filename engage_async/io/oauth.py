"""OAuth 2 without I/O: what to ask the token endpoint for, and how to read what it says.

Must live here: every use of authlib. Must not: sending, keeping tokens, deciding when to renew one.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from authlib.common.urls import url_decode
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from engage_async.config import Settings
from engage_async.errors import AuthenticationError, ConfigurationError
from engage_async.io.token_store import StoredToken
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Answer, Request
from engage_async.secret import Secret

_OAUTH = "/auth/v3/oauth"
AUTHORIZE_PATH = f"{_OAUTH}/authorize"
TOKEN_PATH = f"{_OAUTH}/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class AuthorizationRequest(NamedTuple):
    """Where to send the user's browser, and what to keep until it comes back."""

    url: str
    state: str
    code_verifier: Secret


class OAuthClient(OAuth2Client):  # type: ignore[misc]  # authlib has no type information
    """authlib's client, made to give the `Request` instead of sending it."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.client_secret
        super().__init__(
            session=None,
            client_id=settings.client_id,
            client_secret=secret.reveal() if secret is not None else None,
            token_endpoint_auth_method="anonymous" if settings.client_id is None else None,
            scope=settings.scope,
            redirect_uri=settings.redirect_uri,
            code_challenge_method="S256",
        )
        self.register_client_auth_method(("anonymous", _without_client))
        self._settings = settings

    def authorization(self, **parameters: str) -> AuthorizationRequest:
        """The address of the login page (with PKCE)."""
        verifier = Secret(secrets.token_urlsafe(48))
        url, state = self.create_authorization_url(
            self._settings.base_url + AUTHORIZE_PATH, code_verifier=verifier.reveal(), **parameters
        )
        return AuthorizationRequest(url, state, verifier)

    def by_code(self, code: Secret, code_verifier: Secret | None) -> Request:
        """Ask for a token with an authorization code, which works once."""
        extra = {"code_verifier": code_verifier.reveal()} if code_verifier is not None else {}
        return self._request("authorization_code", code=code.reveal(), **extra)

    def by_password(self) -> Request:
        """Ask for a token with the user's name and password."""
        password = self._settings.password
        return self._request(
            "password", username=self._settings.username, password=password.reveal() if password is not None else ""
        )

    def by_client(self) -> Request:
        """Ask for a token of the client's own."""
        return self._request("client_credentials")

    def by_jwt(self) -> Request:
        """Ask for a token with an assertion: the ready one, or one that is signed now. Raises `ConfigurationError`."""
        assertion = self._settings.jwt_assertion or self._signed()
        return self._request(JWT_BEARER, assertion=assertion.reveal())

    def by_refresh_token(self, refresh_token: Secret) -> Request:
        """Ask for a token with the refresh token."""
        request: Request = self.refresh_token(TOKEN_PATH, refresh_token=refresh_token.reveal())
        return request

    def read(self, answer: Answer, *, now: float, leeway: float) -> StoredToken:
        """The token in an answer. Raises `AuthenticationError`."""
        try:
            token: Mapping[str, Any] = self.parse_response_token(_TokenAnswer(answer))
        except OAuth2Error as error:
            code, told = error.error, error.description
        else:
            return _stored(token, now=now, leeway=leeway)
        raise AuthenticationError(
            f"the token endpoint refused: {code}{f': {told}' if told else ''}",
            error=code,
            http_status=answer.http_status,
        )

    def _request(self, grant_type: str, **parameters: Any) -> Request:
        request: Request = self.fetch_token(TOKEN_PATH, grant_type=grant_type, **parameters)
        return request

    def _fetch_token(
        self, url: str, body: str = "", headers: Any = None, auth: Any = None, method: str = "POST", **_: Any
    ) -> Request:
        _, headers, body = auth.prepare(method, url, dict(headers), body)
        repeatable = "grant_type=password" in body or "grant_type=client_credentials" in body
        return Request(
            method=method,
            path=url,
            operation="authentication.token",
            form=dict(url_decode(body)),
            headers={name: value for name, value in headers.items() if name.lower() != "content-type"},
            repeat=Repeat.REPEATABLE if repeatable else Repeat.ONCE,
            authenticate=False,
        )

    def _refresh_token(self, url: str, body: str = "", headers: Any = None, auth: Any = None, **_: Any) -> Request:
        return self._fetch_token(url, body=body, headers=headers, auth=auth)

    def _signed(self) -> Secret:
        from authlib.oauth2.rfc7523 import JWTBearerGrant

        settings = self._settings
        try:
            signed = JWTBearerGrant.sign(
                settings.jwt_key.reveal() if settings.jwt_key is not None else "",
                issuer=settings.jwt_issuer,
                audience=settings.jwt_audience or settings.base_url + TOKEN_PATH,
                subject=settings.jwt_subject,
                alg=settings.jwt_algorithm,
                expires_in=300,
            )
            return Secret(signed if isinstance(signed, str) else signed.decode())
        except Exception as error:  # noqa: BLE001 - whatever a wrong key or algorithm makes it raise; the text may quote it
            problem = type(error).__name__
        raise ConfigurationError("jwt_key", f"cannot sign with this key and {settings.jwt_algorithm}: {problem}")


class _TokenAnswer:
    """An answer, as authlib reads it; what authlib must not be given is refused or left out here.

    What came is never a variable of a method that raises: tracebacks may show variables.
    """

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.http_status
        self._body, self._problem = _read_body(answer)

    def json(self) -> dict[str, Any]:
        """The token, or ``error`` and ``error_description``. Raises `AuthenticationError`."""
        if self._problem is not None:
            self.raise_for_status()
            raise AuthenticationError(f"the token endpoint {self._problem}", http_status=self.status_code)
        return self._body

    def raise_for_status(self) -> None:
        """Raise `AuthenticationError` unless the status is a success."""
        if self.status_code >= 300:
            raise AuthenticationError(
                f"the token endpoint answered HTTP {self.status_code}", http_status=self.status_code
            )


def _read_body(answer: Answer) -> tuple[dict[str, Any], str | None]:
    """The usable part of a token endpoint's body, or what is wrong with it."""
    try:
        body = json.loads(answer.text)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return {}, "answered something that is not a JSON object"
    if body.get("error"):
        # authlib raises ValueError for descriptions with characters outside of RFC 6749's set.
        return {"error": _ascii(body["error"]), "error_description": _ascii(body.get("error_description"))}, None
    if answer.http_status >= 300 or not is_header_text(body.get("access_token")):
        return {}, "gave no usable access_token"
    if str(body.get("token_type") or "bearer").lower() != "bearer":
        return {}, "gave a token that is not a bearer token"
    lifetime = _seconds(body.get("expires_in"))
    # authlib would read these by its own clock, and fail on what is not a number.
    token = {name: value for name, value in body.items() if name not in {"expires_in", "expires_at", "lifetime"}}
    return token if lifetime is None else {**token, "lifetime": lifetime}, None


def is_header_text(value: Any) -> bool:
    """Whether `value` can be a token: printable ASCII without spaces."""
    return isinstance(value, str) and value != "" and all(32 < ord(c) < 127 for c in value)


def _stored(token: Mapping[str, Any], *, now: float, leeway: float) -> StoredToken:
    lifetime: float | None = token.get("lifetime")
    refresh, scope = token.get("refresh_token"), token.get("scope")
    return StoredToken(
        access_token=Secret(token["access_token"]),
        refresh_token=Secret(refresh) if isinstance(refresh, str) and refresh else None,
        expires_at=now + lifetime if lifetime is not None else None,
        # A short-lived token would otherwise be renewed at each use.
        renew_at=now + lifetime - min(leeway, lifetime / 2) if lifetime is not None else None,
        scope=scope if isinstance(scope, str) else None,
    )


def _without_client(_client: Any, _method: str, uri: str, headers: Any, body: str) -> tuple[str, Any, str]:
    return uri, headers, body


def _seconds(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
        return None
    return float(min(value, 10**9))


def _ascii(value: Any) -> str | None:
    if not isinstance(value, str):
        return None if value is None else type(value).__name__
    return "".join(c for c in value if " " <= c <= "~" and c not in '"\\')[:200]
