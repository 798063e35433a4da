"""What every service session is made of: requests, operations, notifications, listeners, and their end.

Must live here: how a route is sent and judged, how an event reaches correlation, state and listeners, and the order of
closing. Must not: what is particular to one service.

    event ──► live state ──► correlation (settles operations) ──► listeners          in this order, synchronously
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import uuid
import warnings
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from attrs import evolve, frozen

from engage_async.api.module import Known
from engage_async.config import Settings
from engage_async.errors import (
    EngageError,
    InvalidArgument,
    MalformedResponse,
    Matched,
    OutcomeUnknown,
    ServerFault,
    SessionClosed,
    WrongEventLoop,
)
from engage_async.io.delivery import may_be_done
from engage_async.io.downloads import Download
from engage_async.io.http import HttpSession
from engage_async.io.notifications import NotificationConnection
from engage_async.models.events import Event, EventsLost
from engage_async.operation import Course, Operation
from engage_async.outcomes import SENT_TWICE, Outcomes
from engage_async.protocol.bayeux import LossReason
from engage_async.protocol.correlation import Expectation, Pending
from engage_async.protocol.health import Health, NotificationSettings
from engage_async.protocol.notices import Notice
from engage_async.protocol.readings import MARKER_KEY
from engage_async.protocol.requests import Answer
from engage_async.protocol.route import Call, Route, marked
from engage_async.sessions.listeners import EventStream, Handler, Listeners, Overflow
from engage_async.sessions.requests import Requests

log: logging.Logger = logging.getLogger("engage_async.sessions")

E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Callable[..., Any])


@frozen
class SessionHealth:
    """How a session is at one moment.

    `notifications` is the state of the connection (see `Health`), `pending` the number of operations that are not
    settled, `outcomes` how many ended in which way, `unreadable` the events that lacked their essential member.
    """

    notifications: Health
    pending: int
    outcomes: Mapping[str, int]
    unreadable: int

    @property
    def connected(self) -> bool:
        """Whether events flow."""
        return self.notifications.state == "connected"


class ServiceSession:
    """One open session of one service. Belongs to the event loop in which it was opened."""

    def __init__(
        self,
        http: HttpSession,
        settings: Settings,
        *,
        name: str,
        path: str,
        channels: Sequence[str],
        authenticate: bool = True,
        known: Known | None = None,
    ) -> None:
        self.name = name
        self._http = http
        self._requests = Requests(http, authenticate=authenticate, known=known)
        self._settings = settings
        self._path = path
        self._channels = channels
        self._loop: asyncio.AbstractEventLoop | None = None
        self._outcomes: Outcomes
        self._listeners: Listeners
        self._notifications: NotificationConnection
        self._tasks: set[asyncio.Task[Any]] = set()
        self._unreadable = 0
        self._complained = False
        self._error: EngageError | None = None
        self._closing: asyncio.Task[None] | None = None
        self._open = False
        self._draining = False
        self._on_close: list[Callable[[ServiceSession], object]] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {'open' if self._open else 'closed'}>"

    def __del__(self) -> None:
        if getattr(self, "_open", False):
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)

    # --- for its user -----------------------------------------------------------------------------------------------

    @property
    def health(self) -> SessionHealth:
        """How the session is now."""
        self._must_have_begun()
        return SessionHealth(
            self._notifications.health, len(self._outcomes), dict(self._outcomes.counts), self._unreadable
        )

    def events(
        self,
        *types: type[E],
        where: Callable[[E], bool] | None = None,
        limit: int | None = None,
        overflow: Overflow = "drop-oldest",
    ) -> EventStream[E]:
        """A bounded stream of the events of these types (`Event` for all), from now on.

        ``async for event in session.events(CallStateChanged)``, or ``async with session.events(…) as stream``. `where`
        keeps only what it accepts; `limit` (default: the setting `stream_limit`) and `overflow` say what happens when
        it is not read fast enough (see `EventStream`).
        """
        self._must_have_begun()
        if not types:
            raise InvalidArgument("events: name at least one event type; Event stands for all")
        return self._listeners.stream(types, where=where, limit=limit, overflow=overflow)

    async def wait_for(
        self, kind: type[E], predicate: Callable[[E], bool] | None = None, *, timeout: float | None = None
    ) -> E:
        """Wait for the first event of `kind`, from now on, that `predicate` accepts.

        Raises `WaitTimeout` after `timeout` seconds (None: no limit), `SessionClosed`, and what the predicate raises.
        """
        self._must_have_begun()
        return await self._listeners.wait_for(kind, predicate, timeout=timeout)

    def on(self, *types: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Decorator: call the function with every event of these types.

        A plain function is called at once, in order. A coroutine function runs in one named task of its own, one event
        after the other. What they raise is logged and touches nothing else. `off` takes the handler away.
        """
        self._must_be_open()

        def register(function: Handler[E]) -> Handler[E]:
            self._listeners.on(types, function)
            return function

        return register

    def off(self, handler: Callable[..., object]) -> bool:
        """Take a handler away; False when it is none."""
        self._must_have_begun()
        return self._listeners.off(handler)

    async def connected(self) -> None:
        """Wait until notifications flow. Raises `SessionClosed` when they never will again."""
        self._must_be_open()
        await self._notifications.connected()

    async def drain(self, timeout: float | None = None) -> tuple[Operation[Any], ...]:
        """Take no more operations, and wait until those that are pending are settled: what to do before closing.

        Gives the operations that were not settled after `timeout` seconds (None: no limit but their own deadlines);
        they stay pending, and fail when the session closes. An operation that is started meanwhile raises
        `SessionClosed`; synchronous requests, events and handlers go on. Raises `SessionClosed` and `WrongEventLoop`.
        """
        self._must_be_open()
        self._draining = True
        try:
            async with asyncio.timeout(timeout):
                await self._outcomes.settled()
        except TimeoutError:
            log.warning("session %s: %d operation(s) pending after draining", self.name, len(self._outcomes))
        return self._outcomes.operations()

    # --- for its API modules ----------------------------------------------------------------------------------------

    def start(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Operation[Any]:
        """An operation that an event completes; nothing is sent yet. Raises `InvalidArgument`, `SessionClosed`."""
        loop = self._must_have_begun()
        self._must_not_drain(route)
        operation_id = str(uuid.uuid4())
        limit = self._limit(route, timeout)
        sent = dict(arguments)
        expected = route.expects(arguments)
        if route.marks and self._settings.mark_calls:
            sent["user_data"] = marked(sent.get("user_data"), MARKER_KEY, operation_id)
            expected = {**expected, "operation_id": operation_id}
        call = route.call(sent, operation_id)
        if route.settles is None:
            raise InvalidArgument(f"{route.name} is not completed by an event")
        rule = route.settles(expected)
        if rule.on_acceptance is not None:
            rule = evolve(rule, on_acceptance=self._settings.error_grace)
        uploads = call.parts is not None and timeout is None
        expectation = Expectation(route.name, operation_id, route.domain, rule, limit, from_reply=uploads)

        def perform(operation: Operation[Any], course: Course[Any]) -> Any:
            return self._perform(operation, course, route, call, expectation, arguments)

        return Operation(route.name, operation_id, perform, loop)

    async def request(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Any:
        """Send a synchronous operation and give its result."""
        self._must_be_open()
        return await self._requests.request(route, arguments, timeout)

    async def open(self, route: Route, arguments: Mapping[str, Any], timeout: float | None) -> Download:
        """Send an operation whose answer is a file, and give the file, which is still to come."""
        self._must_be_open()
        return await self._requests.open(route, arguments, timeout)

    # --- operations -------------------------------------------------------------------------------------------------

    async def _perform(
        self,
        operation: Operation[Any],
        course: Course[Any],
        route: Route,
        call: Call,
        expectation: Expectation,
        arguments: Mapping[str, Any],
    ) -> None:
        """Register, send, judge the reply. The outcome may come before, during or after."""

        def decode(payload: Mapping[str, Any] | None, _: Matched) -> Any:
            return self._requests.result(route, payload or {}, arguments)

        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        def again(outcome: object) -> bool:
            if may_be_done(outcome):
                self._outcomes.repeating(pending)
            return not operation.done()

        try:
            self._must_be_open()
            self._must_not_drain(route)
            pending = self._outcomes.register(operation, course, expectation, decode)
            if not await self._sendable(operation, route):
                return
            self._outcomes.sending(pending)
            try:
                limit = None if expectation.from_reply else expectation.timeout
                answer = await self._requests.send(route, call, limit, again=again)
            except OutcomeUnknown as error:
                log.info("%s %s: no reply (%s); its event may still come", operation.name, operation.id, error)
                self._outcomes.unanswered(pending)
                return
            await self._answered(course, pending, route, answer, arguments)
        except EngageError as error:
            course.fail(error)
        except asyncio.CancelledError:
            operation.cancel()
            raise
        except Exception as error:
            course.fail(error)
            log.exception("%s %s failed in an unforeseen way", operation.name, operation.id)

    async def _answered(
        self,
        course: Course[Any],
        pending: Pending,
        route: Route,
        answer: Answer,
        arguments: Mapping[str, Any],
    ) -> None:
        """Judge the answer: the operation was accepted, or this is its outcome. Raises what the server refused with.

        An answer that is no reply (a gateway's, or unreadable) may hide that the request took effect, and so may the
        refusal of one that was sent again: it is the outcome only when no event comes within the grace.
        """
        try:
            reply = self._requests.judge(route, answer)
        except EngageError as error:
            if not pending.repeated and not isinstance(error, MalformedResponse | ServerFault):
                raise
            self._outcomes.unanswered(pending)
            if await course.settles_within(self._settings.error_grace):
                return
            if pending.repeated:
                error.add_note(SENT_TWICE)
            raise
        if reply.accepted:
            self._outcomes.accept(pending, reply.operation_id)
        else:
            self._outcomes.discard(pending)
            course.succeed(self._requests.conclude(route, reply, arguments), "reply")

    async def _sendable(self, operation: Operation[Any], route: Route) -> bool:
        """Wait until notifications flow; False when its time was over first, and its caller was told: not sent."""
        if self._needs_notifications(route):
            await self._notifications.connected()
        return not operation.done()

    def _limit(self, route: Route, timeout: Any) -> float:
        """The deadline of an operation in seconds; every operation has one."""
        if timeout is None:
            return self._default_timeout(route)
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
            raise InvalidArgument(f"{route.name}: timeout must be a positive number of seconds, not {timeout!r}")
        return float(timeout)

    # --- what is particular to a service ----------------------------------------------------------------------------

    def _default_timeout(self, _route: Route) -> float:
        return self._settings.operation_timeout

    def _needs_notifications(self, _route: Route) -> bool:
        return True

    def _observe(self, _notice: Notice) -> bool:
        """Keep live state; False when the event lacks its essential member."""
        return True

    async def _recover(self, reason: LossReason) -> None:
        """Notifications may be lost: settle what can be settled."""
        self._lost(reason, ())

    async def _renew(self, reason: LossReason) -> None:
        """The last notification session ended before anything flowed: open again what it rests on, if that is gone.

        Raises `SessionClosed` when it cannot be opened again.
        """

    async def _farewell(self) -> None:
        """Tell the server that the session ends; the notifications are closed already."""

    # --- events -----------------------------------------------------------------------------------------------------

    def _dispatch(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            try:
                self._take(notice)
            except Exception:
                log.exception("session %s: an event of type %s failed", self.name, notice.message_type[:60])

    def _take(self, notice: Notice) -> None:
        readable = self._observe(notice)
        self._outcomes.feed(notice)
        if notice.source == "event":
            self._listeners.publish(notice)
        if not readable:
            self._unreadable += 1
            if not self._complained:
                self._complained = True
                log.warning("session %s: %s without its essential member", self.name, notice.message_type[:60])

    def _lost(self, reason: LossReason, snapshot: Sequence[Notice]) -> None:
        for notice in snapshot:
            self._observe(notice)
        self._outcomes.lost(snapshot)
        self._listeners.publish_event(
            EventsLost(reason=f"{reason.kind}: {reason.detail}" if reason.detail else reason.kind)
        )

    # --- opening and closing ----------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Bind to the running loop; nothing is sent yet."""
        if self._loop is not None:
            raise SessionClosed(f"session {self.name} can be opened once")
        self._loop = asyncio.get_running_loop()
        self._outcomes = Outcomes(
            guess=self._settings.guess_errors, flowing=lambda: self._notifications.health.state == "connected"
        )
        self._listeners = Listeners(self.name, limit=self._settings.stream_limit)
        self._notifications = NotificationConnection(
            post=self._post,
            channels=self._channels,
            deliver=self._dispatch,
            on_change=self._notifications_changed,
            recover=self._recover,
            renew=self._renew,
            settings=NotificationSettings(
                poll_margin=self._settings.poll_margin, close_timeout=self._settings.close_timeout
            ),
            name=self.name,
        )
        self._open = True

    async def _post(self, payload: list[dict[str, Any]], headers: dict[str, str], read_timeout: float) -> Answer:
        return await self._http.post_messages(self._path, payload, headers=headers, read_timeout=read_timeout)

    def _notifications_changed(self, health: Health) -> None:
        if self._loop is None or self._loop.is_closed():
            return  # the task was thrown away with its loop, and nobody can wait any more
        if health.state == "closed" and self._closing is None and self._open and self._error is None:
            told = health.last_error or "their task was cancelled"
            self._error = SessionClosed(f"session {self.name}: notifications ended for good: {told}")
            log.error("%s", self._error)
            self._end(self._error)

    def _end(self, error: EngageError | None) -> None:
        """Nothing more will happen: tell whoever waits for anything."""
        self._outcomes.close(lambda operation: self._closed_error(operation.name))
        self._listeners.end(error)

    def _spawn(self, work: Awaitable[Any], name: str) -> asyncio.Task[Any]:
        """Run `work` in a task that ends with the session."""
        task = asyncio.ensure_future(work)
        if isinstance(task, asyncio.Task):
            task.set_name(f"engage-{name}:{self.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def aclose(self) -> None:
        """End the session: fail what is pending, disconnect notifications, log out, end streams and handlers.

        Bounded by the setting `close_timeout` for each step; what the server does about it is logged, not raised. Safe
        to call again, and from several tasks.
        """
        if self._loop is None:
            self._closed()
            await self._http.aclose()
            return
        if self._loop is not asyncio.get_running_loop():
            raise WrongEventLoop(f"session {self.name} was opened in another event loop")
        self.closes_in(asyncio.current_task())
        if self._closing is None:
            self._closing = self._loop.create_task(self._close(), name=f"engage-close:{self.name}")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self._open = False
        self._end(self._error)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with self._tolerating("disconnecting notifications"):
            async with asyncio.timeout(2 * self._settings.close_timeout):
                await self._notifications.close()
        with self._tolerating("logging out"):
            async with asyncio.timeout(self._settings.close_timeout):
                await self._farewell()
        await self._listeners.close(patience=self._settings.close_timeout)
        with self._tolerating("closing connections"):
            await self._http.aclose()
        self._closed()

    @property
    def is_open(self) -> bool:
        """Whether it was opened, and neither closed nor failed since."""
        return self._open and self._error is None

    def closes_in(self, task: asyncio.Task[Any] | None) -> None:
        """Closing is waited for in this task: should it be a handler's, closing does not wait for it."""
        if self._open:
            self._listeners.let_go(task)

    def on_close(self, callback: Callable[[ServiceSession], object]) -> None:
        """Call `callback` with this session once it is closed."""
        self._on_close.append(callback)

    def _closed(self) -> None:
        callbacks, self._on_close = self._on_close, []
        for callback in callbacks:
            callback(self)

    @contextlib.contextmanager
    def _tolerating(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (EngageError, TimeoutError) as error:
            log.warning("session %s: %s: %s", self.name, doing, str(error) or type(error).__name__)
        except Exception:
            log.exception("session %s: %s", self.name, doing)

    def _closed_error(self, what: str) -> EngageError:
        return SessionClosed(f"{what}: {self._error or f'session {self.name} is closed'}")

    def _must_have_begun(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise SessionClosed(f"session {self.name} is not open yet: use it with 'async with'")
        saying_goodbye = self._closing is not None and asyncio.current_task(self._loop) is self._closing
        if (not self._open or self._error is not None) and not saying_goodbye:
            raise self._closed_error("not possible")
        return self._loop

    def _must_not_drain(self, route: Route) -> None:
        """What a session rests on goes on while it drains; and its end may say goodbye."""
        if self._draining and self._open and self._needs_notifications(route):
            raise SessionClosed(f"{route.name}: session {self.name} takes no more operations: it is draining")

    def _must_be_open(self) -> None:
        loop = self._must_have_begun()
        if asyncio.get_running_loop() is not loop:
            raise WrongEventLoop(f"session {self.name} was opened in another event loop")

    async def __aenter__(self) -> Self:
        raise SessionClosed(f"{type(self).__name__} cannot be opened by itself")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
