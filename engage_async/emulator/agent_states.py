"""How an agent stands on the voice channel: login and logout, ready and not ready, do-not-disturb, forwarding.

Must live here: what these requests do and when they are refused. Must not: calls, supervision, HTTP.

    LoggedOut ──login──> NotReady (AuxWork, AfterCallWork …) <──> Ready (AutoIn, ManualIn) ──logout──> LoggedOut

In the work mode ``ManualIn`` a call that ends leaves its agent ``NotReady`` in ``AfterCallWork``.
"""

from __future__ import annotations

from collections.abc import Callable

from engage_async.emulator.calls import KeyValues, Leg
from engage_async.emulator.directory import Behaviour
from engage_async.emulator.exchange import Dn, Exchange, VoiceRequest
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["AGENT_STATES", "after_call"]

_LONGEST_NUMBER = 32


def _login(exchange: Exchange, dn: Dn, request: VoiceRequest) -> None:
    exchange.log_in(dn, request.data.get("agentWorkMode"))


def _logout(exchange: Exchange, dn: Dn, _: VoiceRequest) -> None:
    exchange.log_out(dn)


def _ready(exchange: Exchange, dn: Dn, request: VoiceRequest) -> None:
    _become(exchange, dn, request, "Ready", "AutoIn")


def _not_ready(exchange: Exchange, dn: Dn, request: VoiceRequest) -> None:
    _become(exchange, dn, request, "NotReady", "AuxWork")


def _become(exchange: Exchange, dn: Dn, request: VoiceRequest, state: str, usual_mode: str) -> None:
    """A state with its work mode and reasons. Not naming a mode keeps the one there is, if the state stays."""
    mode = request.data.get("agentWorkMode") or (dn.work_mode if dn.agent_state == state else usual_mode)
    reasons = _reasons(request)
    if (dn.agent_state, dn.work_mode, dn.reasons) == (state, mode, reasons):
        raise Refused(TLibError.ALREADY_IN_STATE)
    dn.agent_state, dn.work_mode, dn.reasons = state, mode, reasons
    exchange.tell_dn(dn)


def _reasons(request: VoiceRequest) -> KeyValues:
    code = request.data.get("reasonCode")
    named = [{"key": "ReasonCode", "type": "str", "value": code}] if code else []
    return [*named, *request.data.get("reasons", [])]


def _dnd_on(exchange: Exchange, dn: Dn, _: VoiceRequest) -> None:
    _disturb(exchange, dn, dnd=True)


def _dnd_off(exchange: Exchange, dn: Dn, _: VoiceRequest) -> None:
    _disturb(exchange, dn, dnd=False)


def _disturb(exchange: Exchange, dn: Dn, *, dnd: bool) -> None:
    if dn.dnd is dnd:
        raise Refused(TLibError.ALREADY_SO)
    dn.dnd = dnd
    exchange.tell_dn(dn)


def _set_forward(exchange: Exchange, dn: Dn, request: VoiceRequest) -> None:
    number = request.data["forwardTo"].strip()
    if not number:
        raise Refused(TLibError.NO_FORWARD_NUMBER)
    if len(number) > _LONGEST_NUMBER:
        raise Refused(TLibError.FORWARD_NUMBER_LONG)
    if number == dn.number:
        raise Refused(TLibError.TARGET_DN_INVALID)
    if number not in exchange.dns:
        outside = exchange.directory.outside(number)
        if outside is None or outside.behaviour is Behaviour.INVALID:
            raise Refused(TLibError.FORWARD_NUMBER_INVALID)
    dn.forward_to = number
    exchange.tell_dn(dn)


def _cancel_forward(exchange: Exchange, dn: Dn, _: VoiceRequest) -> None:
    if dn.forward_to is None:
        raise Refused(TLibError.ALREADY_SO)
    dn.forward_to = None
    exchange.tell_dn(dn)


def after_call(exchange: Exchange, leg: Leg) -> None:
    """The agent's last call has ended: what the work mode has for that."""
    dn = exchange.dns.get(leg.number)
    if dn is None or dn.user != leg.user or not leg.talked or leg.watch is not None:
        return
    if (dn.agent_state, dn.work_mode) == ("Ready", "ManualIn") and not any(other.state.live for other in dn.legs):
        dn.agent_state, dn.work_mode, dn.reasons = "NotReady", "AfterCallWork", []
        exchange.tell_dn(dn, signed=False)


AGENT_STATES: dict[str, Callable[[Exchange, Dn, VoiceRequest], None]] = {
    "login": _login,
    "logout": _logout,
    "ready": _ready,
    "not-ready": _not_ready,
    "dnd-on": _dnd_on,
    "dnd-off": _dnd_off,
    "set-forward": _set_forward,
    "cancel-forward": _cancel_forward,
}
