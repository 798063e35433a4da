"""Calls between agents and with the outside world: who is told what, in which order."""

from __future__ import annotations

import pytest
from voice_floor import (
    ANSWERS,
    JOHN,
    KATE,
    OMAR,
    PAULA,
    REJECTS,
    Floor,
    ids_of,
    numbers,
    pair,
    values,
)

from engage_async.emulator.exchange import UnknownCall


def test_agent_calls_another_who_answers() -> None:
    floor = Floor(JOHN, KATE)
    johns = floor.dial(JOHN, "7002")
    kates = floor.answer(KATE)
    assert johns != kates
    assert floor.states(JOHN) == ["Dialing", "Established"]
    assert floor.states(KATE) == ["Ringing", "Established"]
    john, kate = floor.last(JOHN), floor.last(KATE)
    assert (john["id"], john["connId"], kate["id"]) == (johns, johns, kates)
    assert john["callUuid"] == kate["callUuid"]
    assert len(john["callUuid"]) == 32
    assert (john["callType"], kate["callType"]) == ("Internal", "Internal")
    assert john["participants"] == [{"number": "7002", "role": "RoleDestination"}]
    assert kate["participants"] == [{"number": "7001", "role": "RoleOrigination"}]
    assert (john["phoneNumber"], kate["phoneNumber"]) == ("7002", "7001")
    assert (kate["ani"], kate["dnis"]) == ("7001", "7002")
    assert john["parentConnId"] is None
    assert john["previousConnId"] is None


def test_view_of_a_call_has_the_members_of_the_catalogue() -> None:
    floor = Floor(JOHN, KATE)
    floor.talk(JOHN, KATE)
    (view,) = floor.exchange.calls_of(JOHN)
    expected = "id connId callUuid type state callType phoneNumber ani dnis parentConnId previousConnId recordingState"
    assert set(expected.split()) <= view.keys()
    assert {"participants", "capabilities", "userData", "extensions", "duration", "startedAt"} <= view.keys()
    assert view["type"] == "call"
    assert view["recordingState"] == "Stopped"


def test_duration_is_in_seconds_since_the_call_began() -> None:
    floor = Floor(JOHN, KATE)
    floor.talk(JOHN, KATE)
    floor.clock.advance(12.6)
    (view,) = floor.exchange.calls_of(JOHN)
    assert (view["startedAt"], view["duration"]) == ("2026-01-05T08:00:00.000Z", 12)


def test_dn_tells_what_it_is_busy_with() -> None:
    floor = Floor(JOHN, KATE)
    call = floor.dial(JOHN, "7002")
    assert (floor.dn(JOHN)["activity"], floor.dn(KATE)["activity"]) == ("InitiatingCall", "ReceivingCall")
    assert not floor.dn(KATE)["available"]
    floor.answer(KATE)
    assert floor.dn(JOHN)["activity"] == "HandlingInternalCall"
    floor.ask(JOHN, "hold", call)
    assert (floor.dn(JOHN)["activity"], floor.dn(KATE)["activity"]) == ("CallOnHold", "HandlingInternalCall")
    floor.ask(JOHN, "release", call)
    assert (floor.dn(JOHN)["activity"], floor.dn(KATE)["activity"]) == ("Idle", "Idle")
    assert floor.dn(KATE)["available"]


# --- the outside world ------------------------------------------------------------------------------------------------


def test_outside_number_answers_after_the_settable_delay() -> None:
    floor = Floor(JOHN, answer_delay=3.0)
    floor.dial(JOHN, ANSWERS)
    floor.clock.advance(2.9)
    assert floor.states(JOHN) == ["Dialing"]
    floor.clock.advance(0.2)
    assert floor.states(JOHN) == ["Dialing", "Established"]
    assert floor.last(JOHN)["callType"] == "Outbound"


def test_outside_number_never_answers_when_there_is_no_delay() -> None:
    floor = Floor(JOHN, answer_delay=None)
    call = floor.dial(JOHN, ANSWERS)
    floor.clock.advance(1e6)
    assert floor.states(JOHN) == ["Dialing"]
    floor.ask(JOHN, "release", call)
    assert floor.states(JOHN) == ["Dialing", "Released", "Completed"]


@pytest.mark.parametrize("written", ["+1 (555) 000-0199", "15550000199"])
def test_outside_number_is_told_as_it_was_dialled_and_as_it_is(written: str) -> None:
    floor = Floor(JOHN)
    floor.dial(JOHN, f" {written} ")
    assert floor.last(JOHN)["dnis"] == written
    assert numbers(floor.last(JOHN)) == ["15550000199"]


def test_rejecting_number_ends_the_call() -> None:
    floor = Floor(JOHN)
    floor.dial(JOHN, REJECTS)
    floor.clock.advance(1)
    assert floor.states(JOHN) == ["Dialing", "Released", "Completed"]
    assert not floor.exchange.legs


def test_answer_of_a_number_that_was_given_up_before_changes_nothing() -> None:
    floor = Floor(JOHN, answer_delay=1.0)
    floor.ask(JOHN, "release", floor.dial(JOHN, ANSWERS))
    floor.said.clear()
    floor.clock.advance(2)
    assert not floor.said


def test_call_is_shown_with_the_number_the_caller_chose() -> None:
    floor = Floor(JOHN, KATE)
    floor.dial(JOHN, "7002", outboundCallerId="8005550100")
    assert floor.last(KATE)["ani"] == "8005550100"


def test_location_of_the_switch_itself_can_be_named() -> None:
    floor = Floor(JOHN, KATE)
    floor.dial(JOHN, "7002", location="SIP_Switch")
    assert floor.states(KATE) == ["Ringing"]


# --- its end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaver", [JOHN, KATE])
def test_call_of_two_ends_when_one_of_them_leaves(leaver: str) -> None:
    floor = Floor(JOHN, KATE)
    floor.talk(JOHN, KATE)
    floor.ask(leaver, "release", floor.exchange.calls_of(leaver)[0]["id"])
    for agent in (JOHN, KATE):
        assert floor.states(agent) == ["Released", "Completed"]
        assert floor.exchange.calls_of(agent) == []
    assert floor.said[0][0] == leaver
    assert not floor.exchange.legs


def test_released_call_still_tells_who_was_on_it() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "release", johns)
    assert [numbers(call) for call in floor.calls(JOHN)[:1]] == [["7002"]]
    assert [numbers(call) for call in floor.calls(KATE)[:1]] == [["7001"]]


def test_callee_rejects_a_ringing_call() -> None:
    floor = Floor(JOHN, KATE)
    floor.dial(JOHN, "7002")
    floor.ask(KATE, "release", floor.ringing(KATE))
    assert floor.states(JOHN) == ["Dialing", "Released", "Completed"]
    assert floor.states(KATE) == ["Ringing", "Released", "Completed"]


def test_clear_ends_a_conference_for_everybody() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "single-step-conference", johns, destination="7003")
    floor.answer(PAULA)
    floor.said.clear()
    floor.ask(JOHN, "clear", johns)
    for agent in (JOHN, KATE, PAULA):
        assert floor.states(agent) == ["Released", "Completed"]


def test_released_call_waits_to_be_completed_without_auto_complete() -> None:
    floor = Floor(KATE)
    floor.sit(JOHN, auto_complete=False)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "release", johns)
    assert floor.states(JOHN) == ["Released"]
    assert floor.states(KATE) == ["Released", "Completed"]
    assert floor.last(JOHN)["capabilities"][0] == "complete"
    assert [call["state"] for call in floor.exchange.calls_of(JOHN)] == ["Released"]
    assert floor.dn(JOHN)["activity"] == "Idle"
    floor.ask(JOHN, "complete", johns, userData=[pair("Disposition", "Sold")])
    assert floor.states(JOHN) == ["Released", "Completed"]
    assert values(floor.last(JOHN)) == [("Disposition", "Sold")]
    assert floor.last(JOHN)["capabilities"] == []
    assert floor.exchange.calls_of(JOHN) == []


def test_call_waiting_to_be_completed_leaves_room_for_the_next() -> None:
    floor = Floor(KATE)
    floor.sit(JOHN, auto_complete=False)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(KATE, "release", floor.exchange.calls_of(KATE)[0]["id"])
    assert floor.states(JOHN) == ["Released"]
    second, _ = floor.talk(JOHN, KATE)
    assert [call["state"] for call in floor.exchange.calls_of(JOHN)] == ["Released", "Established"]
    floor.ask(JOHN, "complete", johns)
    assert [call["id"] for call in floor.exchange.calls_of(JOHN)] == [second]


def test_completing_with_user_data_tells_those_who_still_talk() -> None:
    floor = Floor(KATE, PAULA)
    floor.sit(JOHN, auto_complete=False)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "single-step-transfer", johns, destination="7003")
    floor.answer(PAULA)
    floor.said.clear()
    floor.ask(JOHN, "complete", johns, userData=[pair("Wrap", "up")])
    assert [floor.story(agent) for agent in (KATE, PAULA)] == [[("AttachedDataChanged", "Established")]] * 2
    assert values(floor.last(KATE)) == [("Wrap", "up")]


# --- redirect ---------------------------------------------------------------------------------------------------------


def test_redirected_call_rings_elsewhere() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    floor.dial(JOHN, "7002")
    floor.ask(KATE, "redirect", floor.ringing(KATE), destination="7003")
    assert floor.states(KATE) == ["Ringing", "Released", "Completed"]
    assert floor.story(JOHN)[-1] == ("ParticipantsUpdated", "Dialing")
    assert numbers(floor.last(JOHN)) == ["7003"]
    floor.answer(PAULA)
    assert floor.states(JOHN) == ["Dialing", "Established"]
    assert floor.states(PAULA) == ["Ringing", "Established"]


def test_redirect_that_is_refused_leaves_the_call_ringing() -> None:
    floor = Floor(JOHN, KATE)
    floor.dial(JOHN, "7002")
    assert floor.refusal(KATE, "redirect", floor.ringing(KATE), destination="7001") == 231
    floor.answer(KATE)
    assert floor.states(JOHN) == ["Dialing", "Established"]


# --- hold, and two calls ----------------------------------------------------------------------------------------------


def test_hold_and_retrieve_are_told_to_their_agent_alone() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", johns)
    floor.ask(JOHN, "retrieve", johns)
    assert floor.states(JOHN) == ["Held", "Established"]
    assert floor.calls(KATE) == []


def test_held_call_leaves_the_dn_free_for_another() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    first, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", first)
    second = floor.dial(JOHN, "7003")
    floor.answer(PAULA)
    assert {call["id"]: call["state"] for call in floor.exchange.calls_of(JOHN)} == {
        first: "Held",
        second: "Established",
    }
    assert {"alternate", "reconnect", "merge"} <= set(floor.exchange.calls_of(JOHN)[1]["capabilities"])


def test_alternate_swaps_the_two_calls() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    first, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", first)
    second, _ = floor.talk(JOHN, PAULA)
    floor.ask(JOHN, "alternate", second, heldConnId=first)
    assert [(call["id"], call["state"]) for call in floor.calls(JOHN)] == [(second, "Held"), (first, "Established")]
    assert ids_of(floor.heard(JOHN, "CallStateChanged")) == ["JohnSmith/alternate"] * 2


@pytest.mark.parametrize("answered", [True, False])
def test_reconnect_gives_up_one_call_for_the_other(*, answered: bool) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    first, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", first)
    second = floor.dial(JOHN, "7003")
    if answered:
        floor.answer(PAULA)
    floor.said.clear()
    floor.ask(JOHN, "reconnect", second, heldConnId=first)
    assert [(call["id"], call["state"]) for call in floor.calls(JOHN)] == [
        (second, "Released"),
        (second, "Completed"),
        (first, "Established"),
    ]
    assert floor.states(PAULA) == ["Released", "Completed"]


# --- user data --------------------------------------------------------------------------------------------------------


def test_user_data_travel_with_the_call_and_keep_repeated_keys() -> None:
    floor = Floor(JOHN, KATE)
    johns, kates = floor.talk(JOHN, KATE, userData=[pair("Segment", "Gold"), pair("Segment", "Silver")])
    floor.ask(KATE, "attach-user-data", kates, userData=[pair("Segment", "Gold"), pair("Case", "17")])
    assert [floor.story(agent) for agent in (JOHN, KATE)] == [[("AttachedDataChanged", "Established")]] * 2
    assert values(floor.last(JOHN)) == [
        ("Segment", "Gold"),
        ("Segment", "Silver"),
        ("Segment", "Gold"),
        ("Case", "17"),
    ]
    floor.ask(JOHN, "update-user-data", johns, userData=[pair("Segment", "Bronze")])
    assert values(floor.last(KATE)) == [("Case", "17"), ("Segment", "Bronze")]
    floor.ask(JOHN, "delete-user-data-pair", johns, key="Case")
    assert values(floor.last(KATE)) == [("Segment", "Bronze")]


def test_deleting_a_key_takes_all_its_pairs_and_an_unknown_one_none() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE, userData=[pair("A", "1"), pair("B", "2"), pair("A", "3")])
    floor.ask(JOHN, "delete-user-data-pair", johns, key="A")
    floor.ask(JOHN, "delete-user-data-pair", johns, key="C")
    assert [values(call) for call in floor.calls(JOHN)] == [[("B", "2")]] * 2


def test_view_that_was_told_does_not_change_later() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE, userData=[pair("A", "1")])
    floor.ask(JOHN, "attach-user-data", johns, userData=[pair("B", "2")])
    floor.ask(JOHN, "update-user-data", johns, userData=[pair("A", "9")])
    assert [values(call) for call in floor.calls(JOHN)] == [[("A", "1"), ("B", "2")], [("B", "2"), ("A", "9")]]


def test_extensions_of_a_new_call_reach_the_other_party() -> None:
    floor = Floor(JOHN, KATE)
    floor.dial(JOHN, "7002", extensions=[pair("SIP_HEADER", "x")])
    assert floor.last(KATE)["extensions"] == [pair("SIP_HEADER", "x")]


# --- recording, tones, user events ------------------------------------------------------------------------------------


def test_recording_goes_through_its_states_and_everybody_is_told() -> None:
    floor = Floor(JOHN, KATE)
    johns, kates = floor.talk(JOHN, KATE)
    for operation in ("start-recording", "pause-recording", "resume-recording", "stop-recording"):
        floor.ask(JOHN, operation, johns)
    for agent in (JOHN, KATE):
        assert [call["recordingState"] for call in floor.calls(agent)] == [
            "Recording",
            "Paused",
            "Recording",
            "Stopped",
        ]
        assert {kind for kind, _ in floor.story(agent)} == {"CallRecordingStateChange"}
    floor.ask(KATE, "start-recording", kates)
    floor.ask(JOHN, "pause-recording", johns)
    floor.ask(KATE, "stop-recording", kates)
    assert floor.last(JOHN)["recordingState"] == "Stopped"


def test_capabilities_follow_the_recording() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    offered = []
    for operation in ("start-recording", "pause-recording", "stop-recording"):
        floor.ask(JOHN, operation, johns)
        offered.append({name for name in floor.last(JOHN)["capabilities"] if name.endswith("-recording")})
    assert offered == [
        {"stop-recording", "pause-recording"},
        {"stop-recording", "resume-recording"},
        {"start-recording"},
    ]


def test_tones_are_answered_by_the_unchanged_call() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "send-dtmf", johns, dtmfDigits="12#*A")
    assert floor.story(JOHN) == [("StateChange", "Established")]
    assert floor.calls(KATE) == []


def test_user_event_reaches_the_other_agents_on_the_call() -> None:
    floor = Floor(JOHN, KATE, OMAR)
    johns, _ = floor.talk(JOHN, KATE)
    uuid = floor.exchange.calls_of(JOHN)[0]["callUuid"]
    for named in ({"connId": johns}, {"callUuid": uuid}, {"connId": johns, "callUuid": uuid}):
        floor.said.clear()
        floor.ask(JOHN, "send-user-event", userData=[pair("Note", "hello")], **named)
        assert floor.said == [(KATE, {"messageType": "EventUserEvent", "userData": [pair("Note", "hello")]})]


def test_user_event_without_a_call_comes_back_to_the_agents_own_dn() -> None:
    floor = Floor(JOHN, KATE)
    floor.ask(JOHN, "send-user-event", userData=[pair("GSW_AGENT_REQ_TYPE", "CampaignStatusRequest")])
    ((agent, event),) = floor.said
    assert (agent, event["messageType"], event["operationId"]) == (JOHN, "EventUserEvent", "JohnSmith/send-user-event")


# --- what the switches change -----------------------------------------------------------------------------------------


def test_answer_is_signed_for_everybody_and_other_requests_for_their_agent() -> None:
    floor = Floor(JOHN, KATE)
    johns = floor.dial(JOHN, "7002")
    assert ids_of(floor.heard(JOHN, "CallStateChanged")) == ["JohnSmith/make-call"]
    assert ids_of(floor.heard(KATE, "CallStateChanged")) == [None]
    floor.said.clear()
    floor.answer(KATE)
    assert ids_of(floor.heard(JOHN, "CallStateChanged")) == ["KateLewis/answer"]
    assert ids_of(floor.heard(KATE, "CallStateChanged")) == ["KateLewis/answer"]
    floor.said.clear()
    floor.ask(JOHN, "start-recording", johns)
    assert ids_of(floor.heard(JOHN, "CallStateChanged")) == ["JohnSmith/start-recording"]
    assert ids_of(floor.heard(KATE, "CallStateChanged")) == [None]


def test_nothing_is_signed_that_answers_no_request() -> None:
    floor = Floor(JOHN)
    floor.dial(JOHN, ANSWERS)
    floor.said.clear()
    floor.clock.advance(1)
    assert ids_of(floor.heard(JOHN, "CallStateChanged")) == [None]


def test_dn_events_that_a_call_brings_are_not_signed() -> None:
    floor = Floor(JOHN, KATE)
    floor.dial(JOHN, "7002")
    assert ids_of(floor.heard(JOHN, "DnStateChanged")) == [None]


def test_no_event_is_signed_when_the_switch_does_not_echo() -> None:
    floor = Floor(JOHN, KATE, echo_operation_id=False)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", johns)
    floor.ask(JOHN, "not-ready")
    assert ids_of(event for _, event in floor.said) == [None] * len(floor.said)


def test_ids_are_repeatable() -> None:
    one, other = Floor(JOHN, KATE), Floor(JOHN, KATE)
    assert one.talk(JOHN, KATE) == other.talk(JOHN, KATE)


def test_ended_calls_are_remembered_but_not_for_ever() -> None:
    floor = Floor(JOHN, answer_delay=None)
    first = floor.dial(JOHN, ANSWERS)
    floor.ask(JOHN, "release", first)
    assert floor.refusal(JOHN, "release", first) == 237
    for _ in range(1_000):
        floor.said.clear()
        floor.ask(JOHN, "release", floor.dial(JOHN, ANSWERS))
    with pytest.raises(UnknownCall):
        floor.ask(JOHN, "release", first)


def test_call_that_never_was_is_no_matter_for_the_switch() -> None:
    floor = Floor(JOHN)
    with pytest.raises(UnknownCall, match="no call 'nonsense'"):
        floor.ask(JOHN, "hold", "nonsense")
    assert not floor.said
