"""Reporting: statistics that are asked for again and again, instead of pushed.

Must live here: the routes of the group and one method for each, in the same order; then the values that come by
themselves. Must not: anything that branches; how values are polled (`api.workspace.reporting_values`).

All operations are synchronous. Methods raise `InvalidArgument` for arguments that cannot be sent, `ApiError` when the
server refuses, `NotSent` and `OutcomeUnknown` when no answer came, `MalformedResponse` for an answer that is none.
`timeout` is in seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engage_async.api.arguments import some_names
from engage_async.api.module import Known, SynchronousModule
from engage_async.api.results import nothing
from engage_async.api.statistics_results import a_subscription, asked, naming
from engage_async.api.workspace.reporting_values import ReportingValues
from engage_async.models.statistics import Statistic, SubscriptionData
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family


def these_subscriptions(
    payload: Mapping[str, Any], arguments: Mapping[str, Any], known: Known
) -> tuple[SubscriptionData, ...]:
    """The subscriptions of a reply; entries that are no objects are left out."""
    listed = payload.get("subscriptions")
    found = listed if isinstance(listed, list) else []
    return tuple(a_subscription(each, arguments, known) for each in found if isinstance(each, dict))


_reporting = Family("/workspace/v3", "reporting", "/reporting/", gives=a_subscription)

_SUBSCRIBE = _reporting.request("POST", "subscribe", path="/reporting/subscriptions", body="data", bulk=True)
_PEEK = _reporting.get("peek", path="/reporting/subscriptions/{subscription_id}")
_PEEK_MULTIPLE = _reporting.get(
    "peek_multiple", path="/reporting/subscriptions", query=("ids",), gives=these_subscriptions
)
_UNSUBSCRIBE = _reporting.request(
    "DELETE", "unsubscribe", path="/reporting/subscriptions/{subscription_id}", repeat=Repeat.REPEATABLE, gives=nothing
)


class ReportingApi(SynchronousModule):
    """Statistics for an agent's desktop, to be asked for. The Statistics API (`Engage.statistics`) pushes them."""

    async def subscribe(
        self, statistics: Sequence[Statistic], *, timeout: float | None = None
    ) -> PartialResult[SubscriptionData]:
        """Open statistics (configured ones, by name), and give their present values with the subscription's id.

        Those that cannot be had are `errors`, each a `StatisticRefused`. `values` does this and what follows by itself.
        """
        result: PartialResult[SubscriptionData] = await self._request(
            _SUBSCRIBE, statistics=asked(statistics), timeout=timeout
        )
        return naming(result, statistics, result.data.statistics)

    async def peek(self, subscription_id: str, *, timeout: float | None = None) -> SubscriptionData:
        """The present values of a subscription's statistics."""
        found: SubscriptionData = await self._request(_PEEK, subscription_id=subscription_id, timeout=timeout)
        return found

    async def peek_multiple(
        self, ids: Collection[str], *, timeout: float | None = None
    ) -> tuple[SubscriptionData, ...]:
        """The present values of several subscriptions at once."""
        found: tuple[SubscriptionData, ...] = await self._request(
            _PEEK_MULTIPLE, ids=some_names("ids", ids), timeout=timeout
        )
        return found

    async def unsubscribe(self, subscription_id: str, *, timeout: float | None = None) -> None:
        """Close a subscription with all its statistics."""
        await self._request(_UNSUBSCRIBE, subscription_id=subscription_id, timeout=timeout)

    # --- values by themselves ---------------------------------------------------------------------------------------

    def values(
        self, statistics: Sequence[Statistic], *, every: float = 10.0, timeout: float | None = None
    ) -> ReportingValues:
        """Values as they change: ``async with agent.reporting.values([…], every=5) as values``, then ``async for``.

        They are asked for `every` so many seconds. Nothing is sent before the block is entered; leaving it closes the
        subscription. `timeout` is for each request.
        """
        return ReportingValues(self, statistics, every=every, timeout=timeout)
