"""When an exchange is given up.

Must live here: the one clock of a request and its repetitions. Must not: what is done when it runs out.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

__all__ = ["Deadline"]


class Deadline:
    """The end of a request's time: ``async with`` raises `TimeoutError` when it comes. One part after the other may be
    watched, each with an ``async with`` of its own.

    While a body is sent, the far end may take nothing for `silence` seconds. With `bounded` false that is the only
    limit of the sending: the clock stands still, because nobody knows how long a large file takes.
    """

    def __init__(self, seconds: float, *, silence: float, bounded: bool = True) -> None:
        self._loop = asyncio.get_running_loop()
        self._at = self._loop.time() + seconds
        self._silence = silence
        self._bounded = bounded
        self._left: float | None = None
        self._limit: asyncio.Timeout | None = None

    @property
    def at(self) -> float | None:
        """The loop's time when all is over; None while the clock stands still."""
        return self._at if self._left is None else None

    def allows(self, pause: float) -> bool:
        """Whether there is time for a pause of so many seconds."""
        return self._loop.time() + pause < self._at

    async def __aenter__(self) -> None:
        self._limit = await asyncio.timeout_at(self.at).__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        limit, self._limit = self._limit, None
        if limit is not None:
            await limit.__aexit__(kind, error, trace)

    def reading(self) -> None:
        """Now a file is read; the far end is not waited for."""
        if not self._bounded and self._left is None:
            self._left = self._at - self._loop.time()
        self._watch(self.at)

    def sending(self) -> None:
        """Now the far end takes a part of the body."""
        latest = self._loop.time() + self._silence
        self._watch(latest if self.at is None else min(latest, self.at))

    def sent(self) -> None:
        """The body is gone, or given up: the clock runs again."""
        if self._left is not None:
            self._at, self._left = self._loop.time() + self._left, None
        self._watch(self.at)

    def _watch(self, when: float | None) -> None:
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(when)
