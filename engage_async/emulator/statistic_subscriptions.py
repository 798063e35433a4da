"""Subscriptions to statistics: what is open for whom, and the updates that say what changed.

Must live here: opening, closing, peeking, pushing. Must not: values (stat_server.py), HTTP.

    create ──► first values ──► an update for each change, at once; for times, every `Switches.statistics_interval`
       └─ closed by: delete, the end of the cookie session

Source: the vendor's clients for the channels and the form of messages. That first values come as an update, and that a
message holds at most a thousand of them, is assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import Factory, define, frozen

from engage_async.emulator.centre import ContactCentre
from engage_async.emulator.stat_server import GROWING, StatObject, UnknownStatistic
from engage_async.emulator.web_sessions import WebSession

__all__ = ["OpenStatistic", "RefusedStatistic", "Requested", "StatisticSubscriptions", "Subscription"]

SERVICE, UPDATES = "/statistics/v3/service", "/statistics/v3/updates"

_AT_A_TIME = 1_000


@frozen
class Requested:
    """One statistic as a well-formed request has it: by `name` or by `definition`."""

    object_id: str
    object_type: str
    name: str | None = None
    definition: Mapping[str, Any] | None = None
    statistic_id: str | None = None


@frozen
class RefusedStatistic:
    """A statistic that cannot be had, and why."""

    requested: Requested
    reason: str


@define(eq=False)
class OpenStatistic:
    """One statistic of a subscription. `told` is the value that was last sent."""

    requested: Requested
    name: str
    of: StatObject
    told: Any = None

    def names(self) -> dict[str, Any]:
        """What says which statistic it is, in wire form; the object as it was asked for."""
        requested = self.requested
        return {"name": self.name, "objectId": requested.object_id, "objectType": requested.object_type}


@define(eq=False)
class Subscription:
    """Statistics under one id. `verbose` is whether updates name the statistic and its object."""

    id: str
    session: WebSession
    verbose: bool
    statistics: dict[str, OpenStatistic] = Factory(dict)

    def entry(self, opened: OpenStatistic, *, verbose: bool) -> dict[str, Any]:
        """One of its statistics in wire form, without a value."""
        own = {"subscriptionId": self.id, "statisticId": opened.requested.statistic_id}
        return own | opened.names() if verbose else own


class StatisticSubscriptions:
    """Every subscription, by its session and id. While the service is not `available` nothing is sent.

    `publish` sends one message to the Bayeux sessions of a cookie session.
    """

    def __init__(self, centre: ContactCentre, publish: Callable[[WebSession, str, dict[str, Any]], object]) -> None:
        self.available: bool = True
        self._stat_server, self._publish = centre.stat_server, publish
        self._scheduler, self._switches = centre.scheduler, centre.switches
        self._of_session: dict[WebSession, dict[str, Subscription]] = {}
        self._about: dict[StatObject, dict[OpenStatistic, Subscription]] = {}
        self._ticking = False
        centre.stat_server.on_change = self._changed

    # --- requests -----------------------------------------------------------------------------------------------------

    def find(self, session: WebSession, subscription_id: str) -> Subscription | None:
        """A subscription of a session."""
        return self._of_session.get(session, {}).get(subscription_id)

    def create(
        self, session: WebSession, subscription_id: str, statistics: Iterable[Requested], *, verbose: bool
    ) -> tuple[Subscription, list[RefusedStatistic]]:
        """Open what can be opened, and send first values. The id must be new in the session."""
        subscription, refused = Subscription(subscription_id, session, verbose), []
        for requested in statistics:
            try:
                opened = self._open(requested)
            except UnknownStatistic as unknown:
                refused.append(RefusedStatistic(requested, str(unknown)))
                continue
            if requested.statistic_id is None or requested.statistic_id in subscription.statistics:
                refused.append(RefusedStatistic(requested, "The statistic's id is missing or used twice"))
                continue
            subscription.statistics[requested.statistic_id] = opened
            self._about.setdefault(opened.of, {})[opened] = subscription
        self._of_session.setdefault(session, {})[subscription_id] = subscription
        self._push((opened, subscription) for opened in subscription.statistics.values())
        self._tick_later()
        return subscription, refused

    def delete(self, session: WebSession, subscription_id: str) -> None:
        """Close a subscription, if there is one."""
        subscription = self._of_session.get(session, {}).pop(subscription_id, None)
        if subscription is not None:
            self._close(subscription)

    def forget(self, session: WebSession) -> None:
        """Close every subscription of a session."""
        for subscription in self._of_session.pop(session, {}).values():
            self._close(subscription)

    def values(self, statistics: Iterable[Requested]) -> tuple[list[dict[str, Any]], list[RefusedStatistic]]:
        """Present values without a subscription, in wire form."""
        found, refused = [], []
        for requested in statistics:
            try:
                opened = self._open(requested)
            except UnknownStatistic as unknown:
                refused.append(RefusedStatistic(requested, str(unknown)))
            else:
                found.append(opened.names() | self.reading(opened))
        return found, refused

    def reading(self, opened: OpenStatistic) -> dict[str, Any]:
        """The present value of an open statistic, in wire form."""
        value = self._stat_server.value(opened.name, opened.of)
        return {"timestamp": int(self._scheduler.now() * 1000), "value": value}

    def set_available(self, available: bool) -> None:
        """Let the service go away or come back, and say so; what changed meanwhile is sent when it is back."""
        self.available = available
        state = {"data": {"serviceState": "Available" if available else "Unavailable"}}
        for session in list(self._of_session):
            self._publish(session, SERVICE, state)
        self._push(self._every())

    def _open(self, requested: Requested) -> OpenStatistic:
        if requested.name is not None:
            name = requested.name
        else:
            name = self._stat_server.defined(requested.definition or {}, requested.object_type)
        return OpenStatistic(
            requested, name, self._stat_server.identify(name, requested.object_type, requested.object_id)
        )

    def _close(self, subscription: Subscription) -> None:
        for opened in subscription.statistics.values():
            about = self._about[opened.of]
            del about[opened]
            if not about:
                del self._about[opened.of]

    # --- updates ------------------------------------------------------------------------------------------------------

    def _changed(self, objects: frozenset[StatObject]) -> None:
        self._push(pair for of in objects for pair in list(self._about.get(of, {}).items()))

    def _every(self) -> list[tuple[OpenStatistic, Subscription]]:
        return [pair for about in self._about.values() for pair in about.items()]

    def _push(self, pairs: Iterable[tuple[OpenStatistic, Subscription]]) -> None:
        """Send the values that are not those which were last sent."""
        if not self.available:
            return
        due: dict[WebSession, list[dict[str, Any]]] = {}
        for opened, subscription in pairs:
            reading = self.reading(opened)
            if reading["value"] != opened.told:
                opened.told = reading["value"]
                entry = subscription.entry(opened, verbose=subscription.verbose)
                due.setdefault(subscription.session, []).append(entry | reading)
        for session, updates in due.items():
            for start in range(0, len(updates), _AT_A_TIME):
                self._publish(session, UPDATES, {"data": {"statistics": updates[start : start + _AT_A_TIME]}})

    def _tick_later(self) -> None:
        if self._ticking or not any(opened.name in GROWING for opened, _ in self._every()):
            return
        self._ticking = True
        self._scheduler.call_later(self._switches.statistics_interval, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        self._push((opened, subscription) for opened, subscription in self._every() if opened.name in GROWING)
        self._tick_later()
