"""The notification endpoints of the workspace.

Must live here: their routes. Must not: their methods (`api.notifications`).
"""

from __future__ import annotations

from engage_async.api.notifications import NotificationsApi, notification_routes

_ROUTES = notification_routes("/workspace/v3")


class WorkspaceNotificationsApi(NotificationsApi):
    """Bayeux messages to the workspace's endpoints, beside the session's own connection."""

    routes = _ROUTES
