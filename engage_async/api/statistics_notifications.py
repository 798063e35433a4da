"""The notification endpoints of the Statistics API.

Must live here: their routes. Must not: their methods (`api.notifications`).
"""

from __future__ import annotations

from engage_async.api.notifications import NotificationsApi, notification_routes

_ROUTES = notification_routes("/statistics/v3")


class StatisticsNotificationsApi(NotificationsApi):
    """Bayeux messages to the endpoints of the statistics service, beside the session's own connection."""

    routes = _ROUTES
