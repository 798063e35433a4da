"""Tokens and users, as the Authentication API tells them.

Must live here: the records of the group. Must not: how a token is kept or renewed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from engage_async.models.record import Record, wire
from engage_async.secret import Secret

__all__ = ["AccessToken", "AuthScheme", "CloudUser", "OpenIdUser", "UserRole"]


@frozen(kw_only=True)
class AccessToken:
    """An OAuth 2 token. `expires_in` is its lifetime in seconds, None when the server does not say."""

    access_token: Secret
    refresh_token: Secret | None = None
    token_type: str = field(default="bearer")
    expires_in: float | None = None
    scope: str | None = None


@frozen(kw_only=True)
class UserRole(Record):
    """A role of a user, with its privileges."""

    name: str = ""
    privileges: tuple[str, ...] = ()


@frozen(kw_only=True)
class CloudUser(Record):
    """The user of a token. `username` is the name to log in with, `dbid` the id in the configuration."""

    username: str = ""
    login_name: str | None = None
    cme_user_name: str | None = None
    dbid: int | None = None
    contact_center_id: str | None = None
    environment_id: str | None = None
    authorities: tuple[UserRole, ...] = ()
    properties: Mapping[str, Any] = field(factory=dict, hash=False)


@frozen(kw_only=True)
class OpenIdUser(Record):
    """The user of a token as OpenID Connect tells it: `sub` is the subject, `aud` the audience."""

    sub: str | None = None
    aud: str | None = None
    user_name: str = wire("", "user_name")
    given_name: str | None = wire(None, "given_name")
    family_name: str | None = wire(None, "family_name")
    email: str | None = None
    dbid: int | None = None
    contact_center_id: str | None = wire(None, "contact_center_id")
    environment_id: str | None = wire(None, "environment_id")
    authorities: tuple[UserRole, ...] = ()
    properties: Mapping[str, Any] = field(factory=dict, hash=False)


@frozen(kw_only=True)
class AuthScheme(Record):
    """How a user logs in: the `scheme` that the server names."""

    scheme: str | None = None
