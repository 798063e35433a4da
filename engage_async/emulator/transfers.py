"""Transfers and conferences, in one step and in two, and what joins or thins out calls.

Must live here: what these requests do and when they are refused. Must not: control of a single call, supervision, HTTP.

    initiate-*            parent Held, consult call Dialing (its ``parentConnId`` is the parent's id)
    complete-transfer     both of the agent's calls end; the consulted party is in the parent call under a new id
                          (``previousConnId`` is the old one)
    complete-conference   the consult call ends; the parent is Established again and has the consulted party too
"""

from __future__ import annotations

from collections.abc import Callable

from engage_async.emulator.call_control import another_party, demand, own_call
from engage_async.emulator.calls import CallState, CallType, Leg, Role
from engage_async.emulator.directory import digits_of
from engage_async.emulator.exchange import Exchange, VoiceRequest
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["TRANSFERS"]


def _initiate(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    """Hold first: the call stays held when the consult call is refused."""
    demand(leg, CallState.ESTABLISHED, otherwise=TLibError.CANNOT_INITIATE_TRANSFER)
    if leg.consulting(exchange.siblings(leg)):
        raise Refused(TLibError.CANNOT_INITIATE_TRANSFER)
    exchange.change(leg, CallState.HELD)
    data = request.data
    to = exchange.reach(data["destination"], leg.number, data.get("location"))
    call = exchange.new_call(
        data.get("outboundCallerId") or leg.number,
        data["destination"].strip(),
        data.get("userData", []),
        data.get("extensions", []),
    )
    exchange.dial(call, leg.number, to, CallType.CONSULT, leg.id)


def _complete_transfer(exchange: Exchange, consult: Leg, request: VoiceRequest) -> None:
    parent = _parent(exchange, consult, request, TLibError.CANNOT_COMPLETE_TRANSFER)
    exchange.release(parent, consult)
    _tell_of_new_parties(exchange, parent, _move_all(exchange, consult, parent))


def _complete_conference(exchange: Exchange, consult: Leg, request: VoiceRequest) -> None:
    parent = _parent(exchange, consult, request, TLibError.CANNOT_COMPLETE_CONFERENCE)
    _join(exchange, consult, parent)


def _merge(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    """The call of the request lives on, with the parties of both."""
    other = own_call(exchange, leg, request.data["otherConnId"])
    if not leg.can_join(other):
        raise Refused(TLibError.CALL_STATE)
    if leg.call_type is CallType.CONSULT:
        leg.call_type, leg.parent_id = other.call_type, None
    _join(exchange, other, leg)


def _join(exchange: Exchange, giving: Leg, taking: Leg) -> None:
    """One of the agent's calls ends, and all others who were on it are in another of them."""
    for observer in giving.others:
        observer.watched = taking if observer.watched is giving else observer.watched
    exchange.release(giving)
    moved = _move_all(exchange, giving, taking)
    exchange.change(taking, CallState.ESTABLISHED)
    _tell_of_new_parties(exchange, taking, moved)


def _single_step_transfer(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    added = _add_party(exchange, leg, request)
    exchange.release(leg)
    _tell_of_new_parties(exchange, leg, [added])


def _single_step_conference(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    added = _add_party(exchange, leg, request)
    exchange.tell(leg, "ParticipantsUpdated")
    _tell_of_new_parties(exchange, leg, [added])


def _delete_from_conference(exchange: Exchange, leg: Leg, request: VoiceRequest) -> None:
    demand(leg, CallState.ESTABLISHED)
    if len(leg.call.parties) < 3:
        raise Refused(TLibError.NO_CONFERENCE)
    dropped = digits_of(request.data["dnToDrop"].strip())
    for party in leg.call.parties:
        if party is not leg and digits_of(party.number) == dropped:
            exchange.part(party)
            return
    raise Refused(TLibError.NOT_ON_CALL)


def _parent(exchange: Exchange, consult: Leg, request: VoiceRequest, otherwise: TLibError) -> Leg:
    """The call a consult call was started from: the two can be brought together. Raises `Refused`."""
    named = request.data.get("parentConnId")
    if named is not None:
        own_call(exchange, consult, named)
    parent = exchange.legs.get(consult.parent_id or "")
    if parent is None or named not in {None, parent.id} or not consult.can_join(parent):
        raise Refused(otherwise)
    return parent


def _move_all(exchange: Exchange, gone: Leg, taking: Leg) -> list[Leg]:
    """Bring everybody, and the user data, from the call an agent has left into another. Says nothing yet."""
    moved = list(gone.call.legs)
    taking.call.update(gone.call.user_data)
    for leg in moved:
        exchange.move(leg, taking.call, taking.call_type)
    return moved


def _add_party(exchange: Exchange, leg: Leg, request: VoiceRequest) -> Leg:
    """Let the destination ring in the call. Says nothing yet. Raises `Refused`."""
    demand(leg, CallState.ESTABLISHED)
    to = another_party(exchange, leg, request.data)
    leg.call.attach(request.data.get("userData", []))
    return exchange.ring(leg.call, to, leg.call_type, Role.NEW_PARTY)


def _tell_of_new_parties(exchange: Exchange, leg: Leg, new: list[Leg]) -> None:
    """Tell the new parties their state, and the others that there are more of them; or end what is no call."""
    for party in new:
        exchange.tell(party)
    exchange.settle(leg.call, told=[leg, *new])


TRANSFERS: dict[str, Callable[[Exchange, Leg, VoiceRequest], None]] = {
    "initiate-transfer": _initiate,
    "initiate-conference": _initiate,
    "complete-transfer": _complete_transfer,
    "complete-conference": _complete_conference,
    "single-step-transfer": _single_step_transfer,
    "single-step-conference": _single_step_conference,
    "delete-from-conference": _delete_from_conference,
    "merge": _merge,
}
