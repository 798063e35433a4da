"""One subscription to statistics: its values on their way to the one who reads them.

Must live here: what is kept for a slow reader, and the mark of a subscription opened again. Must not: requests, the
connection (`sessions.statistics`).

    made ──async with──► open ◄──reopened── again ──► ended        a session that is lost leads from open to again
                           └────────────────────────────┘          (no values pass until it is open again)

Under pressure: a statistic is a state, so the newest value of each is kept and no more; one that was not read before
the next came is replaced, and counted in `replaced`. Nothing is dropped otherwise, whatever the number of statistics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Final, Protocol, Self

from attrs import evolve

from engage_async.errors import InvalidArgument, PartialFailure, SessionClosed, StatisticRefused, WrongEventLoop
from engage_async.models.codec import unstructure
from engage_async.models.statistics import Resubscribed, Statistic, StatisticValue, SubscriptionData, read_value
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.notices import Payload

__all__ = ["Subscription", "numbered"]

_AT_A_TIME = 100  # values given before other tasks are let run

_MARK: Final = ""  # the place of the mark among what waits: no statistic has this id


class Host(Protocol):
    """What a subscription needs of its session."""

    async def open_subscription(self, subscription: Subscription, /) -> None:
        """Open it on the server."""
        ...

    async def close_subscription(self, subscription: Subscription, /) -> None:
        """Close it on the server, as far as that is possible."""
        ...

    async def peek_subscription(
        self, subscription: Subscription, statistic_ids: Collection[str], timeout: float | None, /
    ) -> PartialResult[tuple[StatisticValue, ...]]:
        """Ask the server for present values."""
        ...


class Subscription:
    """Statistics whose values come as they change. Made by `StatisticsSession.subscribe`; open it with ``async with``.

    An async iterator for one task: ``async for value in values`` gives a `StatisticValue` for each change, and a
    `Resubscribed` in the place where the session was lost. It ends when the subscription or the session is closed, and
    raises when the session fails or the subscription could not be opened again.

    `id` is its id on the server, `statistics` what was asked for by statistic id, `errors` one `StatisticRefused` for
    each of them that could not be opened, `replaced` the number of values replaced by newer ones before they were read.
    """

    def __init__(
        self, host: Host, statistics: Mapping[str, Statistic], subscription_id: str, *, timeout: float | None
    ) -> None:
        self.id = subscription_id
        self.statistics: Mapping[str, Statistic] = MappingProxyType(dict(statistics))
        self.errors: tuple[StatisticRefused, ...] = ()
        self.replaced: int = 0
        self.timeout = timeout
        self._host = host
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, Any] = {}
        self._latest: dict[str, Payload] = {}
        self._fresh: set[str] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._given = 0
        self._was_open = False
        self._ended = False
        self._error: BaseException | None = None

    def __repr__(self) -> str:
        state = "ended" if self._ended else "not open" if self._loop is None else "open"
        return f"<Subscription {self.id}: {len(self.statistics)} statistic(s), {state}>"

    # --- for its user -----------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        if self._loop is not None:
            raise SessionClosed(f"subscription {self.id} can be opened once")
        self._loop = asyncio.get_running_loop()
        self._fresh = set()
        try:
            await self._host.open_subscription(self)
        except BaseException as error:
            self.end(error if isinstance(error, Exception) else None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def raise_for_errors(self) -> None:
        """Raise `PartialFailure` (an `ExceptionGroup`) when a statistic could not be opened."""
        if self.errors:
            raise PartialFailure(f"{len(self.errors)} statistic(s) could not be opened", list(self.errors))

    def latest(self, statistic_id: str) -> StatisticValue | None:
        """The newest value that came of a statistic, read or not; None before the first.

        Raises `InvalidArgument` for a statistic that is not in this subscription.
        """
        statistic = self._must_have(statistic_id)
        payload = self._latest.get(statistic_id)
        return None if payload is None else read_value(payload, statistic)

    async def peek(
        self, statistic_ids: Collection[str] = (), *, timeout: float | None = None
    ) -> PartialResult[tuple[StatisticValue, ...]]:
        """Ask the server for the present values of some statistics (without names: of all).

        Raises `ApiError`, `NotSent`, `OutcomeUnknown`, `SessionClosed`, and `InvalidArgument` for a statistic that is
        not in this subscription.
        """
        for statistic_id in statistic_ids:
            self._must_have(statistic_id)
        self._must_be_open()
        return await self._host.peek_subscription(self, statistic_ids, timeout)

    async def aclose(self) -> None:
        """Close it on the server and end the iteration. What the server says is not raised. Safe to call again."""
        if self._ended:
            return
        self._waiting.clear()
        self.end(None)
        await self._host.close_subscription(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StatisticValue | Resubscribed:
        self._given += 1
        if self._given % _AT_A_TIME == 0:
            await asyncio.sleep(0)
        while True:
            key = next(iter(self._waiting), None)
            mark = self._waiting.get(_MARK)
            if key == _MARK and isinstance(mark, Resubscribed):
                del self._waiting[_MARK]
                return mark
            if key is not None and key != _MARK:
                return read_value(self._waiting.pop(key), self.statistics[key])
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._ended:
                raise StopAsyncIteration
            await self._wait()

    # --- for the session --------------------------------------------------------------------------------------------

    @property
    def opening(self) -> bool:
        """Whether the server has not said yet that it is open."""
        return not self._was_open

    @property
    def again(self) -> bool:
        """Whether it is still to be opened again."""
        return self._waiting.get(_MARK, self) is None

    @property
    def ended(self) -> bool:
        """Whether no more values will come."""
        return self._ended

    def offer(self, payload: Payload) -> None:
        """Take one value as it came. One of a statistic that was not asked for is nobody's."""
        key = payload.get("statisticId")
        if not isinstance(key, str) or key not in self.statistics or self._ended:
            return
        self._latest[key] = payload
        if self._fresh is not None:
            self._fresh.add(key)
        if key in self._waiting:
            self.replaced += 1
            if _MARK in self._waiting:
                del self._waiting[key]  # so that it comes after the mark
        self._waiting[key] = payload
        self._wake()

    def offer_value(self, value: StatisticValue) -> None:
        """Take one value of a reply."""
        self.offer(unstructure(value))

    def opened(self, result: PartialResult[SubscriptionData]) -> None:
        """The server has opened it. Values in the reply are older than any that came meanwhile."""
        self._settle(result)

    def begin_again(self) -> None:
        """The session was lost: let nothing newer pass before it is open again."""
        self._waiting.pop(_MARK, None)
        self._waiting[_MARK] = None
        self._fresh = set()

    def reopened(self, reason: str, result: PartialResult[SubscriptionData]) -> None:
        """The server has opened it again."""
        self._waiting[_MARK] = Resubscribed(reason, _refused(result))
        self._settle(result)
        self._wake()

    def end(self, error: BaseException | None) -> None:
        """End it after the values that wait, with an error when there is one."""
        if self._ended:
            return
        self._ended, self._error = True, error
        if self.again:
            del self._waiting[_MARK]
        self._wake()

    # ----------------------------------------------------------------------------------------------------------------

    def _settle(self, result: PartialResult[SubscriptionData]) -> None:
        self.errors, self._was_open = _refused(result), True
        fresh, self._fresh = self._fresh or set(), None
        for value in result.data.statistics:
            if value.value is not None and value.statistic_id not in fresh:
                self.offer_value(value)

    def _must_have(self, statistic_id: str) -> Statistic:
        try:
            return self.statistics[statistic_id]
        except (KeyError, TypeError):
            raise InvalidArgument(f"subscription {self.id} has no statistic {statistic_id!r:.60}") from None

    def _must_be_open(self) -> None:
        if self._loop is None:
            raise SessionClosed(f"subscription {self.id} is not open yet: use it with 'async with'")
        if self._ended:
            raise SessionClosed(f"subscription {self.id} is closed")
        if asyncio.get_running_loop() is not self._loop:
            raise WrongEventLoop(f"subscription {self.id} was opened in another event loop")

    async def _wait(self) -> None:
        self._must_be_open()
        if self._waiter is not None:
            raise RuntimeError("two tasks read the same subscription; its values go to one")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def numbered(statistics: Sequence[Statistic]) -> dict[str, Statistic]:
    """Statistics by id; those without one get a number. Raises `InvalidArgument` for an id that is used twice."""
    own = {each.id for each in statistics if each.id}
    found: dict[str, Statistic] = {}
    number = 0
    for each in statistics:
        statistic_id = each.id
        while not statistic_id or (not each.id and statistic_id in own):
            number += 1
            statistic_id = str(number)
        if statistic_id in found:
            raise InvalidArgument(f"statistics: the id {statistic_id!r:.60} is used twice")
        found[statistic_id] = evolve(each, id=statistic_id)
    return found


def _refused(result: PartialResult[SubscriptionData]) -> tuple[StatisticRefused, ...]:
    return tuple(error for error in result.errors if isinstance(error, StatisticRefused))
