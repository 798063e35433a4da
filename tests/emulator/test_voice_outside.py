"""The world outside the switch: it calls agents, answers them and hangs up."""

from __future__ import annotations

import pytest
from voice_floor import ANSWERS, JOHN, KATE, Floor, numbers, values

from engage_async.emulator.tlib_errors import Refused


def test_inbound_call_rings_at_the_agent_with_its_data() -> None:
    floor = Floor(JOHN)
    floor.outside.call("+1 555 010 0000", "7001", [("Segment", "Gold"), ("Segment", "VIP"), ("Age", 41)])
    view = floor.last(JOHN)
    assert (view["state"], view["callType"], view["ani"], view["dnis"]) == (
        "Ringing",
        "Inbound",
        "+1 555 010 0000",
        "7001",
    )
    assert numbers(view) == ["15550100000"]
    assert values(view) == [("Segment", "Gold"), ("Segment", "VIP"), ("Age", 41)]
    assert floor.dn(JOHN)["activity"] == "ReceivingCall"
    floor.answer(JOHN)
    assert floor.dn(JOHN)["activity"] == "HandlingInboundCall"


def test_outside_caller_hangs_up() -> None:
    floor = Floor(JOHN)
    caller = floor.outside.call("5550100", "7001")
    floor.answer(JOHN)
    floor.outside.hang_up(caller)
    assert floor.states(JOHN) == ["Ringing", "Established", "Released", "Completed"]
    floor.outside.hang_up(caller)
    assert not floor.exchange.legs


def test_outside_caller_gives_up_before_the_answer() -> None:
    floor = Floor(JOHN)
    floor.outside.hang_up(floor.outside.call("5550100", "7001"))
    assert floor.states(JOHN) == ["Ringing", "Released", "Completed"]


def test_outside_party_answers_by_hand() -> None:
    floor = Floor(JOHN, answer_delay=None)
    floor.dial(JOHN, ANSWERS)
    (party,) = floor.outside.parties(ANSWERS)
    floor.outside.answer(party)
    assert floor.states(JOHN) == ["Dialing", "Established"]
    with pytest.raises(Refused) as refused:
        floor.outside.answer(party)
    assert refused.value.code == 174


def test_outside_party_rejects_by_hand() -> None:
    floor = Floor(JOHN, answer_delay=None)
    floor.dial(JOHN, ANSWERS)
    (party,) = floor.outside.parties(ANSWERS)
    floor.outside.hang_up(party)
    assert floor.states(JOHN) == ["Dialing", "Released", "Completed"]
    assert floor.outside.parties(ANSWERS) == []


@pytest.mark.parametrize(("to", "code"), [("7002", 93), ("nonsense", 71), (ANSWERS, 415)])
def test_inbound_call_that_reaches_no_agent_is_refused(to: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        Floor(JOHN).outside.call("5550100", to)
    assert refused.value.code == code


def test_inbound_call_can_be_transferred_to_another_agent() -> None:
    floor = Floor(JOHN, KATE)
    caller = floor.outside.call("5550100", "7001", {"Segment": "Gold"})
    johns = floor.answer(JOHN)
    floor.ask(JOHN, "single-step-transfer", johns, destination="7002")
    floor.answer(KATE)
    view = floor.last(KATE)
    assert (view["callType"], numbers(view), values(view)) == ("Inbound", ["5550100"], [("Segment", "Gold")])
    floor.outside.hang_up(caller)
    assert floor.states(KATE)[-2:] == ["Released", "Completed"]
