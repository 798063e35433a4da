"""What an operation that is over may still cause is credited to no other operation without saying so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from correlation_desk import Desk, call_event, data_event, dn_event, error_event, open_desk

from engage_async.protocol.completion import ERROR_GRACE, REFINEMENT_GRACE
from engage_async.protocol.correlation import ERROR_WINDOW, Pending
from engage_async.protocol.notices import Notice
from engage_async.protocol.readings import MARKER_KEY

desk = pytest.fixture(name="desk")(open_desk)

GUESSED, DIALLED = ("succeeded", "guess"), ("succeeded", "object")
GUESS, SOLE, BY_CODE, BY_OBJECT = ("failed", "guess"), ("failed", "sole"), ("failed", "code"), ("failed", "object")


def cancelled(desk: Desk, pending: Pending) -> None:
    assert desk.discard(pending, "unknown")


def timed_out(desk: Desk, pending: Pending) -> None:
    desk.wait(3)
    assert desk.how(pending) == ("timed out", None)


def lost(desk: Desk, pending: Pending) -> None:
    desk.lose()
    assert desk.how(pending) == ("lost", None)


def ended_with_its_call(desk: Desk, pending: Pending) -> None:
    desk.feed(call_event("Released", "c1"))
    assert desk.how(pending) == ("ended", "object")


OVER = pytest.mark.parametrize("over", [cancelled, timed_out, lost, ended_with_its_call])
Over = Callable[[Desk, Pending], None]


# --- errors -----------------------------------------------------------------------------------------------------------


@OVER
def test_error_that_names_nothing_is_a_guess_while_an_operation_that_is_over_may_have_caused_it(
    desk: Desk, over: Over
) -> None:
    over(desk, desk.start("hold", call_id="c1", timeout=3))
    release = desk.start("release", call_id="c2")
    desk.feed(error_event(56))
    assert desk.how(release) == GUESS


@OVER
def test_such_an_error_is_certain_again_once_the_operation_is_long_over(desk: Desk, over: Over) -> None:
    over(desk, desk.start("hold", call_id="c1", timeout=3))
    desk.wait(ERROR_WINDOW + 0.1)
    release = desk.start("release", call_id="c2")
    desk.feed(error_event(56))
    assert desk.how(release) == SOLE


def test_without_guessing_such_an_error_is_nobodys() -> None:
    desk = Desk("none")
    cancelled(desk, desk.start("hold", call_id="c1"))
    release = desk.start("release", call_id="c2")
    desk.feed(error_event(56))
    assert desk.how(release) is None


def test_code_that_fits_what_is_over_as_well_is_a_guess(desk: Desk) -> None:
    cancelled(desk, desk.start("ready"))
    not_ready = desk.start("not_ready")
    desk.feed(error_event(187))
    assert desk.how(not_ready) == GUESS


def test_code_that_fits_only_what_is_over_is_nobodys(desk: Desk) -> None:
    cancelled(desk, desk.start("make_call", destination="5551212"))
    ready = desk.start("ready")
    desk.feed(error_event(71))
    assert desk.how(ready) is None
    desk.feed(error_event(187))
    assert desk.how(ready) == BY_CODE


def test_error_that_names_a_call_is_a_guess_while_an_operation_on_it_is_over(desk: Desk) -> None:
    desk.feed(call_event("Established", "c1"), call_event("Established", "c2"))
    cancelled(desk, desk.start("hold", call_id="c1"))
    here, elsewhere = (
        desk.start("attach_user_data", call_id="c1", user_data={"a": "b"}),
        desk.start("hold", call_id="c2"),
    )
    desk.feed(error_event(53, connId="c1"), error_event(53, connId="c2"))
    assert (desk.how(here), desk.how(elsewhere)) == (GUESS, BY_OBJECT)


def test_operation_on_another_channel_or_never_sent_has_caused_nothing(desk: Desk) -> None:
    assert desk.discard(desk.start("hold", call_id="c1", sent=False), "unknown")
    cancelled(desk, desk.start("session.activate_media", channels=["email"]))
    release = desk.start("release", call_id="c2")
    desk.feed(error_event(56))
    assert desk.how(release) == SOLE


@pytest.mark.parametrize(("seconds", "how"), [(ERROR_GRACE, GUESS), (ERROR_GRACE + 0.1, SOLE)])
def test_what_its_reply_refused_may_be_refused_by_an_event_soon_after(
    desk: Desk, seconds: float, how: tuple[str, str]
) -> None:
    desk.discard(desk.start("hold", call_id="c1"), "refused")
    release = desk.start("release", call_id="c2")
    desk.wait(seconds)
    desk.feed(error_event(56))
    assert desk.how(release) == how


def test_what_its_reply_or_its_event_settled_causes_no_error(desk: Desk) -> None:
    desk.discard(desk.start("hold", call_id="c1"), "known")
    desk.start("hold", call_id="c2")
    desk.feed(call_event("Held", "c2"))
    release = desk.start("release", call_id="c2")
    desk.feed(error_event(56))
    assert desk.how(release) == SOLE


@pytest.mark.parametrize("code", [43, 186, 623])
def test_refusal_because_it_is_so_already_may_be_for_one_that_a_state_has_satisfied(desk: Desk, code: int) -> None:
    """The state may have come of an earlier request; then the operation's own request changes nothing."""
    ready = desk.start("ready")
    desk.feed(dn_event("Ready"))
    assert desk.how(ready) == ("succeeded", "object")
    not_ready = desk.start("not_ready")
    desk.feed(error_event(code))
    assert desk.how(not_ready) == GUESS
    desk.wait(ERROR_WINDOW + 0.1)
    not_ready = desk.start("not_ready")
    desk.feed(error_event(code))
    assert desk.how(not_ready) == (BY_CODE if code == 186 else SOLE)


# --- what was sent twice ----------------------------------------------------------------------------------------------


def sent_twice(desk: Desk) -> Pending:
    hold = desk.start("hold", call_id="c1")
    desk.correlator.repeating(hold, desk.now)
    return hold


REFUSALS = pytest.mark.parametrize(
    "refusal", [error_event(43), error_event(43, connId="c1"), error_event(43, operationId="op-1")]
)


@REFUSALS
def test_what_refuses_the_second_of_two_requests_counts_when_nothing_proves_the_first(
    desk: Desk, refusal: Notice
) -> None:
    hold = sent_twice(desk)
    desk.feed(refusal)
    assert desk.how(hold) is None
    desk.wait(ERROR_GRACE)
    failed = desk.settlements[hold]
    assert (failed.outcome, failed.payload) == ("failed", refusal.payload)


@REFUSALS
def test_an_event_after_the_refusal_proves_the_first(desk: Desk, refusal: Notice) -> None:
    hold = sent_twice(desk)
    desk.feed(refusal, call_event("Held", "c1"))
    assert desk.how(hold) == ("succeeded", "object")


def test_a_snapshot_after_the_refusal_proves_the_first_or_the_operation_is_lost(desk: Desk) -> None:
    hold, other = sent_twice(desk), desk.start("hold", call_id="c2")
    desk.correlator.repeating(other, desk.now)
    desk.feed(error_event(43, connId="c1"), error_event(43, connId="c2"))
    desk.lose(call_event("Held", "c1", kind=None, snapshot=True))
    assert (desk.how(hold), desk.how(other)) == (("succeeded", "snapshot"), ("lost", None))


def test_the_refusal_waits_while_events_do_not_flow_until_the_deadline(desk: Desk) -> None:
    hold = sent_twice(desk)
    desk.feed(error_event(43))
    desk.wait(ERROR_GRACE, flowing=False)
    assert desk.how(hold) is None
    desk.wait(ERROR_GRACE)
    assert desk.how(hold) == SOLE
    again = sent_twice(desk)
    desk.feed(error_event(43, connId="c1"))
    desk.wait(14.5, flowing=False)
    desk.wait(0.5, flowing=False)
    assert desk.how(again) == ("timed out", None)


def test_of_two_refusals_the_first_counts(desk: Desk) -> None:
    hold = sent_twice(desk)
    desk.feed(error_event(56, connId="c1"), error_event(43, operationId="op-1"))
    desk.wait(ERROR_GRACE)
    assert desk.how(hold) == BY_OBJECT


@pytest.mark.parametrize("first", [call_event("Held", "c1"), error_event(56, connId="c1")])
def test_one_that_was_sent_twice_may_cause_one_more_error_after_it_is_done(desk: Desk, first: Notice) -> None:
    sent_twice(desk)
    desk.feed(first)
    release = desk.start("release", call_id="c2")
    desk.feed(error_event(56))
    assert desk.how(release) == GUESS


def test_one_that_is_pending_is_no_rival_of_itself(desk: Desk) -> None:
    ready = desk.start("ready")
    desk.correlator.repeating(ready, desk.now)
    desk.feed(error_event(187))
    desk.wait(ERROR_GRACE)
    assert desk.how(ready) == BY_CODE


# --- what is new ------------------------------------------------------------------------------------------------------


def dialled(desk: Desk, destination: str = "5551212") -> Pending:
    return desk.start("make_call", destination=destination)


@pytest.mark.parametrize(("policy", "how"), [("oldest", GUESSED), ("none", None)])
def test_new_call_to_a_number_that_one_dialled_who_gave_up_is_a_guess(
    policy: Literal["oldest", "none"], how: tuple[str, str] | None
) -> None:
    desk = Desk(policy)
    cancelled(desk, dialled(desk))
    again = dialled(desk)
    desk.feed(call_event("Dialing", "c1", to="5551212"))
    assert desk.how(again) == how


def test_new_call_whose_operation_is_over_settles_what_became_of_it(desk: Desk) -> None:
    cancelled(desk, dialled(desk))
    desk.feed(call_event("Dialing", "c1", to="5551212"), call_event("Established", "c1"))
    again = dialled(desk)
    desk.feed(call_event("Dialing", "c2", to="5551212"))
    assert desk.how(again) == DIALLED


def test_new_call_to_a_number_that_nobody_else_dialled_is_no_guess(desk: Desk) -> None:
    cancelled(desk, dialled(desk, "5553434"))
    call = dialled(desk)
    desk.feed(call_event("Dialing", "c1", to="5551212"))
    assert desk.how(call) == DIALLED


def test_new_call_that_fits_what_is_over_better_is_not_given_to_a_name(desk: Desk) -> None:
    cancelled(desk, dialled(desk))
    name = dialled(desk, "sales")
    desk.feed(call_event("Dialing", "c1", to="5551212"))
    assert desk.how(name) is None
    desk.feed(call_event("Dialing", "c2", to="5559999"))
    assert desk.how(name) == GUESSED


def test_consult_call_may_be_of_one_that_is_over(desk: Desk) -> None:
    cancelled(desk, desk.start("initiate_transfer", call_id="p", destination="7002"))
    again = desk.start("initiate_transfer", call_id="p", destination="7002")
    desk.feed(call_event("Dialing", "c2", parentConnId="p", to="7002"))
    assert desk.how(again) == GUESSED
    name = desk.start("initiate_transfer", call_id="p", destination="sales")
    desk.feed(call_event("Dialing", "c3", parentConnId="p", to="7002"))
    assert desk.how(name) is None, "the number is that of the one that is over"


def test_marked_call_of_one_that_is_over_is_nobody_elses(desk: Desk) -> None:
    first = desk.start("make_call", destination="5551212", marked=True)
    cancelled(desk, first)
    again = desk.start("make_call", destination="5551212", marked=True)
    mark = first.expectation.operation_id
    desk.feed(call_event("Dialing", "c1", to="5551212", userData={MARKER_KEY: mark}))
    assert desk.how(again) is None
    desk.feed(call_event("Dialing", "c2", to="5551212"))
    assert desk.how(again) == DIALLED


def test_snapshot_proves_no_call_that_another_may_have_made(desk: Desk) -> None:
    cancelled(desk, dialled(desk))
    again = dialled(desk)
    desk.lose(call_event("Established", "c1", to="5551212", kind=None, snapshot=True))
    assert desk.how(again) == ("lost", None)


def test_snapshot_proves_a_call_that_only_one_may_have_made(desk: Desk) -> None:
    call = dialled(desk)
    desk.lose(call_event("Established", "c1", to="5551212", kind=None, snapshot=True))
    assert desk.how(call) == ("succeeded", "snapshot")


# --- what is so now ---------------------------------------------------------------------------------------------------


def test_data_that_one_who_gave_up_has_attached_are_not_anothers(desk: Desk) -> None:
    cancelled(desk, desk.start("attach_user_data", call_id="c1", user_data={"Segment": "Gold"}))
    again = desk.start("attach_user_data", call_id="c1", user_data={"Segment": "Silver"})
    desk.feed(data_event({"Segment": "Gold"}))
    assert desk.how(again) is None
    desk.feed(data_event({"Segment": "Silver"}))
    assert desk.how(again) == ("succeeded", "object")


def test_reason_that_one_who_gave_up_has_asked_for_is_not_anothers(desk: Desk) -> None:
    cancelled(desk, desk.start("not_ready", reason_code="Lunch"))
    again = desk.start("not_ready", reason_code="Break")
    desk.feed(dn_event("NotReady", reasons=[{"key": "ReasonCode", "value": "Lunch"}]))
    desk.wait(REFINEMENT_GRACE)
    assert desk.how(again) is None
    desk.feed(dn_event("NotReady", reasons=[{"key": "ReasonCode", "value": "Break"}]))
    assert desk.how(again) == ("succeeded", "object")


# --- what names one that is over --------------------------------------------------------------------------------------


def test_error_that_names_one_that_is_over_is_nobody_elses_and_says_what_became_of_it(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.accept(hold, "alias")
    cancelled(desk, hold)
    release = desk.start("release", call_id="c2")
    desk.feed(error_event(56, operationId="alias"))
    assert desk.how(release) is None
    desk.feed(error_event(56))
    assert desk.how(release) == SOLE


def test_reference_to_one_that_is_over_does_as_well(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    cancelled(desk, hold)
    release = desk.start("release", call_id="c2")
    desk.feed(error_event(56, referenceId=hold.expectation.operation_id))
    assert desk.how(release) is None


def test_new_call_that_names_one_that_is_over_is_nobody_elses_and_says_what_became_of_it(desk: Desk) -> None:
    first = dialled(desk)
    cancelled(desk, first)
    again = dialled(desk)
    desk.feed(call_event("Dialing", "c1", to="5551212", operation_id=first.expectation.operation_id))
    assert desk.how(again) is None
    desk.feed(call_event("Dialing", "c2", to="5551212"))
    assert desk.how(again) == DIALLED


# --- how long ---------------------------------------------------------------------------------------------------------


def test_one_with_a_long_deadline_is_remembered_as_long_as_it_could_have_been_waited_for(desk: Desk) -> None:
    cancelled(desk, desk.start("make_call", destination="5551212", timeout=60))
    desk.wait(60)
    first = dialled(desk)
    desk.feed(call_event("Dialing", "c1", to="5551212"))
    assert desk.how(first) == GUESSED
    desk.wait(0.1)
    second = dialled(desk)
    desk.feed(call_event("Dialing", "c2", to="5551212"))
    assert desk.how(second) == DIALLED
