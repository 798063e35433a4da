"""Authentication: tokens by every grant, who a token belongs to, passwords, signing out.

Must live here: the routes of the group and one method for each, in the same order. Must not: keeping and renewing the
token of an environment (`io.tokens`), which needs none of these.

Methods raise `InvalidArgument` for arguments that cannot be sent, `AuthenticationError` when no token is to be had,
`ApiError` when the server refuses (`Unauthorized` for a token that is not, or no longer, good), `NotSent` and
`OutcomeUnknown` when no answer came, `MalformedResponse` for an answer that is none. `timeout` is in seconds.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from engage_async.api.authentication_results import (
    a_cloud_user,
    a_token,
    an_auth_scheme,
    an_open_id_user,
    token_refused,
)
from engage_async.api.module import Requester, SynchronousModule
from engage_async.api.results import nothing, the_data
from engage_async.config import Settings
from engage_async.errors import InvalidArgument
from engage_async.io.tokens import AuthorizationRequest, TokenManager
from engage_async.models.authentication import AccessToken, AuthScheme, CloudUser, OpenIdUser
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family
from engage_async.secret import Secret

_OAUTH = {
    name: name
    for name in ("client_id", "code_verifier", "redirect_uri", "response_type", "grant_type", "refresh_token")
}
_WIRE = {**_OAUTH, "everywhere": "global", "authorization": "Authorization"}

_authentication = Family("/auth/v3", "authentication", wire=_WIRE, gives=nothing)

_AUTHORIZE = _authentication.get(
    "authorize",
    path="/oauth/authorize",
    query=("client_id", "redirect_uri", "response_type", "scope", "hide_tenant"),
    needs=("client_id", "redirect_uri"),
    redirects=True,
)
_RETRIEVE_TOKEN = _authentication.request(
    "POST",
    "retrieve_token",
    path="/oauth/token",
    body="form",
    headers=("authorization",),
    needs=("grant_type",),
    enveloped=False,
    refusal=token_refused,
    gives=a_token,
)
_GET_USER_INFO = _authentication.get("get_user_info", path="/userinfo", enveloped=False, gives=a_cloud_user)
_GET_OPENID_USER_INFO = _authentication.get(
    "get_openid_user_info", path="/openid/userinfo", enveloped=False, gives=an_open_id_user
)
_GET_JWT_USER_INFO = _authentication.get("get_jwt_user_info", path="/jwt-userinfo", gives=the_data)
_PING = _authentication.get("ping")
_CHANGE_PASSWORD = _authentication.post("change_password", needs=("old_password", "new_password"))
_SIGN_OUT = _authentication.request("POST", "sign_out", query=("everywhere",), repeat=Repeat.REPEATABLE)
_SIGN_OUT_REDIRECT = _authentication.get(
    "sign_out_redirect",
    path="/sign-out",
    query=("everywhere", "redirect_uri"),
    wire={**_WIRE, "redirect_uri": "redirectUri"},
)
_LOOK_UP_AUTH_SCHEME = _authentication.request(
    "POST",
    "look_up_auth_scheme",
    path="/auth-scheme",
    body="data",
    needs=("user_name",),
    repeat=Repeat.SAFE,
    gives=an_auth_scheme,
)


class AuthenticationApi(SynchronousModule):
    """The Authentication API of one environment; `Engage.authentication` gives it.

    Where an operation needs a token it is the environment's, which is got and renewed by itself. `retrieve_token`,
    `authorize`, `ping` and `look_up_auth_scheme` need none.
    """

    def __init__(
        self,
        requester: Requester,
        *,
        anonymous: Requester,
        settings: Settings,
        tokens: Callable[[], TokenManager],
    ) -> None:
        super().__init__(requester)
        self._anonymous = anonymous
        self._settings = settings
        self._tokens = tokens

    # --- the browser part of the authorization-code grant -----------------------------------------------------------

    def authorization_url(self, **parameters: str) -> AuthorizationRequest:
        """Where to send the user's browser to log in (PKCE): ``(url, state, code_verifier)``; keep it for `log_in`.

        `parameters` go into the query, for example ``hideTenant="true"``. Needs the settings `client_id` and
        `redirect_uri`; raises `InvalidArgument` without them.
        """
        return self._tokens().authorization_url(**parameters)

    async def log_in(self, redirected_to: str | Secret, request: AuthorizationRequest) -> None:
        """Exchange the code in the address that the browser came back to; its token is the environment's from now on.

        Raises `AuthenticationError` when the user or the server refused, when the code has expired, and when the
        address's `state` is not the one of `request`: then the redirect does not come from this login.
        """
        await self._tokens().log_in(redirected_to, request)

    # --- operations -------------------------------------------------------------------------------------------------

    async def authorize(
        self,
        client_id: str,
        redirect_uri: str,
        *,
        response_type: str = "code",
        scope: str | None = None,
        hide_tenant: bool | None = None,
        timeout: float | None = None,
    ) -> str:
        """Give the address that the server redirects a browser to, for a user who is not logged in the login page.

        `authorization_url` is the way to a token: it adds PKCE and a `state`.
        """
        arguments = {
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "response_type": response_type,
            "scope": scope,
            "hide_tenant": hide_tenant,
        }
        address: str = await self._anonymous.request(_AUTHORIZE, arguments, timeout)
        return address

    async def retrieve_token(
        self,
        grant_type: str,
        *,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        code: str | Secret | None = None,
        code_verifier: str | Secret | None = None,
        redirect_uri: str | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        refresh_token: str | Secret | None = None,
        assertion: str | Secret | None = None,
        scope: str | None = None,
        timeout: float | None = None,
    ) -> AccessToken:
        """Ask the token endpoint for a token; the environment's own token is not touched.

        `grant_type` is ``authorization_code`` (with `code`, `redirect_uri` and, after PKCE, `code_verifier`),
        ``password`` (`username`, `password`), ``client_credentials``, ``refresh_token`` (`refresh_token`) or
        ``urn:ietf:params:oauth:grant-type:jwt-bearer`` (`assertion`). `client_id` and `client_secret` are the
        settings' by default, and sent as Basic credentials.

        Raises `AuthenticationError` with the server's `error` (``invalid_grant`` for a wrong password, an expired code
        or another redirect URI, ``invalid_client`` …).
        """
        # In the place of the text, so that no traceback shows it.
        client_secret, code, code_verifier = _secret(client_secret), _secret(code), _secret(code_verifier)
        password, refresh_token, assertion = _secret(password), _secret(refresh_token), _secret(assertion)
        arguments = {
            "grant_type": grant_type,
            "redirect_uri": redirect_uri,
            "username": username,
            "scope": scope,
            "code": code,
            "code_verifier": code_verifier,
            "password": password,
            "refresh_token": refresh_token,
            "assertion": assertion,
            **self._client(client_id or self._settings.client_id, client_secret or self._settings.client_secret),
        }
        token: AccessToken = await self._anonymous.request(_RETRIEVE_TOKEN, arguments, timeout)
        return token

    async def get_user_info(self, *, timeout: float | None = None) -> CloudUser:
        """The user whom the environment's token belongs to, with roles and privileges."""
        user: CloudUser = await self._request(_GET_USER_INFO, timeout=timeout)
        return user

    async def get_openid_user_info(self, *, timeout: float | None = None) -> OpenIdUser:
        """The user of the environment's token as OpenID Connect tells it."""
        user: OpenIdUser = await self._request(_GET_OPENID_USER_INFO, timeout=timeout)
        return user

    async def get_jwt_user_info(self, *, timeout: float | None = None) -> Mapping[str, Any]:
        """The claims about the user of the environment's token, as the server sends them."""
        claims: Mapping[str, Any] = await self._request(_GET_JWT_USER_INFO, timeout=timeout)
        return claims

    async def ping(self, *, timeout: float | None = None) -> None:
        """Ask whether the service answers."""
        await self._anonymous.request(_PING, {}, timeout)

    async def change_password(
        self,
        old_password: str | Secret,
        new_password: str | Secret,
        *,
        user_name: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Change the password of the token's user; `user_name` names it where the server wants it named."""
        old_password, new_password = Secret.of(old_password), Secret.of(new_password)  # no traceback shows the text
        await self._request(
            _CHANGE_PASSWORD,
            old_password=old_password,
            new_password=new_password,
            user_name=user_name,
            timeout=timeout,
        )

    async def sign_out(self, *, everywhere: bool | None = None, timeout: float | None = None) -> None:
        """Sign the user of the environment's token out: the token is void afterwards, here and on the server.

        `everywhere` ends all sessions of the user, on every device.
        """
        await self._signing_out(self._request(_SIGN_OUT, everywhere=everywhere, timeout=timeout))

    async def sign_out_redirect(
        self, *, everywhere: bool | None = None, redirect_uri: str | None = None, timeout: float | None = None
    ) -> None:
        """`sign_out` in the form that browsers use (GET); `redirect_uri` is where it may send one afterwards."""
        await self._signing_out(
            self._request(_SIGN_OUT_REDIRECT, everywhere=everywhere, redirect_uri=redirect_uri, timeout=timeout)
        )

    async def look_up_auth_scheme(
        self, user_name: str, *, tenant: str | None = None, timeout: float | None = None
    ) -> AuthScheme:
        """How this user logs in. Not in the vendor's clients: known from its agent API simulator."""
        arguments = {"user_name": user_name, "tenant": tenant}
        scheme: AuthScheme = await self._anonymous.request(_LOOK_UP_AUTH_SCHEME, arguments, timeout)
        return scheme

    # ----------------------------------------------------------------------------------------------------------------

    async def _signing_out(self, request: Awaitable[Any]) -> None:
        await request
        await self._tokens().forget()

    def _client(self, client_id: str | None, client_secret: Secret | None) -> dict[str, str | Secret]:
        """The client's credentials: Basic when there is a secret, else its id in the form. RFC 6749, 2.3.1."""
        if client_id is None:
            raise InvalidArgument("authentication.retrieve_token: client_id is not given, and not among the settings")
        if client_secret is None:
            return {"client_id": client_id}
        return {"authorization": _basic(client_id, client_secret)}


def _basic(client_id: str, client_secret: Secret) -> Secret:
    try:
        pair = Secret(f"{quote_plus(client_id)}:{quote_plus(client_secret.reveal())}")
        return Secret("Basic " + base64.b64encode(pair.reveal().encode()).decode("ascii"))
    except UnicodeEncodeError:
        told = "authentication.retrieve_token: client_id and client_secret must be Unicode text without lone surrogates"
    raise InvalidArgument(told)


def _secret(value: str | Secret | None) -> Secret | None:
    return Secret(value) if isinstance(value, str) else value
