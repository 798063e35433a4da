"""A contact centre's voice floor without HTTP: agents at their DNs, a clock moved by hand, every event kept.

Must live here: asking the switch and reading what it said. Must not: tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engage_async.emulator.centre import ContactCentre
from engage_async.emulator.chance import Chance
from engage_async.emulator.directory import Directory
from engage_async.emulator.exchange import VOICE, VoiceRequest
from engage_async.emulator.scheduler import ManualScheduler
from engage_async.emulator.switches import Switches

JOHN, KATE, PAULA, OMAR, SAM, RUTH = "JohnSmith", "KateLewis", "PaulaHenry", "OmarDiaz", "SamOkoro", "RuthAdler"
DN_OF = {JOHN: "7001", KATE: "7002", PAULA: "7003", OMAR: "7004", SAM: "7007", RUTH: "7008"}
"""Sam and Ruth are supervisors."""

ANSWERS, BUSY, NO_ANSWER, INVALID, REJECTS = "5550001", "5550002", "5550003", "5550004", "5550005"

Event = dict[str, Any]


class Floor:
    """The agents named, each logged in and ready at the DN of `DN_OF`. `said` holds all events: (user, event)."""

    def __init__(self, *agents: str, directory: Directory | None = None, **switches: Any) -> None:
        self.switches = Switches(**switches)
        self.clock = ManualScheduler()
        self.said: list[tuple[str, Event]] = []
        self.centre = ContactCentre(directory or Directory.load(), self.switches, self._hear, self.clock, Chance(7))
        self.exchange, self.voice, self.outside = self.centre.exchange, self.centre.voice, self.centre.outside
        for agent in agents:
            self.sit(agent)
        self.said.clear()

    def _hear(self, user: str, channel: str, event: Event) -> None:
        assert channel == VOICE
        self.said.append((user, event))

    def sit(self, agent: str, *, auto_complete: bool = True, work_mode: str | None = "AutoIn") -> None:
        dn = self.exchange.dns[DN_OF[agent]]
        self.exchange.seat(agent, dn, auto_complete=auto_complete)
        self.exchange.log_in(dn, work_mode)

    def ask(self, agent: str, operation: str, call_id: str | None = None, **data: Any) -> None:
        """A request whose operation id is ``agent/operation``."""
        self.voice.handle(VoiceRequest(agent, operation, f"{agent}/{operation}", call_id, data))

    def refusal(self, agent: str, operation: str, call_id: str | None = None, **data: Any) -> int | None:
        """The error code of the one event that the request brings its agent; None when it is no ``EventError``."""
        before = len(self.said)
        self.ask(agent, operation, call_id, **data)
        errors = [
            event["error"]["errorCode"] for _, event in self.said[before:] if event["messageType"] == "EventError"
        ]
        if not errors:
            return None
        assert len(self.said) == before + 1, "a refusal changes nothing"
        code: int = errors[0]
        return code

    # --- what was said ----------------------------------------------------------------------------------------------

    def heard(self, agent: str, message_type: str | None = None) -> list[Event]:
        """The events for an agent, oldest first."""
        return [e for user, e in self.said if user == agent and message_type in (None, e["messageType"])]

    def calls(self, agent: str) -> list[Event]:
        """What an agent was told of calls: the views."""
        return [event["call"] for event in self.heard(agent, "CallStateChanged")]

    def story(self, agent: str) -> list[tuple[str, str]]:
        """What an agent was told of calls: (notification, state)."""
        return [(e["notificationType"], e["call"]["state"]) for e in self.heard(agent, "CallStateChanged")]

    def states(self, agent: str) -> list[str]:
        """The states that an agent's calls came to."""
        return [state for kind, state in self.story(agent) if kind == "StateChange"]

    def last(self, agent: str, call_id: str | None = None) -> Event:
        """The newest view that an agent was given of a call, or of this one."""
        return next(call for call in reversed(self.calls(agent)) if call_id in (None, call["id"]))

    def dn(self, agent: str) -> Event:
        """The newest view that an agent was given of the DN."""
        view: Event = self.heard(agent, "DnStateChanged")[-1]["dn"]
        return view

    def errors(self, agent: str) -> list[int]:
        return [event["error"]["errorCode"] for event in self.heard(agent, "EventError")]

    # --- short ways -------------------------------------------------------------------------------------------------

    def dial(self, agent: str, number: str, **data: Any) -> str:
        """Make a call; gives its id."""
        self.ask(agent, "make-call", destination=number, **data)
        view = self.last(agent)
        assert view["state"] == "Dialing", view
        call_id: str = view["id"]
        return call_id

    def ringing(self, agent: str) -> str:
        """The id of the call that rings at an agent's DN."""
        (leg,) = [leg for leg in self.exchange.dns[DN_OF[agent]].legs if leg.state == "Ringing"]
        return leg.id

    def answer(self, agent: str) -> str:
        """Answer what rings; gives its id."""
        call_id = self.ringing(agent)
        self.ask(agent, "answer", call_id)
        return call_id

    def talk(self, caller: str, callee: str, **data: Any) -> tuple[str, str]:
        """Two agents in a call: its id for each. What was said so far is forgotten."""
        ids = self.dial(caller, DN_OF[callee], **data), self.answer(callee)
        self.said.clear()
        return ids

    def talk_outside(self, caller: str, number: str = ANSWERS, **data: Any) -> str:
        """An agent in a call with an outside number that has answered."""
        call_id = self.dial(caller, number, **data)
        self.clock.advance(1)
        assert self.last(caller)["state"] == "Established"
        self.said.clear()
        return call_id

    def consult(self, agent: str, call_id: str, callee: str, operation: str = "initiate-transfer") -> tuple[str, str]:
        """A consultation that its callee, an agent, has answered: the consult call's id for each."""
        self.ask(agent, operation, call_id, destination=DN_OF[callee])
        consult: str = self.last(agent)["id"]
        answered = self.answer(callee)
        self.said.clear()
        return consult, answered


def numbers(view: Event) -> list[str]:
    """The participants' numbers of a view."""
    return [participant["number"] for participant in view["participants"]]


def pair(key: str, value: str) -> Event:
    return {"key": key, "type": "str", "value": value}


def values(view: Event) -> list[tuple[str, Any]]:
    """The user data of a view."""
    return [(each["key"], each["value"]) for each in view["userData"]]


def ids_of(events: Iterable[Event]) -> list[str | None]:
    """The operation ids that events carry."""
    return [event.get("operationId") for event in events]
