"""Statistics: subscriptions to them, and their present values.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches;
how updates reach their subscription (`sessions.subscription`).

All operations are synchronous. Methods raise `InvalidArgument` for arguments that cannot be sent, `ApiError` when the
server refuses the request as a whole (`NotFound` for a subscription or statistic that does not exist), `NotSent` and
`OutcomeUnknown` when no answer came, `MalformedResponse` for an answer that is none. A statistic of several that cannot
be had is one `StatisticRefused` in the result's `errors`. `timeout` is in seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engage_async.api.module import SynchronousModule
from engage_async.api.results import nothing
from engage_async.api.statistics_results import a_subscription, asked, by_name, naming, the_value, these_values
from engage_async.models.statistics import Statistic, StatisticValue, SubscriptionData
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_WIRE = {"subscription_id": "operationId"}

_statistics = Family("/statistics/v3", "statistics", wire=_WIRE, gives=nothing)

_CREATE_SUBSCRIPTION = _statistics.post(
    "create_subscription", path="/subscriptions", operation_id=False, beside=("subscription_id",), query=("verbose",),
    needs=("subscription_id",), bulk=True, gives=a_subscription,
)  # fmt: skip
_DELETE_SUBSCRIPTION = _statistics.request(
    "DELETE", "delete_subscription", path="/subscriptions/{id}", repeat=Repeat.REPEATABLE
)
_GET_STAT_VALUE = _statistics.get(
    "get_stat_value", path="/statistic-values/{statistic_name}", query=("object_id", "object_type"), bulk=True,
    gives=the_value,
)  # fmt: skip
_GET_STAT_VALUES = _statistics.post(
    "get_stat_values", path="/operations/get-statistic-ex", operation_id=False, repeat=Repeat.SAFE, bulk=True,
    gives=these_values,
)  # fmt: skip
_PEEK_SUBSCRIPTION_STATS = _statistics.get(
    "peek_subscription_stats", path="/subscriptions/{id}/statistic-values", query=("statistic_ids", "verbose"),
    bulk=True, gives=a_subscription,
)  # fmt: skip


class StatisticsApi(SynchronousModule):
    """The requests of the Statistics API. `StatisticsSession.subscribe` is the comfortable way to updates."""

    async def create_subscription(
        self,
        subscription_id: str,
        statistics: Sequence[Statistic],
        *,
        verbose: bool = True,
        timeout: float | None = None,
    ) -> PartialResult[SubscriptionData]:
        """Open statistics under an id of your own making, unique in the session (a UUID is recommended).

        Their values come as `StatisticsUpdated` events with that ``subscription_id``. The statistics need ids that are
        unique in the subscription. Without `verbose` the reply, and maybe the events, say less of each.
        """
        result: PartialResult[SubscriptionData] = await self._request(
            _CREATE_SUBSCRIPTION,
            subscription_id=subscription_id,
            statistics=asked(statistics, definitions=True),
            verbose=_LEVEL[verbose],
            timeout=timeout,
        )
        return naming(result, statistics, result.data.statistics)

    async def delete_subscription(self, subscription_id: str, *, timeout: float | None = None) -> None:
        """Close a subscription with all its statistics. The service says yes also when there is none with this id."""
        await self._request(_DELETE_SUBSCRIPTION, id=subscription_id, timeout=timeout)

    async def get_stat_value(
        self, name: str, object_id: str, object_type: str, *, timeout: float | None = None
    ) -> StatisticValue:
        """The present value of one configured statistic, without a subscription.

        Raises `StatisticRefused` or `NotFound` when it does not exist.
        """
        statistic = Statistic(name, object_id, object_type)
        result: PartialResult[StatisticValue | None] = await self._request(
            _GET_STAT_VALUE, statistic_name=name, object_id=object_id, object_type=object_type, timeout=timeout
        )
        return by_name(result, statistic)

    async def get_stat_values(
        self, statistics: Sequence[Statistic], *, timeout: float | None = None
    ) -> PartialResult[tuple[StatisticValue, ...]]:
        """The present values of several configured statistics, without a subscription."""
        result: PartialResult[tuple[StatisticValue, ...]] = await self._request(
            _GET_STAT_VALUES, statistics=asked(statistics), timeout=timeout
        )
        return naming(result, statistics, result.data)

    async def peek_subscription_stats(
        self,
        subscription_id: str,
        *,
        statistic_ids: Collection[str] | None = None,
        verbose: bool = True,
        timeout: float | None = None,
    ) -> PartialResult[SubscriptionData]:
        """The present values of a subscription's statistics: of those named, or of all."""
        result: PartialResult[SubscriptionData] = await self._request(
            _PEEK_SUBSCRIPTION_STATS,
            id=subscription_id,
            statistic_ids=None if statistic_ids is None else list(statistic_ids),
            verbose=_LEVEL[verbose],
            timeout=timeout,
        )
        return result


_LEVEL = {True: "INFO", False: "OFF"}
