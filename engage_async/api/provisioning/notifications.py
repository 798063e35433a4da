"""The notification endpoints of the provisioning service.

Must live here: their routes, and the one method that other services do not have. Must not: the other methods
(`api.notifications`).
"""

from __future__ import annotations

from engage_async.api.notifications import Message, NotificationsApi, notification_routes, the_messages
from engage_async.protocol.route import Family

_ROUTES = notification_routes("/provisioning/v3")
_GET_HANDSHAKE = Family("/provisioning/v3", "notifications", gives=the_messages).get(
    "get_handshake", path="/notifications/handshake", enveloped=False, items="messages"
)


class ProvisioningNotificationsApi(NotificationsApi):
    """Bayeux messages to the provisioning service's endpoints, beside the session's own connection."""

    routes = _ROUTES

    async def get_handshake(self, *, timeout: float | None = None) -> tuple[Message, ...]:
        """Get what the handshake's endpoint answers without a message."""
        answers: tuple[Message, ...] = await self._request(_GET_HANDSHAKE, timeout=timeout)
        return answers
