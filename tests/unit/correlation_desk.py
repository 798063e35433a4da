"""A desk for the tests of correlation: the real routes on a real correlator, a clock by hand, and events as they come.

Must live here: how a test starts an operation, feeds events and asks how it ended. Must not: any expectation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Literal

from attrs import define, field

from engage_async.api.workspace import session, voice
from engage_async.errors import Matched
from engage_async.protocol.correlation import Correlator, Expectation, Pending, Settlement
from engage_async.protocol.notices import Notice
from engage_async.protocol.pending import Outcome
from engage_async.protocol.route import Route

VOICE = "/workspace/v3/voice"
MEDIA = "/workspace/v3/media"
INITIALIZATION = "/workspace/v3/initialization"


def routes_of(*modules: ModuleType) -> dict[str, Route]:
    """The operations of these modules that an event completes, by name."""
    found = (route for module in modules for route in vars(module).values() if isinstance(route, Route))
    return {route.name: route for route in found if route.settles is not None}


ROUTES = routes_of(session, voice)
"""Every operation on calls and the session that an event completes, by name."""


@define
class Desk:
    """One session's correlator at `now`, and how each operation ended."""

    guess: Literal["oldest", "none"] = "oldest"
    now: float = 1_000.0
    routes: Mapping[str, Route] = ROUTES
    correlator: Correlator = field(init=False)
    settlements: dict[Pending, Settlement] = field(factory=dict)
    _numbers: Iterator[int] = field(factory=lambda: itertools.count(1))

    def __attrs_post_init__(self) -> None:
        self.correlator = Correlator(guess=self.guess)

    def start(
        self, operation: str, *, sent: bool = True, timeout: float = 15.0, marked: bool = False, **arguments: Any
    ) -> Pending:
        """Register an operation under an id of its own, and let its request leave."""
        route = self.routes[operation if "." in operation else f"voice.{operation}"]
        operation_id = f"op-{next(self._numbers)}"
        expected = route.expects(arguments)
        if marked:
            expected = {**expected, "operation_id": operation_id}
        assert route.settles is not None
        expectation = Expectation(route.name, operation_id, route.domain, route.settles(expected), timeout)
        pending = self.correlator.register(expectation, self.now)
        if sent:
            self.send(pending)
        return pending

    def send(self, pending: Pending) -> None:
        self.correlator.sending(pending, self.now)

    def accept(self, pending: Pending, alias: str | None = None) -> None:
        """The reply with code 1."""
        self._note(self.correlator.accept(pending, alias, self.now))

    def discard(self, pending: Pending, outcome: Literal["known", "refused", "unknown"] = "known") -> bool:
        """Settled by its reply, refused by it, or cancelled; False when it was settled already."""
        return self.correlator.discard(pending, self.now, outcome)

    def feed(self, *notices: Notice) -> None:
        for notice in notices:
            self._note(self.correlator.feed(notice, self.now))

    def wait(self, seconds: float, *, flowing: bool = True) -> None:
        """Let time pass, and settle what is due."""
        self.now += seconds
        self._note(self.correlator.expire(self.now, flowing=flowing))

    def lose(self, *snapshot: Notice) -> None:
        """Notifications were lost, and this is what the current session shows."""
        self._note(self.correlator.lost(snapshot, self.now))

    def how(self, pending: Pending) -> tuple[Outcome, Matched | None] | None:
        """How an operation ended; None while it has not."""
        settlement = self.settlements.get(pending)
        return (settlement.outcome, settlement.matched) if settlement is not None else None

    def _note(self, settlements: Sequence[Settlement]) -> None:
        for settlement in settlements:
            assert settlement.pending not in self.settlements, "an operation was settled twice"
            assert settlement.pending.settled
            self.settlements[settlement.pending] = settlement


def open_desk(guess: Literal["oldest", "none"] = "oldest", *, routes: Mapping[str, Route] = ROUTES) -> Iterator[Desk]:
    """A desk that must be empty once what still waits was taken out."""
    desk = Desk(guess, routes=routes)
    yield desk
    desk.correlator.drain()
    assert desk.correlator.is_empty(), "an entry of an operation was left behind"


def call_event(
    state: str | None,
    call_id: str = "c1",
    *,
    kind: str | None = "StateChange",
    operation_id: str | None = None,
    snapshot: bool = False,
    to: str | None = None,
    parties: Sequence[str] | None = None,
    **call: Any,
) -> Notice:
    """``CallStateChanged`` of a call; `to` is its ``dnis``, `parties` are its participants' numbers."""
    record: dict[str, Any] = {"id": call_id, "connId": call_id, "state": state, **call}
    if to is not None:
        record["dnis"] = to
    if parties is not None:
        record["participants"] = [{"number": number, "role": "RoleDestination"} for number in parties]
    payload = {"messageType": "CallStateChanged", "notificationType": kind, "operationId": operation_id, "call": record}
    return _notice(VOICE, payload, snapshot=snapshot)


def data_event(user_data: Any, call_id: str = "c1", *, operation_id: str | None = None) -> Notice:
    """``AttachedDataChanged`` of an established call."""
    return call_event("Established", call_id, kind="AttachedDataChanged", operation_id=operation_id, userData=user_data)


def dn_event(state: str | None, *, snapshot: bool = False, operation_id: str | None = None, **dn: Any) -> Notice:
    """``DnStateChanged`` of the agent's own DN."""
    record = {"number": "7001", "agentState": state, "dnd": False, **dn}
    payload = {"messageType": "DnStateChanged", "operationId": operation_id, "dn": record}
    return _notice(VOICE, payload, snapshot=snapshot)


def channels_event(*, snapshot: bool = False, **states: str) -> Notice:
    """``ChannelStateChanged`` of these media channels."""
    channels = [{"name": name, "state": state} for name, state in states.items()]
    payload = {"messageType": "ChannelStateChanged", "media": {"channels": channels}}
    return _notice(MEDIA, payload, snapshot=snapshot)


def monitoring_event(kind: str, number: str | None) -> Notice:
    """``MonitoringStateChanged``; `kind` is ``Started`` or ``Stopped``."""
    payload = {"messageType": "MonitoringStateChanged", "eventType": f"Monitoring{kind}", "event": {"otherDN": number}}
    return _notice(VOICE, payload)


def initialization_event(state: str, **more: Any) -> Notice:
    payload = {"messageType": f"WorkspaceInitialization{state}", "state": state, **more}
    return _notice(INITIALIZATION, payload)


def error_event(
    code: Any = None, message: str | None = "refused", *, channel: str = VOICE, inside: Any = None, **top: Any
) -> Notice:
    """``EventError``; `inside` are members of its ``error``, `top` those beside it."""
    error = {"errorCode": code, "errorMessage": message, **(inside or {})}
    return _notice(channel, {"messageType": "EventError", "error": error, **top})


def _notice(channel: str, payload: dict[str, Any], *, snapshot: bool = False) -> Notice:
    return Notice(channel, payload["messageType"], payload, "snapshot" if snapshot else "event")
