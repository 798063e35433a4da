"""What the switch refuses, with which T-Library code, and what the refusal names."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from voice_floor import (
    ANSWERS,
    BUSY,
    INVALID,
    JOHN,
    KATE,
    NO_ANSWER,
    OMAR,
    PAULA,
    SAM,
    Floor,
    pair,
)

from engage_async.emulator import Refusal
from engage_async.emulator.directory import Directory
from engage_async.emulator.tlib_errors import Refused

# --- who may ask ------------------------------------------------------------------------------------------------------


def test_agent_without_a_dn_is_refused() -> None:
    assert Floor().refusal(JOHN, "ready") == 41


@pytest.mark.parametrize(
    ("operation", "code"), [("ready", 187), ("not-ready", 187), ("make-call", 263), ("dnd-on", 263)]
)
def test_agent_who_is_logged_out_is_refused(operation: str, code: int) -> None:
    floor = Floor(JOHN)
    floor.ask(JOHN, "logout")
    floor.said.clear()
    assert floor.refusal(JOHN, operation, destination=ANSWERS) == code


def test_call_of_another_agent_is_refused_also_after_its_end() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    _, kates = floor.talk(JOHN, KATE)
    assert floor.refusal(PAULA, "release", kates) == 56
    floor.ask(KATE, "release", kates)
    assert floor.refusal(PAULA, "release", kates) == 56


def test_call_that_has_ended_is_refused() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "release", johns)
    for operation in ("hold", "release", "attach-user-data"):
        assert floor.refusal(JOHN, operation, johns, userData=[]) == 237


# --- destinations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("destination", "code"),
    [("nonsense", 71), ("", 71), ("7999", 71), (INVALID, 71), ("7001", 415), (BUSY, 91), ("7002", 93)],
)
def test_make_call_to_where_nobody_is_reached(destination: str, code: int) -> None:
    floor = Floor(JOHN)
    assert floor.refusal(JOHN, "make-call", destination=destination) == code
    assert not floor.exchange.legs


def test_number_that_does_not_answer_is_refused_late() -> None:
    floor = Floor(JOHN)
    floor.ask(JOHN, "make-call", destination=NO_ANSWER)
    assert floor.errors(JOHN) == []
    floor.clock.advance(0.1)
    assert floor.errors(JOHN) == [232]


def test_location_that_is_not_the_switch_is_refused() -> None:
    assert Floor(JOHN, KATE).refusal(JOHN, "make-call", destination="7002", location="Elsewhere") == 1012


def test_busy_dn_is_refused() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    floor.dial(JOHN, "7002")
    assert floor.refusal(PAULA, "make-call", destination="7001") == 231
    assert floor.refusal(PAULA, "make-call", destination="7002") == 231


def test_dn_that_does_not_want_to_be_disturbed_rejects() -> None:
    floor = Floor(JOHN, KATE)
    floor.ask(KATE, "dnd-on")
    floor.said.clear()
    assert floor.refusal(JOHN, "make-call", destination="7002") == 233


def test_logged_out_dn_is_in_the_wrong_state() -> None:
    floor = Floor(JOHN, KATE)
    floor.ask(KATE, "logout")
    floor.said.clear()
    assert floor.refusal(JOHN, "make-call", destination="7002") == 93


def test_loop_of_forwarding_is_refused() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    floor.ask(KATE, "set-forward", forwardTo="7003")
    floor.ask(PAULA, "set-forward", forwardTo="7002")
    floor.said.clear()
    assert floor.refusal(JOHN, "make-call", destination="7002") == 415


def test_forwarding_back_to_the_caller_is_refused() -> None:
    floor = Floor(JOHN, KATE)
    floor.ask(KATE, "set-forward", forwardTo="7001")
    floor.said.clear()
    assert floor.refusal(JOHN, "make-call", destination="7002") == 415


def test_second_call_needs_the_first_on_hold() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    floor.talk(JOHN, KATE)
    assert floor.refusal(JOHN, "make-call", destination="7003") == 79


# --- states of calls --------------------------------------------------------------------------------------------------

_DATA: dict[str, dict[str, Any]] = {
    "redirect": {"destination": "7003"},
    "initiate-transfer": {"destination": "7003"},
    "initiate-conference": {"destination": "7003"},
    "single-step-transfer": {"destination": "7003"},
    "single-step-conference": {"destination": "7003"},
    "send-dtmf": {"dtmfDigits": "1"},
    "delete-from-conference": {"dnToDrop": "7002"},
}


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("hold", 496),
        ("retrieve", 171),
        ("answer", 174),
        ("complete", 496),
        ("redirect", 496),
        ("initiate-transfer", 97),
        ("initiate-conference", 97),
        ("complete-transfer", 98),
        ("complete-conference", 96),
        ("single-step-transfer", 496),
        ("single-step-conference", 496),
        ("delete-from-conference", 496),
        ("send-dtmf", 496),
        ("start-recording", 496),
        ("switch-to-barge-in", 165),
    ],
)
def test_dialling_call_refuses(operation: str, code: int) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    call = floor.dial(JOHN, "7002")
    assert floor.refusal(JOHN, operation, call, **_DATA.get(operation, {})) == code


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("answer", 174),
        ("retrieve", 171),
        ("complete", 496),
        ("redirect", 496),
        ("complete-transfer", 98),
        ("complete-conference", 96),
        ("delete-from-conference", 762),
        ("stop-recording", 43),
        ("pause-recording", 506),
        ("resume-recording", 506),
        ("switch-to-listen-in", 165),
    ],
)
def test_established_call_refuses(operation: str, code: int) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    call, _ = floor.talk(JOHN, KATE)
    assert floor.refusal(JOHN, operation, call, **_DATA.get(operation, {})) == code


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("hold", 43),
        ("answer", 174),
        ("initiate-transfer", 97),
        ("single-step-transfer", 496),
        ("send-dtmf", 496),
        ("start-recording", 496),
    ],
)
def test_held_call_refuses(operation: str, code: int) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    call, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", call)
    assert floor.refusal(JOHN, operation, call, **_DATA.get(operation, {})) == code


@pytest.mark.parametrize(
    ("operation", "code"), [("release", 175), ("clear", 496), ("hold", 496), ("retrieve", 171), ("answer", 174)]
)
def test_call_that_waits_to_be_completed_refuses(operation: str, code: int) -> None:
    floor = Floor(KATE)
    floor.sit(JOHN, auto_complete=False)
    call, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "release", call)
    assert floor.refusal(JOHN, operation, call) == code


@pytest.mark.parametrize(("operation", "code"), [("hold", 496), ("retrieve", 171), ("complete-transfer", 98)])
def test_ringing_call_refuses(operation: str, code: int) -> None:
    floor = Floor(JOHN, KATE)
    floor.dial(JOHN, "7002")
    assert floor.refusal(KATE, operation, floor.ringing(KATE)) == code


def test_recording_that_runs_is_not_started_again() -> None:
    floor = Floor(JOHN, KATE)
    johns, kates = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "start-recording", johns)
    assert floor.refusal(KATE, "start-recording", kates) == 43
    assert floor.refusal(JOHN, "resume-recording", johns) == 506


def test_held_call_is_not_retrieved_while_another_is_active() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    first, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", first)
    floor.talk(JOHN, PAULA)
    assert floor.refusal(JOHN, "retrieve", first) == 99


@pytest.mark.parametrize("operation", ["alternate", "reconnect"])
def test_two_calls_are_swapped_only_when_one_is_held_and_the_other_not(operation: str) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    first, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "hold", first)
    second, _ = floor.talk(JOHN, PAULA)
    floor.ask(JOHN, "hold", second)
    floor.said.clear()
    assert floor.refusal(JOHN, operation, first, heldConnId=second) == 496
    floor.ask(JOHN, "retrieve", first)
    floor.said.clear()
    for not_another in ("nonsense", first):
        assert floor.refusal(JOHN, operation, first, heldConnId=not_another) == 477


@pytest.mark.parametrize(("operation", "code"), [("alternate", 491), ("reconnect", 99)])
def test_released_call_is_no_held_one(operation: str, code: int) -> None:
    floor = Floor(KATE, PAULA)
    floor.sit(JOHN, auto_complete=False)
    first, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "release", first)
    second, _ = floor.talk(JOHN, PAULA)
    assert floor.refusal(JOHN, operation, second, heldConnId=first) == code


@pytest.mark.parametrize("digits", ["", "12x", "1 2", "+1", "\uff11"])
def test_tones_that_are_none_are_refused(digits: str) -> None:
    floor = Floor(JOHN, KATE)
    call, _ = floor.talk(JOHN, KATE)
    assert floor.refusal(JOHN, "send-dtmf", call, dtmfDigits=digits) == 302


@pytest.mark.parametrize("named", [{"connId": "nonsense"}, {"callUuid": "nonsense"}])
def test_user_event_on_a_call_that_is_not_the_agents_is_refused(named: dict[str, str]) -> None:
    floor = Floor(JOHN, KATE, PAULA)
    floor.talk(JOHN, KATE)
    assert floor.refusal(JOHN, "send-user-event", userData=[], **named) == 477
    uuid = floor.exchange.calls_of(JOHN)[0]["callUuid"]
    assert floor.refusal(PAULA, "send-user-event", userData=[], callUuid=uuid) == 477
    assert floor.refusal(JOHN, "send-user-event", userData=[], **({"callUuid": uuid} | named)) == 477


# --- agents -----------------------------------------------------------------------------------------------------------


def test_login_is_refused_to_an_agent_who_is_logged_in() -> None:
    assert Floor(JOHN).refusal(JOHN, "login") == 550


def test_login_is_refused_when_no_licence_is_left() -> None:
    floor = Floor(directory=evolve(Directory.load(), voice_licences=2))
    for agent in (JOHN, KATE):
        floor.sit(agent)
    floor.exchange.seat(PAULA, floor.exchange.dns["7003"])
    floor.said.clear()
    assert floor.refusal(PAULA, "login") == 40
    floor.ask(JOHN, "logout")
    floor.ask(PAULA, "login")
    assert floor.dn(PAULA)["agentState"] == "NotReady"


def test_login_is_refused_to_a_user_without_agent_login() -> None:
    directory = Directory.load()
    users = directory.users | {JOHN: evolve(directory.users[JOHN], agent_login="")}
    floor = Floor(directory=evolve(directory, users=users))
    with pytest.raises(Refused) as refused:
        floor.sit(JOHN)
    assert refused.value.code == 191
    assert floor.refusal(JOHN, "login") == 191


@pytest.mark.parametrize(
    ("setting", "again"),
    [
        (("ready", {"agentWorkMode": "ManualIn"}), ("ready", {})),
        (("ready", {"agentWorkMode": "ManualIn"}), ("ready", {"agentWorkMode": "ManualIn"})),
        (("not-ready", {"reasonCode": "Lunch"}), ("not-ready", {"reasonCode": "Lunch"})),
        (("not-ready", {}), ("not-ready", {"agentWorkMode": "AuxWork"})),
    ],
)
def test_agent_state_that_would_not_change_is_refused(
    setting: tuple[str, dict[str, str]], again: tuple[str, dict[str, str]]
) -> None:
    floor = Floor(JOHN)
    floor.ask(JOHN, setting[0], **setting[1])
    assert floor.heard(JOHN, "EventError") == []
    assert floor.refusal(JOHN, again[0], **again[1]) == 186


@pytest.mark.parametrize("operation", ["dnd-off", "cancel-forward"])
def test_what_is_off_is_not_turned_off(operation: str) -> None:
    assert Floor(JOHN).refusal(JOHN, operation) == 43


def test_do_not_disturb_is_not_turned_on_twice() -> None:
    floor = Floor(JOHN)
    floor.ask(JOHN, "dnd-on")
    assert floor.refusal(JOHN, "dnd-on") == 43


@pytest.mark.parametrize(
    ("number", "code"),
    [("", 193), (" ", 193), ("5" * 33, 194), ("nonsense", 195), ("7999", 195), (INVALID, 195), ("7001", 177)],
)
def test_forward_numbers_that_are_refused(number: str, code: int) -> None:
    assert Floor(JOHN).refusal(JOHN, "set-forward", forwardTo=number) == code


# --- supervisors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "data", "code"),
    [
        (JOHN, {"phoneNumberToMonitor": "7002"}, 165),
        (SAM, {"phoneNumberToMonitor": "nonsense"}, 177),
        (SAM, {"phoneNumberToMonitor": "7007"}, 177),
        (SAM, {"phoneNumberToMonitor": "7002", "location": "Elsewhere"}, 1012),
    ],
)
def test_monitoring_that_is_refused(asks: str, data: dict[str, str], code: int) -> None:
    assert Floor(JOHN, KATE, SAM).refusal(asks, "start-monitoring", **data) == code


@pytest.mark.parametrize(("asks", "number", "code"), [(JOHN, "7002", 165), (SAM, "nonsense", 177), (SAM, "7002", 506)])
def test_end_of_monitoring_that_is_refused(asks: str, number: str, code: int) -> None:
    assert Floor(JOHN, KATE, SAM).refusal(asks, "stop-monitoring", phoneNumber=number) == code


# --- refusals on purpose, and their form ------------------------------------------------------------------------------


def test_next_operation_is_refused_as_the_test_wants() -> None:
    floor = Floor(JOHN)
    floor.switches.refuse_next += [Refusal("make-*", 231), Refusal("ready", 9999, "Out of the blue", times=2)]
    floor.ask(JOHN, "make-call", destination=ANSWERS)
    floor.ask(JOHN, "not-ready")
    floor.ask(JOHN, "ready")
    floor.ask(JOHN, "ready")
    assert [event["error"] for event in floor.heard(JOHN, "EventError")] == [
        {"errorCode": 231, "errorMessage": "DN is busy"},
        {"errorCode": 9999, "errorMessage": "Out of the blue"},
        {"errorCode": 9999, "errorMessage": "Out of the blue"},
    ]
    floor.ask(JOHN, "ready")
    assert floor.dn(JOHN)["agentState"] == "Ready"
    assert not floor.switches.refuse_next
    assert not floor.exchange.legs


def test_refusal_without_text_has_that_of_its_code() -> None:
    floor = Floor(JOHN)
    floor.switches.refuse_next.append(Refusal("*", 12345))
    floor.ask(JOHN, "ready")
    assert floor.heard(JOHN)[0]["error"]["errorMessage"] == "Unspecified error"


def test_refusal_is_for_its_agent_alone() -> None:
    floor = Floor(JOHN, KATE, OMAR)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "answer", johns)
    assert [agent for agent, _ in floor.said] == [JOHN]


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("names", ["nothing", "call", "everything"])
def test_refusal_names_what_the_switch_says(names: str, *, echo: bool) -> None:
    floor = Floor(JOHN, KATE, error_names=names, echo_operation_id=echo)
    johns, _ = floor.talk(JOHN, KATE)
    uuid = floor.exchange.calls_of(JOHN)[0]["callUuid"]
    floor.ask(JOHN, "answer", johns)
    plain = {"messageType": "EventError", "error": {"errorCode": 174, "errorMessage": "Answer unsuccessful"}}
    call = {"connId": johns, "callUuid": uuid}
    everything = {"operationId": "JohnSmith/answer", "thisDN": "7001"}
    assert floor.heard(JOHN) == [
        {"nothing": plain, "call": plain | call, "everything": plain | call | everything}[names]
    ]


def test_late_refusal_names_as_much_as_a_prompt_one() -> None:
    floor = Floor(JOHN, error_names="everything")
    floor.ask(JOHN, "make-call", destination=NO_ANSWER)
    floor.clock.advance(1)
    (event,) = floor.heard(JOHN)
    assert (event["operationId"], event["thisDN"]) == ("JohnSmith/make-call", "7001")


def test_request_after_a_refused_one_is_carried_out() -> None:
    floor = Floor(JOHN, KATE)
    johns, _ = floor.talk(JOHN, KATE)
    floor.ask(JOHN, "retrieve", johns)
    floor.ask(JOHN, "attach-user-data", johns, userData=[pair("A", "1")])
    assert floor.story(JOHN) == [("AttachedDataChanged", "Established")]
