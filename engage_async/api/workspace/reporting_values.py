"""The values of a reporting subscription, as they change.

Must live here: the polling of one subscription, from its opening to its end. Must not: routes.

    async with ──► subscribed ──► values of the reply ──► wait, peek ──► values that changed ──► wait, peek ──► …
    leaving it ──► unsubscribed
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Protocol, Self

from engage_async.errors import ApiError, EngageError, InvalidArgument, RateLimited, SessionClosed, Unauthorized
from engage_async.models.statistics import Statistic, StatisticValue, SubscriptionData
from engage_async.protocol.envelope import PartialResult

__all__ = ["ReportingValues", "StatisticKey"]

log: logging.Logger = logging.getLogger("engage_async.reporting")

StatisticKey = tuple[str | None, str | None, str | None]
"""A statistic's name, the type of its object, and the object's id."""


class _Reporting(Protocol):
    async def subscribe(
        self, statistics: Sequence[Statistic], *, timeout: float | None = None
    ) -> PartialResult[SubscriptionData]: ...

    async def peek(self, subscription_id: str, *, timeout: float | None = None) -> SubscriptionData: ...

    async def unsubscribe(self, subscription_id: str, *, timeout: float | None = None) -> None: ...


class ReportingValues:
    """Values of statistics: ``async for value in values`` gives all of them first, then each one that changed.

    The service is asked every so many seconds, and only while somebody waits for the next value: a slow reader gets
    what is there when it comes back, not what was meanwhile. There is no task and no queue behind it.

    Iterating raises what `ReportingApi.peek` raises, and may go on afterwards. A subscription that the service does not
    know any more, because the session was opened again, is opened again too. Leaving the block (or `aclose`) closes the
    subscription and ends the iteration, also for a task that waits in it.
    """

    def __init__(
        self, reporting: _Reporting, statistics: Sequence[Statistic], *, every: float, timeout: float | None
    ) -> None:
        wrong: Any = every
        if isinstance(wrong, bool) or not isinstance(wrong, int | float) or not 0 < wrong < math.inf:
            raise InvalidArgument(f"reporting.values: every must be a positive number of seconds, not {every!r:.60}")
        self._reporting, self._statistics = reporting, statistics
        self._every, self._timeout = float(every), timeout
        self._id = ""
        self._errors: tuple[ApiError, ...] = ()
        self._latest: dict[StatisticKey, StatisticValue] = {}
        self._waiting: deque[StatisticValue] = deque()
        self._due = 0.0
        self._asking = False
        self._closed = asyncio.Event()

    def __repr__(self) -> str:
        state = "closed" if self._closed.is_set() else "open" if self._id else "not open"
        return f"<ReportingValues of {len(self._statistics)} statistics, {state}>"

    @property
    def subscription_id(self) -> str | None:
        """The id of the subscription; None before it is open."""
        return self._id or None

    @property
    def errors(self) -> tuple[ApiError, ...]:
        """The statistics that cannot be had, one `StatisticRefused` for each."""
        return self._errors

    @property
    def latest(self) -> Mapping[StatisticKey, StatisticValue]:
        """The last known value of each statistic, by its name, its object's type and the object's id."""
        return MappingProxyType(self._latest)

    async def __aenter__(self) -> Self:
        if self._id or self._closed.is_set():
            raise SessionClosed("reporting.values can be entered once")
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the subscription. What the server says about it is logged, not raised. Safe to call again."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._waiting.clear()
        if self._id:
            try:
                await self._reporting.unsubscribe(self._id, timeout=self._timeout)
            except SessionClosed:
                log.debug("reporting subscription %s ended with its session", self._id)
            except EngageError as error:
                log.warning("reporting subscription %s could not be closed: %s", self._id, error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StatisticValue:
        if not self._id and not self._closed.is_set():
            raise SessionClosed("reporting.values is not open: use it with 'async with'")
        if self._asking:
            raise RuntimeError("two tasks read the same reporting values; give each one its own")
        self._asking = True
        try:
            while not self._waiting and not self._closed.is_set():
                await self._turn()
        finally:
            self._asking = False
        if self._closed.is_set():
            raise StopAsyncIteration
        return self._waiting.popleft()

    async def _turn(self) -> None:
        """Wait until it is time, and ask."""
        try:
            async with asyncio.timeout_at(self._due):
                await self._closed.wait()
        except TimeoutError:
            await self._ask()

    async def _ask(self) -> None:
        self._due = asyncio.get_running_loop().time() + self._every
        try:
            found = await self._reporting.peek(self._id, timeout=self._timeout)
        except (RateLimited, Unauthorized):
            raise
        except ApiError as error:
            log.info("reporting subscription %s is opened again: %s", self._id, error)
            await self._open()
        else:
            self._take(found)

    async def _open(self) -> None:
        self._due = asyncio.get_running_loop().time() + self._every
        result = await self._reporting.subscribe(self._statistics, timeout=self._timeout)
        self._id, self._errors = result.data.subscription_id, tuple(result.errors)
        self._take(result.data)

    def _take(self, found: SubscriptionData) -> None:
        if self._closed.is_set():
            return
        for value in found.statistics:
            key = (value.name, value.object_type, value.object_id)
            if (known := self._latest.get(key)) is None or _said(known) != _said(value):
                self._latest[key] = value
                self._waiting.append(value)


def _said(value: StatisticValue) -> Any:
    """What counts of a value: the number or text where there is one, not when it was measured."""
    return value.value if value.plain is None else value.plain
