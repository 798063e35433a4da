"""Transfers and conferences: whose call ends, whose id changes, who is told of whom."""

from __future__ import annotations

import pytest
from voice_floor import (
    ANSWERS,
    BUSY,
    DN_OF,
    JOHN,
    KATE,
    NO_ANSWER,
    OMAR,
    PAULA,
    REJECTS,
    Floor,
    ids_of,
    numbers,
    pair,
    values,
)

# --- consult calls ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["initiate-transfer", "initiate-conference"])
def test_consultation_holds_the_call_and_then_dials(operation: str) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, operation, johns, destination="7003", userData=[pair("Why", "price")])
    held, consult = floor.calls(JOHN)
    assert (held["id"], held["state"]) == (johns, "Held")
    assert (consult["state"], consult["callType"], consult["parentConnId"]) == ("Dialing", "Consult", johns)
    assert consult["callUuid"] != held["callUuid"]
    assert ids_of(floor.heard(JOHN, "CallStateChanged")) == [f"JohnSmith/{operation}"] * 2
    rings = floor.last(PAULA)
    assert (rings["state"], rings["callType"], rings["parentConnId"]) == ("Ringing", "Consult", None)
    assert values(rings) == [("Why", "price")]
    floor.answer(PAULA)
    offered = floor.last(JOHN, consult["id"])["capabilities"]
    assert {"complete-transfer", "complete-conference", "alternate", "reconnect", "merge"} <= set(offered)
    assert floor.dn(PAULA)["activity"] == "HandlingConsultCall"


@pytest.mark.parametrize(("destination", "code"), [("nonsense", 71), (BUSY, 91), ("7001", 415), ("7002", 231)])
def test_consultation_that_is_refused_leaves_the_call_held(destination: str, code: int) -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "initiate-transfer", johns, destination=destination)
    assert floor.states(JOHN) == ["Held"]
    assert floor.errors(JOHN) == [code]
    floor.ask(JOHN, "retrieve", johns)
    assert floor.states(JOHN) == ["Held", "Established"]


def test_consultation_without_answer_is_refused_late() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "initiate-conference", johns, destination=NO_ANSWER)
    assert (floor.states(JOHN), floor.errors(JOHN)) == (["Held"], [])
    floor.clock.advance(1)
    assert floor.errors(JOHN) == [232]


def test_consulted_number_that_rejects_leaves_the_call_held() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "initiate-transfer", johns, destination=REJECTS)
    floor.clock.advance(1)
    assert floor.states(JOHN) == ["Held", "Dialing", "Released", "Completed"]
    assert [(call["id"], call["state"]) for call in floor.exchange.calls_of(JOHN)] == [(johns, "Held")]


def test_call_has_one_consultation_at_a_time() -> None:
    floor = Floor(JOHN, KATE, PAULA, OMAR)
    johns, _ = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA)
    floor.ask(JOHN, "alternate", consult, heldConnId=johns)
    floor.said.clear()
    assert floor.refusal(JOHN, "initiate-transfer", johns, destination="7004") == 97


# --- transfer in two steps --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names_parent", [True, False])
def test_completed_transfer_connects_the_two_others(*, names_parent: bool) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, kates = floor.talk(JOHN, KATE, userData=[pair("Segment", "Gold")])
    consult, paulas = floor.consult(JOHN, johns, PAULA)
    floor.ask(JOHN, "complete-transfer", consult, **({"parentConnId": johns} if names_parent else {}))
    assert [(call["id"], call["state"]) for call in floor.calls(JOHN)] == [
        (johns, "Released"),
        (consult, "Released"),
        (johns, "Completed"),
        (consult, "Completed"),
    ]
    assert set(ids_of(floor.heard(JOHN, "CallStateChanged"))) == {"JohnSmith/complete-transfer"}
    paula, kate = floor.last(PAULA), floor.last(KATE)
    assert floor.story(PAULA) == [("StateChange", "Established")]
    assert (paula["previousConnId"], paula["callType"], numbers(paula)) == (paulas, "Internal", ["7002"])
    assert paula["id"] not in {paulas, consult, johns, kates}
    assert floor.story(KATE) == [("ParticipantsUpdated", "Established")]
    assert (kate["id"], kate["previousConnId"]) == (kates, None)
    assert kate["participants"] == [{"number": "7003", "role": "RoleNewParty"}]
    assert kate["callUuid"] == paula["callUuid"]
    assert values(paula) == [("Segment", "Gold")]
    assert floor.refusal(PAULA, "hold", paulas) == 237
    floor.ask(PAULA, "release", paula["id"])
    assert not floor.exchange.legs


def test_user_data_of_the_consultation_come_into_the_call() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE, userData=[pair("A", "1"), pair("B", "2")])
    floor.ask(JOHN, "initiate-transfer", johns, destination="7003", userData=[pair("B", "3"), pair("C", "4")])
    floor.answer(PAULA)
    floor.ask(JOHN, "complete-transfer", floor.last(JOHN)["id"])
    assert values(floor.last(KATE)) == [("A", "1"), ("B", "3"), ("C", "4")]


@pytest.mark.parametrize("operation", ["complete-transfer", "complete-conference"])
def test_consultation_is_completed_also_with_the_calls_alternated(operation: str) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA)
    floor.ask(JOHN, "alternate", consult, heldConnId=johns)
    assert operation in floor.calls(JOHN)[0]["capabilities"]
    floor.ask(JOHN, operation, consult, parentConnId=johns)
    assert "7003" in numbers(floor.last(KATE))


def test_transfer_to_an_outside_number_takes_the_agent_out() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "initiate-transfer", johns, destination=ANSWERS)
    floor.clock.advance(1)
    floor.ask(JOHN, "complete-transfer", floor.last(JOHN)["id"], parentConnId=johns)
    assert numbers(floor.last(KATE)) == [ANSWERS]
    assert floor.exchange.calls_of(JOHN) == []


def test_transfer_between_two_outside_numbers_leaves_the_switch() -> None:
    floor = Floor(JOHN)
    johns = floor.talk_outside(JOHN)
    floor.ask(JOHN, "initiate-transfer", johns, destination="5551234")
    floor.clock.advance(1)
    floor.ask(JOHN, "complete-transfer", floor.last(JOHN)["id"], parentConnId=johns)
    assert floor.exchange.calls_of(JOHN) == []
    assert not floor.exchange.legs


@pytest.mark.parametrize(("operation", "code"), [("complete-transfer", 98), ("complete-conference", 96)])
def test_consultation_is_not_completed_before_it_is_answered(operation: str, code: int) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "initiate-transfer", johns, destination="7003")
    consult = floor.last(JOHN)["id"]
    floor.said.clear()
    assert floor.refusal(JOHN, operation, consult, parentConnId=johns) == code


@pytest.mark.parametrize(("operation", "code"), [("complete-transfer", 98), ("complete-conference", 96)])
def test_consultation_is_not_completed_when_its_parent_has_ended_or_is_another(operation: str, code: int) -> None:
    floor = Floor(JOHN, KATE, PAULA, OMAR)
    other, _ = floor.talk(JOHN, OMAR)
    floor.ask(JOHN, "hold", other)
    johns, kates = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA)
    assert floor.refusal(JOHN, operation, consult, parentConnId=other) == code
    assert floor.refusal(JOHN, operation, consult, parentConnId=kates) == 477
    assert floor.refusal(JOHN, operation, other, parentConnId=consult) == code
    floor.ask(KATE, "release", kates)
    floor.said.clear()
    assert floor.refusal(JOHN, operation, consult) == code
    assert floor.refusal(JOHN, operation, consult, parentConnId=johns) == 477


@pytest.mark.parametrize(("operation", "code"), [("complete-transfer", 98), ("complete-conference", 96)])
def test_nobody_comes_to_be_on_one_call_twice(operation: str, code: int) -> None:
    """Kate holds John's call, and John consults her about it."""
    floor = Floor(JOHN, KATE)
    johns, kates = floor.talk(JOHN, KATE)
    floor.ask(KATE, "hold", kates)
    consult, _ = floor.consult(JOHN, johns, KATE)
    assert floor.refusal(JOHN, operation, consult, parentConnId=johns) == code
    assert floor.refusal(JOHN, "merge", consult, otherConnId=johns) == 496


def test_transferred_call_can_be_transferred_again() -> None:
    floor = Floor(JOHN, KATE, PAULA, OMAR)
    johns, _ = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA)
    floor.ask(JOHN, "complete-transfer", consult)
    paulas = floor.last(PAULA)["id"]
    second, omars = floor.consult(PAULA, paulas, OMAR)
    floor.ask(PAULA, "complete-transfer", second, parentConnId=paulas)
    assert floor.last(OMAR)["previousConnId"] == omars
    assert numbers(floor.last(KATE)) == ["7004"]
    assert floor.exchange.calls_of(PAULA) == []


def test_consultation_of_a_party_that_is_transferred_follows_its_new_id() -> None:
    """Paula is consulted by John and consults Omar herself; then John transfers her."""
    floor = Floor(JOHN, KATE, PAULA, OMAR)
    johns, _ = floor.talk(JOHN, KATE)
    consult, paulas = floor.consult(JOHN, johns, PAULA)
    second, _ = floor.consult(PAULA, paulas, OMAR)
    floor.ask(JOHN, "complete-transfer", consult)
    moved = floor.last(PAULA)
    assert (moved["state"], moved["previousConnId"]) == ("Held", paulas)
    assert floor.exchange.calls_of(PAULA)[1]["parentConnId"] == moved["id"]
    floor.ask(PAULA, "complete-transfer", second, parentConnId=moved["id"])
    assert numbers(floor.last(KATE)) == ["7004"]


# --- conference in two steps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names_parent", [True, False])
def test_completed_conference_keeps_the_parents_id(*, names_parent: bool) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, kates = floor.talk(JOHN, KATE)
    consult, paulas = floor.consult(JOHN, johns, PAULA, "initiate-conference")
    floor.ask(JOHN, "complete-conference", consult, **({"parentConnId": johns} if names_parent else {}))
    assert [(call["id"], call["state"]) for call in floor.calls(JOHN)] == [
        (consult, "Released"),
        (consult, "Completed"),
        (johns, "Established"),
    ]
    assert numbers(floor.last(JOHN)) == ["7002", "7003"]
    assert floor.last(PAULA)["previousConnId"] == paulas
    assert numbers(floor.last(PAULA)) == ["7001", "7002"]
    assert floor.story(KATE) == [("ParticipantsUpdated", "Established")]
    assert (floor.last(KATE)["id"], numbers(floor.last(KATE))) == (kates, ["7001", "7003"])
    assert "delete-from-conference" in floor.last(JOHN)["capabilities"]


def test_two_conferences_join_into_one() -> None:
    floor = Floor(JOHN, KATE, PAULA, OMAR)
    johns, _ = floor.talk(JOHN, KATE)
    consult, paulas = floor.consult(JOHN, johns, PAULA, "initiate-conference")
    floor.ask(PAULA, "single-step-conference", paulas, destination="7004")
    floor.answer(OMAR)
    floor.ask(JOHN, "complete-conference", consult, parentConnId=johns)
    for agent in (JOHN, KATE, PAULA, OMAR):
        assert sorted(numbers(floor.last(agent))) == sorted({"7001", "7002", "7003", "7004"} - {DN_OF[agent]})


@pytest.mark.parametrize("leaver", [JOHN, KATE, PAULA])
def test_conference_goes_on_when_one_of_three_leaves(leaver: str) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA, "initiate-conference")
    floor.ask(JOHN, "complete-conference", consult)
    floor.said.clear()
    floor.ask(leaver, "release", floor.exchange.calls_of(leaver)[0]["id"])
    for agent in {JOHN, KATE, PAULA} - {leaver}:
        assert floor.story(agent) == [("ParticipantsUpdated", "Established")]
        assert len(numbers(floor.last(agent))) == 1


def test_party_is_dropped_from_a_conference() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA, "initiate-conference")
    floor.ask(JOHN, "complete-conference", consult)
    floor.said.clear()
    for nobody in ("7004", "7001", "nonsense"):
        assert floor.refusal(JOHN, "delete-from-conference", johns, dnToDrop=nobody) == 470
    floor.said.clear()
    floor.ask(JOHN, "delete-from-conference", johns, dnToDrop="7003")
    assert floor.states(PAULA) == ["Released", "Completed"]
    assert floor.story(JOHN) == [("ParticipantsUpdated", "Established")]
    assert numbers(floor.last(JOHN)) == ["7002"]
    assert floor.refusal(JOHN, "delete-from-conference", johns, dnToDrop="7002") == 762


def test_outside_party_is_dropped_by_its_number_however_it_is_written() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "single-step-conference", johns, destination="+1 (555) 000-0199")
    floor.ask(JOHN, "delete-from-conference", johns, dnToDrop="1-555-000-0199")
    assert numbers(floor.last(JOHN)) == ["7002"]


# --- in one step ------------------------------------------------------------------------------------------------------


def test_single_step_transfer_lets_the_destination_ring_and_the_agent_go() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, kates = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "single-step-transfer", johns, destination="7003", userData=[pair("Why", "price")])
    assert floor.states(JOHN) == ["Released", "Completed"]
    assert floor.states(PAULA) == ["Ringing"]
    assert values(floor.last(PAULA)) == [("Why", "price")]
    assert (floor.last(KATE)["id"], numbers(floor.last(KATE))) == (kates, ["7003"])
    floor.answer(PAULA)
    assert floor.states(PAULA) == ["Ringing", "Established"]
    floor.ask(KATE, "release", kates)
    assert not floor.exchange.legs


def test_single_step_transfer_that_is_rejected_ends_the_call() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "single-step-transfer", johns, destination="7003")
    floor.ask(PAULA, "release", floor.ringing(PAULA))
    assert floor.states(KATE) == ["Released", "Completed"]


@pytest.mark.parametrize("operation", ["single-step-transfer", "single-step-conference"])
@pytest.mark.parametrize(("destination", "code"), [("nonsense", 71), ("7001", 415), ("7002", 231), ("7003", 93)])
def test_single_step_that_is_refused_changes_nothing(operation: str, destination: str, code: int) -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    assert floor.refusal(JOHN, operation, johns, destination=destination, userData=[pair("A", "1")]) == code
    (view,) = floor.exchange.calls_of(JOHN)
    assert (view["state"], view["userData"]) == ("Established", [])


@pytest.mark.parametrize("operation", ["single-step-conference", "single-step-transfer"])
def test_party_that_holds_the_call_is_not_called_into_it(operation: str) -> None:
    floor = Floor(JOHN, KATE)
    johns, kates = floor.talk(JOHN, KATE)
    floor.ask(KATE, "hold", kates)
    floor.said.clear()
    assert floor.refusal(JOHN, operation, johns, destination="7002") == 231


def test_single_step_conference_adds_a_party() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, kates = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "single-step-conference", johns, destination="7003", location="SIP_Switch")
    assert floor.story(JOHN) == [("ParticipantsUpdated", "Established")]
    assert ids_of(floor.heard(JOHN, "CallStateChanged")) == ["JohnSmith/single-step-conference"]
    assert floor.last(JOHN)["participants"] == [
        {"number": "7002", "role": "RoleDestination"},
        {"number": "7003", "role": "RoleNewParty"},
    ]
    assert floor.last(KATE)["id"] == kates
    floor.answer(PAULA)
    assert numbers(floor.last(PAULA)) == ["7001", "7002"]


# --- merge ------------------------------------------------------------------------------------------------------------


def test_merged_calls_are_one_under_the_id_of_the_request() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    first, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", first)
    second, _ = floor.talk(JOHN, PAULA)
    floor.ask(JOHN, "merge", second, otherConnId=first)
    assert [(call["id"], call["state"]) for call in floor.calls(JOHN)] == [
        (first, "Released"),
        (first, "Completed"),
        (second, "Established"),
    ]
    assert numbers(floor.last(JOHN)) == ["7003", "7002"]
    assert numbers(floor.last(KATE)) == ["7001", "7003"]


def test_merging_a_consult_call_with_its_parent_gives_an_ordinary_call() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE)
    consult, _ = floor.consult(JOHN, johns, PAULA)
    floor.ask(JOHN, "merge", consult, otherConnId=johns)
    view = floor.last(JOHN)
    assert (view["id"], view["callType"], view["parentConnId"]) == (consult, "Internal", None)


def test_merge_needs_a_held_and_an_active_call_of_the_agent() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    first, kates = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", first)
    second, _ = floor.talk(JOHN, PAULA)
    floor.ask(JOHN, "hold", second)
    floor.said.clear()
    assert floor.refusal(JOHN, "merge", second, otherConnId=first) == 496
    assert floor.refusal(JOHN, "merge", second, otherConnId=kates) == 477
