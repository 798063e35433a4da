"""Waiting until an object (a call, an interaction) is in a state.

Must live here: who waits for which state of which object, and how that ends. Must not: which states satisfy a wish.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Generic, TypeVar

from engage_async.errors import WaitTimeout, WrongEventLoop

__all__ = ["Waiters"]

M = TypeVar("M")

Decision = Callable[[str], M | BaseException | None]
"""What the wish for a state comes to: the object as it is, an error, or None to wait on."""


class Waiters(Generic[M]):
    """Those who wait for a state, by the key of the object. `kind` is what an object is called in an error."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._waiting: dict[str, dict[asyncio.Future[M], str]] = {}
        self._closed: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        with contextlib.suppress(RuntimeError):  # where none runs yet, it is that of the first who waits
            self._loop = asyncio.get_running_loop()

    async def until(self, key: str, state: str, decide: Decision[M], *, timeout: float | None) -> M:
        """Give the object once `decide` or `wake` says so; raise the error that one of them gives, or `WaitTimeout`."""
        loop = asyncio.get_running_loop()
        self._loop = self._loop or loop
        if self._loop is not loop:
            raise WrongEventLoop(f"the session of this {self._kind} was opened in another event loop")
        if self._closed is not None:
            raise self._closed
        now = decide(state)
        if isinstance(now, BaseException):
            raise now
        if now is not None:
            return now
        future: asyncio.Future[M] = loop.create_future()
        self._waiting.setdefault(key, {})[future] = state
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError as error:
            raise WaitTimeout(f"{self._kind} {key} was not {state} within {timeout:g} s") from error
        finally:
            for waiting in self._waiting.values():
                waiting.pop(future, None)
            self._waiting = {k: w for k, w in self._waiting.items() if w}

    def wake(self, key: str, decide: Decision[M]) -> None:
        """The object has changed."""
        for future, state in list(self._waiting.get(key, {}).items()):
            outcome = decide(state)
            if outcome is None or future.done():
                continue
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def rekey(self, old: str, new: str) -> None:
        """The object goes on under another key."""
        if waiting := self._waiting.pop(old, None):
            self._waiting.setdefault(new, {}).update(waiting)

    def close(self, error: BaseException) -> None:
        """Wake everybody, with `error`, and whoever comes later."""
        self._closed = error
        for future in [f for waiting in self._waiting.values() for f in waiting]:
            if not future.done():
                future.set_exception(error)
