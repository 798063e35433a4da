"""Which new call belongs to which operation that asked for one, and which monitoring."""

from __future__ import annotations

from typing import Any

import pytest
from correlation_desk import Desk, call_event, error_event, monitoring_event, open_desk

from engage_async.protocol.readings import MARKER_KEY

desk = pytest.fixture(name="desk")(open_desk)

SUCCEEDED = ("succeeded", "object")
ENDED = ("ended", "object")
GUESSED = ("succeeded", "guess")
NAMED = ("succeeded", "operation-id")


# --- make-call --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["Dialing", "Established"])
@pytest.mark.parametrize("call_type", ["Outbound", "Internal", "Unknown", None, "SomethingNew"])
def test_new_call_to_the_destination_completes_the_dialling(desk: Desk, state: str, call_type: str | None) -> None:
    dial = desk.start("make_call", destination="5551212")
    event = call_event(state, to="5551212", callType=call_type)
    desk.feed(event)
    assert desk.how(dial) == SUCCEEDED
    assert desk.settlements[dial].payload is event.payload


def test_destination_may_be_shown_as_a_participant_only(desk: Desk) -> None:
    dial = desk.start("make_call", destination="5551212")
    desk.feed(call_event("Dialing", parties=["5551212"]))
    assert desk.how(dial) == SUCCEEDED


def test_party_from_whom_the_call_comes_is_no_destination(desk: Desk) -> None:
    dial = desk.start("make_call", destination="7001")
    desk.feed(call_event("Dialing", participants=[{"number": "7001", "role": "RoleOrigination"}], to="5551212"))
    assert desk.how(dial) is None


@pytest.mark.parametrize(
    "event",
    [
        call_event("Ringing", to="5551212", callType="Outbound"),
        call_event("Held", to="5551212"),
        call_event(None, to="5551212"),
        call_event("Dialing", to="5551212", callType="Inbound"),
        call_event("Dialing", to="5551212", callType="Consult"),
        call_event("Dialing", to="5551212", parentConnId="c0"),
        call_event("Dialing", to="5551212", previousConnId="c0"),
        call_event("Dialing", to="5551213"),
        call_event("Dialing", to=None),
        call_event("Established", kind="CallRecovered", to="5551212"),
    ],
)
def test_call_of_another_kind_is_not_the_one_that_was_asked_for(desk: Desk, event: Any) -> None:
    dial = desk.start("make_call", destination="5551212")
    desk.feed(event)
    assert desk.how(dial) is None


def test_call_that_was_seen_before_is_not_new(desk: Desk) -> None:
    desk.feed(call_event("Dialing", to="5551212"))
    dial = desk.start("make_call", destination="5551212")
    desk.feed(call_event("Dialing", to="5551212"), call_event("Established", to="5551212"))
    desk.feed(call_event("Released", to="5551212"), call_event("Completed", to="5551212"))
    assert desk.how(dial) is None


@pytest.mark.parametrize(
    ("dialled", "shown"),
    [
        ("+1 (555) 121-2000", "15551212000"),
        ("5551212", "0115551212"),
        ("00 5551212", "5551212"),
        ("tel:+15551212;phone-context=x", "5551212"),
        ("sip:7002@host.example", "7002"),
        ("7002", "SIP:7002@switch:5060"),
        ("12", "5512"),
        ("9112", "112"),
        ("sip:jane.doe@example.com", "JaneDoe"),
    ],
)
def test_numbers_are_compared_as_dial_plans_rewrite_them(desk: Desk, dialled: str, shown: str) -> None:
    dial = desk.start("make_call", destination=dialled)
    desk.feed(call_event("Dialing", to=shown))
    assert desk.how(dial) == SUCCEEDED


@pytest.mark.parametrize(
    ("dialled", "shown"), [("5551212", "5551213"), ("5551212", "2"), ("2", "5551212"), ("janedoe", "doe")]
)
def test_numbers_that_only_resemble_each_other_are_different(desk: Desk, dialled: str, shown: str) -> None:
    dial = desk.start("make_call", destination=dialled)
    desk.feed(call_event("Dialing", to=shown))
    assert desk.how(dial) is None


def test_each_new_call_completes_one_dialling_to_its_number_in_the_order_of_sending(desk: Desk) -> None:
    first, other = desk.start("make_call", destination="5551212"), desk.start("make_call", destination="5553434")
    second = desk.start("make_call", destination="5551212")
    desk.feed(call_event("Dialing", "c1", to="5553434"))
    assert (desk.how(first), desk.how(second), desk.how(other)) == (None, None, SUCCEEDED)
    desk.feed(call_event("Dialing", "c2", to="5551212"))
    assert (desk.how(first), desk.how(second)) == (GUESSED, None), "either may have made it"
    desk.feed(call_event("Dialing", "c2", to="5551212"), call_event("Dialing", "c3", to="5551212"))
    assert desk.how(second) == SUCCEEDED


def test_new_call_that_names_its_operation_completes_it_whatever_number_it_shows(desk: Desk) -> None:
    older, ours = desk.start("make_call", destination="234"), desk.start("make_call", destination="1234")
    desk.feed(call_event("Dialing", to="5551234", operation_id=ours.expectation.operation_id))
    assert (desk.how(older), desk.how(ours)) == (None, NAMED)
    desk.feed(call_event("Dialing", "c2", to="7777", operation_id=older.expectation.operation_id))
    assert desk.how(older) == NAMED


def test_new_call_that_names_another_operation_is_not_taken_by_its_number(desk: Desk) -> None:
    dial, transfer = (
        desk.start("make_call", destination="7002"),
        desk.start("initiate_transfer", call_id="p", destination="7002"),
    )
    desk.feed(call_event("Dialing", to="7002", operation_id=transfer.expectation.operation_id))
    assert (desk.how(dial), desk.how(transfer)) == (None, NAMED)
    hold = desk.start("hold", call_id="p")
    desk.feed(call_event("Dialing", "c2", to="7002", operation_id=hold.expectation.operation_id))
    assert (desk.how(dial), desk.how(hold)) == (None, NAMED)


def test_event_that_names_the_dialling_but_is_no_new_call_completes_nothing(desk: Desk) -> None:
    desk.feed(call_event("Established", "old", to="5553434"))
    dial = desk.start("make_call", destination="5551212")
    desk.feed(call_event("Held", "old", to="5553434", operation_id=dial.expectation.operation_id))
    assert desk.how(dial) is None


@pytest.mark.parametrize("as_object", [False, True])
@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("make_call", {}, {}),
        ("initiate_transfer", {"call_id": "p"}, {"callType": "Consult"}),
        ("initiate_conference", {"call_id": "p"}, {"parentConnId": "p"}),
    ],
)
def test_marked_call_completes_its_operation_whatever_number_it_shows(
    desk: Desk, name: str, arguments: dict[str, Any], kind: dict[str, Any], *, as_object: bool
) -> None:
    older = desk.start(name, destination="5551212", marked=True, **arguments)
    ours = desk.start(name, destination="5553434", marked=True, **arguments)
    mark = ours.expectation.operation_id
    data = {MARKER_KEY: mark} if as_object else [{"key": MARKER_KEY, "type": "str", "value": mark}]
    desk.feed(call_event("Dialing", to="5551212", userData=data, **kind))
    assert (desk.how(older), desk.how(ours)) == (None, NAMED)


def test_consult_call_with_the_mark_of_its_parent_does_not_complete_a_dialling(desk: Desk) -> None:
    dial = desk.start("make_call", destination="5551212", marked=True)
    data = {MARKER_KEY: dial.expectation.operation_id}
    desk.feed(call_event("Dialing", to="7002", userData=data, callType="Consult"))
    assert desk.how(dial) is None


def test_mark_of_another_client_means_nothing(desk: Desk) -> None:
    dial = desk.start("make_call", destination="5551212", marked=True)
    desk.feed(call_event("Dialing", to="5553434", userData={MARKER_KEY: "another client's"}))
    assert desk.how(dial) is None
    desk.feed(call_event("Dialing", "c2", to="5551212", userData={MARKER_KEY: 7}))
    assert desk.how(dial) == SUCCEEDED


@pytest.mark.parametrize("state", ["Released", "Completed"])
def test_new_call_that_is_released_at_once_ends_its_dialling(desk: Desk, state: str) -> None:
    dial = desk.start("make_call", destination="5551212")
    event = call_event(state, to="5551212")
    desk.feed(event)
    assert desk.how(dial) == ENDED
    assert desk.settlements[dial].payload is event.payload


# --- destinations that are names --------------------------------------------------------------------------------------


def test_only_dialling_of_a_name_takes_the_new_call_to_a_number_as_a_guess(desk: Desk) -> None:
    number, name = desk.start("make_call", destination="5551212"), desk.start("make_call", destination="sales")
    desk.feed(call_event("Dialing", "c1", to="7777"))
    assert (desk.how(number), desk.how(name)) == (None, GUESSED)


def test_number_that_fits_goes_before_a_name_that_may(desk: Desk) -> None:
    name, number = desk.start("make_call", destination="sales"), desk.start("make_call", destination="5551212")
    desk.feed(call_event("Dialing", "c1", to="5551212"))
    assert (desk.how(name), desk.how(number)) == (None, SUCCEEDED)


def test_one_call_is_not_guessed_between_two_names(desk: Desk) -> None:
    sales, support = desk.start("make_call", destination="sales"), desk.start("make_call", destination="support")
    desk.feed(call_event("Dialing", "c1", to="7777"))
    assert desk.settlements == {}
    desk.feed(call_event("Dialing", "c2", to="Support"))
    assert (desk.how(sales), desk.how(support)) == (None, SUCCEEDED)
    desk.feed(call_event("Dialing", "c3", to="7778"))
    assert desk.how(sales) == GUESSED


def test_name_that_is_not_sent_yet_does_not_spoil_the_guess(desk: Desk) -> None:
    sales = desk.start("make_call", destination="sales")
    desk.start("make_call", destination="support", sent=False)
    desk.feed(call_event("Dialing", to="7777"))
    assert desk.how(sales) == GUESSED


def test_call_to_another_name_or_one_that_ended_is_no_guess(desk: Desk) -> None:
    sales = desk.start("make_call", destination="sales")
    desk.feed(call_event("Dialing", "c1", to="support"), call_event("Released", "c2", to="7777"))
    assert desk.how(sales) is None


def test_guessing_can_be_turned_off() -> None:
    desk = Desk("none")
    sales = desk.start("make_call", destination="sales")
    desk.feed(call_event("Dialing", to="7777"))
    assert desk.how(sales) is None
    desk.feed(call_event("Dialing", "c2", to="sales"))
    assert desk.how(sales) == SUCCEEDED


# --- consult calls ----------------------------------------------------------------------------------------------------

INITIATE = pytest.mark.parametrize("name", ["initiate_transfer", "initiate_conference"])


@INITIATE
def test_consult_call_of_the_parent_completes_the_beginning_and_the_held_parent_is_progress(
    desk: Desk, name: str
) -> None:
    desk.feed(call_event("Established", "p"))
    start = desk.start(name, call_id="p", destination="7002")
    held = call_event("Held", "p")
    desk.feed(held, held)
    assert desk.how(start) is None
    assert start.progress == [held.payload]
    consult = call_event("Dialing", "c2", callType="Consult", parentConnId="p", to="7002")
    desk.feed(consult)
    assert desk.how(start) == SUCCEEDED
    assert desk.settlements[start].payload is consult.payload


@INITIATE
def test_held_parent_that_names_the_operation_is_progress_only(desk: Desk, name: str) -> None:
    start = desk.start(name, call_id="p", destination="7002")
    desk.feed(call_event("Held", "p", operation_id=start.expectation.operation_id))
    assert desk.how(start) is None
    desk.feed(call_event("Dialing", "c2", callType="Consult", to="8", operation_id=start.expectation.operation_id))
    assert desk.how(start) == NAMED


def test_held_parent_is_progress_of_a_consult_and_the_goal_of_a_hold(desk: Desk) -> None:
    start, hold = desk.start("initiate_transfer", call_id="p", destination="7002"), desk.start("hold", call_id="p")
    desk.feed(call_event("Held", "p"))
    assert (desk.how(start), desk.how(hold)) == (None, SUCCEEDED)
    assert len(start.progress) == 1


def test_consult_call_of_the_parent_need_not_show_a_number_that_can_be_compared(desk: Desk) -> None:
    start = desk.start("initiate_transfer", call_id="p", destination="sales")
    desk.feed(call_event("Dialing", "c2", parentConnId="p", to="7777"))
    assert desk.how(start) == SUCCEEDED
    again = desk.start("initiate_transfer", call_id="p", destination="7002")
    desk.feed(call_event("Dialing", "c3", parentConnId="p"))
    assert desk.how(again) == SUCCEEDED


def test_of_several_consults_of_one_parent_the_destination_decides_else_age(desk: Desk) -> None:
    first = desk.start("initiate_transfer", call_id="p", destination="7002")
    second = desk.start("initiate_transfer", call_id="p", destination="7003")
    desk.feed(call_event("Dialing", "c2", parentConnId="p", to="7003"))
    assert (desk.how(first), desk.how(second)) == (None, SUCCEEDED)
    third = desk.start("initiate_transfer", call_id="p", destination="sales")
    desk.feed(call_event("Dialing", "c3", parentConnId="p", to="7004"))
    assert (desk.how(first), desk.how(third)) == (None, SUCCEEDED)


@INITIATE
def test_consult_call_without_a_parent_is_found_by_its_destination(desk: Desk, name: str) -> None:
    start, dial = desk.start(name, call_id="p", destination="7002"), desk.start("make_call", destination="7002")
    desk.feed(call_event("Dialing", "c2", callType="Consult", to="7003"), call_event("Dialing", "c3", to="7009"))
    assert desk.how(start) is None
    desk.feed(call_event("Dialing", "c4", callType="Consult", to="97002"))
    assert (desk.how(start), desk.how(dial)) == (SUCCEEDED, None)


def test_consult_call_of_another_parent_is_another_operations(desk: Desk) -> None:
    start = desk.start("initiate_transfer", call_id="p", destination="7002")
    desk.feed(call_event("Dialing", "c2", callType="Consult", parentConnId="q", to="7002"))
    assert desk.how(start) is None


def test_parent_may_be_named_by_an_id_that_it_had_before(desk: Desk) -> None:
    desk.feed(call_event("Established", "p"), call_event("Established", "q", previousConnId="p"))
    start = desk.start("initiate_transfer", call_id="q", destination="7002")
    desk.feed(call_event("Dialing", "c2", parentConnId="p", to="7002"))
    assert desk.how(start) == SUCCEEDED


@INITIATE
def test_consult_call_that_is_released_at_once_ends_its_operation(desk: Desk, name: str) -> None:
    start = desk.start(name, call_id="p", destination="7002")
    desk.feed(call_event("Held", "p"), call_event("Released", "c2", parentConnId="p", to="7002"))
    assert desk.how(start) == ENDED
    assert len(start.progress) == 1


def test_refused_consult_fails_and_tells_that_the_parent_is_held(desk: Desk) -> None:
    start = desk.start("initiate_transfer", call_id="p", destination="7002")
    held = call_event("Held", "p")
    desk.feed(held, error_event(97))
    assert desk.how(start) == ("failed", "code")
    assert start.progress == [held.payload]


# --- monitoring -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "other"), [("start_monitoring", "Started", "Stopped"), ("stop_monitoring", "Stopped", "Started")]
)
def test_monitoring_of_the_number_completes_its_start_and_its_stop(
    desk: Desk, name: str, kind: str, other: str
) -> None:
    first, second = desk.start(name, dn="7002"), desk.start(name, dn="7003")
    desk.feed(monitoring_event(other, "7002"), monitoring_event(kind, "7004"))
    assert desk.settlements == {}
    desk.feed(monitoring_event(kind, "7003"))
    assert (desk.how(first), desk.how(second)) == (None, SUCCEEDED)
    desk.feed(monitoring_event(kind, "97002"))
    assert desk.how(first) == SUCCEEDED


@pytest.mark.parametrize("number", [None, "", 0.5, []])
def test_monitoring_without_a_number_is_guessed_only_when_one_waits_for_it(desk: Desk, number: Any) -> None:
    first, second = desk.start("stop_monitoring", dn="7002"), desk.start("stop_monitoring", dn="7003")
    start = desk.start("start_monitoring", dn="7002")
    desk.feed(monitoring_event("Stopped", number))
    assert desk.settlements == {}
    desk.feed(monitoring_event("Stopped", "7002"), monitoring_event("Stopped", number))
    assert (desk.how(first), desk.how(second), desk.how(start)) == (SUCCEEDED, GUESSED, None)


def test_each_monitoring_completes_one_operation(desk: Desk) -> None:
    first, second = desk.start("start_monitoring", dn="7002"), desk.start("start_monitoring", dn="7002")
    desk.feed(monitoring_event("Started", "7002"))
    assert (desk.how(first), desk.how(second)) == (GUESSED, None)
