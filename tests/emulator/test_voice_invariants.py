"""Whatever agents ask in whatever order, the switch stays whole and what it tells is possible."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voice_floor import (
    ANSWERS,
    BUSY,
    DN_OF,
    JOHN,
    KATE,
    NO_ANSWER,
    PAULA,
    REJECTS,
    RUTH,
    SAM,
    Event,
    Floor,
    numbers,
    pair,
)

from engage_async.emulator.calls import Role
from engage_async.emulator.voice_requests import CALL_FORMS, DN_FORMS

_AGENTS = (JOHN, KATE, PAULA, SAM, RUTH)
_NUMBERS = (*(DN_OF[agent] for agent in _AGENTS), ANSWERS, ANSWERS, BUSY, NO_ANSWER, REJECTS, "nonsense")
_ENDINGS = {"release", "clear", "complete", "redirect", "reconnect", "single-step-transfer"}
_WRONG_STATE = {96, 97, 98, 171, 174, 175, 491, 496, 506, 762}
_NEXT = {
    None: {"Dialing", "Ringing"},
    "Dialing": {"Established", "Released"},
    "Ringing": {"Established", "Released"},
    "Established": {"Held", "Released"},
    "Held": {"Established", "Released"},
    "Released": {"Completed"},
    "Completed": set(),
}


class Walk:
    """Agents who do anything: mostly what their calls offer them, now and then what they do not."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.floor = Floor(*_AGENTS[1:])
        self.floor.sit(JOHN, auto_complete=False, work_mode="ManualIn")
        self.floor.said.clear()

    def step(self) -> None:
        agent = self.dice.choice(_AGENTS)
        calls = self.floor.exchange.calls_of(agent)
        match self.dice.randrange(25):
            case 0 | 1:
                self.floor.clock.advance(0.06)
            case 2:
                self._come_and_go(agent)
            case 3:
                self.floor.ask(agent, self.dice.choice([*DN_FORMS]), **self._data(calls))
            case 4 if self.floor.exchange.legs:
                call = self.dice.choice([*self.floor.exchange.legs])
                self.floor.ask(agent, self.dice.choice([*CALL_FORMS]), call, **self._data(calls))
            case dice if dice < 10 or not calls:
                self.floor.ask(agent, self.dice.choice(["make-call", "start-monitoring"]), **self._data(calls))
            case _:
                self._do_what_is_offered(agent, calls)

    def _do_what_is_offered(self, agent: str, calls: list[Event]) -> None:
        call = self.dice.choice(calls)
        offered = [name for name in call["capabilities"] if name not in _ENDINGS or self.dice.random() < 0.2]
        if not offered:
            return
        operation, before = self.dice.choice(offered), len(self.floor.said)
        self.floor.ask(agent, operation, call["id"], **self._data(calls))
        for _, event in self.floor.said[before:]:
            if event["messageType"] == "EventError":
                assert event["error"]["errorCode"] not in _WRONG_STATE, f"{operation} is offered {call['state']}"

    def _come_and_go(self, agent: str) -> None:
        """Settings come to an end sooner or later, or nobody can be reached any more."""
        if self.dice.random() < 0.2:
            self.floor.exchange.unseat(agent)
            self.floor.sit(agent, auto_complete=self.dice.random() < 0.5)
        for operation in ("login", "dnd-off", "cancel-forward"):
            self.floor.ask(agent, operation)

    def _data(self, calls: list[Event]) -> dict[str, Any]:
        number = self.dice.choice(_NUMBERS)
        held = self.dice.choice([call["id"] for call in calls if call["state"] == "Held"] or ["nonsense"])
        number_on_call = self.dice.choice([number for call in calls for number in numbers(call)] or ["nonsense"])
        pairs = [pair(self.dice.choice("AB"), self.dice.choice("12"))]
        data = dict.fromkeys(["destination", "forwardTo", "phoneNumberToMonitor", "phoneNumber"], number)
        data |= {"heldConnId": held, "otherConnId": held, "dnToDrop": number_on_call, "dtmfDigits": "1", "key": "A"}
        data |= {"connId": held} if self.dice.random() < 0.5 else {}
        data |= {"monitoringScope": self.dice.choice(["Agent", "Call"])}
        data |= {"monitoringNextCallType": self.dice.choice(["OneCall", "AllCalls"])}
        return {**data, "userData": pairs, "comment": "polite", "focusTime": 2.5}


_SILENT = {"set-comment", "set-focus-time"}
"""Operations that no event tells of."""


def must_be_whole(floor: Floor) -> None:
    """Legs, calls and DNs agree about who is where."""
    exchange = floor.exchange
    for leg in exchange.legs.values():
        assert leg.state != "Completed"
        assert (leg in leg.call.legs) is leg.state.live
        if leg.user is not None:
            assert leg in exchange.dns[leg.number].legs
            assert exchange.dns[leg.number].user == leg.user
    for call in {leg.call for leg in exchange.legs.values() if leg.state.live}:
        assert len(call.parties) > 1
        assert any(leg.user is not None for leg in call.parties)
        inside = [leg.number for leg in call.legs if leg.user is not None]
        assert len(inside) == len(set(inside)), "nobody is on a call twice"
        assert all(leg.watch is None or leg.role is Role.OBSERVER for leg in call.legs)
    for dn in exchange.dns.values():
        assert sum(leg.state.active for leg in dn.legs) < 2
        assert dn.activity == dn.current_activity()
        assert all(exchange.legs[leg.id] is leg for leg in dn.legs)
        assert dn.logged_in or not dn.legs


def must_be_possible(said: list[tuple[str, Event]]) -> None:
    """Each agent's calls go through their states, begin once, and are not heard of after their end."""
    was: defaultdict[tuple[str, str], str | None] = defaultdict(lambda: None)
    for agent, event in said:
        if event["messageType"] != "CallStateChanged":
            continue
        call = event["call"]
        key, state = (agent, call["id"]), call["state"]
        if call["previousConnId"] and was[key] is None:
            was[key] = was.pop((agent, call["previousConnId"]))
        if state != was[key]:
            assert event["notificationType"] == "StateChange"
            assert state in _NEXT[was[key]], f"{was[key]} -> {state}"
        else:
            assert was[key] != "Completed"
        was[key] = state


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32))
def test_switch_stays_whole_and_tells_what_is_possible(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(60):
        walk.step()
        must_be_whole(walk.floor)
    must_be_possible(walk.floor.said)


def test_walk_reaches_every_kind_of_event_and_most_refusals() -> None:
    walk = Walk(2)
    for _ in range(4_000):
        walk.step()
    must_be_whole(walk.floor)
    must_be_possible(walk.floor.said)
    kinds = {event["messageType"] for _, event in walk.floor.said}
    assert kinds == {
        "CallStateChanged",
        "DnStateChanged",
        "EventError",
        "EventUserEvent",
        "MonitoringStateChanged",
    }
    codes = {event["error"]["errorCode"] for _, event in walk.floor.said if event["messageType"] == "EventError"}
    assert len(codes) >= 20
    done = {e["operationId"].partition("/")[2] for _, e in walk.floor.said if "operationId" in e}
    assert done >= (CALL_FORMS.keys() | DN_FORMS.keys()) - _SILENT


@pytest.mark.parametrize("agent", _AGENTS)
def test_nothing_is_left_of_an_agent_who_leaves(agent: str) -> None:
    walk = Walk(3)
    for _ in range(500):
        walk.step()
    walk.floor.exchange.unseat(agent)
    must_be_whole(walk.floor)
    assert all(leg.user != agent for leg in walk.floor.exchange.legs.values())
