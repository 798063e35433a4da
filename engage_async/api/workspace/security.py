"""Tokens that the agent's session is exchanged for.

Must live here: the routes of the group and one method for each, in the same order. Must not: what a token is for.

All operations are synchronous. Methods raise `ApiError` when the server refuses, `NotSent` and `OutcomeUnknown` when no
answer came, `MalformedResponse` for an answer without a token. `timeout` is in seconds. A token is a `Secret`: no repr,
log or exception shows it; ``token.access_token.reveal()`` gives it.

Source: the vendor's agent API simulator, and the reply models of its clients.
"""

from __future__ import annotations

from engage_async.api.authentication_results import a_token
from engage_async.api.module import SynchronousModule
from engage_async.models.authentication import AccessToken
from engage_async.protocol.route import Family

_security = Family("/workspace/v3", "security", "/security/", gives=a_token)

_GET_PURE_CLOUD_TOKEN = _security.get("get_pure_cloud_token", path="/security/pure-cloud-token")
_GET_EXCHANGE_TOKEN = _security.get("get_exchange_token", path="/security/exchange-token")


class SecurityApi(SynchronousModule):
    """Tokens for other services, for the agent who is logged in."""

    async def get_pure_cloud_token(self, *, timeout: float | None = None) -> AccessToken:
        """A token for Genesys Cloud (formerly PureCloud)."""
        token: AccessToken = await self._request(_GET_PURE_CLOUD_TOKEN, timeout=timeout)
        return token

    async def get_exchange_token(self, *, timeout: float | None = None) -> AccessToken:
        """A signed assertion (JWT) that the authentication service takes for an access token (``jwt-bearer`` grant)."""
        token: AccessToken = await self._request(_GET_EXCHANGE_TOKEN, timeout=timeout)
        return token
