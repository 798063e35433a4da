"""Login and logout, ready and not ready, do-not-disturb and forwarding."""

from __future__ import annotations

from typing import Any

import pytest
from voice_floor import ANSWERS, JOHN, KATE, PAULA, Event, Floor, ids_of, pair


def agent_state(view: Event) -> tuple[str, str]:
    return view["agentState"], view["agentWorkMode"]


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        (None, ("NotReady", "AuxWork")),
        ("AutoIn", ("Ready", "AutoIn")),
        ("ManualIn", ("Ready", "ManualIn")),
        ("AfterCallWork", ("NotReady", "AfterCallWork")),
    ],
)
def test_login_brings_the_agent_into_the_work_mode(asked: str | None, state: tuple[str, str]) -> None:
    floor = Floor(JOHN)
    floor.ask(JOHN, "logout")
    assert agent_state(floor.dn(JOHN)) == ("LoggedOut", "Unknown")
    floor.ask(JOHN, "login", **({} if asked is None else {"agentWorkMode": asked}))
    assert agent_state(floor.dn(JOHN)) == state
    assert ids_of(floor.heard(JOHN)) == ["JohnSmith/logout", "JohnSmith/login"]


def test_view_of_a_dn_has_the_members_that_clients_read() -> None:
    floor = Floor(JOHN)
    floor.ask(JOHN, "not-ready", reasonCode="Lunch", reasons=[pair("More", "x")])
    assert floor.dn(JOHN) == {
        "number": "7001",
        "switchName": "SIP_Switch",
        "agentId": "7001",
        "agentState": "NotReady",
        "agentWorkMode": "AuxWork",
        "available": False,
        "activity": "Idle",
        "dnd": False,
        "forwardTo": None,
        "reasons": [pair("ReasonCode", "Lunch"), pair("More", "x")],
        "capabilities": ["ready", "not-ready", "dnd-on", "set-forward", "start-monitoring", "make-call", "logout"],
        "timestamp": 1767600000000,
    }


def test_ready_and_not_ready_with_work_modes_and_reasons() -> None:
    floor = Floor(JOHN)
    steps: list[tuple[str, dict[str, Any], tuple[str, str], list[Event]]] = [
        ("not-ready", {}, ("NotReady", "AuxWork"), []),
        ("not-ready", {"reasonCode": "Lunch"}, ("NotReady", "AuxWork"), [pair("ReasonCode", "Lunch")]),
        ("not-ready", {"agentWorkMode": "AfterCallWork"}, ("NotReady", "AfterCallWork"), []),
        ("not-ready", {"reasonCode": "Break"}, ("NotReady", "AfterCallWork"), [pair("ReasonCode", "Break")]),
        ("ready", {"reasons": [pair("Back", "yes")]}, ("Ready", "AutoIn"), [pair("Back", "yes")]),
        ("ready", {"agentWorkMode": "ManualIn"}, ("Ready", "ManualIn"), []),
    ]
    for operation, data, state, reasons in steps:
        floor.ask(JOHN, operation, **data)
        assert (agent_state(floor.dn(JOHN)), floor.dn(JOHN)["reasons"]) == (state, reasons)
    assert ids_of(floor.heard(JOHN)) == [f"JohnSmith/{operation}" for operation, *_ in steps]
    assert floor.dn(JOHN)["available"]


def test_agent_is_not_available_while_not_to_be_disturbed() -> None:
    floor = Floor(JOHN)
    floor.ask(JOHN, "dnd-on")
    assert (floor.dn(JOHN)["dnd"], floor.dn(JOHN)["available"], floor.dn(JOHN)["agentState"]) == (True, False, "Ready")
    assert "dnd-off" in floor.dn(JOHN)["capabilities"]
    floor.ask(JOHN, "dnd-off")
    assert (floor.dn(JOHN)["dnd"], floor.dn(JOHN)["available"]) == (False, True)


def test_call_to_a_forwarded_dn_rings_at_the_end_of_the_chain() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    floor.sit("OmarDiaz")
    floor.ask(KATE, "set-forward", forwardTo="7003")
    floor.ask(PAULA, "set-forward", forwardTo=" 7004 ")
    assert (floor.dn(PAULA)["forwardTo"], "cancel-forward" in floor.dn(PAULA)["capabilities"]) == ("7004", True)
    floor.dial(JOHN, "7002")
    assert floor.states("OmarDiaz") == ["Ringing"]
    assert floor.last(JOHN)["dnis"] == "7002"
    assert floor.calls(KATE) == []


def test_dn_can_be_forwarded_to_the_outside_and_taken_back() -> None:
    floor = Floor(JOHN, KATE)
    floor.ask(KATE, "set-forward", forwardTo=ANSWERS)
    floor.ask(JOHN, "release", floor.dial(JOHN, "7002"))
    assert floor.calls(KATE) == []
    floor.ask(KATE, "cancel-forward")
    assert floor.dn(KATE)["forwardTo"] is None
    floor.dial(JOHN, "7002")
    assert floor.states(KATE) == ["Ringing"]


def test_forwarding_outlasts_a_logout() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    floor.ask(KATE, "set-forward", forwardTo="7003")
    floor.ask(KATE, "logout")
    floor.dial(JOHN, "7002")
    assert floor.states(PAULA) == ["Ringing"]


def test_logout_hangs_up_and_then_says_so() -> None:
    floor = Floor(KATE, PAULA)
    floor.sit(JOHN, auto_complete=False)
    waiting, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "release", waiting)
    held, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", held)
    active, _ = floor.talk(JOHN, PAULA)
    floor.ask(JOHN, "logout")
    assert {(call["id"], call["state"]) for call in floor.calls(JOHN)} == {
        (waiting, "Completed"),
        *((held, state) for state in ("Released", "Completed")),
        *((active, state) for state in ("Released", "Completed")),
    }
    assert floor.heard(JOHN)[-1]["dn"]["agentState"] == "LoggedOut"
    signed = [event for event in floor.heard(JOHN) if "operationId" in event]
    assert signed == floor.heard(JOHN)[-1:]
    assert floor.states(KATE) == floor.states(PAULA) == ["Released", "Completed"]
    assert not floor.exchange.legs


def test_agent_who_leaves_the_dn_is_logged_out_and_the_dn_forgets_its_settings() -> None:
    floor = Floor(JOHN, KATE)
    floor.ask(JOHN, "dnd-on")
    floor.talk(JOHN, KATE)
    floor.exchange.unseat(JOHN)
    assert floor.dn(JOHN)["agentState"] == "LoggedOut"
    assert floor.states(KATE) == ["Released", "Completed"]
    assert floor.exchange.dn_of(JOHN) is None
    dn = floor.exchange.dns["7001"]
    assert (dn.user, dn.dnd, dn.legs) == (None, False, [])
    floor.exchange.unseat(JOHN)


def test_agent_can_sit_down_again_elsewhere() -> None:
    floor = Floor(JOHN, KATE)
    floor.exchange.unseat(JOHN)
    dn = floor.exchange.dns["7100"]
    floor.exchange.seat(JOHN, dn, agent_id="9001")
    floor.exchange.log_in(dn)
    assert (floor.dn(JOHN)["number"], floor.dn(JOHN)["agentId"]) == ("7100", "9001")
    floor.dial(KATE, "7100")
    assert floor.states(JOHN) == ["Ringing"]


def test_calls_of_nobody_are_none() -> None:
    assert Floor().exchange.calls_of(JOHN) == []


# --- after the call ---------------------------------------------------------------------------------------------------


def test_manual_in_brings_after_call_work_when_the_last_call_ends() -> None:
    floor = Floor(KATE, PAULA)
    floor.sit(JOHN, work_mode="ManualIn")
    first, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", first)
    second, _ = floor.talk(JOHN, PAULA)
    floor.ask(JOHN, "release", second)
    assert agent_state(floor.dn(JOHN)) == ("Ready", "ManualIn")
    floor.ask(KATE, "release", floor.exchange.calls_of(KATE)[0]["id"])
    assert agent_state(floor.dn(JOHN)) == ("NotReady", "AfterCallWork")
    assert ids_of(floor.heard(JOHN, "DnStateChanged"))[-1] is None
    assert agent_state(floor.dn(KATE)) == ("Ready", "AutoIn")


def test_call_that_was_never_answered_brings_no_after_call_work() -> None:
    floor = Floor(KATE)
    floor.sit(JOHN, work_mode="ManualIn")
    floor.dial(KATE, "7001")
    floor.ask(JOHN, "release", floor.ringing(JOHN))
    assert agent_state(floor.dn(JOHN)) == ("Ready", "ManualIn")
