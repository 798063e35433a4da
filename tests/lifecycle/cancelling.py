"""Cancelling a coroutine at the n-th point where it waits, and what must be left afterwards: nothing.

Must live here: the stepping and the looking. Must not: what is cancelled.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from engage_async.emulator import Emulator

WAIT = 10.0


class _Stepped:
    """Awaits `work`, and cancels the task that does so when it waits for the `step`-th time."""

    def __init__(self, work: Coroutine[Any, Any, object], step: int) -> None:
        self._work = work
        self._step = step
        self.waits = 0

    def __await__(self) -> Generator[Any, None, object]:
        steps = self._work.__await__()
        thrown: BaseException | None = None
        while True:
            try:
                waited_for = steps.send(None) if thrown is None else steps.throw(thrown)
            except StopIteration as end:
                return end.value
            self.waits += 1
            if self.waits == self._step and (task := asyncio.current_task()) is not None:
                task.cancel()
            thrown = None
            try:
                yield waited_for
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to handle
                thrown = error


async def cancelled_at(step: int, work: Coroutine[Any, Any, object]) -> bool:
    """Run `work` in a task that is cancelled at its `step`-th wait; False when it ended before.

    Raises what `work` raises, and fails when it swallowed the cancellation.
    """
    stepped = _Stepped(work, step)

    async def run() -> None:
        await stepped

    task = asyncio.create_task(run())
    async with asyncio.timeout(WAIT):
        await asyncio.wait({task})
    if task.cancelled():
        return True
    task.result()
    assert stepped.waits < step, f"the cancellation at wait {step} of {stepped.waits} was swallowed"
    return False


async def eventually(true: Callable[[], object]) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(WAIT):
        while not true():
            await asyncio.sleep(0.002)


async def nothing_is_left(emulator: Emulator, before: set[asyncio.Task[Any]]) -> None:
    """Wait until no task but those of `before` runs and the server has no connection; what was dropped is collected."""
    await eventually(lambda: not tasks_since(before) and not connections(emulator))
    gc.collect()


def tasks_since(before: set[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """The tasks that run now and not before, but those with which the server answers."""
    return [task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task.get_coro())]


def connections(emulator: Emulator) -> int:
    """The number of connections that the server has open."""
    runner = emulator._runner
    return 0 if runner is None or runner.server is None else len(runner.server.connections)
