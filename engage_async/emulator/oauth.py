"""OAuth 2 as the authorization server knows it: codes, tokens, and what each grant asks for.

Must live here: the rules of RFC 6749, 7636 (PKCE, S256) and 7523 (JWT bearer). Must not: HTTP.

    code ──(authorization_code)──► access + refresh token ──(refresh_token)──► a new pair; the old one is void
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from attrs import define, evolve, field, frozen

from engage_async.emulator.switches import Switches

__all__ = ["AuthorizationServer", "OAuthError", "Token"]

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CODE_LIFETIME = 60.0


class _User(Protocol):
    @property
    def user_name(self) -> str: ...
    @property
    def password(self) -> str: ...


class OAuthError(Exception):
    """A refusal in the terms of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.error: str = error
        self.description: str = description
        self.status: int = status


@frozen
class _Code:
    client_id: str
    user: str
    redirect_uri: str
    challenge: str | None
    expires: float


@define(eq=False)
class Token:
    """An access token with its refresh token (None for grants that give none). Nothing of it shows in a repr."""

    client_id: str
    user: str | None
    expires: float
    lifetime: float
    access: str = field(factory=lambda: secrets.token_urlsafe(32), repr=False)
    refresh: str | None = field(default=None, repr=False)


class AuthorizationServer:
    """Gives tokens to the clients (id to secret) and users of a directory, and remembers whose they are.

    `now` gives seconds since 1970. `audience` is what a JWT assertion must be meant for (any of these).
    """

    def __init__(
        self,
        users: Mapping[str, _User],
        clients: Mapping[str, str],
        switches: Switches,
        *,
        audience: Callable[[], Iterable[str]] = tuple,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._users, self._clients, self._switches = users, clients, switches
        self._audience, self._now = audience, now
        self._passwords = {name: user.password for name, user in users.items()}
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}
        self._spent: dict[str, Token] = {}
        self._grants: dict[str, Callable[[str, bool, Mapping[str, str]], Token]] = {
            "authorization_code": self._by_code,
            "password": self._by_password,
            "client_credentials": self._by_client,
            "refresh_token": self._by_refresh_token,
            JWT_BEARER: self._by_assertion,
        }

    def knows_client(self, client_id: str) -> bool:
        """Whether there is such a client."""
        return client_id in self._clients

    def users(self) -> list[str]:
        """The names of all users."""
        return sorted(self._users)

    def sign_in(self, user: str, client_id: str, redirect_uri: str, challenge: str | None) -> str | None:
        """Give an authorization code for a user; None when there is no such user."""
        if user not in self._users:
            return None
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(client_id, user, redirect_uri, challenge, self._now() + _CODE_LIFETIME)
        return code

    def token(self, client: tuple[str, str | None] | None, form: Mapping[str, str]) -> Token:
        """Answer a token request. `client` is the id and secret it came with. Raises `OAuthError`."""
        if client is None or client[0] not in self._clients:
            raise OAuthError("invalid_client", "Unknown client", status=401)
        client_id, secret = client
        if secret is not None and not _same(secret, self._clients[client_id]):
            raise OAuthError("invalid_client", "Bad client credentials", status=401)
        grant_type = form.get("grant_type")
        if not grant_type:
            raise OAuthError("invalid_request", "Missing grant type")
        grant = self._grants.get(grant_type)
        if grant is None:
            raise OAuthError("unsupported_grant_type", f"Unsupported grant type: {grant_type[:80]}")
        return grant(client_id, secret is not None, form)

    def owner(self, access_token: str) -> Token | None:
        """The token behind an access token; None when it is unknown, expired or revoked."""
        token = self._access.get(access_token)
        return token if token is not None and self._now() < token.expires else None

    def tokens(self) -> tuple[Token, ...]:
        """Every token that was given and is not forgotten, oldest first, expired ones included."""
        return tuple(self._access.values())

    def user_of_code(self, code: str, redirect_uri: str) -> str | None:
        """Spend a code that was given without PKCE for this redirect URI; None when it is not good (any more)."""
        try:
            found = self._spend(code, redirect_uri)
        except OAuthError:
            return None
        return found.user if found.challenge is None else None

    def expire(self) -> None:
        """Let every access token expire now. Refresh tokens stay good."""
        for token in self._access.values():
            token.expires = min(token.expires, self._now())

    def expire_codes(self) -> None:
        """Let every authorization code that is not spent expire now."""
        self._codes = {code: evolve(found, expires=self._now()) for code, found in self._codes.items()}

    def revoke(self, user: str | None = None) -> None:
        """Make access and refresh tokens void, of one user or of all."""
        for tokens in (self._access, self._refresh):
            for key, token in list(tokens.items()):
                if user is None or token.user == user:
                    del tokens[key]

    def sign_out(self, token: Token, *, everywhere: bool) -> None:
        """Make one token void, with its refresh token; `everywhere`: all of its user's."""
        self._forget(token)
        if everywhere and token.user is not None:
            self.revoke(token.user)

    def knows_password(self, user: str, password: str) -> bool:
        """Whether this is the user's password."""
        return user in self._passwords and _same(password, self._passwords[user])

    def change_password(self, user: str, old: str, new: str) -> bool:
        """Change a user's password; False when the old one is wrong."""
        if not _same(old, self._passwords[user]):
            return False
        self._passwords[user] = new
        return True

    # --- grants -------------------------------------------------------------------------------------------------------

    def _by_code(self, client_id: str, confidential: bool, form: Mapping[str, str]) -> Token:
        code = _required(form, "code")
        if (token := self._spent.pop(code, None)) is not None:  # RFC 6749, 4.1.2: used twice, so void what it gave
            self._forget(token)
        found = self._spend(code, form.get("redirect_uri", ""))
        if found.client_id != client_id:
            raise OAuthError("invalid_grant", "The code was given to another client")
        if found.challenge is not None:
            verifier = _required(form, "code_verifier")
            digest = hashlib.sha256(verifier.encode()).digest()
            if not _same(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), found.challenge):
                raise OAuthError("invalid_grant", "The code verifier does not fit")
        elif not confidential:
            raise OAuthError("invalid_client", "A public client must use PKCE", status=401)
        token = self._give(client_id, found.user)
        self._spent[code] = token
        return token

    def _by_password(self, client_id: str, confidential: bool, form: Mapping[str, str]) -> Token:
        _must_be(confidential)
        user = self._users.get(_required(form, "username"))
        if user is None or not _same(_required(form, "password"), self._passwords[user.user_name]):
            raise OAuthError("invalid_grant", "Bad credentials")
        return self._give(client_id, user.user_name)

    def _by_client(self, client_id: str, confidential: bool, _form: Mapping[str, str]) -> Token:
        _must_be(confidential)
        return self._give(client_id, None, refreshable=False)

    def _by_refresh_token(self, client_id: str, _confidential: bool, form: Mapping[str, str]) -> Token:
        old = self._refresh.get(_required(form, "refresh_token"))
        if old is None or old.client_id != client_id:
            raise OAuthError("invalid_grant", "Invalid refresh token")
        self._forget(old)
        return self._give(client_id, old.user)

    def _by_assertion(self, client_id: str, confidential: bool, form: Mapping[str, str]) -> Token:
        """RFC 7523 with an assertion that the client signed with its secret (HS256): ``sub`` is the user."""
        _must_be(confidential)
        claims = _claims(_required(form, "assertion"), self._clients[client_id])
        if claims is None:
            raise OAuthError("invalid_grant", "The assertion cannot be verified")
        audience = claims.get("aud")
        meant_for = audience if isinstance(audience, list) else [audience]
        expires, subject = claims.get("exp"), claims.get("sub")
        if claims.get("iss") != client_id or not any(mine in meant_for for mine in self._audience()):
            raise OAuthError("invalid_grant", "The assertion has another issuer or audience")
        if not isinstance(expires, int | float) or expires <= self._now():
            raise OAuthError("invalid_grant", "The assertion has expired")
        if not isinstance(subject, str) or subject not in self._users:
            raise OAuthError("invalid_grant", "The assertion's subject is no user")
        return self._give(client_id, subject, refreshable=False)

    # --- tokens -------------------------------------------------------------------------------------------------------

    def _spend(self, code: str, redirect_uri: str) -> _Code:
        found = self._codes.pop(code, None)
        if found is None or found.expires <= self._now():
            raise OAuthError("invalid_grant", "Invalid authorization code")
        if found.redirect_uri != redirect_uri:
            raise OAuthError("invalid_grant", "Redirect URI mismatch")
        return found

    def _give(self, client_id: str, user: str | None, *, refreshable: bool = True) -> Token:
        lifetime = self._switches.token_lifetime
        token = Token(client_id, user, self._now() + lifetime, lifetime)
        self._access[token.access] = token
        if refreshable:
            token.refresh = secrets.token_urlsafe(32)
            self._refresh[token.refresh] = token
        return token

    def _forget(self, token: Token) -> None:
        self._access.pop(token.access, None)
        if token.refresh is not None:
            self._refresh.pop(token.refresh, None)


def _must_be(confidential: bool) -> None:
    if not confidential:
        raise OAuthError("invalid_client", "The client must authenticate", status=401)


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        raise OAuthError("invalid_request", f"Missing parameter: {name}")
    return value


def _claims(assertion: str, secret: str) -> dict[str, Any] | None:
    """The claims of a JWT signed with HS256; None when it is anything else."""
    head, _, signature = assertion.rpartition(".")
    try:
        header, claims = (json.loads(_unpadded(part)) for part in head.split("."))
        signed = hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest()
        genuine = hmac.compare_digest(signed, _unpadded(signature))
    except (ValueError, RecursionError):
        return None
    if not genuine or not isinstance(header, dict) or header.get("alg") != "HS256":
        return None
    return claims if isinstance(claims, dict) else None


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
