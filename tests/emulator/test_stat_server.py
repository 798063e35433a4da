"""The emulator's Stat Server: statistics that follow agents, groups and virtual queues."""

from __future__ import annotations

from typing import Any

import pytest
from voice_floor import ANSWERS, JOHN, KATE, Floor

from engage_async.emulator.stat_server import AGENT_STATES, QueueView, StatObject, UnknownStatistic


class Board:
    """What the Stat Server of a floor says, and which objects it said had changed."""

    def __init__(self, floor: Floor) -> None:
        self.server = floor.centre.stat_server
        self.changed: list[frozenset[StatObject]] = []
        self.server.on_change = self.changed.append

    def __call__(self, name: str, object_id: str = "johnsmith", object_type: str = "Agent") -> Any:
        (value,) = self.server.value(name, self.server.identify(name, object_type, object_id)).values()
        return value


def test_state_of_an_agent_follows_the_day() -> None:
    floor = Floor()
    board = Board(floor)
    seen = [board("CurrentAgentState")]

    def then() -> None:
        seen.append(board("CurrentAgentState"))

    floor.sit(JOHN, work_mode="ManualIn")
    floor.sit(KATE)
    then()
    floor.ask(JOHN, "not-ready")
    then()
    floor.ask(JOHN, "ready", agentWorkMode="ManualIn")
    call = floor.outside.call(ANSWERS, "7001")
    then()
    mine = next(leg for leg in call.call.legs if leg.user == JOHN)
    floor.ask(JOHN, "answer", mine.id)
    then()
    floor.ask(JOHN, "hold", mine.id)
    then()
    floor.ask(JOHN, "retrieve", mine.id)
    floor.ask(JOHN, "release", mine.id)
    then()
    floor.ask(JOHN, "make-call", destination="7002")
    then()
    floor.ask(JOHN, "logout")
    then()
    assert seen == [
        "LoggedOut", "WaitForNextCall", "NotReadyForNextCall", "CallRinging", "CallInbound", "CallOnHold",
        "AfterCallWork", "CallDialing", "LoggedOut",
    ]  # fmt: skip
    assert set(seen) <= set(AGENT_STATES)


def test_times_are_added_up_state_by_state() -> None:
    floor = Floor(JOHN)
    board = Board(floor)
    floor.clock.advance(10)
    floor.ask(JOHN, "not-ready")
    floor.clock.advance(5)
    floor.ask(JOHN, "ready")
    floor.clock.advance(2.9)
    assert board("TimeInCurrentState") == 2
    assert board("TotalReadyTime") == 12
    assert board("TotalNotReadyTime") == 5
    assert board("TotalLoginTime") == 17
    floor.ask(JOHN, "logout")
    floor.clock.advance(100)
    assert (board("TotalLoginTime"), board("TimeInCurrentState")) == (17, 100)


def test_calls_are_counted_by_type_once_they_are_connected() -> None:
    floor = Floor(JOHN, KATE, answer_delay=None)
    board = Board(floor)
    floor.ask(JOHN, "make-call", destination="7002")
    (kate,) = floor.exchange.calls_of(KATE)
    assert board("InternalCalls") == 0
    floor.ask(KATE, "answer", kate["id"])
    floor.clock.advance(30)
    assert (board("InternalCalls"), board("InternalCalls", KATE)) == (1, 1)
    assert (board("InboundCalls"), board("OutboundCalls"), board("ConsultCalls")) == (0, 0, 0)
    floor.ask(KATE, "hold", kate["id"])
    floor.clock.advance(7)
    assert (board("TotalTalkTime", KATE), board("TotalHoldTime", KATE), board("TotalTalkTime")) == (30, 7, 37)


def test_group_counts_its_agents() -> None:
    floor = Floor(JOHN)
    board = Board(floor)
    groups = floor.centre.directory.users[JOHN].groups
    assert groups, "the test needs an agent with a group"
    counts = {name: board(name, groups[0], "GroupAgents") for name in ("AgentsLoggedIn", "AgentsReady", "AgentsOnCall")}
    assert counts == {"AgentsLoggedIn": 1, "AgentsReady": 1, "AgentsOnCall": 0}
    floor.ask(JOHN, "not-ready")
    assert board("AgentsNotReady", groups[0], "GroupAgents") == 1
    floor.ask(JOHN, "logout")
    assert board("AgentsLoggedIn", groups[0], "GroupAgents") == 0


def test_change_of_an_agent_is_one_of_the_groups_and_of_every_queue() -> None:
    floor = Floor()
    board = Board(floor)
    board.server.queues["VQ"] = QueueView
    floor.sit(KATE)
    groups = {("GroupAgents", group) for group in floor.centre.directory.users[KATE].groups}
    assert all(changed == {("Agent", KATE), ("Queue", "VQ")} | groups for changed in board.changed)
    assert board.changed
    assert board("CallbacksWaiting", "VQ", "Queue") == 0


def test_agent_is_known_by_employee_id_and_by_user_name() -> None:
    floor = Floor(JOHN)
    server = Board(floor).server
    assert server.identify("CurrentAgentState", "Agent", "johnsmith") == ("Agent", JOHN)
    assert server.identify("CurrentAgentState", "Agent", JOHN) == ("Agent", JOHN)


@pytest.mark.parametrize(
    ("name", "object_type", "object_id", "told"),
    [
        ("CurrentAgentState", "Agent", "nobody", "Unknown object 'nobody'"),
        ("Nonsense", "Agent", "johnsmith", "Unknown statistic 'Nonsense'"),
        ("AgentsReady", "Agent", "johnsmith", "Unknown statistic"),
        ("AgentsReady", "GroupAgents", "Nobody", "Unknown object"),
        ("CallbacksWaiting", "Queue", "VQ_None", "Unknown object"),
        ("CurrentAgentState", "Place", "johnsmith", "Unknown object type"),
    ],
)
def test_what_does_not_exist_is_named(name: str, object_type: str, object_id: str, told: str) -> None:
    with pytest.raises(UnknownStatistic, match=told):
        Board(Floor()).server.identify(name, object_type, object_id)


def test_definition_of_the_current_state_is_understood_and_no_other() -> None:
    server = Board(Floor()).server
    definition = {"category": "CurrentState", "subject": "AgentStatus", "mainMask": "*", "objects": "Agent"}
    assert server.defined(definition, "Agent") == "CurrentAgentState"
    with pytest.raises(UnknownStatistic):
        server.defined(definition, "Queue")
    with pytest.raises(UnknownStatistic):
        server.defined({"category": "TotalNumber"}, "Agent")
