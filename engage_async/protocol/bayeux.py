"""Bayeux without I/O: reading a response, merging advice, deciding what follows a reply or a failure.

Must live here: rules true of any Bayeux client, as values and pure decisions. Must not: asyncio, HTTP, aiocometd.

    handshake ──► subscribe ──► connect ──► connect ──► …       after an answer: at once, or after the advised interval
        ▲                         │ ▲ │                         after a failure: after a jittered exponential backoff
        └────── session gone ◄────┘ └─┘

Source: the Bayeux 1.0 specification (https://docs.cometd.org/current/reference/#_bayeux).
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Literal

from attrs import evolve, frozen

from engage_async.errors import (
    ApiError,
    AuthenticationError,
    HandshakeRefused,
    MalformedResponse,
    NotSent,
    Unauthorized,
)
from engage_async.protocol.backoff import Backoff, Dice
from engage_async.protocol.notices import Notice, read_notice

Message = dict[str, Any]
Reconnect = Literal["retry", "handshake", "none"]

META = "/meta/"
HANDSHAKE, CONNECT, DISCONNECT = "/meta/handshake", "/meta/connect", "/meta/disconnect"
_SUBSCRIPTIONS = ("/meta/subscribe", "/meta/unsubscribe")

MAX_BODY = 64 * 1024 * 1024
"""Bytes of one response that are still read."""

_LONGEST_TIMEOUT = 600_000
_LONGEST_INTERVAL = 300_000
_EXCERPT = 200
_UNREADABLE_IN_A_ROW = 5
_IDLE_ANSWERS_IN_A_ROW = 2
_IDLE_ANSWER = 0.1
_TOLD_TO_ALL = frozenset({"advised", "disconnected"})


def _loads_plainly(body: bytes) -> Any:
    return json.loads(body.decode())  # from bytes it would take UTF-16, too


_loads: Callable[[bytes], Any] = (
    importlib.import_module("orjson").loads if importlib.util.find_spec("orjson") else _loads_plainly
)


# --- Reading a response -----------------------------------------------------------------------------------------------


@frozen
class Response:
    """The readable messages of one response, each kind in the server's order. `malformed` counts those left out.

    A reply has a string ``channel`` under ``/meta/``; all but those of disconnect have a boolean ``successful``, and
    those of subscribe and unsubscribe a string ``subscription``.
    """

    replies: Sequence[Message] = ()
    notices: Sequence[Notice] = ()
    malformed: int = 0


def decode(body: bytes) -> Any:
    """The JSON value of a body, by orjson where it is installed. Raises ValueError or RecursionError."""
    return _loads(body)


def read_response(http_status: int, body: bytes) -> Response:
    """Read the body of a successful HTTP answer.

    Raises `MalformedResponse` when it is not a JSON array of messages (a lone object counts as one message). A message
    that cannot be read is left out and counted; it does not keep the others from being read.
    """
    if len(body) > MAX_BODY:
        raise _unreadable(f"a body of {len(body)} bytes", http_status, body)
    messages, malformed = _messages(http_status, body)
    replies: list[Message] = []
    notices: list[Notice] = []
    messages.reverse()
    while messages:
        message = messages.pop()  # of a large answer nothing is kept that is done with: it costs collections of garbage
        channel = message.get("channel") if isinstance(message, dict) else None
        if not isinstance(channel, str):
            malformed += 1
        elif channel[:6] == META:
            if _is_reply(channel, message):
                replies.append(message)
            else:
                malformed += 1
        elif (notice := read_notice(channel, message.get("data"))) is not None:
            notices.append(notice)
        elif "successful" not in message:  # else the acknowledgement of a publish
            malformed += 1
    return Response(replies, notices, malformed)


def _messages(http_status: int, body: bytes) -> tuple[list[Any], int]:
    """The elements of a body, and how many more it has that cannot be decoded."""
    try:
        value = decode(body)
    except (ValueError, RecursionError):
        return _salvage(http_status, body)
    if isinstance(value, dict):
        return [value], 0
    if not isinstance(value, list):
        raise _unreadable(f"a JSON {type(value).__name__}", http_status, body)
    return value, 0


def _is_reply(channel: str, message: Message) -> bool:
    if channel == DISCONNECT:
        return True
    if channel in _SUBSCRIPTIONS and not isinstance(message.get("subscription"), str):
        return False
    return isinstance(message.get("successful"), bool)


_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)


def _salvage(http_status: int, body: bytes) -> tuple[list[Any], int]:
    """Read the elements of an array one by one, because one of them is too deep, too big a number, or not JSON.

    An array that does not end is refused as a whole: the server will send a body again that was cut.
    """
    elements = _elements(body.decode("utf-8-sig", "replace"))
    if elements is None:
        raise _unreadable("text that is not a JSON array" if body.strip() else "an empty body", http_status, body)
    messages, malformed = [], 0
    for element in elements:
        try:
            messages.append(json.loads(element))
        except (ValueError, RecursionError):
            malformed += 1
    return messages, malformed


def _elements(text: str) -> list[str] | None:
    """The source of each element of a JSON array, by its brackets and strings; None when there is no complete array."""
    if not text.lstrip().startswith("["):
        return None
    elements: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        if mark in "[{":
            depth += 1
            if depth == 1:
                start = token.end()
        elif mark in "]}":
            depth -= 1
            if depth == 0:
                elements.append(text[start : token.start()])
                return elements if not text[token.end() :].strip() else None
        elif mark == "," and depth == 1:
            elements.append(text[start : token.start()])
            start = token.end()
    return None


def _unreadable(came: str, http_status: int, body: bytes) -> MalformedResponse:
    excerpt = body[:_EXCERPT].decode("utf-8-sig", "replace")
    told = f"expected a JSON array of Bayeux messages, got {came}"
    return MalformedResponse(told, http_status=http_status, excerpt=excerpt)


def error_code(reply: Mapping[str, Any]) -> int | None:
    """The number at the start of a reply's ``error`` (``"402::session_unknown"``), None when there is none."""
    error = reply.get("error")
    code = error[:3] if isinstance(error, str) else ""
    return int(code) if len(code) == 3 and code.isascii() and code.isdecimal() else None


def error_text(reply: Mapping[str, Any]) -> str:
    """A reply's ``error``, shortened; says so when there is none."""
    error = reply.get("error")
    return error[:_EXCERPT] if isinstance(error, str) and error else "no reason given"


def acknowledges(reply: Mapping[str, Any]) -> bool:
    """Whether a handshake reply agrees to the acknowledgement extension: ``ext.ack`` true, or ``{"enabled": true}``."""
    ext = reply.get("ext")
    ack = ext.get("ack") if isinstance(ext, Mapping) else None
    return ack is True or (isinstance(ack, Mapping) and ack.get("enabled") is True)


def acknowledged_batch(reply: Mapping[str, Any]) -> int | None:
    """The batch number of a connect reply, None when it has none."""
    ext = reply.get("ext")
    ack = ext.get("ack") if isinstance(ext, Mapping) else None
    return ack if isinstance(ack, int) and not isinstance(ack, bool) else None


# --- Advice -----------------------------------------------------------------------------------------------------------


@frozen
class Advice:
    """What the server advises, in seconds, merged over the life of a session.

    `timeout` is how long it holds a connect (the default is meant to be above any server's), `interval` the pause
    between connects, `max_interval` how long it keeps a session without a connect, None when it does not say.
    """

    reconnect: Reconnect = "retry"
    interval: float = 0.0
    timeout: float = 60.0
    max_interval: float | None = None

    def merged(self, advice: Any) -> Advice:
        """This advice with what another message says. Fields that make no sense change nothing; large ones are cut."""
        if not isinstance(advice, Mapping):
            return self
        reconnect = advice.get("reconnect")
        interval = _seconds(advice.get("interval"), _LONGEST_INTERVAL)
        timeout = _seconds(advice.get("timeout"), _LONGEST_TIMEOUT)
        max_interval = _seconds(advice.get("maxInterval"), _LONGEST_TIMEOUT)
        return Advice(
            reconnect if reconnect in ("retry", "handshake", "none") else self.reconnect,
            self.interval if interval is None else interval,
            self.timeout if timeout is None else timeout,
            self.max_interval if max_interval is None else max_interval,
        )

    def for_next_session(self) -> Advice:
        """What stays true of the server when a session has ended: its times, not its verdict on that session."""
        return evolve(self, reconnect="retry", interval=0.0)


def _seconds(value: Any, ceiling: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return None
    return min(value, ceiling) / 1000


# --- What to do next --------------------------------------------------------------------------------------------------


@frozen
class LossReason:
    """Why notifications may be missing.

    * ``"session-unknown"``: the server does not know the session (402, 403, 401);
    * ``"advised"``: it advised a new handshake, or no reconnect;
    * ``"disconnected"``: it ended the session with a ``/meta/disconnect``;
    * ``"forbidden"``: HTTP 403 on a connect;
    * ``"unreadable"``: it answered several connects in a row with something that is not Bayeux;
    * ``"response-lost"``: the session goes on, but an answer was lost and no acknowledgement extension brings it again.
    """

    kind: Literal["session-unknown", "advised", "disconnected", "forbidden", "unreadable", "response-lost"]
    detail: str = ""


class Step(Enum):
    """What follows."""

    CONNECT = "connect"
    HANDSHAKE = "handshake"
    STOP = "stop"


@frozen
class Next:
    """What follows, after how many seconds, and what may have been lost. `flowing` says that events come in."""

    step: Step
    delay: float = 0.0
    loss: LossReason | None = None
    flowing: bool = False


class ReconnectPolicy:
    """Decides what follows each outcome of a connect or a handshake, and counts what it needs for that.

    * A failure is repeated after a backoff, which a good answer or the end of the session resets.
    * A session that is gone is replaced at once, but with a backoff when sessions are short-lived one after the other.
      When the server said so unasked, it may have told everybody: a chance pause keeps all from coming back at once.
    * Empty answers in quick succession are slowed down, whatever the server advises.

    A session that lived for `settled` seconds is not short-lived. `dice` gives a number from 0 to 1.
    """

    def __init__(self, *, backoff: Backoff, settled: float, dice: Dice, clock: Callable[[], float]) -> None:
        self._backoff = backoff
        self._settled = settled
        self._dice = dice
        self._clock = clock
        self._began = clock()
        self._failures = 0
        self._unreadable = 0
        self._short_lived = 0
        self._idle = 0

    def session_began(self) -> None:
        """A handshake succeeded."""
        self._failures = self._unreadable = self._idle = 0
        self._began = self._clock()

    def after_connect(
        self, reply: Mapping[str, Any], advice: Advice, *, ended: bool, events: int, took: float, at_once: bool
    ) -> Next:
        """A connect was answered, in `took` seconds and with `events` events. `advice` is merged already.

        `ended` says that the server ended the session meanwhile; `at_once`, that the request asked for no waiting.
        """
        self._unreadable = 0
        if ended:
            return self._new_session(LossReason("disconnected", "the server ended the session"), advice)
        if reply.get("successful") is not True and error_code(reply) in (401, 402, 403):
            return self._new_session(LossReason("session-unknown", error_text(reply)), advice)
        if advice.reconnect != "retry":
            return self._new_session(LossReason("advised", f"reconnect: {advice.reconnect}"), advice)
        if reply.get("successful") is not True:
            return self._again(advice)
        self._failures = 0
        self._idle = self._idle + 1 if not at_once and not events and took < _IDLE_ANSWER else 0
        pause = self._pause(self._idle - _IDLE_ANSWERS_IN_A_ROW)
        return Next(Step.CONNECT, max(advice.interval, pause), flowing=True)

    def after_failed_connect(self, error: Exception, advice: Advice, *, ended: bool, acknowledged: bool) -> Next:
        """A connect had no Bayeux reply. `acknowledged` says that the acknowledgement extension is on."""
        if ended:
            return self._new_session(LossReason("disconnected", "the server ended the session"), advice)
        if isinstance(error, Unauthorized) and error.http_status == 403:
            return self._new_session(LossReason("forbidden", "HTTP 403"), advice)
        self._unreadable = self._unreadable + 1 if isinstance(error, MalformedResponse) else 0
        if self._unreadable >= _UNREADABLE_IN_A_ROW:
            # With acknowledgements the server would send a batch that cannot be read for ever.
            return self._new_session(LossReason("unreadable", str(error)), advice)
        lost = None if acknowledged or not may_have_lost_events(error) else LossReason("response-lost", str(error))
        return self._again(advice, lost)

    def after_failed_handshake(self, error: Exception, advice: Advice) -> Next:
        """A new session could not be had. A refusal with the advice ``none`` is final."""
        if isinstance(error, HandshakeRefused):
            advice = advice.merged((error.reply or {}).get("advice"))
            if advice.reconnect == "none":
                return Next(Step.STOP)
        self._failures += 1
        return Next(Step.HANDSHAKE, max(advice.interval, self._pause(self._failures)))

    def _again(self, advice: Advice, loss: LossReason | None = None) -> Next:
        """Connect after a backoff, yet before the server gives the session up."""
        self._failures += 1
        delay = self._pause(self._failures)
        if advice.max_interval is not None:
            delay = min(delay, max(self._backoff.first, advice.max_interval / 2))
        return Next(Step.CONNECT, max(delay, advice.interval), loss)

    def _new_session(self, loss: LossReason, advice: Advice) -> Next:
        if self._clock() - self._began >= self._settled:
            self._short_lived = 0
        self._failures = self._unreadable = 0
        pause = self._pause(self._short_lived)
        if loss.kind in _TOLD_TO_ALL:
            pause = max(pause, self._backoff.first * self._dice())
        self._short_lived += 1
        return Next(Step.HANDSHAKE, max(pause, advice.interval), loss)

    def _pause(self, failures: int) -> float:
        return self._backoff.delay(failures, self._dice) if failures > 0 else 0.0


def may_have_lost_events(error: Exception) -> bool:
    """Whether the server may have given out events with an answer that never arrived (whole)."""
    if isinstance(error, ApiError):
        return error.http_status >= 500
    return not isinstance(error, NotSent | AuthenticationError)
