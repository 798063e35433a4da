"""`Operation[T]`: an asynchronous operation as a lazy, awaitable future.

Must live here: what a caller can do with an operation, and how it is told of its outcome. Must not: how the outcome is
found (`protocol.correlation`, run by `outcomes`), HTTP.

    created ──await / accepted()──► sent ──code 1──► accepted ──event──► done: result, error, or cancelled
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Any, Generic, TypeVar

from engage_async.errors import Matched, OperationError, WrongEventLoop

__all__ = ["Operation"]

T = TypeVar("T")

Perform = Callable[["Operation[Any]"], Coroutine[Any, Any, None]]


class Operation(Generic[T]):
    """One asynchronous operation: nothing is sent until it is awaited.

    ``await operation`` sends it, waits for the server's acceptance and for the matching event, and gives the result or
    raises what went wrong: `ApiError` (refused), `OperationFailed` (an ``EventError``, or its call ended),
    `OperationTimeout`, `OperationLost`, `NotSent`, `SessionClosed`. Awaiting it again, and from several tasks, gives
    the same outcome. ``await operation.accepted()`` waits only for acceptance and gives the operation back.

    An operation whose last waiting task is cancelled is cancelled too, unless `accepted` was called: then it is yours,
    and ends by its event, its deadline or `cancel`. Cancelling ends the waiting; a request that was sent may still
    take effect.
    """

    __slots__ = (
        "_acceptance",
        "_event",
        "_future",
        "_kept",
        "_matched",
        "_perform",
        "_progress",
        "_task",
        "_waiting",
        "id",
        "name",
    )

    def __init__(self, name: str, operation_id: str, perform: Perform, loop: asyncio.AbstractEventLoop) -> None:
        self.name: str = name
        self.id: str = operation_id
        self._perform: Perform | None = perform
        self._future: asyncio.Future[T] = loop.create_future()
        self._acceptance: asyncio.Future[None] = loop.create_future()
        self._task: asyncio.Task[None] | None = None
        self._waiting = 0
        self._kept = False
        self._matched: Matched | None = None
        self._progress: tuple[Mapping[str, Any], ...] = ()
        self._event: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<Operation {self.name} {self.state}>"

    def __del__(self) -> None:
        if getattr(self, "_perform", None) is not None:
            warnings.warn(
                f"operation {self.name} was never awaited, so it was never sent", RuntimeWarning, stacklevel=2
            )

    @property
    def state(self) -> str:
        """``created``, ``sent``, ``accepted``, ``succeeded``, ``failed`` or ``cancelled``."""
        if self._future.cancelled():
            return "cancelled"
        if self._future.done():
            return "succeeded" if self._future._exception is None else "failed"  # noqa: SLF001 - looking is not retrieving
        if self._acceptance.done():
            return "accepted"
        return "created" if self._perform is not None else "sent"

    @property
    def matched(self) -> Matched | None:
        """How the completing event was recognised (see `Matched`); None until the outcome is known."""
        return self._matched

    @property
    def event(self) -> Mapping[str, Any] | None:
        """The payload of the event that settled it; None before, and when its reply or a deadline did."""
        return self._event

    @property
    def progress(self) -> tuple[Mapping[str, Any], ...]:
        """The payloads of events that were credited before the one that settled it, oldest first."""
        return self._progress

    def __await__(self) -> Generator[Any, None, T]:
        return self._outcome().__await__()

    async def accepted(self) -> Operation[T]:
        """Send it, wait until the server accepted it, and give it back; its outcome is still to be awaited.

        Raises what kept it from being accepted: `ApiError`, `NotSent`, `SessionClosed`. An outcome that overtakes the
        acceptance, be it a result or an error, is kept for whoever awaits the operation.
        """
        self._kept = True
        self._begin()
        await self._wait_for(self._acceptance)
        if self._future.done() and not self._future.cancelled():
            error = self._future._exception  # noqa: SLF001 - the outcome stays to be retrieved
            if error is not None and not isinstance(error, OperationError):
                self._future.result()
        return self

    def done(self) -> bool:
        """Whether the outcome is known, or it was cancelled."""
        return self._future.done()

    def result(self) -> T:
        """The result, or the error raised. Raises `asyncio.InvalidStateError` before the outcome is known."""
        return self._future.result()

    def exception(self) -> BaseException | None:
        """The error, None for a success. Raises `asyncio.InvalidStateError` before the outcome is known."""
        return self._future.exception()

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._future.cancelled()

    def cancel(self) -> bool:
        """End the waiting; False when the outcome is known already. A request that was sent may still take effect."""
        if self._future.done():
            return False
        self._perform = None
        self._future.cancel()
        self._acknowledge()
        if self._task is not None:
            self._task.cancel()
        return True

    def add_done_callback(self, callback: Callable[[Operation[T]], object]) -> None:
        """Call `callback` with this operation, soon after its outcome is known."""
        self._future.add_done_callback(lambda _: callback(self))

    # --- for the session ------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        loop = self._future.get_loop()
        if asyncio.get_running_loop() is not loop:
            raise WrongEventLoop(f"operation {self.name} belongs to another event loop than the running one")
        perform, self._perform = self._perform, None
        if perform is not None:
            self._task = loop.create_task(perform(self), name=f"engage-operation:{self.name}:{self.id[:8]}")

    def _acknowledge(self) -> None:
        if not self._acceptance.done():
            self._acceptance.set_result(None)

    def _succeed(self, result: T, matched: Matched) -> None:
        if not self._future.done():
            self._matched = matched
            self._future.set_result(result)
            self._acknowledge()

    def _fail(self, error: BaseException) -> None:
        if not self._future.done():
            self._matched = getattr(error, "matched", None)
            self._future.set_exception(error)
            self._acknowledge()

    async def _settled(self) -> None:
        await self._wait_for(self._future)

    async def _settles_within(self, seconds: float) -> bool:
        await asyncio.wait({self._future}, timeout=seconds)
        return self._future.done()

    async def _outcome(self) -> T:
        self._begin()
        self._waiting += 1
        try:
            await self._wait_for(self._future)
        except asyncio.CancelledError:
            if self._waiting == 1 and not self._kept:
                self.cancel()
            raise
        finally:
            self._waiting -= 1
        return self._future.result()

    @staticmethod
    async def _wait_for(future: asyncio.Future[Any]) -> None:
        """Wait until `future` is done, without cancelling it and without taking its outcome."""
        if future.done():
            return
        waiter: asyncio.Future[None] = future.get_loop().create_future()

        def wake(_: asyncio.Future[Any]) -> None:
            if not waiter.done():
                waiter.set_result(None)

        future.add_done_callback(wake)
        try:
            await waiter
        finally:
            future.remove_done_callback(wake)
