"""Statistics for those who have an API key and no token.

Must live here: the route of the group and its method. Must not: anything that branches.

The method raises what those of `StatisticsApi` do. The definition of this operation declares no body; it is sent the
one of the operation of the same name in the Statistics API.
"""

from __future__ import annotations

from collections.abc import Sequence

from engage_async.api.engagement.results import CODES, cache_control
from engage_async.api.module import SynchronousModule
from engage_async.api.statistics_results import asked, naming, these_values
from engage_async.models.statistics import Statistic, StatisticValue
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

_statistics = Family("/engagement/v3", "statistics", wire={"cache_control": "cache-control"}, done=CODES)

_GET_VALUES = _statistics.request(
    "POST",
    "get_values",
    path="/statistics/operations/get-statistic-ex",
    body="data",
    headers=("cache_control",),
    repeat=Repeat.SAFE,
    bulk=True,
    gives=these_values,
)


class EngagementStatisticsApi(SynchronousModule):
    """Present values of configured statistics, through the Engagement API's cache."""

    async def get_values(
        self, statistics: Sequence[Statistic], *, max_age: int | None = None, timeout: float | None = None
    ) -> PartialResult[tuple[StatisticValue, ...]]:
        """The present values of statistics; a cached one may be up to `max_age` seconds old (15 or more).

        A statistic that cannot be had is one `StatisticRefused` in the result's `errors`.
        """
        result: PartialResult[tuple[StatisticValue, ...]] = await self._request(
            _GET_VALUES, statistics=asked(statistics), cache_control=cache_control(max_age), timeout=timeout
        )
        return naming(result, statistics, result.data)
