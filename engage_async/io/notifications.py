"""The notification connection: one CometD long poll that outlives everything but its owner.

Must live here: the one task that connects again and again, and all use of aiocometd. Must not: HTTP, what events mean.

aiocometd's `TransportBase` is the engine of one Bayeux session: it numbers and addresses messages, runs extensions,
pairs replies with requests, shakes hands, says goodbye, knows what is subscribed. The rules are in `protocol.bayeux`.

    open() ──► connecting ──► connected ◄─────────────┐
                              │                       │ answered again; or a new session, subscribed;
                              │ a poll failed, or     │ and where something may be lost, `recover` has ended
                              ▼ the session is gone   │
    close() ──► closed        reconnecting ───────────┘
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random
from random import random as roll
from typing import Any, Protocol

from aiocometd.constants import (
    CONNECT_MESSAGE,
    SUBSCRIBE_MESSAGE,
    UNSUBSCRIBE_MESSAGE,
    ConnectionType,
    MetaChannel,
    TransportState,
)
from aiocometd.exceptions import ServerError
from aiocometd.exceptions import TransportError as UnansweredError
from aiocometd.extensions import Extension
from aiocometd.transports.base import TransportBase
from aiocometd.typing import Headers, JsonObject, Payload

from engage_async.errors import (
    EngageError,
    HandshakeRefused,
    MalformedResponse,
    NotificationError,
    OutcomeUnknown,
    SessionClosed,
    SubscriptionRefused,
    Unauthorized,
    api_error,
)
from engage_async.protocol import bayeux
from engage_async.protocol.backoff import Backoff
from engage_async.protocol.bayeux import Advice, LossReason, Next, ReconnectPolicy, Response, Step
from engage_async.protocol.envelope import read_reply
from engage_async.protocol.health import Health, NotificationSettings, State
from engage_async.protocol.notices import Notice

__all__ = ["Health", "LossReason", "NotificationConnection", "NotificationSettings", "Post", "PostResult", "State"]

_NEVER_FILLED: asyncio.Queue[Any] = asyncio.Queue()  # aiocometd wants one; events go straight to who wants them

LOGGER = logging.getLogger("engage_async.notifications")


class PostResult(Protocol):
    """What came back from a POST, whatever its status."""

    @property
    def http_status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def content(self) -> bytes:
        """The body."""
        ...

    @property
    def text(self) -> str:
        """The body, decoded."""
        ...


Post = Callable[[list[JsonObject], dict[str, str], float], Awaitable[PostResult]]
"""``post(messages, headers, read_timeout)``: one POST of a JSON array to the CometD endpoint, never repeated.

Cookies, token (with its renewal after a 401), TLS and proxy are its business. It raises `NotSent` or `OutcomeUnknown`
when no complete answer came, `read_timeout` seconds of silence included, and `AuthenticationError` without a token.
"""


class _Acknowledgement(Extension):
    """CometD's message acknowledgement: tells the last batch received, so that the server repeats what got lost."""

    def __init__(self) -> None:
        self.active = False
        self._batch = 0

    async def outgoing(self, payload: Payload, headers: Headers) -> None:  # noqa: ARG002 - aiocometd's interface
        for message in payload:
            if message["channel"] == MetaChannel.HANDSHAKE:
                message["ext"] = {"ack": True}
            elif self.active and message["channel"] == MetaChannel.CONNECT:
                message["ext"] = {"ack": self._batch}

    async def incoming(self, payload: Payload, headers: Headers | None = None) -> None:  # noqa: ARG002 - the same
        for message in payload:
            if message["channel"] == MetaChannel.HANDSHAKE:
                self.active = bayeux.acknowledges(message)
            elif message["channel"] == MetaChannel.CONNECT:
                batch = bayeux.acknowledged_batch(message)
                self._batch = self._batch if batch is None else batch


class _BayeuxSession(TransportBase):
    """One Bayeux session, from its handshake to its end; a new one gets a new object.

    Every request goes through `_send_final_payload`, which reads whatever comes back before aiocometd sees it:
    events go straight to `receive`, and only sound replies go on to aiocometd.
    """

    def __init__(
        self, post: Post, settings: NotificationSettings, advice: Advice, receive: Callable[[Response], None]
    ) -> None:
        self._acknowledgement = _Acknowledgement()
        super().__init__(
            url="",
            incoming_queue=_NEVER_FILLED,
            extensions=[self._acknowledgement] if settings.acknowledge else [],
            loop=asyncio.get_running_loop(),
        )
        self._state_events.clear()
        self._post = post
        self._settings = settings
        self._receive = receive
        self.advice = advice
        self.ended = False
        self.flowed = False
        self.refusals: dict[str, JsonObject] = {}

    @property
    def connection_type(self) -> ConnectionType:
        return ConnectionType.LONG_POLLING

    @property
    def acknowledged(self) -> bool:
        """Whether the server repeats what got lost."""
        return self._acknowledgement.active

    async def begin(self) -> None:
        """Shake hands. Raises `HandshakeRefused`, or what any request raises."""
        reply = await self.handshake([self.connection_type])
        if not reply["successful"] or self.advice.reconnect == "none":
            raise HandshakeRefused(f"handshake refused: {bayeux.error_text(reply)}", reply=reply) from ServerError(
                "handshake refused", reply
            )
        if not isinstance(self.client_id, str) or not self.client_id:
            raise MalformedResponse("the handshake reply has no clientId")
        self._state = TransportState.CONNECTED

    async def poll(self, *, at_once: bool) -> JsonObject:
        """Connect once. The server answers when there are events, after the advised time, or (`at_once`) at once."""
        message = CONNECT_MESSAGE.copy()
        return await self._send_message(message, **({"advice": {"timeout": 0}} if at_once else {}))

    async def request(self, template: Mapping[str, object], channels: Sequence[str]) -> list[SubscriptionRefused]:
        """Subscribe or unsubscribe all channels in one request. Gives one error for each that was not granted."""
        if not channels:
            return []
        for channel in channels:
            self.refusals.pop(channel, None)
        await self._send_payload([{**template, "subscription": channel} for channel in channels])
        subscribing = template["channel"] == MetaChannel.SUBSCRIBE
        return [
            _refusal(channel, self.refusals.get(channel))
            for channel in channels
            if channel in self.refusals or (channel in self.subscriptions) is not subscribing
        ]

    async def _send_final_payload(self, payload: Payload, *, headers: Headers) -> JsonObject:
        request = payload[0]
        held = request["channel"] == MetaChannel.CONNECT and "advice" not in request
        read_timeout = self.advice.timeout + self._settings.poll_margin if held else self._settings.meta_timeout
        limit = read_timeout + self._settings.meta_timeout
        try:
            # `read_timeout` counts silence; this bounds an answer that trickles, and all that comes before it.
            async with asyncio.timeout(limit):
                answer = await self._post(payload, headers, read_timeout)
        except EngageError:
            raise
        except Exception as error:
            told = f"no complete answer in {limit:g} s" if isinstance(error, TimeoutError) else type(error).__name__
            raise OutcomeUnknown(f"{request['channel'].value}: {told}") from error
        response = self._read(answer, request)
        for reply in response.replies:
            self.advice = self.advice.merged(reply.get("advice"))
        self._receive(response)
        matching = await self._consume_payload(list(response.replies), find_response_for=request)
        if matching is None:
            problem = f"no reply to {request['channel'].value} in the answer"
            raise MalformedResponse(problem, http_status=answer.http_status) from UnansweredError(problem)
        return matching

    def _read(self, answer: PostResult, request: JsonObject) -> Response:
        if answer.http_status >= 400:
            status = read_reply(answer.http_status, answer.text).status
            raise api_error(
                status, http_status=answer.http_status, operation=f"notifications{request['channel'].value}"
            )
        return bayeux.read_response(answer.http_status, answer.content)

    def _set_state_event(self, old_state: TransportState, new_state: TransportState) -> None:
        """Nobody waits for a state of aiocometd's; its events for that took 5 KB of every session."""

    def _update_subscriptions(self, response_message: JsonObject) -> None:
        super()._update_subscriptions(response_message)
        channel = response_message["channel"]
        if channel in (MetaChannel.SUBSCRIBE, MetaChannel.UNSUBSCRIBE) and not response_message["successful"]:
            self.refusals[response_message["subscription"]] = response_message

    async def _consume_message(self, response_message: JsonObject) -> None:
        """A message that answers nothing: the only one that matters is a ``/meta/disconnect`` the server sent."""
        if response_message["channel"] == MetaChannel.DISCONNECT:
            self.ended = True


def _refusal(channel: str, reply: JsonObject | None) -> SubscriptionRefused:
    told = bayeux.error_text(reply) if reply is not None else "no reply"
    error = SubscriptionRefused(f"{channel}: {told}", channel=channel, reply=reply)
    error.__cause__ = ServerError("subscription refused", reply)
    return error


class NotificationConnection:
    """Keeps one CometD connection going, and hands over whatever comes.

    `deliver` is called with the notifications of one answer, in the server's order, for every notification in any
    answer, subscribed to or not; it must not block. What it raises is logged once per episode, counted and dropped.
    `on_change` is called whenever the state changes and when a subscription is refused in a new session. `recover` is
    awaited when notifications may have been lost: the new session has its subscriptions, notifications are delivered
    meanwhile, and `connected` waits for its end. A loss during a recovery begins another one. `renew` is awaited before
    a session is replaced in which nothing ever flowed: what it was opened with may be gone. What it raises counts as a
    failed handshake, but `SessionClosed` ends the connection for good.

    Belongs to the event loop in which it is opened. Its task is named ``engage-notifications:<name>``; a recovery adds
    a second one while it runs, ended by the first.
    """

    def __init__(
        self,
        *,
        post: Post,
        channels: Sequence[str],
        deliver: Callable[[Sequence[Notice]], None],
        on_change: Callable[[Health], None] | None = None,
        recover: Callable[[LossReason], Awaitable[None]] | None = None,
        renew: Callable[[LossReason], Awaitable[None]] | None = None,
        settings: NotificationSettings | None = None,
        name: str = "session",
        random: Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post = post
        self._channels = dict.fromkeys(channels)
        self._deliver = deliver
        self._on_change = on_change
        self._recover = recover
        self._renew = renew
        self._settings = settings or NotificationSettings()
        self._name = name
        self._clock = clock
        self._policy = ReconnectPolicy(
            backoff=Backoff(self._settings.backoff_first, self._settings.backoff_limit),
            settled=self._settings.settled_after,
            dice=random.random if random is not None else roll,
            clock=clock,
        )
        self._task: asyncio.Task[None] | None = None
        self._recovery: asyncio.Task[None] | None = None
        self._session: _BayeuxSession | None = None
        self._state: State = "closed"
        self._ready: asyncio.Event | None = None  # there while somebody waits
        self._flowing = False
        self._failure: Exception | None = None
        self._last_answer: float | None = None
        self._last_error = ""
        self._reconnects = self._handshakes = self._events = self._malformed = self._undelivered = 0
        self._reading_badly = self._delivering_badly = False
        self._refused: tuple[SubscriptionRefused, ...] = ()

    @property
    def health(self) -> Health:
        """How the connection is now."""
        return Health(
            state=self._state,
            last_answer_age=None if self._last_answer is None else self._clock() - self._last_answer,
            reconnects=self._reconnects,
            handshakes=self._handshakes,
            events=self._events,
            malformed=self._malformed,
            undelivered=self._undelivered,
            last_error=self._last_error,
            refused=self._refused,
            ack=self._session is not None and self._session.acknowledged,
        )

    async def open(self, *, deadline: float) -> None:
        """Shake hands, subscribe all channels in one request, connect, and keep polling from then on.

        Nothing is tried twice. Raises `HandshakeRefused`, `SubscriptionRefused`, `NotSent`, `OutcomeUnknown` (also when
        `deadline` seconds have passed), `ApiError` for an HTTP error (`Unauthorized` …), `MalformedResponse`,
        `AuthenticationError`; leaves nothing behind when it fails or is cancelled. Can be used once: `SessionClosed`.
        """
        if self._task is not None:
            raise SessionClosed("this notification connection was opened before")
        opened = asyncio.get_running_loop().create_future()
        self._show("connecting")
        self._task = asyncio.create_task(self._run(opened), name=f"engage-notifications:{self._name}")
        try:
            async with asyncio.timeout(deadline):
                await opened
        except TimeoutError as error:
            await self._end_task()
            raise OutcomeUnknown(f"no notification connection within {deadline:g} s") from error
        except NotificationError:
            await self._say_goodbye()
            raise
        except BaseException:
            await self._end_task()
            raise

    async def close(self) -> None:
        """Stop polling, then tell the server. Never raises for what the server does; safe to repeat, at any moment."""
        await self._end_task()
        await self._say_goodbye()

    async def connected(self) -> None:
        """Wait until events flow, and what was lost is recovered. Raises `SessionClosed` when that cannot be."""
        while self._state != "connected":
            if self._state == "closed":
                raise SessionClosed("the notification connection is closed") from self._failure
            if self._ready is None:
                self._ready = asyncio.Event()
            await self._ready.wait()

    async def subscribe(self, channels: Sequence[str]) -> None:
        """Subscribe more channels, now and in every later session; waits until connected.

        Raises `SubscriptionRefused` for the first one refused, or what a request raises. Granted ones stay; all others
        are not kept.
        """
        session = await self._connected_session()
        added = [channel for channel in channels if channel not in self._channels]
        self._channels.update(dict.fromkeys(added))  # before the answer: a new session may begin meanwhile
        try:
            refused = await session.request(SUBSCRIBE_MESSAGE, channels)
        except BaseException:
            self._forget(added)
            raise
        if refused:
            self._forget([error.channel for error in refused])
            raise refused[0]

    async def unsubscribe(self, channels: Sequence[str]) -> None:
        """Give channels up, now and in every later session; waits until connected.

        Raises `SubscriptionRefused` for the first one the server did not give up, or what a request raises.
        """
        session = await self._connected_session()
        self._forget(channels)
        refused = await session.request(UNSUBSCRIBE_MESSAGE, channels)
        if refused:
            raise refused[0]

    def _forget(self, channels: Sequence[str]) -> None:
        for channel in channels:
            self._channels.pop(channel, None)

    async def _connected_session(self) -> _BayeuxSession:
        await self.connected()
        if self._session is None:
            raise SessionClosed("the notification connection is closing")
        return self._session

    # --- The task -----------------------------------------------------------------------------------------------------

    async def _run(self, opened: asyncio.Future[None]) -> None:
        try:
            session = await self._first_session()
            if not opened.done():
                opened.set_result(None)
            loss: LossReason | None = None
            while True:
                lost = await self._poll(session, loss)
                session = await self._next_session(session.advice.for_next_session(), lost)
                loss = lost.loss
        except Exception as error:
            self._failure = error
            self._last_error = _told(error)
            if opened.done():
                LOGGER.exception("%s: notifications end for good", self._name)
        finally:
            await self._end_recovery()
            self._flowing = False
            self._show("closed")
            if not opened.done():
                closed = SessionClosed("closed while it was opening")
                opened.set_exception(closed if self._failure is None else self._failure)

    async def _first_session(self) -> _BayeuxSession:
        session = await self._handshake(Advice())
        refused = await session.request(SUBSCRIBE_MESSAGE, list(self._channels))
        if refused:
            raise refused[0]
        reply = await session.poll(at_once=True)
        if session.ended or not reply["successful"]:
            told = "disconnected by the server" if session.ended else bayeux.error_text(reply)
            raise HandshakeRefused(f"the session ended at once: {told}", reply=reply)
        self._policy.session_began()
        session.flowed = True
        await self._flows(None)
        return session

    async def _next_session(self, advice: Advice, lost: Next) -> _BayeuxSession:
        """Begin a new session, however often it takes. Raises `HandshakeRefused` when the server wants none."""
        await self._end_recovery()
        session, self._session = self._session, None
        loss = lost.loss or LossReason("session-unknown")
        renew = session is not None and not session.flowed
        step = lost
        while True:
            await asyncio.sleep(step.delay)
            try:
                if renew and self._renew is not None:
                    await self._renew(loss)
                session = await self._handshake(advice)
                refused = await session.request(SUBSCRIBE_MESSAGE, list(self._channels))
            except EngageError as error:
                self._interrupted(_told(error))
                if isinstance(error, SessionClosed):
                    raise
                renew = renew or isinstance(error, Unauthorized)
                step = self._policy.after_failed_handshake(error, advice)
                if step.step is Step.STOP:
                    raise
                continue
            self._policy.session_began()
            self._report(refused)
            return session

    async def _handshake(self, advice: Advice) -> _BayeuxSession:
        session = _BayeuxSession(self._post, self._settings, advice, self._receive)
        await session.begin()
        self._session = session
        self._handshakes += 1
        return session

    async def _poll(self, session: _BayeuxSession, loss: LossReason | None) -> Next:
        """Connect again and again until the session is gone. `loss` is what the end of the one before may have lost."""
        while True:
            step = await self._connect(session)
            if step.step is Step.HANDSHAKE:
                return step
            loss = loss or step.loss
            if step.flowing:
                session.flowed = True
                await self._flows(loss)
                loss = None
            if step.delay:
                await asyncio.sleep(step.delay)

    async def _connect(self, session: _BayeuxSession) -> Next:
        at_once = not self._flowing
        began, events = self._clock(), self._events
        try:
            reply = await session.poll(at_once=at_once)
        except EngageError as error:
            told = _told(error)
            step = self._policy.after_failed_connect(
                error, session.advice, ended=session.ended, acknowledged=session.acknowledged
            )
        else:
            told = bayeux.error_text(reply)
            step = self._policy.after_connect(
                reply,
                session.advice,
                ended=session.ended,
                events=self._events - events,
                took=self._clock() - began,
                at_once=at_once,
            )
        if not step.flowing:
            self._interrupted(f"{step.loss.kind}: {step.loss.detail}" if step.loss else told)
        return step

    async def _end_task(self) -> None:
        if self._task is not None and not self._task.done():
            if not self._task.cancelling():
                self._task.cancel()
            await asyncio.wait([self._task])

    async def _say_goodbye(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(EngageError, TimeoutError):
                async with asyncio.timeout(self._settings.close_timeout):
                    await session.disconnect()

    # --- What came, and what is told ----------------------------------------------------------------------------------

    def _receive(self, response: Response) -> None:
        self._last_answer = self._clock()
        self._malformed += response.malformed
        if response.malformed and not self._reading_badly:
            LOGGER.warning("%s: messages that cannot be read are left out", self._name)
        self._reading_badly = bool(response.malformed)
        if not response.notices:
            return
        self._events += len(response.notices)
        try:
            self._deliver(response.notices)
        except Exception:
            self._undelivered += len(response.notices)
            if not self._delivering_badly:
                LOGGER.exception("%s: the receiver of notifications failed", self._name)
            self._delivering_badly = True
        else:
            self._delivering_badly = False

    def _interrupted(self, why: str) -> None:
        self._last_error = why
        LOGGER.log(
            logging.WARNING if self._flowing else logging.DEBUG, "%s: notifications interrupted: %s", self._name, why
        )
        self._flowing = False
        self._update()

    async def _flows(self, loss: LossReason | None) -> None:
        self._flowing = True
        if loss is not None and self._recover is not None:
            await self._end_recovery()
            self._recovery = asyncio.create_task(
                self._run_recovery(self._recover, loss), name=f"engage-notifications:{self._name}:recovery"
            )
        self._update()

    async def _run_recovery(self, recover: Callable[[LossReason], Awaitable[None]], loss: LossReason) -> None:
        try:
            async with asyncio.timeout(self._settings.recover_timeout):
                await recover(loss)
        except Exception:
            LOGGER.exception("%s: the recovery after lost notifications failed", self._name)
        self._recovery = None
        self._update()

    async def _end_recovery(self) -> None:
        recovery, self._recovery = self._recovery, None
        if recovery is not None:
            recovery.cancel()
            await asyncio.wait([recovery])

    def _report(self, refused: Sequence[SubscriptionRefused]) -> None:
        self._refused = tuple(refused)
        for error in refused:
            LOGGER.warning("%s: subscription refused in the new session: %s", self._name, error)
            self._last_error = _told(error)
        if refused:
            self._tell()

    def _update(self) -> None:
        flows = self._flowing and self._recovery is None
        if flows and self._state == "reconnecting":
            self._reconnects += 1
        self._show("connected" if flows else "reconnecting")

    def _show(self, state: State) -> None:
        if state == self._state:
            return
        self._state = state
        if self._ready is not None and state in ("connected", "closed"):
            self._ready.set()
            self._ready = None
        LOGGER.info("%s: notifications %s", self._name, state)
        self._tell()

    def _tell(self) -> None:
        if self._on_change is not None:
            try:
                self._on_change(self.health)
            except Exception:
                LOGGER.exception("%s: the receiver of changes of health failed", self._name)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
