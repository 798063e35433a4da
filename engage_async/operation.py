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


async def wait_for(future: asyncio.Future[Any]) -> None:
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


class Course(Generic[T]):
    """How far an operation is, and what became of it: the side of it that its session has.

    Only the first of `succeed`, `fail` and `cancel` counts.
    """

    __slots__ = ("accepted", "error", "event", "future", "matched", "progress")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.accepted: asyncio.Future[None] = loop.create_future()
        self.future: asyncio.Future[T] = loop.create_future()
        self.error: BaseException | None = None
        self.matched: Matched | None = None
        self.event: Mapping[str, Any] | None = None
        self.progress: tuple[Mapping[str, Any], ...] = ()

    def acknowledge(self) -> None:
        """The server accepted the operation, or nobody need wait for that any more."""
        if not self.accepted.done():
            self.accepted.set_result(None)

    def succeed(self, result: T, matched: Matched) -> None:
        """The operation is done."""
        if not self.future.done():
            self.matched = matched
            self.future.set_result(result)
            self.acknowledge()

    def fail(self, error: BaseException) -> None:
        """The operation has failed, or nobody knows what became of it: the error tells."""
        if not self.future.done():
            self.error, self.matched = error, getattr(error, "matched", None)
            self.future.set_exception(error)
            self.acknowledge()

    def cancel(self) -> None:
        """Nobody waits for the operation any more."""
        self.future.cancel()
        self.acknowledge()

    async def settled(self) -> None:
        """Wait until the outcome is known."""
        await wait_for(self.future)

    async def settles_within(self, seconds: float) -> bool:
        """Wait until the outcome is known, for so long at most; whether it is."""
        await asyncio.wait({self.future}, timeout=seconds)
        return self.future.done()


Perform = Callable[["Operation[Any]", Course[Any]], Coroutine[Any, Any, None]]


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

    __slots__ = ("_course", "_kept", "_perform", "_task", "_waiting", "id", "name")

    def __init__(self, name: str, operation_id: str, perform: Perform, loop: asyncio.AbstractEventLoop) -> None:
        self.name: str = name
        self.id: str = operation_id
        self._perform: Perform | None = perform
        self._course: Course[T] = Course(loop)
        self._task: asyncio.Task[None] | None = None
        self._waiting = 0
        self._kept = False

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
        outcome = self._course
        if outcome.future.cancelled():
            return "cancelled"
        if outcome.future.done():
            return "succeeded" if outcome.error is None else "failed"
        if outcome.accepted.done():
            return "accepted"
        return "created" if self._perform is not None else "sent"

    @property
    def matched(self) -> Matched | None:
        """How the completing event was recognised (see `Matched`); None until the outcome is known."""
        return self._course.matched

    @property
    def event(self) -> Mapping[str, Any] | None:
        """The payload of the event that settled it; None before, and when its reply or a deadline did."""
        return self._course.event

    @property
    def progress(self) -> tuple[Mapping[str, Any], ...]:
        """The payloads of events that were credited before the one that settled it, oldest first."""
        return self._course.progress

    def __await__(self) -> Generator[Any, None, T]:
        return self._result().__await__()

    async def accepted(self) -> Operation[T]:
        """Send it, wait until the server accepted it, and give it back; its outcome is still to be awaited.

        Raises what kept it from being accepted: `ApiError`, `NotSent`, `SessionClosed`. An outcome that overtakes the
        acceptance, be it a result or an error, is kept for whoever awaits the operation.
        """
        self._kept = True
        self._begin()
        await wait_for(self._course.accepted)
        error = self._course.error
        if error is not None and not isinstance(error, OperationError):
            self.result()
        return self

    def done(self) -> bool:
        """Whether the outcome is known, or it was cancelled."""
        return self._course.future.done()

    def result(self) -> T:
        """The result, or the error raised. Raises `asyncio.InvalidStateError` before the outcome is known."""
        return self._course.future.result()

    def exception(self) -> BaseException | None:
        """The error, None for a success. Raises `asyncio.InvalidStateError` before the outcome is known."""
        return self._course.future.exception()

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._course.future.cancelled()

    def cancel(self) -> bool:
        """End the waiting; False when the outcome is known already. A request that was sent may still take effect."""
        if self.done():
            return False
        self._perform = None
        self._course.cancel()
        if self._task is not None:
            self._task.cancel()
        return True

    def add_done_callback(self, callback: Callable[[Operation[T]], object]) -> None:
        """Call `callback` with this operation, soon after its outcome is known."""
        self._course.future.add_done_callback(lambda _: callback(self))

    def _begin(self) -> None:
        loop = self._course.future.get_loop()
        if asyncio.get_running_loop() is not loop:
            raise WrongEventLoop(f"operation {self.name} belongs to another event loop than the running one")
        perform, self._perform = self._perform, None
        if perform is not None:
            name = f"engage-operation:{self.name}:{self.id[:8]}"
            self._task = loop.create_task(perform(self, self._course), name=name)

    async def _result(self) -> T:
        self._begin()
        self._waiting += 1
        try:
            await self._course.settled()
        except asyncio.CancelledError:
            if self._waiting == 1 and not self._kept:
                self.cancel()
            raise
        finally:
            self._waiting -= 1
        return self._course.future.result()
