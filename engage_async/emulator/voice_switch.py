"""The switch's desk: takes the voice requests of agents, has them carried out, and says so when it refuses.

Must live here: who may ask for what, and which part carries it out. Must not: what any one request does, HTTP.

    VoiceSwitch ──► agent_states      login, ready, do-not-disturb, forwarding
                ├─► call_control      one call
                ├─► transfers         transfers and conferences
                └─► supervision       monitoring
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from engage_async.emulator.agent_states import AGENT_STATES, after_call
from engage_async.emulator.call_control import CALL_CONTROL, DN_CONTROL
from engage_async.emulator.calls import Leg
from engage_async.emulator.exchange import Dn, Exchange, VoiceRequest
from engage_async.emulator.supervision import Supervision
from engage_async.emulator.switches import Refusal
from engage_async.emulator.tlib_errors import Refused, TLibError, text_of
from engage_async.emulator.transfers import TRANSFERS

__all__ = ["VoiceSwitch"]

_OBSERVERS_MAY = frozenset({"answer", "release", "complete"})


class Refusals(Protocol):
    """What makes the switch refuse on purpose."""

    def take_refusal(self, operation: str) -> Refusal | None:
        """The refusal that strikes this operation; uses up one of its turns."""


class VoiceSwitch:
    """Carries out voice requests. `operations` are the names of those it can."""

    def __init__(self, exchange: Exchange, refusals: Refusals) -> None:
        self._exchange, self._refusals = exchange, refusals
        self._supervision = Supervision(exchange)
        self._on_dn: dict[str, Callable[[Dn, VoiceRequest], None]] = {
            name: partial(carry_out, exchange) for name, carry_out in (AGENT_STATES | DN_CONTROL).items()
        } | self._supervision.on_dn
        self._on_call: dict[str, Callable[[Leg, VoiceRequest], None]] = {
            name: partial(carry_out, exchange) for name, carry_out in (CALL_CONTROL | TRANSFERS).items()
        } | self._supervision.on_call
        self.operations: frozenset[str] = frozenset(self._on_dn) | frozenset(self._on_call)
        exchange.on_established = self._supervision.established
        exchange.on_left = self._left
        exchange.on_logged_out = self._supervision.supervisor_left

    def handle(self, request: VoiceRequest) -> None:
        """Carry out a request, or refuse it by an ``EventError``. Raises `UnknownCall`, and then nothing is said."""
        exchange = self._exchange
        if request.call_id is not None:
            exchange.must_know(request.call_id)
        refusal = self._refusals.take_refusal(request.operation)
        if refusal is not None:
            exchange.refuse(request, refusal.code, refusal.message or text_of(refusal.code))
            return
        exchange.request = request
        try:
            self._carry_out(request)
        except Refused as refused:
            self._refuse(request, refused)
        finally:
            exchange.request = None

    def _carry_out(self, request: VoiceRequest) -> None:
        dn = self._exchange.dn_of(request.user)
        if dn is None:
            raise Refused(TLibError.DN_NOT_REGISTERED)
        if not dn.logged_in and request.operation != "login":
            stateful = request.operation in {"ready", "not-ready"}
            raise Refused(TLibError.LOGGED_OUT if stateful else TLibError.NOT_LOGGED_ON)
        if request.call_id is None:
            self._on_dn[request.operation](dn, request)
            return
        leg = self._exchange.own_leg(request.user, request.call_id)
        if leg.watch is not None and request.operation not in _OBSERVERS_MAY | self._supervision.on_call.keys():
            raise Refused(TLibError.CALL_STATE)
        self._on_call[request.operation](leg, request)

    def _refuse(self, request: VoiceRequest, refused: Refused) -> None:
        tell = partial(self._exchange.refuse, request, refused.code.value, refused.code.text)
        if refused.after > 0:
            self._exchange.scheduler.call_later(refused.after, tell)
        else:
            tell()

    def _left(self, leg: Leg) -> None:
        self._supervision.left(leg)
        after_call(self._exchange, leg)
