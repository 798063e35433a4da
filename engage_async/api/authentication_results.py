"""What the operations of the Authentication API give, made from replies.

Must live here: small functions named by what they give. Must not: routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import Known
from engage_async.errors import AuthenticationError, EngageError, MalformedResponse
from engage_async.models.authentication import AccessToken, AuthScheme, CloudUser, OpenIdUser
from engage_async.models.codec import structure
from engage_async.protocol.envelope import Reply
from engage_async.secret import Secret

__all__ = ["a_cloud_user", "a_token", "an_auth_scheme", "an_open_id_user", "token_refused"]


def a_token(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> AccessToken:
    """The token of a reply. Raises `MalformedResponse` for one without a usable access token."""
    access, refresh = payload.get("access_token"), payload.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise MalformedResponse("authentication.retrieve_token: expected an access_token, got none")
    lifetime, kind, scope = (payload.get(name) for name in ("expires_in", "token_type", "scope"))
    return AccessToken(
        access_token=Secret(access),
        refresh_token=Secret(refresh) if isinstance(refresh, str) and refresh else None,
        token_type=kind if isinstance(kind, str) else "bearer",
        expires_in=float(lifetime) if isinstance(lifetime, int | float) and not isinstance(lifetime, bool) else None,
        scope=scope if isinstance(scope, str) else None,
    )


def token_refused(reply: Reply, operation: str) -> EngageError | None:
    """The error of a token endpoint (RFC 6749, 5.2); None for other refusals."""
    error = reply.raw.get("error") if isinstance(reply.raw, Mapping) else None
    if not isinstance(error, str):
        return None
    told = reply.raw.get("error_description")
    reason = f": {told[:200]}" if isinstance(told, str) and told else ""
    return AuthenticationError(
        f"{operation}: refused: {error[:80]}{reason}", error=error, http_status=reply.http_status
    )


def a_cloud_user(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> CloudUser:
    """The user of a reply."""
    return structure(CloudUser, payload)


def an_open_id_user(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> OpenIdUser:
    """The OpenID user of a reply."""
    return structure(OpenIdUser, payload)


def an_auth_scheme(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> AuthScheme:
    """The scheme of a reply."""
    return structure(AuthScheme, payload)
