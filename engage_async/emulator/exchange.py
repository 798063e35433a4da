"""The switch of the emulated contact centre: DNs, who is connected to whom, and the events that say so.

Must live here: the primitives (dial, ring, answer, part, move, log in and out) and the publishing of their events.
Must not: what a request means or when it is refused beyond reaching a destination or a call, HTTP.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Protocol

from attrs import Factory, frozen

from engage_async.emulator.calls import Call, CallState, CallType, KeyValues, Leg, Role
from engage_async.emulator.directory import Behaviour, Directory, OutsideNumber
from engage_async.emulator.dn import Dn
from engage_async.emulator.scheduler import Scheduler
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["VOICE", "Dn", "Exchange", "Publish", "UnknownCall", "VoiceRequest", "VoiceSwitches"]

VOICE = "/workspace/v3/voice"
_REMEMBERED_CALLS = 2_000
_REJECTING_TAKES = 0.05
_UUID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_READY_MODES = frozenset({"AutoIn", "ManualIn"})
_DN_OPERATIONS = frozenset(
    {"ready", "not-ready", "dnd-on", "dnd-off", "set-forward", "cancel-forward", "login", "logout"}
)

Publish = Callable[[str, str, dict[str, Any]], object]


class VoiceSwitches(Protocol):
    """Those of the emulator's switches that calls and their events obey."""

    @property
    def echo_operation_id(self) -> bool:
        """Whether an event that answers a request carries its operation id."""
        ...

    @property
    def error_names(self) -> str:
        """What an ``EventError`` names beside code and message: ``nothing``, ``call`` or ``everything``."""
        ...

    @property
    def answer_delay(self) -> float | None:
        """Seconds until an outside number answers; None for never by itself."""
        ...


@frozen
class VoiceRequest:
    """A well-formed request of an agent. `operation` is the last part of its path, `data` the body's ``data``."""

    user: str
    operation: str
    operation_id: str | None = None
    call_id: str | None = None
    data: dict[str, Any] = Factory(dict)


class UnknownCall(LookupError):
    """There is no call with this id, and none is remembered."""

    def __init__(self, call_id: str) -> None:
        super().__init__(f"no call {call_id[:60]!r}")
        self.call_id = call_id


class Exchange:
    """The DNs and the calls between them. One method, one thing that happens on the switch, with its events.

    `request` is the one that is being carried out: the events for its agent answer it. `on_established` and `on_left`
    are called with a leg once it is connected, and once it has left its call; `on_logged_out` with a DN whose agent is
    about to be logged out, after its calls have ended.
    """

    def __init__(
        self, directory: Directory, switches: VoiceSwitches, publish: Publish, scheduler: Scheduler, random: Random
    ) -> None:
        self.directory = directory
        self.switches = switches
        self.scheduler = scheduler
        self.dns: dict[str, Dn] = {number: Dn(number, directory.switch_name) for number in directory.place_of}
        self.legs: dict[str, Leg] = {}
        self.request: VoiceRequest | None = None
        self.on_established: Callable[[Leg], None] = _nothing
        self.on_left: Callable[[Leg], None] = _nothing
        self.on_logged_out: Callable[[Dn], None] = _nothing
        self._ended: OrderedDict[str, str | None] = OrderedDict()
        self._publish = publish
        self._random = random
        self._dn_of: dict[str, Dn] = {}

    # --- who is where -------------------------------------------------------------------------------------------------

    def dn_of(self, user: str) -> Dn | None:
        """The DN an agent has activated."""
        return self._dn_of.get(user)

    def seat(self, user: str, dn: Dn, *, agent_id: str | None = None, auto_complete: bool = True) -> None:
        """Give a free DN to an agent without one. Nobody is logged in yet, and nothing is said.

        `agent_id` is the login id, by default the user's own; `auto_complete` whether released calls complete by
        themselves.
        """
        dn.user = user
        dn.agent_id = agent_id or self.directory.users[user].agent_login or None
        dn.auto_complete = auto_complete
        self._dn_of[user] = dn

    def unseat(self, user: str) -> None:
        """Free the DN of an agent, if there is one: log out what is logged in, and forget how the DN was set."""
        dn = self._dn_of.get(user)
        if dn is None:
            return
        if dn.logged_in:
            self.log_out(dn)
        del self._dn_of[user]
        self.dns[dn.number] = Dn(dn.number, dn.switch_name)

    def log_in(self, dn: Dn, work_mode: str | None = None) -> None:
        """Log the agent of a DN in: ready in the work modes ``AutoIn`` and ``ManualIn``, else not ready.

        Raises `Refused`.
        """
        if dn.logged_in:
            raise Refused(TLibError.ALREADY_SIGNED_IN)
        if dn.agent_id is None:
            raise Refused(TLibError.NO_AGENT_ID)
        licences = self.directory.voice_licences
        if licences is not None and sum(each.logged_in for each in self._dn_of.values()) >= licences:
            raise Refused(TLibError.NO_LICENCE)
        dn.agent_state = "Ready" if work_mode in _READY_MODES else "NotReady"
        dn.work_mode, dn.reasons = work_mode or "AuxWork", []
        self.tell_dn(dn)

    def log_out(self, dn: Dn) -> None:
        """Log the agent of a DN out. Its calls are hung up; do-not-disturb and forwarding stay as they are."""
        dn.work_mode, dn.reasons = "Unknown", []
        self.part(*(leg for leg in dn.legs if leg.state.live))
        for leg in list(dn.legs):
            self.complete(leg)
        self.on_logged_out(dn)
        dn.agent_state = "LoggedOut"
        self.tell_dn(dn)

    def reach(self, number: str, caller: str, location: str | None = None) -> Dn | OutsideNumber:
        """Find who is behind a dialled number, following forwarding. Raises `Refused`."""
        if location is not None and location != self.directory.switch_name:
            raise Refused(TLibError.BAD_LOCATION)
        number, passed = number.strip(), {caller}
        while True:
            if number in passed:
                raise Refused(TLibError.INVALID_DESTINATION)
            dn = self.dns.get(number)
            if dn is None:
                return self._reach_outside(number)
            if dn.forward_to is None:
                break
            passed.add(number)
            number = dn.forward_to
        if not dn.logged_in:
            raise Refused(TLibError.DESTINATION_STATE)
        if dn.dnd:
            raise Refused(TLibError.CALL_REJECTED)
        if dn.busy:
            raise Refused(TLibError.DN_BUSY)
        return dn

    def _reach_outside(self, number: str) -> OutsideNumber:
        outside = self.directory.outside(number)
        if outside is None or outside.behaviour is Behaviour.INVALID:
            raise Refused(TLibError.INVALID_CALLED_DN)
        if outside.behaviour is Behaviour.BUSY:
            raise Refused(TLibError.CALLED_BUSY)
        if outside.behaviour is Behaviour.NO_ANSWER:
            raise Refused(TLibError.NO_ANSWER, after=outside.after)
        return outside

    # --- which call is meant ------------------------------------------------------------------------------------------

    def must_know(self, call_id: str) -> None:
        """Raise `UnknownCall` unless there is such a call, or was one among the last two thousand."""
        if call_id not in self.legs and call_id not in self._ended:
            raise UnknownCall(call_id)

    def own_leg(self, user: str, call_id: str) -> Leg:
        """The leg of an agent with this id, live or waiting to be completed.

        Raises `Refused` for one that has ended or is another agent's, and `UnknownCall`.
        """
        self.must_know(call_id)
        leg = self.legs.get(call_id)
        if (leg.user if leg is not None else self._ended[call_id]) != user:
            raise Refused(TLibError.INVALID_CONNECTION_ID)
        if leg is None:
            raise Refused(TLibError.CALL_DISCONNECTED)
        return leg

    def siblings(self, leg: Leg) -> list[Leg]:
        """The other legs on a leg's DN."""
        dn = self.dns.get(leg.number)
        return [] if dn is None else [other for other in dn.legs if other is not leg]

    def calls_of(self, user: str) -> list[dict[str, Any]]:
        """An agent's calls in wire form, oldest first."""
        dn = self.dn_of(user)
        return [] if dn is None else [self._view(leg) for leg in dn.legs]

    # --- what happens to calls ----------------------------------------------------------------------------------------

    def new_call(self, ani: str, dnis: str, user_data: KeyValues, extensions: KeyValues) -> Call:
        """A call without parties."""
        uuid = "".join(self._random.choices(_UUID_LETTERS, k=32))
        return Call(uuid, ani, dnis, list(user_data), list(extensions))

    def dial(
        self, call: Call, caller: str, to: Dn | OutsideNumber, call_type: CallType, parent_id: str | None = None
    ) -> Leg:
        """Put the first two parties on a call: one dials, the other rings. Gives the caller's leg."""
        dialling = self.add_leg(call, caller, CallState.DIALING, call_type, Role.ORIGINATION, parent_id)
        ringing = self.ring(call, to, call_type, Role.DESTINATION)
        self.tell(dialling)
        self.tell(ringing)
        return dialling

    def add_leg(
        self, call: Call, number: str, state: CallState, call_type: CallType, role: Role, parent_id: str | None = None
    ) -> Leg:
        """Put a party on a call. Says nothing yet: the caller tells when all parties are there."""
        dn = self.dns.get(number)
        user = dn.user if dn is not None else None
        leg = Leg(self._new_id(), call, number, user, state, call_type, role, self.scheduler.now(), parent_id)
        call.legs.append(leg)
        self.legs[leg.id] = leg
        if dn is not None:
            dn.legs.append(leg)
        return leg

    def ring(self, call: Call, destination: Dn | OutsideNumber, call_type: CallType, role: Role) -> Leg:
        """Add a destination to a call: a DN rings until its agent answers, an outside number does what it does.

        Says nothing yet.
        """
        leg = self.add_leg(call, destination.number, CallState.RINGING, call_type, role)
        if isinstance(destination, OutsideNumber):
            delay = self.switches.answer_delay
            if destination.behaviour is Behaviour.REJECTS:
                self.scheduler.call_later(delay or _REJECTING_TAKES, lambda: self._if_ringing(leg, self.part))
            elif delay is not None:
                self.scheduler.call_later(delay, lambda: self._if_ringing(leg, self.answered))
        return leg

    def _if_ringing(self, leg: Leg, happens: Callable[[Leg], None]) -> None:
        if leg.state is CallState.RINGING:
            happens(leg)

    def answered(self, leg: Leg) -> None:
        """A ringing party picks up: whoever was dialling it is connected."""
        connected = [leg, *(other for other in leg.others if other.state is CallState.DIALING)]
        for one in connected:
            one.state, one.talked = CallState.ESTABLISHED, True
        for one in connected:
            self.tell(one)
        self.tell_parties(leg.call, besides=connected)
        for one in connected:
            self.on_established(one)

    def change(self, leg: Leg, state: CallState) -> None:
        """Bring one leg to another state that is not an end (held, retrieved), and say so to its agent."""
        leg.state = state
        self.tell(leg)

    def part(self, *leaving: Leg) -> None:
        """Take parties off their calls, and end a call that is left without two parties or without any agent."""
        going = list(leaving)
        calls = list(dict.fromkeys(leg.call for leg in leaving))
        for call in calls:
            staying = [leg for leg in call.legs if leg not in going]
            going += [] if _is_call(staying) else staying
        self.release(*going)
        for call in calls:
            self.settle(call)

    def release(self, *leaving: Leg) -> None:
        """Take parties off their calls without looking at who is left; `settle` must follow."""
        going = [leg for leg in leaving if leg.state.live]
        for leg in going:
            leg.state = CallState.RELEASED
        for leg in going:
            self.tell(leg)
        for leg in going:
            leg.call.legs.remove(leg)
            dn = self.dns.get(leg.number)
            if dn is None or dn.user != leg.user or dn.auto_complete:
                self.complete(leg)
        for leg in going:
            self.on_left(leg)

    def settle(self, call: Call, *, told: Iterable[Leg] = ()) -> None:
        """After parties have left or come: end what is no call any more, else tell the rest, but not those `told`."""
        if _is_call(call.legs):
            self.tell_parties(call, besides=told)
        else:
            self.release(*call.legs)

    def complete(self, leg: Leg) -> None:
        """A released leg leaves its DN for good."""
        leg.state = CallState.COMPLETED
        self.tell(leg)
        self._forget(leg)
        dn = self.dns.get(leg.number)
        if dn is not None and leg in dn.legs:
            dn.legs.remove(leg)

    def move(self, leg: Leg, call: Call, call_type: CallType) -> None:
        """Bring a party into another call under a new call id. Says nothing yet."""
        self._forget(leg)
        leg.call.legs.remove(leg)
        leg.previous_id, leg.id = leg.id, self._new_id()
        leg.call, leg.call_type, leg.parent_id = call, call_type, None
        if leg.role is not Role.OBSERVER:
            leg.role = Role.NEW_PARTY
        call.legs.append(leg)
        self.legs[leg.id] = leg
        for other in self.siblings(leg):
            if other.parent_id == leg.previous_id:
                other.parent_id = leg.id

    def _new_id(self) -> str:
        return f"{self._random.getrandbits(64):016x}"

    def _forget(self, leg: Leg) -> None:
        del self.legs[leg.id]
        self._ended[leg.id] = leg.user
        if len(self._ended) > _REMEMBERED_CALLS:
            self._ended.popitem(last=False)

    # --- what is said -------------------------------------------------------------------------------------------------

    def tell(self, leg: Leg, notification: str = "StateChange") -> None:
        """Tell a leg's agent how its call stands, and how its DN does when that changed with it."""
        if leg.user is None:
            return
        event = {"messageType": "CallStateChanged", "notificationType": notification, "call": self._view(leg)}
        request = self.request
        if request is not None and request.operation not in _DN_OPERATIONS:
            self._sign(event, leg.user, everybody=request.operation == "answer")
        self._publish(leg.user, VOICE, event)
        dn = self.dns.get(leg.number)
        if dn is not None and dn.user == leg.user and dn.activity != dn.current_activity():
            self.tell_dn(dn, signed=False)

    def tell_parties(
        self, call: Call, notification: str = "ParticipantsUpdated", *, besides: Iterable[Leg] = ()
    ) -> None:
        """Tell everybody on a call, but some."""
        spared = set(besides)
        for leg in list(call.legs):
            if leg not in spared:
                self.tell(leg, notification)

    def tell_dn(self, dn: Dn, *, signed: bool = True) -> None:
        """Tell the agent how the DN stands. `signed`: as the answer to the request at hand."""
        dn.activity = dn.current_activity()
        event: dict[str, Any] = {"messageType": "DnStateChanged", "dn": dn.view(self.scheduler.now())}
        self.send(dn.user, event, signed=signed)

    def send(self, user: str | None, event: dict[str, Any], *, signed: bool = True) -> None:
        """Send a voice event to an agent, with the operation id when it answers this agent's own request."""
        if user is None:
            return
        if signed:
            self._sign(event, user)
        self._publish(user, VOICE, event)

    def refuse(self, request: VoiceRequest, code: int, text: str) -> None:
        """Answer a request with an ``EventError``."""
        event: dict[str, Any] = {
            "messageType": "EventError",
            "error": {"errorCode": code, "errorMessage": text},
        }
        names = self.switches.error_names
        if names in {"call", "everything"} and request.call_id is not None:
            leg = self.legs.get(request.call_id)
            event["connId"] = request.call_id
            event["callUuid"] = leg.call.uuid if leg is not None else None
        if names == "everything":
            dn = self.dn_of(request.user)
            event["operationId"] = request.operation_id
            event["thisDN"] = dn.number if dn is not None else None
        self._publish(request.user, VOICE, {key: value for key, value in event.items() if value is not None})

    def _view(self, leg: Leg) -> dict[str, Any]:
        return leg.view(self.scheduler.now(), self.siblings(leg))

    def _sign(self, event: dict[str, Any], user: str, *, everybody: bool = False) -> None:
        request = self.request
        if request is None or request.operation_id is None or not self.switches.echo_operation_id:
            return
        if everybody or request.user == user:
            event["operationId"] = request.operation_id


def _is_call(legs: Iterable[Leg]) -> bool:
    """Whether these are enough to be a call: two parties, and one of them an agent."""
    parties = [leg for leg in legs if leg.role is not Role.OBSERVER]
    return len(parties) > 1 and any(leg.user is not None for leg in parties)


def _nothing(_: object) -> None:
    """Nobody wants to know."""
