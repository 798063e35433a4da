"""A session of the Statistics API.

Must live here: how it opens, how updates find their subscription, and how subscriptions are opened again after a loss.
Must not: single operations (`api.statistics`), what is kept for a slow reader (`sessions.subscription`).

    handshake (bearer token, API key; its answer sets the session's cookie), subscribe, poll ──► open
    loss ──► new handshake ──► every subscription: deleted, created again under its id ──► one mark for its reader
    close: subscriptions end ──► disconnect (the server forgets them with the session)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

from engage_async.api.statistics import StatisticsApi
from engage_async.api.statistics_notifications import StatisticsNotificationsApi
from engage_async.api.statistics_results import asked, naming
from engage_async.config import Settings
from engage_async.errors import EngageError, InvalidArgument, NotSent, OutcomeUnknown, SubscriptionInUse
from engage_async.io.http import HttpSession
from engage_async.models.enums import ServiceState
from engage_async.models.statistics import Statistic, StatisticValue, SubscriptionData, completed
from engage_async.protocol.backoff import Backoff
from engage_async.protocol.bayeux import LossReason
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.notices import Notice
from engage_async.protocol.route import Route
from engage_async.protocol.statistics import SERVICE, UPDATES, read_service_notice, updates_of
from engage_async.sessions.service import ServiceSession
from engage_async.sessions.subscription import Subscription, numbered

__all__ = ["StatisticsSession"]

log: logging.Logger = logging.getLogger("engage_async.sessions")

_RESTORED_WITHIN = 20.0  # seconds; less than a recovery may last
_LOST_WHILE_OPENING = 3  # times


class StatisticsSession(ServiceSession):
    """Statistics of the contact centre. Opened by ``async with engage.statistics() as stats``.

    `subscribe` is the way to values as they change; `statistics` holds the single operations (present values without a
    subscription among them), `notifications` the raw endpoints for another Bayeux client. `service_state` is the last
    that the service told of itself. `StatisticsUpdated` and `ServiceStateChanged` come as events.
    """

    def __init__(self, http: HttpSession, settings: Settings, *, name: str) -> None:
        super().__init__(http, settings, name=name, path="/statistics/v3/notifications", channels=(SERVICE, UPDATES))
        self.statistics: StatisticsApi = StatisticsApi(self)
        self.notifications: StatisticsNotificationsApi = StatisticsNotificationsApi(self)
        self.service_state: ServiceState = ServiceState("")
        self._direct = StatisticsApi(self._requests)
        self._subscriptions: dict[str, Subscription] = {}
        self._losses = 0

    def subscribe(
        self, statistics: Sequence[Statistic], *, subscription_id: str | None = None, timeout: float | None = None
    ) -> Subscription:
        """A subscription to statistics, to be opened with ``async with``; see `Subscription` for what it gives.

        Statistics without an id are numbered from 1 in their order. `subscription_id` (default: a new UUID) must be
        unique in this session. `timeout` is for each request, in seconds.

        Raises `InvalidArgument` for what cannot be sent. Opening it raises `SubscriptionInUse` for an id that is in
        use, `ApiError`, `NotSent`, `OutcomeUnknown`, `MalformedResponse` and `SessionClosed`; statistics that cannot be
        opened are in its `errors`, and the others are open.
        """
        self._must_be_open()
        asked(statistics, definitions=True)
        own: Any = str(uuid.uuid4()) if subscription_id is None else subscription_id
        if not isinstance(own, str) or not own.strip():
            raise InvalidArgument(f"subscription_id must be a non-empty string, not {own!r:.60}")
        return Subscription(self, numbered(statistics), own, timeout=timeout)

    # --- for its API modules ----------------------------------------------------------------------------------------

    async def request(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Any:
        """Send an operation and give its result; while the session is lost, wait for the next one first."""
        self._must_be_open()
        limit = self._limit(route, timeout)
        try:
            async with asyncio.timeout(limit):
                await self._notifications.connected()
        except TimeoutError:
            raise NotSent(f"{route.name}: no session with the service within {limit:g} s") from None
        return await super().request(route, arguments, timeout)

    # --- for its subscriptions --------------------------------------------------------------------------------------

    async def open_subscription(self, subscription: Subscription) -> None:
        """Create it on the server; again when the session is lost meanwhile."""
        self._must_be_open()
        if subscription.id in self._subscriptions:
            raise SubscriptionInUse(f"the session has a subscription {subscription.id!r:.60} already")
        self._subscriptions[subscription.id] = subscription
        try:
            result = await self._create_in_one_session(subscription)
        except BaseException as error:
            self._subscriptions.pop(subscription.id, None)
            if isinstance(error, OutcomeUnknown | asyncio.CancelledError) and self._open:
                self._spawn(self._delete(subscription.id), "unsubscribe")
            raise
        subscription.opened(result)

    async def _create_in_one_session(self, subscription: Subscription) -> PartialResult[SubscriptionData]:
        """A subscription that was created before a loss is gone with its session, whatever the reply said."""
        attempt = 0
        while True:
            attempt, losses = attempt + 1, self._losses
            try:
                result = await self.statistics.create_subscription(
                    subscription.id, list(subscription.statistics.values()), timeout=subscription.timeout
                )
            except EngageError:
                if losses == self._losses or attempt == _LOST_WHILE_OPENING:
                    raise
            else:
                if losses == self._losses or attempt == _LOST_WHILE_OPENING:
                    return result
            await self._notifications.connected()
            await self._delete(subscription.id)

    async def close_subscription(self, subscription: Subscription) -> None:
        """Delete it on the server, if there is a session to delete it from."""
        if self._subscriptions.pop(subscription.id, None) is None or not self._open:
            return
        if self._notifications.health.state == "connected":
            await self._delete(subscription.id)

    async def peek_subscription(
        self, subscription: Subscription, statistic_ids: Collection[str], timeout: float | None
    ) -> PartialResult[tuple[StatisticValue, ...]]:
        """The present values, with the names that the subscription knows."""
        return await self._peek(self.statistics, subscription, statistic_ids, timeout)

    async def _peek(
        self, api: StatisticsApi, subscription: Subscription, statistic_ids: Collection[str], timeout: float | None
    ) -> PartialResult[tuple[StatisticValue, ...]]:
        wanted = list(statistic_ids) or None
        result = await api.peek_subscription_stats(subscription.id, statistic_ids=wanted, timeout=timeout)
        known = subscription.statistics
        values = tuple(
            completed(value, statistic) if (statistic := known.get(value.statistic_id or "")) else value
            for value in result.data.statistics
        )
        statistics = [known[statistic_id] for statistic_id in wanted or known]
        return naming(PartialResult(values, result.errors), statistics, values)

    async def _delete(self, subscription_id: str) -> None:
        with self._tolerating(f"deleting subscription {subscription_id[:60]}"):
            await self._direct.delete_subscription(subscription_id, timeout=self._settings.close_timeout)

    # --- opening ----------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._begin()
        try:
            await self._notifications.open(deadline=self._settings.initialization_timeout)
        except BaseException:
            await self.aclose()
            raise
        return self

    # --- what the base asks -----------------------------------------------------------------------------------------

    def _dispatch(self, notices: Sequence[Notice]) -> None:
        super()._dispatch([read_service_notice(notice) for notice in notices])

    def _observe(self, notice: Notice) -> bool:
        if notice.message_type == "StatisticsUpdated":
            return self._hand_out(notice)
        if notice.message_type == "ServiceStateChanged":
            state = notice.payload.get("serviceState")
            if not isinstance(state, str):
                return False
            self.service_state = ServiceState(state)
        return True

    def _hand_out(self, notice: Notice) -> bool:
        """Give each value to its subscription; those of others (or deleted just now) are nobody's."""
        values = updates_of(notice.payload)
        if values is None:
            return False
        subscriptions, whole = self._subscriptions, notice.payload.get("subscriptionId")
        for value in values:
            own = value.get("subscriptionId", whole)
            subscription = subscriptions.get(own) if isinstance(own, str) else None
            if subscription is not None:
                subscription.offer(value)
        return True

    async def _recover(self, reason: LossReason) -> None:
        self._losses += 1
        self._lost(reason, ())
        told = f"{reason.kind}: {reason.detail}" if reason.detail else reason.kind
        async with asyncio.TaskGroup() as group:
            for subscription in list(self._subscriptions.values()):
                if not subscription.opening:
                    name = f"engage-resubscribe:{self.name}:{subscription.id[:8]}"
                    group.create_task(self._restore(subscription, reason, told), name=name)

    async def _restore(self, subscription: Subscription, reason: LossReason, told: str) -> None:
        """Bring one subscription up to date; when that cannot be done its reader is told."""
        try:
            async with asyncio.timeout(_RESTORED_WITHIN):
                goes_on = reason.kind == "response-lost" and not subscription.again
                if not (goes_on and await self._refresh(subscription)):
                    await self._reopen(subscription, told)
        except EngageError as error:
            self._give_up(subscription, error)
        except TimeoutError:
            self._give_up(subscription, OutcomeUnknown(f"not opened again within {_RESTORED_WITHIN:g} s"))

    async def _refresh(self, subscription: Subscription) -> bool:
        """The session goes on, and so should the subscription: only values may be missing. False when it does not."""
        try:
            result = await self._peek(self._direct, subscription, (), None)
        except EngageError as error:
            log.info("session %s: subscription %s cannot be peeked at: %s", self.name, subscription.id, error)
            return False
        for value in result.data:
            subscription.offer_value(value)
        return True

    async def _reopen(self, subscription: Subscription, told: str) -> None:
        """Create it again under its id. It is deleted first: should the server have kept it, the id would be in use."""
        subscription.begin_again()
        result = await self._create_again(subscription)
        if subscription.ended:  # closed meanwhile
            await self._delete(subscription.id)
        else:
            subscription.reopened(told, result)

    async def _create_again(self, subscription: Subscription) -> PartialResult[SubscriptionData]:
        backoff = Backoff(self._settings.retry_first_delay, self._settings.retry_longest_delay)
        statistics = list(subscription.statistics.values())
        attempt = 0
        while True:
            attempt += 1
            with contextlib.suppress(EngageError):
                await self._direct.delete_subscription(subscription.id)
            try:
                return await self._direct.create_subscription(subscription.id, statistics)
            except EngageError as error:
                if attempt >= self._settings.retry_attempts or subscription.ended:
                    raise
                log.info("session %s: subscription %s not opened again: %s", self.name, subscription.id, error)
                await asyncio.sleep(backoff.delay(attempt, random.random))

    def _give_up(self, subscription: Subscription, error: EngageError) -> None:
        log.error("session %s: subscription %s is lost: %s", self.name, subscription.id, error)
        self._subscriptions.pop(subscription.id, None)
        subscription.end(error)

    def _end(self, error: EngageError | None) -> None:
        super()._end(error)
        subscriptions = list(self._subscriptions.values())
        self._subscriptions.clear()
        for subscription in subscriptions:
            subscription.end(error)
