"""When a callback service can call back: free slots and office hours.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Methods raise what those of `CallbacksApi` do. All times are time-zone aware.
"""

from __future__ import annotations

from datetime import datetime

from engage_async.api.engagement.results import CODES, an_availability, at_most_one, seconds_open
from engage_async.api.module import SynchronousModule
from engage_async.models.engagement import Availability
from engage_async.protocol.moments import moment
from engage_async.protocol.route import Family

_WIRE = {"start_ms": "startMS", "end_ms": "endMS"}
_QUERY = ("start", "start_ms", "number_of_days", "end", "end_ms", "timezone", "max_time_slots", "report_busy")

_availability = Family("/engagement/v3", "availability", wire=_WIRE, done=CODES)

_OPEN_FOR = _availability.get(
    "open_for", path="/callbacks/open-for/{service_name}", query=("start", "timezone"), gives=seconds_open
)
_QUERY_AVAILABILITY = _availability.get(
    "query", path="/callbacks/availability/{service_name}", query=_QUERY, gives=an_availability
)


class AvailabilityApi(SynchronousModule):
    """Slots and office hours of the callback services that are provisioned."""

    async def open_for(
        self,
        service_name: str,
        *,
        start: datetime | None = None,
        timezone: str | None = None,
        timeout: float | None = None,
    ) -> float | None:
        """For how many seconds the office stays open from `start` (default: now) on; None when that is not told.

        `timezone` is a name of the tz database (``Europe/Berlin``).
        """
        seconds: float | None = await self._request(
            _OPEN_FOR, service_name=service_name, start=moment("start", start), timezone=timezone, timeout=timeout
        )
        return seconds

    async def query(
        self,
        service_name: str,
        *,
        start: datetime | None = None,
        start_ms: int | None = None,
        end: datetime | None = None,
        end_ms: int | None = None,
        number_of_days: int | None = None,
        timezone: str | None = None,
        max_time_slots: int | None = None,
        report_busy: bool | None = None,
        timeout: float | None = None,
    ) -> Availability:
        """The slots in which callbacks can be booked, from `start` (default: now) to the end of the last day asked for.

        `end` or `number_of_days` says which day that is (default: the day of `start`). `start_ms` and `end_ms` are the
        same in milliseconds since 1970. `timezone` (a name of the tz database, default ``UTC``) is that of days and of
        `Slot.local_time`. `report_busy` includes slots that are booked up, with capacity 0.
        """
        at_most_one(start=start, start_ms=start_ms)
        at_most_one(end=end, end_ms=end_ms, number_of_days=number_of_days)
        availability: Availability = await self._request(
            _QUERY_AVAILABILITY,
            service_name=service_name,
            start=moment("start", start),
            start_ms=start_ms,
            end=moment("end", end),
            end_ms=end_ms,
            number_of_days=number_of_days,
            timezone=timezone,
            max_time_slots=max_time_slots,
            report_busy=report_busy,
            timeout=timeout,
        )
        return availability
