"""Who hears of an event: streams, handlers, and those who wait for one.

Must live here: fan-out and its behaviour under pressure. Must not: correlation, live state, the connection.

Under pressure: every stream has a limit. ``overflow="drop-oldest"`` drops the oldest event, counts it in
`EventStream.dropped` and logs one warning per episode; ``overflow="raise"`` keeps what it has, and after those events
raises `EventsDropped` with the count. A slow consumer never stops the poll, nor another consumer.
An event that nobody listens to is not even structured.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, Literal, Protocol, Self, TypeVar

from engage_async.errors import EventsDropped, SessionClosed, WaitTimeout, WrongEventLoop
from engage_async.models.events import EVENT_TYPES, Event, MalformedEvent, UnknownEvent, read_event
from engage_async.protocol.notices import Notice

log: logging.Logger = logging.getLogger("engage_async.events")

E = TypeVar("E", bound=Event)

Overflow = Literal["drop-oldest", "raise"]
Handler = Callable[[E], Awaitable[object] | object]


class _Listener(Protocol):
    types: tuple[type[Event], ...]

    def offer(self, event: Any) -> None:
        """Take one event of `types`. Must return at once and not raise."""

    def end(self, error: BaseException | None) -> None:
        """The session is over: cleanly, or because of `error`."""


class EventStream(Generic[E]):
    """A bounded stream of events: an async iterator, and an async context manager that ends it.

    Events are collected from the moment the stream is made. It ends when the session closes; when the session fails it
    raises that error after the events that came before.
    """

    def __init__(
        self,
        listeners: Listeners,
        types: tuple[type[E], ...],
        *,
        where: Callable[[E], bool] | None,
        limit: int,
        overflow: Overflow,
    ) -> None:
        self.types: tuple[type[Event], ...] = types
        self.limit = limit
        self.dropped: int = 0
        self._listeners = listeners
        self._where = where
        self._overflow = overflow
        self._events: deque[E] = deque()
        self._missing = 0
        self._episode = False
        self._ended = False
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        names = ", ".join(t.__name__ for t in self.types)
        return f"<EventStream of {names}: {len(self._events)} waiting, {self.dropped} dropped>"

    def offer(self, event: E) -> None:
        """Take one event (called by the session)."""
        if self._where is not None:
            try:
                if not self._where(event):
                    return
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a consumer's predicate must not break the poll
                self.end(_raisable(error))
                return
        if len(self._events) >= self.limit:
            self._overflowed()
            if self._overflow == "raise":
                return
            self._events.popleft()
        self._events.append(event)
        self._wake()

    def end(self, error: BaseException | None) -> None:
        """End the stream after the events that are already in it."""
        self._ended, self._error = True, error
        self._listeners.remove(self)
        self._wake()

    async def aclose(self) -> None:
        """End the stream and forget what is in it."""
        self._events.clear()
        self.end(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        while not self._events:
            if self._missing:
                count, self._missing, self._episode = self._missing, 0, False
                raise EventsDropped(f"{count} event(s) were dropped: the stream's limit is {self.limit}", count=count)
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._ended:
                raise StopAsyncIteration
            await self._wait()
        if self._overflow == "drop-oldest":
            self._episode = False
        return self._events.popleft()

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("two tasks read the same event stream; give each one its own")
        self._waiter = self._listeners.future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _overflowed(self) -> None:
        self.dropped += 1
        if self._overflow == "raise":
            self._missing += 1
        if not self._episode:
            self._episode = True
            log.warning("%r is not read fast enough (limit %d, overflow %s)", self, self.limit, self._overflow)


class _Waiter(Generic[E]):
    """One-shot: the first event that the predicate accepts."""

    def __init__(self, kind: type[E], predicate: Callable[[E], bool] | None, future: asyncio.Future[E]) -> None:
        self.types: tuple[type[Event], ...] = (kind,)
        self._predicate = predicate
        self.future = future

    def offer(self, event: E) -> None:
        if self.future.done():
            return
        try:
            if self._predicate is None or self._predicate(event):
                self.future.set_result(event)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - it goes to the one who waits
            self.future.set_exception(_raisable(error))

    def end(self, error: BaseException | None) -> None:
        if not self.future.done():
            self.future.set_exception(error or SessionClosed("the session was closed while waiting for an event"))


class _DirectHandler:
    """A handler that is a plain function: called as the event comes."""

    def __init__(self, types: tuple[type[Event], ...], function: Callable[[Any], object]) -> None:
        self.types = types
        self._function = function

    def offer(self, event: Event) -> None:
        try:
            self._function(event)
        except (Exception, asyncio.CancelledError):  # such as that of a cancelled future whose result it asked for
            log.exception("handler %s failed on %s", _name_of(self._function), event.message_type)

    def end(self, error: BaseException | None) -> None:
        """Nothing to end."""


class Listeners:
    """All listeners of one session."""

    def __init__(self, name: str, *, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._strong: dict[_Listener, None] = {}
        self._streams: dict[weakref.ref[EventStream[Any]], None] = {}
        self._tasks: dict[Callable[..., object], asyncio.Task[None]] = {}
        self._direct: dict[Callable[..., object], _DirectHandler] = {}
        self._interested: dict[type[Event], list[weakref.ref[EventStream[Any]] | _Listener]] = {}
        self._closed = False
        self._let_go: set[asyncio.Task[Any]] = set()

    def future(self) -> asyncio.Future[Any]:
        """A future of the session's loop; refuses another loop."""
        if asyncio.get_running_loop() is not self._loop:
            raise WrongEventLoop(f"session {self._name} was opened in another event loop")
        return self._loop.create_future()

    # --- the event path -------------------------------------------------------------------------------------------

    def publish(self, notice: Notice) -> None:
        """Hand one event to those who listen to its type."""
        kind = EVENT_TYPES.get(notice.message_type, UnknownEvent)
        listeners = self._interested.get(kind)
        if listeners is None:
            listeners = self._interested[kind] = self._who_hears(kind)
        if listeners:
            self._offer(read_event(notice), listeners)

    def publish_event(self, event: Event) -> None:
        """Hand out an event of our own making, such as a marker."""
        self._offer(event, self._who_hears(type(event)))

    def _offer(self, event: Event, listeners: list[weakref.ref[EventStream[Any]] | _Listener]) -> None:
        for listener in tuple(listeners):
            found = listener() if isinstance(listener, weakref.ref) else listener
            if found is not None and isinstance(event, found.types):
                found.offer(event)

    def _who_hears(self, kind: type[Event]) -> list[weakref.ref[EventStream[Any]] | _Listener]:
        def hears(types: tuple[type[Event], ...]) -> bool:
            return issubclass(kind, types) or any(issubclass(t, MalformedEvent) for t in types)

        streams: list[weakref.ref[EventStream[Any]] | _Listener] = [
            reference
            for reference in tuple(self._streams)  # one may be collected meanwhile
            if (stream := reference()) is not None and hears(stream.types)
        ]
        return streams + [listener for listener in self._strong if hears(listener.types)]

    # --- coming and going -----------------------------------------------------------------------------------------

    def stream(
        self,
        types: tuple[type[E], ...],
        *,
        where: Callable[[E], bool] | None = None,
        limit: int | None = None,
        overflow: Overflow = "drop-oldest",
    ) -> EventStream[E]:
        """Open a stream; dropping the last reference to it ends it."""
        if limit is not None and limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        self._must_be_open()
        stream = EventStream(self, types, where=where, limit=limit or self._limit, overflow=overflow)
        self._streams[weakref.ref(stream, self._forget)] = None
        self._interested.clear()
        return stream

    async def wait_for(
        self, kind: type[E], predicate: Callable[[E], bool] | None = None, *, timeout: float | None = None
    ) -> E:
        """Wait for the first event of `kind` that comes from now on and that `predicate` accepts."""
        self._must_be_open()
        waiter: _Waiter[E] = _Waiter(kind, predicate, self.future())
        self._add(waiter)
        try:
            async with asyncio.timeout(timeout):
                return await waiter.future
        except TimeoutError as error:
            raise WaitTimeout(f"no fitting {kind.__name__} within {timeout:g} s") from error
        finally:
            self.remove(waiter)

    def on(self, types: tuple[type[E], ...], function: Handler[E]) -> None:
        """Call `function` with every such event.

        A plain function is called at once, in the order of events. A coroutine function runs in one task of its own,
        one event after the other, behind a stream with the session's limit. What it raises is logged.
        """
        self._must_be_open()
        if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
            stream = self.stream(types)
            name = f"engage-handler:{self._name}:{_name_of(function)}"
            self._tasks[function] = self._loop.create_task(_run_handler(stream, function), name=name)
        else:
            handler = self._direct[function] = _DirectHandler(types, function)
            self._add(handler)

    def off(self, function: Callable[..., object]) -> bool:
        """Take a handler away; False when it is none. The event it is working on is not finished."""
        if task := self._tasks.pop(function, None):
            task.cancel()
            return True
        if handler := self._direct.pop(function, None):
            self.remove(handler)
            return True
        return False

    def remove(self, listener: _Listener) -> None:
        """Take a listener out."""
        self._interested.clear()
        self._strong.pop(listener, None)
        if isinstance(listener, EventStream):
            self._streams.pop(weakref.ref(listener), None)

    def end(self, error: BaseException | None) -> None:
        """No more events will come: end every stream and waiter, with `error` when there is one."""
        self._closed = True
        for listener in [*(reference() for reference in tuple(self._streams)), *self._strong]:
            if listener is not None:
                listener.end(error)

    def let_go(self, task: asyncio.Task[Any] | None) -> None:
        """Do not wait for this task if it is a handler's: it waits for the end itself."""
        if task is not None and task in self._tasks.values():
            self._let_go.add(task)

    async def close(self, *, patience: float) -> None:
        """Let handlers finish what they have for `patience` seconds after the end, then cancel them."""
        tasks = [task for task in self._tasks.values() if task not in self._let_go]
        self._tasks.clear()
        self._direct.clear()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _add(self, listener: _Listener) -> None:
        self._strong[listener] = None
        self._interested.clear()

    def _forget(self, gone: weakref.ref[EventStream[Any]]) -> None:
        self._streams.pop(gone, None)
        self._interested.clear()

    def _must_be_open(self) -> None:
        if self._closed:
            raise SessionClosed(f"session {self._name} is closed")


async def _run_handler(stream: EventStream[Any], function: Callable[[Any], Any]) -> None:
    name = _name_of(function)
    async for event in stream:
        try:
            await function(event)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            log.exception("handler %s failed on %s: what it waited for was cancelled", name, event.message_type)
        except Exception:
            log.exception("handler %s failed on %s", name, event.message_type)


def _raisable(error: BaseException) -> BaseException:
    """What a predicate raised, in a form that a future takes and that is not mistaken for a cancelled task."""
    if not isinstance(error, StopIteration | asyncio.CancelledError):
        return error
    unusable = RuntimeError(f"the predicate raised {type(error).__name__}")
    unusable.__cause__ = error
    return unusable


def _name_of(function: object) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))
