"""The Bayeux protocol's server side: sessions, channels, queues and the replies to each message.

Must live here: what a message does to a session and what the reply says. Must not: HTTP, waiting, who is bound to what.

    handshake ──► session ──► connect: reply at once when messages wait, else suspended until one comes or time is up
                     │
                     └─ removed by: disconnect (either side), no poll for too long, `drop`, a queue that overflows

Sources: the Bayeux 1.0 specification and the reference of CometD's acknowledge extension
(https://docs.cometd.org/current/reference/): messages carry the number of the batch that is open when they are queued;
each connect reply closes a batch and sends every message up to it that the client did not acknowledge.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any, Literal

from attrs import Factory, define

from engage_async.emulator.switches import Switches

__all__ = ["Answer", "BayeuxServer", "Ending", "Message", "Session", "event_text"]

Message = dict[str, Any]

Ending = Literal["due", "replaced", "closed", "unknown"]
"""Why a suspended connect is answered: messages or the time have come, another connect came, the client has said
goodbye, or the session is gone."""

HANDSHAKE, CONNECT, DISCONNECT = "/meta/handshake", "/meta/connect", "/meta/disconnect"
SUBSCRIBE, UNSUBSCRIBE = "/meta/subscribe", "/meta/unsubscribe"

_MOST_QUEUED = 100_000
_SUBSCRIBABLE = re.compile(r"(?:/[^/*\s]+)+|(?:/[^/*\s]+)*/\*\*?")
_UNKNOWN_ADVICE = {"reconnect": "handshake", "interval": 0}
_GOODBYE = '{"channel":"/meta/disconnect","successful":true}'


def event_text(channel: str, data: Any) -> str:
    """One event as it goes over the wire: written once, however many sessions receive it."""
    return json.dumps({"channel": channel, "data": data}, separators=(",", ":"))


@define(eq=False)
class Session:
    """One client's session. `binding` is what stands behind it (None: nothing, and the server will say goodbye)."""

    id: str
    browser: str
    binding: Hashable | None
    acknowledges: bool
    expires: float
    subscriptions: set[str] = Factory(set)
    queue: deque[tuple[int, str]] = Factory(deque)
    batch: int = 1
    fresh: bool = False
    """Whether something was queued since the last delivery."""
    busy: bool = False
    """Whether a request of this session is being processed: what is queued meanwhile leaves in its answer."""
    resume: Callable[[Ending], None] | None = None
    """Ends the suspended connect, while there is one."""
    advised: Message | None = None

    def hears(self, channel: str, *, among: AbstractSet[str] | None = None) -> bool:
        """Whether one of its subscriptions (or of those given) matches the channel."""
        subscriptions = self.subscriptions if among is None else among
        return any(pattern in subscriptions for pattern in _patterns(channel))

    def wake(self, ending: Ending = "due") -> None:
        """End the suspended connect, when there is one."""
        if self.resume is not None and not (self.busy and ending == "due"):
            resume, self.resume = self.resume, None
            resume(ending)


@define
class Answer:
    """What a request is answered: `replies` after the session's messages; or, first, a connect to be `suspended`."""

    session: Session | None = None
    replies: list[Message] = Factory(list)
    suspended: Message | None = None
    timeout: float = 0.0
    delivers: bool = False


class BayeuxServer:
    """The sessions of one notification endpoint. `now` gives seconds.

    `on_subscribe` hears of each new subscription, `on_unbound` of what stood behind a session once the last is gone.
    """

    def __init__(
        self,
        switches: Switches,
        *,
        now: Callable[[], float] = time.monotonic,
        on_subscribe: Callable[[Session, list[str]], None] | None = None,
        on_unbound: Callable[[Hashable], None] | None = None,
    ) -> None:
        self._switches, self._now = switches, now
        self._on_subscribe, self._on_unbound = on_subscribe, on_unbound
        self._sessions: dict[str, Session] = {}
        self._bound: dict[Hashable, dict[str, Session]] = {}
        self._meta: dict[str, Callable[[Session, Message, Message], None]] = {
            DISCONNECT: self._disconnect, SUBSCRIBE: self._subscribe, UNSUBSCRIBE: self._unsubscribe,
        }  # fmt: skip

    # --- for the server that owns it ----------------------------------------------------------------------------------

    def sessions(self) -> Iterator[Session]:
        """Every living session."""
        return iter(list(self._sessions.values()))

    def bound_to(self, binding: Hashable) -> Iterable[Session]:
        """The sessions that this stands behind."""
        return list(self._bound.get(binding, {}).values())

    def send(self, session: Session, text: str) -> None:
        """Queue one event (as `event_text` wrote it) and let a suspended connect deliver it."""
        session.queue.append((session.batch, text))
        session.fresh = True
        if len(session.queue) > _MOST_QUEUED:
            self.drop(session)
        else:
            session.wake()

    def drop(self, session: Session) -> None:
        """Forget a session: whatever it sends next is answered ``402::session_unknown``."""
        self._remove(session)
        session.wake("unknown")

    def dismiss(self, session: Session) -> None:
        """Say goodbye: the next connect reply (or the suspended one) carries a ``/meta/disconnect``."""
        self._unbind(session)
        session.binding = None
        session.wake()

    def sweep(self) -> None:
        """Forget every session that has not polled for too long."""
        now = self._now()
        for session in list(self._sessions.values()):
            if session.resume is None and session.expires < now:
                self.drop(session)

    # --- one request --------------------------------------------------------------------------------------------------

    def process(self, messages: list[Message], *, browser: str, binding: Hashable | None) -> Answer:
        """Carry out the messages of one request, in order.

        `browser` is the ``BAYEUX_BROWSER`` cookie, `binding` what the request's other credentials stand for: a session
        answers only to those it was opened with, and a request speaks for one session only. When the answer has a
        `suspended` connect, call `resumed` later.
        """
        answer = Answer()
        for message in messages:
            alone = len(messages) == 1
            if message.get("channel") == HANDSHAKE and alone:
                answer.session = self._handshake(message, answer, browser, binding)
                continue
            session = self._find(message, browser, binding)
            if session is not None:
                if answer.session is None:
                    answer.session = session
                    session.busy = True
                elif answer.session is not session:
                    session = None
            self._answer_one(session, message, answer, alone=alone)
        if answer.session is not None:
            self._put_off(answer.session)
        return answer

    def resumed(self, answer: Answer, ending: Ending) -> None:
        """Complete an answer whose connect was suspended."""
        message, session = answer.suspended, answer.session
        if message is None or session is None or ending == "replaced":
            return
        reply = _reply(message)
        answer.replies.append(reply)
        if ending == "closed":
            reply["advice"] = {"reconnect": "none", "interval": 0}
            answer.session = None
        elif ending == "unknown" or session.id not in self._sessions:
            _unknown(reply)
            answer.session = None
        else:
            self._connected(session, message, reply, answer)

    def body(self, answer: Answer) -> str:
        """The response: the session's waiting messages, then the replies."""
        session = answer.session
        parts: list[str] = []
        if session is not None:
            if answer.delivers or not session.acknowledges:
                parts.extend(text for _, text in session.queue)
                session.fresh = False
                if not session.acknowledges:
                    session.queue.clear()
            self._put_off(session)
        parts.extend(json.dumps(reply, separators=(",", ":")) for reply in answer.replies)
        if session is not None:
            session.busy = False
            if session.fresh:
                session.wake()
        return "[" + ",".join(parts) + "]"

    # --- messages -----------------------------------------------------------------------------------------------------

    def _answer_one(self, session: Session | None, message: Message, answer: Answer, *, alone: bool) -> None:
        channel, reply = message.get("channel"), _reply(message)
        if not isinstance(channel, str):
            _refuse(reply, "400::channel_missing")
        elif session is None:
            _unknown(reply)
        elif channel == CONNECT:
            self._connect(session, message, reply, answer, alone=alone)
            return
        elif channel.startswith("/meta/"):
            handler = self._meta.get(channel)
            if handler is None:
                _refuse(reply, "404::unknown_meta_channel")
            else:
                handler(session, message, reply)
        else:
            self._publish(session, channel, message, reply)
        answer.replies.append(reply)

    def _handshake(self, message: Message, answer: Answer, browser: str, binding: Hashable | None) -> Session | None:
        reply = _reply(message)
        reply |= {"version": "1.0", "minimumVersion": "1.0", "supportedConnectionTypes": ["long-polling"]}
        answer.replies.append(reply)
        offered = message.get("supportedConnectionTypes")
        if not isinstance(offered, list) or "long-polling" not in offered:
            _refuse(reply, "412::unsupported_connection_types")
            reply["advice"] = {"reconnect": "none"}
            return None
        ext = message.get("ext")
        acknowledges = self._switches.ack_extension and isinstance(ext, dict) and ext.get("ack") is True
        session = Session(secrets.token_hex(16), browser, binding, acknowledges, expires=self._now())
        self._sessions[session.id] = session
        if binding is not None:
            self._bound.setdefault(binding, {})[session.id] = session
        reply["clientId"] = session.id
        reply["advice"] = session.advised = self._advice()
        if acknowledges:
            reply["ext"] = {"ack": True}
        return session

    def _connect(self, session: Session, message: Message, reply: Message, answer: Answer, *, alone: bool) -> None:
        session.wake("replaced")
        ack = _member(message, "ext", "ack")
        if session.acknowledges and isinstance(ack, int):
            while session.queue and session.queue[0][0] <= ack:
                session.queue.popleft()
        asked = _member(message, "advice", "timeout")
        timeout = min(asked / 1000, 3600.0) if isinstance(asked, int | float) else self._switches.poll_timeout
        if alone and not session.queue and timeout > 0 and session.binding is not None:
            answer.suspended, answer.timeout = message, timeout
            session.busy = False
            return
        answer.replies.append(reply)
        self._connected(session, message, reply, answer)

    def _connected(self, session: Session, message: Message, reply: Message, answer: Answer) -> None:
        answer.delivers = True
        advice = self._advice()
        if session.binding is None:
            session.queue.append((session.batch, _GOODBYE))
            reply["advice"] = {"reconnect": "none", "interval": 0}
            self._remove(session)
        elif "advice" in message or advice != session.advised:
            reply["advice"] = session.advised = advice
        if session.acknowledges:
            reply["ext"] = {"ack": session.batch}
            session.batch += 1

    def _disconnect(self, session: Session, _message: Message, _reply: Message) -> None:
        self._remove(session)
        session.wake("closed")

    def _subscribe(self, session: Session, message: Message, reply: Message) -> None:
        channels = _channels(message.get("subscription"))
        reply["subscription"] = message.get("subscription")
        if channels is None:
            _refuse(reply, "403::subscription_invalid")
            return
        for channel in channels:
            if channel.startswith("/meta/") or (channel.endswith("*") and not self._switches.wildcard_subscriptions):
                _refuse(reply, f"403:{channel}:subscription_denied")
                return
        new = [channel for channel in channels if channel not in session.subscriptions]
        session.subscriptions.update(channels)
        if new and self._on_subscribe is not None:
            self._on_subscribe(session, new)

    def _unsubscribe(self, session: Session, message: Message, reply: Message) -> None:
        channels = _channels(message.get("subscription"))
        reply["subscription"] = message.get("subscription")
        if channels is None:
            _refuse(reply, "403::subscription_invalid")
        else:
            session.subscriptions.difference_update(channels)

    def _publish(self, _session: Session, channel: str, message: Message, reply: Message) -> None:
        if not _SUBSCRIBABLE.fullmatch(channel) or channel.endswith("*"):
            _refuse(reply, "400::channel_invalid")
        elif "data" not in message:
            _refuse(reply, "400::data_missing")
        elif not channel.startswith("/service/"):
            text = event_text(channel, message["data"])
            for session in self.sessions():
                if session.hears(channel):
                    self.send(session, text)

    # --- sessions -----------------------------------------------------------------------------------------------------

    def _find(self, message: Message, browser: str, binding: Hashable | None) -> Session | None:
        client_id = message.get("clientId")
        session = self._sessions.get(client_id) if isinstance(client_id, str) else None
        if session is None or session.browser != browser:
            return None
        if session.binding is not None and session.binding != binding:
            return None
        if session.resume is None and session.expires < self._now():
            self.drop(session)
            return None
        return session

    def _put_off(self, session: Session) -> None:
        session.expires = self._now() + self._switches.poll_interval + self._switches.session_expiry

    def _remove(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
        self._unbind(session)

    def _unbind(self, session: Session) -> None:
        if session.binding is None:
            return
        bound = self._bound.get(session.binding, {})
        bound.pop(session.id, None)
        if not bound and self._bound.pop(session.binding, None) is not None and self._on_unbound is not None:
            self._on_unbound(session.binding)

    def _advice(self) -> Message:
        return {
            "reconnect": "retry",
            "interval": round(self._switches.poll_interval * 1000),
            "timeout": round(self._switches.poll_timeout * 1000),
            "maxInterval": round(self._switches.session_expiry * 1000),
        }


def _reply(message: Message) -> Message:
    reply: Message = {"channel": message.get("channel"), "successful": True}
    if "id" in message:
        reply["id"] = message["id"]
    return reply


def _refuse(reply: Message, error: str) -> None:
    reply["successful"] = False
    reply["error"] = error


def _unknown(reply: Message) -> None:
    _refuse(reply, "402::session_unknown")
    reply["advice"] = _UNKNOWN_ADVICE


def _member(message: Message, *path: str) -> Any:
    """What lies at the end of a path of keys; None when there is nothing."""
    value: Any = message
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _channels(subscription: Any) -> list[str] | None:
    """The channels of a ``subscription`` field (one or an array); None when it is not of that form."""
    channels = subscription if isinstance(subscription, list) else [subscription]
    if channels and all(isinstance(channel, str) and _SUBSCRIBABLE.fullmatch(channel) for channel in channels):
        return channels
    return None


@lru_cache(maxsize=4096)
def _patterns(channel: str) -> tuple[str, ...]:
    """Every subscription that matches a channel."""
    parents = list(itertools.accumulate(channel.split("/")[1:-1], "{}/{}".format, initial=""))
    return (channel, f"{parents[-1]}/*", *(f"{parent}/**" for parent in parents))
