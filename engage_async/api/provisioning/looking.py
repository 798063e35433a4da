"""A state on the server that is looked at again and again, by whoever waits for it.

Must live here: when it is looked at, how long the server may be out of reach, and that one look serves all who wait.
Must not: what the state says.

    after(n) ──► look ──► newer? ──► the state, and its number        no task of its own: it looks while somebody waits
                  ▲  └─ out of reach: not for longer than `patience` ─► what the last look raised
                  └──── pause
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, Self, TypeVar

from engage_async.errors import (
    InvalidArgument,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerFault,
    Unauthorized,
)

__all__ = ["OUT_OF_REACH", "Watched", "check_seconds"]

log: logging.Logger = logging.getLogger("engage_async.operations")

S = TypeVar("S")

_FIRST_PAUSE = 0.05
_GROWTH = 1.5
OUT_OF_REACH = (NotSent, OutcomeUnknown, RateLimited, ServerFault, Unauthorized)
"""What a look may raise while a connection, the server or the session comes back."""


class Watched(Generic[S]):
    """The states of something that goes on: numbered from 1, the last of them kept.

    `look` gives the present state, `over` says whether it is the last. There are `every` seconds between two looks; the
    first ones come sooner. When looks fail for `patience` seconds on end, the last error is raised.
    """

    def __init__(
        self,
        name: str,
        look: Callable[[], Awaitable[S]],
        over: Callable[[S], bool],
        *,
        every: float,
        patience: float,
    ) -> None:
        check_seconds(name, every=every, patience=patience)
        self.latest: S | None = None
        self.number: int = 0
        self.is_over: bool = False
        self._name, self._look, self._over = name, look, over
        self._every, self._patience = every, patience
        self._pause = min(_FIRST_PAUSE, every)
        self._turn = asyncio.Lock()
        self._looked_at: float | None = None

    async def after(self, number: int) -> tuple[int, S]:
        """The latest state, once it differs from the one with this number or is the last. Raises what a look does."""
        async with self._turn:
            while self.latest is None or (self.number <= number and not self.is_over):
                self._take(await self._next())
            return self.number, self.latest

    async def last(self) -> S:
        """The last state."""
        number, state = await self.after(0)
        while not self.is_over:
            number, state = await self.after(number)
        return state

    def __aiter__(self) -> AsyncIterator[S]:
        """The states from now on, each once, up to the last."""
        return _States(self)

    def _take(self, state: S) -> None:
        if state != self.latest:
            self.latest = state
            self.number = self.number + 1
        self.is_over = self._over(state)

    async def _next(self) -> S:
        """Look, not too soon after the last time; when the server is out of reach, again."""
        loop = asyncio.get_running_loop()
        out_of_reach_since: float | None = None
        while True:
            if self._looked_at is not None:
                await asyncio.sleep(max(0.0, self._looked_at + self._pause - loop.time()))
                self._pause = min(self._every, self._pause * _GROWTH)
            self._looked_at = loop.time()
            try:
                return await self._look()
            except OUT_OF_REACH as error:
                out_of_reach_since = out_of_reach_since or self._looked_at
                if loop.time() - out_of_reach_since >= self._patience:
                    raise
                log.info("%s: out of reach: %s", self._name, error)


class _States(Generic[S]):
    """One reader of states."""

    def __init__(self, watched: Watched[S]) -> None:
        self._watched = watched
        self._number = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> S:
        number, state = await self._watched.after(self._number)
        if number == self._number:
            raise StopAsyncIteration
        self._number = number
        return state


def check_seconds(name: str, **times: Any) -> None:
    """Raise `InvalidArgument` for a time that is no positive number of seconds."""
    for argument, value in times.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
            raise InvalidArgument(f"{name}: {argument} must be a positive number of seconds, not {value!r:.60}")
