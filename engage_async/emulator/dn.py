"""A DN of the switch: who uses it, how the agent stands, and which calls are on it.

Must live here: the data of a DN and its wire form. Must not: transitions, events, HTTP.
"""

from __future__ import annotations

from typing import Any

from attrs import Factory, define

from engage_async.emulator.calls import CallState, KeyValues, Leg

__all__ = ["Dn"]

_ACTIVITIES = (
    (CallState.DIALING, "InitiatingCall"),
    (CallState.RINGING, "ReceivingCall"),
    (CallState.ESTABLISHED, ""),
    (CallState.HELD, "CallOnHold"),
)


@define(eq=False)
class Dn:
    """A number of the switch. `user` is the agent it is activated for; None while nobody uses it.

    `activity` is the one that was last told.
    """

    number: str
    switch_name: str
    user: str | None = None
    agent_id: str | None = None
    agent_state: str = "LoggedOut"
    work_mode: str = "Unknown"
    reasons: KeyValues = Factory(list)
    dnd: bool = False
    forward_to: str | None = None
    auto_complete: bool = True
    activity: str = "Idle"
    legs: list[Leg] = Factory(list)

    @property
    def logged_in(self) -> bool:
        """Whether an agent is logged in here."""
        return self.user is not None and self.agent_state != "LoggedOut"

    @property
    def busy(self) -> bool:
        """Whether a call occupies this DN; held calls do not."""
        return any(leg.state.active for leg in self.legs)

    def current_activity(self) -> str:
        """The activity its calls amount to."""
        for state, activity in _ACTIVITIES:
            for leg in self.legs:
                if leg.state is state:
                    return activity or f"Handling{leg.call_type.value}Call"
        return "Idle"

    def view(self, now: float) -> dict[str, Any]:
        """The DN in wire form. `now` is in seconds since 1970."""
        return {
            "number": self.number,
            "switchName": self.switch_name,
            "agentId": self.agent_id,
            "agentState": self.agent_state,
            "agentWorkMode": self.work_mode,
            "available": self.agent_state == "Ready" and not self.dnd and self.activity == "Idle",
            "activity": self.activity,
            "dnd": self.dnd,
            "forwardTo": self.forward_to,
            "reasons": list(self.reasons),
            "capabilities": self._capabilities(),
            "timestamp": int(now * 1000),
        }

    def _capabilities(self) -> list[str]:
        if not self.logged_in:
            return ["login"]
        return [
            *(["not-ready"] if self.agent_state == "Ready" else ["ready", "not-ready"]),
            "dnd-off" if self.dnd else "dnd-on",
            "set-forward" if self.forward_to is None else "cancel-forward",
            "start-monitoring",
            "make-call",
            "logout",
        ]
