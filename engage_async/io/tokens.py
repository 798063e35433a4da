"""Tokens: one for everybody, renewed once however many ask.

Must live here: when a token is got and renewed, and who waits for it. Must not: OAuth 2's wire form (see `io.oauth`).

    bearer() ─► good for now? ─► it
                     │ no                        ┌─ the store has another one ─► it
    renew(stale) ────┴─► one flight for all ─────┼─ refresh token ─► refused? ─┐
                                                 └─ the grant, where it can be repeated ◄─┘
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from attrs import evolve

from engage_async.config import Settings
from engage_async.errors import AuthenticationError, EngageError, InvalidArgument, SessionClosed, TransportError
from engage_async.io.oauth import AuthorizationRequest, OAuthClient, is_header_text
from engage_async.io.token_store import FileTokenStore, MemoryTokenStore, StoredToken, TokenStore
from engage_async.protocol.backoff import Backoff
from engage_async.protocol.requests import Answer, Request
from engage_async.secret import Secret

__all__ = [
    "AuthorizationRequest",
    "FileTokenStore",
    "MemoryTokenStore",
    "StoredToken",
    "TokenManager",
    "TokenStore",
]

log: logging.Logger = logging.getLogger("engage_async.tokens")

_AFTER_FAILURE = Backoff(first=1.0, longest=60.0)


class _Sender(Protocol):
    async def send(self, request: Request) -> Answer: ...


class TokenManager:
    """The tokens of one environment, shared by all its sessions.

    `http` sends to the token endpoint (a session without tokens). `store` keeps the token, in memory by default.
    `clock` gives Unix time. After a failure nothing is asked again for a while (1 to 60 seconds, growing): whoever asks
    meanwhile gets the same error, so a wrong password is not tried until the account is locked.
    """

    def __init__(
        self,
        settings: Settings,
        http: _Sender,
        *,
        store: TokenStore | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._grant = settings.grant_in_use
        self._http = http
        self._store: TokenStore = store if store is not None else MemoryTokenStore()
        self._clock = clock
        self._token: StoredToken | None = None
        self._code = settings.code
        self._code_verifier = settings.code_verifier
        self._given = settings.access_token
        self._flight: asyncio.Task[StoredToken] | None = None
        self._failure: EngageError | None = None
        self._failures = 0
        self._again_at = 0.0
        self._closed = False

    def ready(self) -> Secret | None:
        """The token at hand, while it is good and not due to be renewed. Raises `SessionClosed`."""
        self._must_be_open()
        token = self._token
        return token.access_token if token is not None and not self._is_due(token) else None

    async def bearer(self) -> Secret:
        """A token that is good for now; it is got or renewed first where needed. Raises `AuthenticationError`."""
        if (bearer := self.ready()) is not None:
            return bearer
        token = self._token
        try:
            return (await self._shared(token.access_token if token is not None else None)).access_token
        except EngageError:
            if token is not None and not self._is_over(token) and not self._closed:
                return token.access_token  # renewal ahead of time failed, and there is still time
            raise

    async def renew(self, stale: Secret) -> Secret:
        """Another token than `stale`, which was refused. Raises `AuthenticationError`."""
        self._must_be_open()
        token = self._token
        if token is not None and token.access_token != stale and not self._is_over(token):
            return token.access_token
        token = await self._shared(stale)
        if token.access_token == stale:  # it joined a flight that was under way for another reason
            token = await self._shared(stale)
        return token.access_token

    def authorization_url(self, **parameters: str) -> AuthorizationRequest:
        """Where the user logs in: ``(url, state, code_verifier)``. Keep the last two for `log_in`.

        `parameters` go into the query, for example ``hideTenant="true"``. Needs `client_id` and `redirect_uri`.
        """
        if self._settings.client_id is None or self._settings.redirect_uri is None:
            raise InvalidArgument("an authorization URL needs the settings client_id and redirect_uri")
        return self._oauth.authorization(**parameters)

    async def log_in(self, redirected_to: str | Secret, request: AuthorizationRequest) -> None:
        """Get a token with the code in `redirected_to`, the address that the browser came back to.

        Raises `AuthenticationError` when the login failed, or `state` is not the one of `request`: then the redirect
        does not come from this login.
        """
        self._must_be_open()
        self._code = _code_in(
            redirected_to if isinstance(redirected_to, Secret) else Secret(redirected_to), request.state
        )
        self._code_verifier = request.code_verifier
        self._grant = "authorization_code"
        self._failure = None
        if self._flight is not None:
            await asyncio.wait({self._flight})
        old, self._token = self._token, None
        if old is not None:
            await self._store.clear()
        await self._shared(None)

    async def forget(self) -> None:
        """Drop the token, here and in the store: the next request gets a new one."""
        self._token = None
        await self._store.clear()

    async def aclose(self) -> None:
        """Stop a renewal that is under way; whoever waits for it gets `SessionClosed`. Safe to call again."""
        self._closed = True
        flight = self._flight
        if flight is not None:
            flight.cancel()
            await asyncio.wait({flight})

    @property
    def _oauth(self) -> OAuthClient:
        """Made for each use: it takes 2 KB, and is used once in the life of a token."""
        return OAuthClient(self._settings)

    def _must_be_open(self) -> None:
        if self._closed:
            raise SessionClosed("the tokens are closed")

    def _is_due(self, token: StoredToken) -> bool:
        """Whether it should be renewed: its last minute has come, if it can be renewed, and else its end."""
        if token.renew_at is None or self._clock() < token.renew_at:
            return self._is_over(token)
        return self._is_over(token) or token.refresh_token is not None or self._is_repeatable()

    def _is_over(self, token: StoredToken) -> bool:
        return token.expires_at is not None and self._clock() >= token.expires_at

    def _is_repeatable(self) -> bool:
        """Whether the grant gives a token more than once."""
        return self._grant in {"password", "client_credentials", "token_provider", "jwt_bearer"}

    async def _shared(self, unusable: Secret | None) -> StoredToken:
        """The outcome of the flight under way, or of a new one. To cancel a waiter changes nothing for the others."""
        flight = self._flight
        if flight is None:
            if self._failure is not None and self._clock() < self._again_at:
                raise self._failure.with_traceback(None)
            flight = self._flight = asyncio.create_task(self._fly(unusable), name="engage-token")
            flight.add_done_callback(self._landed)
        await asyncio.wait({flight})
        if flight.cancelled():
            raise SessionClosed("the tokens were closed meanwhile")
        error = flight.exception()
        if error is not None:
            raise error.with_traceback(None)
        return flight.result()

    def _landed(self, flight: asyncio.Task[StoredToken]) -> None:
        self._flight = None
        if flight.cancelled():
            return
        error = flight.exception()
        if error is None:
            self._failure, self._failures = None, 0
        elif isinstance(error, EngageError):
            self._failure = error
            self._failures += 1
            self._again_at = self._clock() + _AFTER_FAILURE.delay(self._failures, random.random)

    async def _fly(self, unusable: Secret | None) -> StoredToken:
        stored = await self._from_store()
        if stored is not None and stored.access_token != unusable and not self._is_due(stored):
            self._token = stored
            return stored
        token = await self._renewed(stored)
        if token.access_token == unusable:
            raise AuthenticationError("the access token was refused, and there is no other one")
        self._token = token
        await self._keep(token)
        return token

    async def _renewed(self, stored: StoredToken | None) -> StoredToken:
        refresh_token = next(
            (t.refresh_token for t in (stored, self._token) if t is not None and t.refresh_token), None
        )
        if refresh_token is None and self._token is None and self._given is None:
            refresh_token = self._settings.refresh_token
        if refresh_token is not None:
            try:
                token = await self._ask(self._oauth.by_refresh_token(refresh_token))
            except AuthenticationError as error:
                refused = error.http_status in {400, 401, 403}
                if not refused or not (self._is_repeatable() or self._code is not None):
                    raise
                log.info("the refresh token was refused (%s); using the grant again", error.error)
            else:
                return token if token.refresh_token is not None else evolve(token, refresh_token=refresh_token)
        return await self._granted()

    async def _granted(self) -> StoredToken:
        if self._grant == "token_provider":
            return await self._from_provider()
        if self._grant == "password":
            return await self._ask(self._oauth.by_password())
        if self._grant == "client_credentials":
            return await self._ask(self._oauth.by_client())
        if self._grant == "jwt_bearer":
            return await self._ask(self._oauth.by_jwt())
        if self._grant == "authorization_code" and self._code is not None:
            code, self._code = self._code, None  # it works once
            return await self._ask(self._oauth.by_code(code, self._code_verifier))
        if self._given is not None:
            given, self._given = self._given, None
            return StoredToken(access_token=given, refresh_token=self._settings.refresh_token)
        raise AuthenticationError(_NO_MORE.get(self._grant or "", "no credentials are set"))

    async def _ask(self, request: Request) -> StoredToken:
        problem: TransportError
        try:
            answer = await self._http.send(request)
        except TransportError as error:
            problem = error
        else:
            return self._oauth.read(answer, now=self._clock(), leeway=self._settings.token_leeway)
        raise AuthenticationError(f"no answer from the token endpoint: {problem}") from problem

    async def _from_provider(self) -> StoredToken:
        provider = self._settings.token_provider
        given = provider() if provider is not None else None
        if not inspect.isawaitable(given):
            raise AuthenticationError("token_provider is not an async function")
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                token = _as_token(await given)
        except EngageError:
            raise
        except Exception as error:
            told = "did not end in time" if isinstance(error, TimeoutError) else f"raised {type(error).__name__}"
            raise AuthenticationError(f"token_provider {told}") from error
        if token is None:
            raise AuthenticationError("token_provider gave no usable token")
        return token

    async def _from_store(self) -> StoredToken | None:
        try:
            return await self._store.load()
        except OSError as error:
            log.warning("the token store cannot be read: %s", error.strerror)
            return None

    async def _keep(self, token: StoredToken) -> None:
        try:
            await self._store.save(token)
        except OSError as error:
            log.warning("the token store cannot be written: %s", error.strerror)


_NO_MORE = {
    "authorization_code": "the authorization code is used up and there is no refresh token: log in again",
    "access_token": "the access token is refused or over, and there is no refresh token",
    "refresh_token": "the refresh token is used up: log in again",
}


def _as_token(given: object) -> StoredToken | None:
    text = given.reveal() if isinstance(given, Secret) else given
    return StoredToken(access_token=Secret(text)) if isinstance(text, str) and is_header_text(text) else None


def _code_in(redirected_to: Secret, state: str) -> Secret:
    if _parameter(redirected_to, "state") != Secret(state):
        raise AuthenticationError("the redirect does not come from this login: its state is another one")
    error = _parameter(redirected_to, "error")
    if error:
        raise AuthenticationError(f"the login was refused: {error.reveal()[:80]}", error=error.reveal()[:80])
    code = _parameter(redirected_to, "code")
    if not code:
        raise AuthenticationError("the redirect has no authorization code")
    return code


def _parameter(url: Secret, name: str) -> Secret:
    """A query parameter; empty when it is missing or there are several."""
    values = parse_qs(urlsplit(url.reveal()).query).get(name, [])
    return Secret(values[0] if len(values) == 1 else "")
