"""Who may watch the requests: hooks, progress callbacks and the log.

Must live here: telling them, and the logger `engage_async.http`. Must not: what is secret (see `protocol.redaction`).
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from engage_async.protocol.multipart import OnProgress, Progress
from engage_async.protocol.redaction import RequestRecord, ResponseRecord

__all__ = ["Meter", "Observer", "RequestHook", "ResponseHook"]

RequestHook = Callable[[RequestRecord], Awaitable[object] | object]
ResponseHook = Callable[[ResponseRecord], Awaitable[object] | object]

Record = TypeVar("Record")

log: logging.Logger = logging.getLogger("engage_async.http")


class Observer:
    """Tells the hooks (sync or async) and the log. A hook that raises is logged and changes nothing else."""

    def __init__(self, on_request: RequestHook | None, on_response: ResponseHook | None) -> None:
        self._on_request = on_request
        self._on_response = on_response

    @property
    def watching(self) -> bool:
        """Whether anybody wants to know."""
        return self._on_request is not None or self._on_response is not None or log.isEnabledFor(logging.DEBUG)

    async def sending(self, record: RequestRecord) -> None:
        """A request is about to be sent."""
        if self._on_request is not None:
            await _tell(self._on_request, record)

    async def ended(self, record: ResponseRecord) -> None:
        """An answer came, or it is certain that none will."""
        if log.isEnabledFor(logging.DEBUG):
            sent = record.request
            outcome = record.error if record.http_status is None else record.http_status
            log.debug(
                "%s %s -> %s in %.1f ms (attempt %d, session %s) %s",
                sent.method,
                sent.path,
                outcome,
                record.elapsed * 1000,
                sent.attempt,
                sent.session,
                dict(record.headers),
            )
        if self._on_response is not None:
            await _tell(self._on_response, record)


class Meter:
    """Counts the bytes of one file, and tells its progress. A callback that raises is logged, and not called again."""

    def __init__(self, callback: OnProgress | None, total: int | None) -> None:
        self.done: int = 0
        self._callback = callback
        self._total = total

    async def add(self, count: int) -> None:
        """So many bytes more are done."""
        self.done += count
        if self._callback is not None and not await _tell(self._callback, Progress(self.done, self._total)):
            self._callback = None


async def _tell(callback: Callable[[Record], Awaitable[object] | object], record: Record) -> bool:
    try:
        result = callback(record)
        if inspect.isawaitable(result):
            await result
    except (Exception, asyncio.CancelledError) as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        log.exception("the callback %s failed", getattr(callback, "__qualname__", type(callback).__name__))
        return False
    return True
