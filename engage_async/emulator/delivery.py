"""From the contact centre's events to Bayeux sessions: who gets one, when, and in which order.

Must live here: the switches about events, and what late subscribers are told. Must not: what events say, Bayeux itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from contextvars import ContextVar
from typing import Any

from attrs import Factory, define

from engage_async.emulator.bayeux import BayeuxServer, Session, event_text
from engage_async.emulator.switches import Switches
from engage_async.emulator.web_sessions import WebSession, WebSessions

__all__ = ["Delivery", "Outbox"]

_HELD_BACK = 0.02
_KEPT = 16


@define(eq=False)
class Outbox:
    """The events of one REST request while it is handled. `holds` keeps them until it is closed."""

    holds: bool
    open: bool = True
    published: int = 0
    held: list[_Event] = Factory(list)


@define(eq=False)
class _Event:
    to: str | WebSession
    channel: str
    text: str


class Delivery:
    """Carries the events of one service's users to the Bayeux sessions that belong to their web sessions.

    Messages on a channel that ends in ``/initialization`` are kept (the last 16 of a user, until the user opens another
    web session) for sessions that subscribe later; every other event is lost when no session is there to hear it. When
    a web session ends, the server says goodbye to its Bayeux sessions. With `until_unbound` a web session ends with the
    last of its Bayeux sessions, too.
    """

    def __init__(self, switches: Switches, web_sessions: WebSessions, *, until_unbound: bool = False) -> None:
        on_unbound = self._unbound if until_unbound else None
        self.bayeux: BayeuxServer = BayeuxServer(switches, on_subscribe=self._catch_up, on_unbound=on_unbound)
        self._switches, self._web_sessions = switches, web_sessions
        self._kept: dict[str, deque[_Event]] = {}
        self._first_of_pair: _Event | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._outbox: ContextVar[Outbox | None] = ContextVar("outbox", default=None)
        web_sessions.on_open.append(self._web_session_opened)
        web_sessions.on_end.append(self._web_session_ended)

    def publish(self, to: str | WebSession, channel: str, data: dict[str, Any]) -> None:
        """Send an event to every session of a user, or to one web session."""
        event = _Event(to, channel, event_text(channel, data))
        outbox = self._outbox.get()
        if outbox is not None and outbox.open:
            outbox.published += 1
            if outbox.holds:
                outbox.held.append(event)
                return
        self._schedule(event)

    def begin(self) -> Outbox:
        """Start the handling of a REST request in the current context."""
        outbox = Outbox(holds=self._switches.reply_order == "reply-first")
        self._outbox.set(outbox)
        return outbox

    def finish(self, outbox: Outbox) -> None:
        """End it, and send what was held."""
        outbox.open = False
        for event in outbox.held:
            self._schedule(event)
        outbox.held.clear()

    def later(self, delay: float, outbox: Outbox) -> None:
        """`finish` after `delay` seconds."""
        self._call_later(delay, self.finish, outbox)

    def close(self) -> None:
        """Drop what is on its way."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._first_of_pair = None

    def _schedule(self, event: _Event) -> None:
        for _ in range(2 if self._switches.duplicate_events else 1):
            if self._switches.event_delay > 0:
                self._call_later(self._switches.event_delay, self._order, event)
            else:
                self._order(event)

    def _order(self, event: _Event) -> None:
        if not self._switches.reorder_events:
            self._deliver(event)
        elif self._first_of_pair is None:
            self._first_of_pair = event
            self._call_later(_HELD_BACK, self._release, event)
        else:
            first, self._first_of_pair = self._first_of_pair, None
            self._deliver(event)
            self._deliver(first)

    def _release(self, event: _Event) -> None:
        if self._first_of_pair is event:
            self._first_of_pair = None
            self._deliver(event)

    def _deliver(self, event: _Event) -> None:
        if isinstance(event.to, str) and event.channel.endswith("/initialization"):
            self._kept.setdefault(event.to, deque(maxlen=_KEPT)).append(event)
        for web_session in self._web_sessions.of(event.to) if isinstance(event.to, str) else (event.to,):
            for session in self.bayeux.bound_to(web_session):
                if self._switches.push_unsubscribed or session.hears(event.channel):
                    self.bayeux.send(session, event.text)

    def _web_session_opened(self, web_session: WebSession) -> None:
        self._kept.pop(web_session.user, None)

    def _web_session_ended(self, web_session: WebSession) -> None:
        for session in self.bayeux.bound_to(web_session):
            self.bayeux.dismiss(session)

    def _unbound(self, binding: Hashable) -> None:
        if isinstance(binding, WebSession):
            self._web_sessions.end(binding)

    def _catch_up(self, session: Session, channels: list[str]) -> None:
        if not isinstance(session.binding, WebSession):
            return
        heard_before = session.subscriptions.difference(channels)
        for event in self._kept.get(session.binding.user, ()):
            if session.hears(event.channel) and not session.hears(event.channel, among=heard_before):
                self.bayeux.send(session, event.text)

    def _call_later(self, delay: float, call: Any, argument: Any) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            call(argument)

        timer = asyncio.get_running_loop().call_later(delay, fire)
        self._timers.add(timer)
