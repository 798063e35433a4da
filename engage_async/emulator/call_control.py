"""What an agent does with one call: make, answer, hold, leave it, swap it with another, its data and its recording.

Must live here: what these requests do and when they are refused. Must not: transfers, conferences, supervision, HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from engage_async.emulator.calls import CallState, CallType, Leg, Role
from engage_async.emulator.directory import OutsideNumber
from engage_async.emulator.exchange import Dn, Exchange, VoiceRequest
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["CALL_CONTROL", "DN_CONTROL", "another_party", "demand", "own_call"]

_DTMF = re.compile(r"[0-9*#A-Da-d]+")


def demand(leg: Leg, *states: CallState, otherwise: TLibError = TLibError.CALL_STATE) -> None:
    """Refuse unless the leg is in one of these states."""
    if leg.state not in states:
        raise Refused(otherwise)


def own_call(exchange: Exchange, leg: Leg, call_id: str) -> Leg:
    """Another call of the same agent. Raises `Refused`."""
    for other in exchange.siblings(leg):
        if other.id == call_id:
            return other
    raise Refused(TLibError.INVALID_CALL_ID)


def another_party(exchange: Exchange, leg: Leg, data: dict[str, Any]) -> Dn | OutsideNumber:
    """The ``destination`` of a request, to be added to a call: no agent can be on it twice. Raises `Refused`."""
    to = exchange.reach(data["destination"], leg.number, data.get("location"))
    if isinstance(to, Dn) and any(other.number == to.number for other in leg.others):
        raise Refused(TLibError.DN_BUSY)
    return to


# --- its beginning and end --------------------------------------------------------------------------------------------


def _make_call(exchange: Exchange, dn: Dn, request: VoiceRequest) -> None:
    if dn.busy:
        raise Refused(TLibError.CALLING_BUSY)
    data = request.data
    to = exchange.reach(data["destination"], dn.number, data.get("location"))
    call_type = CallType.OUTBOUND if isinstance(to, OutsideNumber) else CallType.INTERNAL
    call = exchange.new_call(
        data.get("outboundCallerId") or dn.number,
        data["destination"].strip(),
        data.get("userData", []),
        data.get("extensions", []),
    )
    exchange.dial(call, dn.number, to, call_type)


def _answer(exchange: Exchange, leg: Leg, _: VoiceRequest) -> None:
    demand(leg, CallState.RINGING, otherwise=TLibError.ANSWER_UNSUCCESSFUL)
    exchange.answered(leg)


def _release(exchange: Exchange, leg: Leg, _: VoiceRequest) -> None:
    if not leg.state.live:
        raise Refused(TLibError.RELEASE_UNSUCCESSFUL)
    exchange.part(leg)


def _clear(exchange: Exchange, leg: Leg, _: VoiceRequest) -> None:
    if not leg.state.live:
        raise Refused(TLibError.CALL_STATE)
    exchange.part(leg, *leg.others)


def _complete(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    demand(leg, CallState.RELEASED)
    pairs = request.data.get("userData", [])
    leg.call.update(pairs)
    exchange.complete(leg)
    if pairs:
        exchange.tell_parties(leg.call, "AttachedDataChanged")


def _redirect(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    demand(leg, CallState.RINGING)
    to = another_party(exchange, leg, request.data)
    exchange.release(leg)
    ringing = exchange.ring(leg.call, to, leg.call_type, Role.DESTINATION)
    exchange.tell(ringing)
    exchange.settle(leg.call, told=[ringing])


# --- hold, and two calls at a time ------------------------------------------------------------------------------------


def _hold(exchange: Exchange, leg: Leg, _: VoiceRequest) -> None:
    if leg.state is CallState.HELD:
        raise Refused(TLibError.ALREADY_SO)
    demand(leg, CallState.ESTABLISHED)
    exchange.change(leg, CallState.HELD)


def _retrieve(exchange: Exchange, leg: Leg, _: VoiceRequest) -> None:
    demand(leg, CallState.HELD, otherwise=TLibError.RETRIEVE_UNSUCCESSFUL)
    if any(other.state.active for other in exchange.siblings(leg)):
        raise Refused(TLibError.CANNOT_RETRIEVE)
    exchange.change(leg, CallState.ESTABLISHED)


def _alternate(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    held = own_call(exchange, leg, request.data["heldConnId"])
    demand(leg, CallState.ESTABLISHED)
    demand(held, CallState.HELD, otherwise=TLibError.NO_HELD_CALL)
    leg.state, held.state = CallState.HELD, CallState.ESTABLISHED
    exchange.tell(leg)
    exchange.tell(held)


def _reconnect(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    held = own_call(exchange, leg, request.data["heldConnId"])
    demand(leg, CallState.ESTABLISHED, CallState.DIALING)
    demand(held, CallState.HELD, otherwise=TLibError.CANNOT_RETRIEVE)
    exchange.part(leg)
    exchange.change(held, CallState.ESTABLISHED)


# --- its data, its recording, its tones -------------------------------------------------------------------------------


def _attach_user_data(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    leg.call.attach(request.data["userData"])
    _tell_all(exchange, leg, "AttachedDataChanged")


def _update_user_data(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    leg.call.update(request.data["userData"])
    _tell_all(exchange, leg, "AttachedDataChanged")


def _delete_user_data_pair(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    leg.call.detach(request.data["key"])
    _tell_all(exchange, leg, "AttachedDataChanged")


def _record(
    exchange: Exchange, leg: Leg, _: VoiceRequest, *, coming_from: tuple[str, ...], to: str, otherwise: TLibError
) -> None:
    demand(leg, CallState.ESTABLISHED)
    if leg.call.recording not in coming_from:
        raise Refused(otherwise)
    leg.call.recording = to
    _tell_all(exchange, leg, "CallRecordingStateChange")


def _send_dtmf(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    demand(leg, CallState.ESTABLISHED)
    if not _DTMF.fullmatch(request.data["dtmfDigits"]):
        raise Refused(TLibError.INVALID_DTMF)
    exchange.tell(leg)


def _set_comment(_exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    leg.call.comment = request.data["comment"]


def _set_focus_time(_exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    leg.focus_time = request.data["focusTime"]


def _tell_all(exchange: Exchange, leg: Leg, notification: str) -> None:
    """Tell everybody on the call, this agent first, also after having left it."""
    exchange.tell(leg, notification)
    exchange.tell_parties(leg.call, notification, besides=[leg])


# --- user events ------------------------------------------------------------------------------------------------------


def _send_user_event(exchange: Exchange, dn: Dn, request: VoiceRequest) -> None:
    """To the other agents on the call that is named; without one, to the agent's own DN, for all its clients."""
    event: dict[str, Any] = {"messageType": "EventUserEvent", "userData": request.data["userData"]}
    named = {"id": request.data.get("connId"), "uuid": request.data.get("callUuid")}
    if not any(named.values()):
        exchange.send(dn.user, event)
        return
    for leg in dn.legs:
        if leg.state.live and named["id"] in {None, leg.id} and named["uuid"] in {None, leg.call.uuid}:
            for party in leg.call.parties:
                if party is not leg:
                    exchange.send(party.user, dict(event))
            return
    raise Refused(TLibError.INVALID_CALL_ID)


_SO, _WRONG = TLibError.ALREADY_SO, TLibError.INVALID_STATE

DN_CONTROL: dict[str, Callable[[Exchange, Dn, VoiceRequest], None]] = {
    "make-call": _make_call,
    "send-user-event": _send_user_event,
}
CALL_CONTROL: dict[str, Callable[[Exchange, Leg, VoiceRequest], None]] = {
    "answer": _answer,
    "hold": _hold,
    "retrieve": _retrieve,
    "release": _release,
    "clear": _clear,
    "complete": _complete,
    "redirect": _redirect,
    "alternate": _alternate,
    "reconnect": _reconnect,
    "attach-user-data": _attach_user_data,
    "update-user-data": _update_user_data,
    "delete-user-data-pair": _delete_user_data_pair,
    "send-dtmf": _send_dtmf,
    "set-comment": _set_comment,
    "set-focus-time": _set_focus_time,
    "start-recording": partial(_record, coming_from=("Stopped",), to="Recording", otherwise=_SO),
    "stop-recording": partial(_record, coming_from=("Recording", "Paused"), to="Stopped", otherwise=_SO),
    "pause-recording": partial(_record, coming_from=("Recording",), to="Paused", otherwise=_WRONG),
    "resume-recording": partial(_record, coming_from=("Paused",), to="Recording", otherwise=_WRONG),
}
