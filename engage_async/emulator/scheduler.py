"""Time as the contact centre sees it: a clock and things done later.

Must live here: the scheduler on the running event loop, and the one a test moves by hand. Must not: what is done.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["LoopScheduler", "ManualScheduler", "Scheduler"]


class Timer(Protocol):
    """Something that will be done later, unless it is cancelled."""

    def cancel(self) -> None:
        """Do not do it."""


class Scheduler(Protocol):
    """A clock in seconds since 1970, and things done after a delay in seconds."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back after `delay` seconds."""
        ...


class LoopScheduler:
    """The scheduler on the event loop that runs when something is put off."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back from the running loop after `delay` seconds."""
        return asyncio.get_running_loop().call_later(delay, callback)


class ManualScheduler:
    """A scheduler whose time stands still until `advance` moves it: needs no event loop."""

    def __init__(self, start: float = 1_767_600_000.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._due: list[tuple[float, int, _ManualTimer]] = []

    def now(self) -> float:
        """Seconds since 1970, as moved so far."""
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back once `advance` has passed `delay` seconds."""
        timer = _ManualTimer(callback)
        heapq.heappush(self._due, (self._now + delay, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Move the time on, doing in order what comes due, also what is put off meanwhile."""
        end = self._now + seconds
        while self._due and self._due[0][0] <= end:
            self._now, _, timer = heapq.heappop(self._due)
            timer.fire()
        self._now = end


class _ManualTimer:
    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self._callback = None

    def fire(self) -> None:
        if self._callback is not None:
            self._callback()
