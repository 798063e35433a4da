"""Reporting subscriptions: statistics that a web session asks for again and again.

Must live here: what is open for whom, and the wire form of its values. Must not: values (stat_server.py), HTTP.

Source of the form of a value: the vendor's agent API simulator. ``timestamp`` in a value is when it last changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import Factory, define

from engage_async.emulator.scheduler import Scheduler
from engage_async.emulator.statistic_subscriptions import RefusedStatistic, Requested, StatisticSubscriptions
from engage_async.emulator.web_sessions import WebSession

__all__ = ["ReportingSubscriptions"]


@define(eq=False)
class _Watched:
    """One statistic of a subscription, with the value it had last and since when."""

    requested: Requested
    value: Any = None
    since: float = 0.0


@define(eq=False)
class _Subscription:
    id: str
    statistics: dict[str, _Watched] = Factory(dict)


class ReportingSubscriptions:
    """Every subscription, by its session and id. They end with their session."""

    def __init__(self, statistics: StatisticSubscriptions, scheduler: Scheduler, new_id: Callable[[], str]) -> None:
        self._statistics, self._scheduler, self._new_id = statistics, scheduler, new_id
        self._of_session: dict[WebSession, dict[str, _Subscription]] = {}

    def open(
        self, session: WebSession, statistics: Sequence[Requested]
    ) -> tuple[dict[str, Any], list[RefusedStatistic]]:
        """Open the statistics that there are. Gives the subscription in wire form, and those that there are not."""
        subscription, refused = _Subscription(self._new_id()), []
        for requested in statistics:
            found, unknown = self._statistics.values([requested])
            refused += unknown
            if found:
                subscription.statistics[self._new_id()] = _Watched(requested)
        self._of_session.setdefault(session, {})[subscription.id] = subscription
        return self._view(subscription), refused

    def peek(self, session: WebSession, subscription_id: str) -> dict[str, Any] | None:
        """A subscription with its present values, in wire form; None when there is none."""
        subscription = self._of_session.get(session, {}).get(subscription_id)
        return self._view(subscription) if subscription is not None else None

    def close(self, session: WebSession, subscription_id: str) -> bool:
        """Close a subscription; False when there is none."""
        return self._of_session.get(session, {}).pop(subscription_id, None) is not None

    def forget(self, session: WebSession) -> None:
        """Close every subscription of a session."""
        self._of_session.pop(session, None)

    def count(self, session: WebSession) -> int:
        """How many are open for a session."""
        return len(self._of_session.get(session, ()))

    def _view(self, subscription: _Subscription) -> dict[str, Any]:
        entries = [self._entry(own, watched) for own, watched in subscription.statistics.items()]
        return {"subscriptionId": subscription.id, "operationId": subscription.id, "statistics": entries}

    def _entry(self, statistic_id: str, watched: _Watched) -> dict[str, Any]:
        now, requested = self._scheduler.now(), watched.requested
        found, _ = self._statistics.values([requested])
        value = next(iter(found[0]["value"].values()))
        if value != watched.value:
            watched.value, watched.since = value, now
        number = {} if isinstance(value, str) else {"intValue": value}
        stamp = int(watched.since * 1000)
        return {
            "statisticId": statistic_id,
            "name": requested.name,
            "objectId": requested.object_id,
            "objectType": requested.object_type,
            "timestamp": int(now * 1000),
            "value": {"intervalLength": 0, "tag": -1, "timestamp": stamp, "stringValue": str(value), **number},
        }
