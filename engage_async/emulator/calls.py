"""A call and its parties, and how each party sees it.

Must live here: the data of calls and the wire form of one party's view. Must not: transitions, events, agents, HTTP.

Call ──< Leg: one leg per party; a leg has its own call id (the one in its agent's requests), the call one ``callUuid``.

    Dialing ──> Established <──> Held        caller
    Ringing ──> Established <──> Held        callee, observer
    any of these ──> Released ──> Completed  (at once, unless the agent activated voice with autoCompleteCall false)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from attrs import Factory, define, field

__all__ = ["Call", "CallState", "CallType", "KeyValues", "Leg", "MonitorMode", "Role", "Watch", "wire_time"]

KeyValues = list[dict[str, Any]]


class CallState(StrEnum):
    """The states of a leg, in the wire's words."""

    DIALING = "Dialing"
    RINGING = "Ringing"
    ESTABLISHED = "Established"
    HELD = "Held"
    RELEASED = "Released"
    COMPLETED = "Completed"

    @property
    def active(self) -> bool:
        """Whether a leg in this state occupies its DN."""
        return self in {CallState.DIALING, CallState.RINGING, CallState.ESTABLISHED}

    @property
    def live(self) -> bool:
        """Whether the party is still on the call."""
        return self.active or self is CallState.HELD


class CallType(StrEnum):
    """What a call is to one of its parties."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"
    INTERNAL = "Internal"
    CONSULT = "Consult"


class Role(StrEnum):
    """A party's role on the call."""

    ORIGINATION = "RoleOrigination"
    DESTINATION = "RoleDestination"
    NEW_PARTY = "RoleNewParty"
    OBSERVER = "RoleObserver"


class MonitorMode(StrEnum):
    """How much of a supervisor the monitored parties hear."""

    MUTE = "Mute"
    COACH = "Coach"
    CONNECT = "Connect"


@define(eq=False)
class Watch:
    """A supervisor's standing request to monitor a DN.

    `scope` is ``Call`` or ``Agent``; `once` ends it after one call.
    """

    supervisor: str
    number: str
    mode: MonitorMode
    scope: str
    once: bool


@define(eq=False)
class Call:
    """What all parties of a call share. `extensions` are those it was made with, `comment` an agent's note."""

    uuid: str
    ani: str
    dnis: str
    user_data: KeyValues = Factory(list)
    extensions: KeyValues = Factory(list)
    recording: str = "Stopped"
    comment: str = ""
    legs: list[Leg] = field(factory=list, repr=False)

    @property
    def parties(self) -> list[Leg]:
        """Everybody on the call but observers."""
        return [leg for leg in self.legs if leg.role is not Role.OBSERVER]

    def attach(self, pairs: KeyValues) -> None:
        """Append pairs; a repeated key stays beside the old one."""
        self.user_data = [*self.user_data, *pairs]

    def update(self, pairs: KeyValues) -> None:
        """Put pairs in the place of those with the same keys."""
        keys = {pair["key"] for pair in pairs}
        self.user_data = [*(pair for pair in self.user_data if pair["key"] not in keys), *pairs]

    def detach(self, key: str) -> None:
        """Remove every pair with this key."""
        self.user_data = [pair for pair in self.user_data if pair["key"] != key]


@define(eq=False)
class Leg:
    """One party of a call. `user` is the agent who sees it; None for a party outside the switch.

    `parent_id` (consult calls) names the leg the consultation was started from, `previous_id` the id this leg had
    before its party was moved into another call. `talked` is whether it was ever connected, `focus_time` for how many
    seconds the agent says to have had it in view. `watch` and `watched` are set on an observer's leg only.
    """

    id: str
    call: Call
    number: str
    user: str | None
    state: CallState
    call_type: CallType
    role: Role
    started_at: float
    parent_id: str | None = None
    previous_id: str | None = None
    talked: bool = False
    focus_time: float = 0.0
    watch: Watch | None = None
    watched: Leg | None = None

    @property
    def others(self) -> list[Leg]:
        """The other parties and observers of the call."""
        return [leg for leg in self.call.legs if leg is not self]

    def view(self, now: float, siblings: Sequence[Leg]) -> dict[str, Any]:
        """The call as this party sees it, in wire form. `siblings`: the legs on its DN, which decide capabilities."""
        call = self.call
        others = [leg for leg in self.others if leg.watch is None or leg.talked]
        parties = [leg for leg in others if leg.watch is None]
        listening = [leg.watch for leg in call.legs if leg.watch is not None and leg.talked]
        default = call.dnis if self.role is Role.ORIGINATION else call.ani
        view: dict[str, Any] = {
            "id": self.id,
            "connId": self.id,
            "callUuid": call.uuid,
            "type": "call",
            "state": self.state.value,
            "callType": self.call_type.value,
            "phoneNumber": parties[0].number if parties else default,
            "ani": call.ani,
            "dnis": call.dnis,
            "parentConnId": self.parent_id,
            "previousConnId": self.previous_id,
            "recordingState": call.recording,
            "participants": [{"number": leg.number, "role": leg.role.value} for leg in others],
            "capabilities": self.capabilities(siblings),
            "userData": list(call.user_data),
            "extensions": list(call.extensions),
            "duration": max(0, int(now - self.started_at)),
            "startedAt": wire_time(self.started_at),
            "supervisorListeningIn": bool(listening),
            "supervisorBargedIn": any(watch.mode is MonitorMode.CONNECT for watch in listening),
        }
        if self.watch is not None:
            mode = self.watch.mode.value.lower()
            view["isMonitoredByMe"] = True
            view["supervisorMonitoringState"] = mode
            view["monitoringInfo"] = {
                "monitoredDN": self.watch.number,
                "monitorMode": mode,
                "monitorScope": self.watch.scope,
            }
        return view

    def capabilities(self, siblings: Sequence[Leg]) -> list[str]:
        """The operations that can be asked of this leg now."""
        if self.watch is not None:
            return list(_OBSERVING.get(self.state, ()))
        held = [leg for leg in siblings if leg.state is CallState.HELD]
        capabilities = list(_BY_STATE[self.state])
        if self.state is CallState.ESTABLISHED:
            capabilities += _RECORDING[self.call.recording]
            capabilities += [] if self.consulting(siblings) else _INITIATIONS
            capabilities += ["alternate", "reconnect"] if held else []
            capabilities += ["merge"] if any(self.can_join(leg) for leg in held) else []
            capabilities += ["delete-from-conference"] if len(self.call.parties) > 2 else []
        elif self.state is CallState.DIALING and held:
            capabilities.append("reconnect")
        if any(leg.id == self.parent_id and self.can_join(leg) for leg in siblings):
            capabilities += _COMPLETIONS
        return capabilities

    def consulting(self, siblings: Sequence[Leg]) -> bool:
        """Whether this call has its consult call already."""
        return any(leg.parent_id == self.id and leg.state.live for leg in siblings)

    def can_join(self, other: Leg) -> bool:
        """Whether the other parties of two calls of one agent can be brought together.

        One of the calls is held, the other is not, and no agent would be on the call twice.
        """
        there = {leg.number for leg in other.others if leg.user is not None}
        return {self.state, other.state} == _ONE_HELD and not any(leg.number in there for leg in self.others)


def wire_time(seconds: float) -> str:
    """Seconds since 1970 as the wire writes a time: ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_ONE_HELD = {CallState.ESTABLISHED, CallState.HELD}
_INITIATIONS = ("initiate-transfer", "initiate-conference")
_COMPLETIONS = ("complete-transfer", "complete-conference")
_USER_DATA = ("attach-user-data", "update-user-data", "delete-user-data-pair")
_BY_STATE = {
    CallState.DIALING: ("release", "clear", *_USER_DATA),
    CallState.RINGING: ("answer", "redirect", "release", "clear", *_USER_DATA),
    CallState.ESTABLISHED: (
        *("hold", "release", "clear", "send-dtmf", *_USER_DATA),
        *("single-step-transfer", "single-step-conference"),
    ),
    CallState.HELD: ("retrieve", "release", "clear", *_USER_DATA),
    CallState.RELEASED: ("complete", *_USER_DATA),
    CallState.COMPLETED: (),
}
_OBSERVING = {
    CallState.RINGING: ("answer", "release"),
    CallState.ESTABLISHED: ("release", "switch-to-listen-in", "switch-to-coaching", "switch-to-barge-in"),
    CallState.RELEASED: ("complete",),
}
_RECORDING = {
    "Stopped": ("start-recording",),
    "Recording": ("stop-recording", "pause-recording"),
    "Paused": ("stop-recording", "resume-recording"),
}
