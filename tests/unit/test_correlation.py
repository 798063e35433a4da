"""The life of a pending operation: registered, sent, accepted, and settled exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from correlation_desk import ROUTES, Desk, call_event, data_event, dn_event, error_event, open_desk

from engage_async.protocol.completion import ERROR_GRACE
from engage_async.protocol.notices import Notice
from engage_async.protocol.snapshot import VOICE

desk = pytest.fixture(name="desk")(open_desk)

SUCCEEDED = ("succeeded", "object")
ENDED = ("ended", "object")


# --- before, during and after the reply -------------------------------------------------------------------------------


def test_event_that_arrives_before_the_answer_settles_the_operation(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(call_event("Held"))
    assert desk.how(hold) == SUCCEEDED
    desk.accept(hold, "an id of the server")
    assert desk.correlator.is_empty()


def test_event_after_the_answer_settles_the_operation_with_its_payload(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.accept(hold)
    assert desk.how(hold) is None
    event = call_event("Held")
    desk.feed(event)
    assert desk.settlements[hold].payload is event.payload


def test_event_from_before_the_registration_does_not_count(desk: Desk) -> None:
    desk.feed(call_event("Held"))
    hold = desk.start("hold", call_id="c1")
    assert desk.how(hold) is None


def test_event_that_comes_before_the_request_leaves_is_not_its_doing(desk: Desk) -> None:
    waiting = [
        desk.start("attach_user_data", sent=False, call_id="c1", user_data={"Segment": "Gold"}),
        desk.start("hold", sent=False, call_id="c1"),
        desk.start("make_call", sent=False, destination="5551212"),
        desk.start("ready", sent=False),
        desk.start("initiate_transfer", sent=False, call_id="c1", destination="7002"),
    ]
    events = [
        data_event([{"key": "Segment", "type": "str", "value": "Gold"}]),
        call_event("Held"),
        call_event("Dialing", "c2", to="5551212"),
        dn_event("Ready"),
        error_event(71, call={"id": "c1"}),
        error_event(56),
    ]
    desk.feed(*events)
    assert desk.settlements == {}
    assert [pending.progress for pending in waiting] == [[]] * 5
    for pending in waiting:
        desk.send(pending)
    desk.feed(events[0], call_event("Established"), call_event("Held"), call_event("Dialing", "c3", to="5551212"))
    desk.feed(events[3], call_event("Dialing", "c4", to="7002", parentConnId="c1"))
    assert [desk.how(pending) for pending in waiting] == [SUCCEEDED] * 5


def test_operation_whose_call_ends_before_it_is_sent_ends_with_it(desk: Desk) -> None:
    waiting = [desk.start(name, sent=False, call_id="c1") for name in ("hold", "release")]
    waiting.append(desk.start("single_step_transfer", sent=False, call_id="c1", destination="7002"))
    complete = desk.start("complete", sent=False, call_id="c1")
    desk.feed(call_event("Released"))
    assert [desk.how(pending) for pending in waiting] == [ENDED] * 3
    assert desk.how(complete) is None
    desk.feed(call_event("Completed"))
    assert desk.how(complete) == ENDED


def test_payload_that_settles_is_the_one_of_the_main_event(desk: Desk) -> None:
    swap = desk.start("alternate", call_id="c1", held_call_id="c2")
    back, held = call_event("Established", "c2"), call_event("Held", "c1")
    desk.feed(back, held)
    assert desk.settlements[swap].payload is back.payload


def test_refused_by_http_or_cancelled_it_is_taken_out_once_and_for_all(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    assert desk.discard(hold)
    assert not desk.discard(hold)
    assert desk.correlator.is_empty()
    desk.feed(call_event("Held"), error_event(56))
    desk.accept(hold)
    desk.wait(60)
    assert desk.settlements == {}


def test_operation_that_is_settled_cannot_be_discarded(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(call_event("Held"))
    assert not desk.discard(hold)


def test_draining_takes_everything_out_oldest_first(desk: Desk) -> None:
    pendings = [desk.start("hold", call_id=f"c{n}", sent=n % 2 == 0) for n in range(5)]
    assert list(desk.correlator.pending) == pendings
    assert desk.correlator.drain() == pendings
    assert desk.correlator.is_empty()
    assert desk.correlator.drain() == []


# --- ids --------------------------------------------------------------------------------------------------------------


def test_echoed_operation_id_decides_over_age(desk: Desk) -> None:
    older, younger = desk.start("hold", call_id="c1"), desk.start("hold", call_id="c1")
    desk.feed(call_event("Held", operation_id=younger.expectation.operation_id))
    assert (desk.how(older), desk.how(younger)) == (None, ("succeeded", "operation-id"))


def test_echoed_operation_id_settles_even_when_the_event_is_another_than_foreseen(desk: Desk) -> None:
    dtmf = desk.start("send_dtmf", call_id="c1", digits="1")
    hold = desk.start("hold", call_id="c1")
    desk.feed(call_event("Established", operation_id=dtmf.expectation.operation_id))
    desk.feed(dn_event("Ready", operation_id=hold.expectation.operation_id))
    unknown = {"messageType": "SomethingNew", "operationId": hold.expectation.operation_id}
    desk.feed(Notice(VOICE, "SomethingNew", unknown))
    assert (desk.how(dtmf), desk.how(hold)) == (("succeeded", "operation-id"),) * 2


def test_id_that_the_answer_gives_is_an_alias(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.accept(hold, "server-1")
    desk.feed(call_event("Held", "another call", operation_id="server-1"))
    assert desk.how(hold) == ("succeeded", "operation-id")


def test_own_id_still_counts_beside_the_alias(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.accept(hold, "server-1")
    desk.feed(call_event("Held", "another call", operation_id=hold.expectation.operation_id))
    assert desk.how(hold) == ("succeeded", "operation-id")


def test_alias_that_belongs_to_another_operation_is_not_taken_over(desk: Desk) -> None:
    first, second = desk.start("hold", call_id="c1"), desk.start("hold", call_id="c2")
    desk.accept(second, first.expectation.operation_id)
    desk.feed(call_event("Established", "c9", operation_id=first.expectation.operation_id))
    assert (desk.how(first), desk.how(second)) == (("succeeded", "operation-id"), None)


@pytest.mark.parametrize("foreign", ["another tab's", "", 7, None, ["x"], {"a": 1}])
def test_foreign_operation_id_does_not_keep_an_event_from_its_object(desk: Desk, foreign: Any) -> None:
    answer = desk.start("answer", call_id="c1")
    desk.feed(call_event("Established", operation_id=foreign))
    assert desk.how(answer) == SUCCEEDED


def test_named_event_with_an_error_in_it_is_the_failure_of_its_operation(desk: Desk) -> None:
    for member in ("error", "errorCode", "errorMessage", "fault"):
        hold = desk.start("hold", call_id="c1")
        payload = {"messageType": "UcsMessage", "operationId": hold.expectation.operation_id, member: {"x": 1}}
        desk.feed(Notice("/workspace/v3/contacts", "UcsMessage", payload))
        assert desk.how(hold) == ("failed", "operation-id")


def test_operation_that_needs_several_events_is_not_settled_by_its_id_alone(desk: Desk) -> None:
    swap = desk.start("alternate", call_id="c1", held_call_id="c2")
    desk.feed(call_event("Held", "c1", operation_id=swap.expectation.operation_id))
    desk.feed(call_event("Held", "c1", operation_id=swap.expectation.operation_id))
    assert desk.how(swap) is None
    assert len(swap.progress) == 1
    desk.feed(call_event("Established", "c2", operation_id=swap.expectation.operation_id))
    assert desk.how(swap) == ("succeeded", "operation-id")


# --- equal operations, repeats, other objects -------------------------------------------------------------------------


def test_of_equal_operations_each_event_settles_the_oldest(desk: Desk) -> None:
    holds = [desk.start("hold", call_id="c1") for _ in range(3)]
    desk.feed(call_event("Held"))
    assert [desk.how(hold) for hold in holds] == [SUCCEEDED, None, None]
    desk.feed(call_event("Established"), call_event("Held"))
    assert [desk.how(hold) for hold in holds] == [SUCCEEDED, SUCCEEDED, None]


def test_one_event_settles_operations_on_different_aspects(desk: Desk) -> None:
    record, hold = desk.start("start_recording", call_id="c1"), desk.start("hold", call_id="c1")
    desk.feed(call_event("Held", recordingState="Recording"))
    assert (desk.how(record), desk.how(hold)) == (SUCCEEDED, SUCCEEDED)


def test_event_of_another_call_settles_nothing(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(call_event("Held", "c2"), call_event("Held", "C1"), call_event("Held", " c1"))
    assert desk.how(hold) is None


def test_repeated_events_settle_nothing_twice(desk: Desk) -> None:
    hold, retrieve = desk.start("hold", call_id="c1"), desk.start("retrieve", call_id="c1")
    desk.feed(*[call_event("Held")] * 3)
    desk.feed(*[call_event("Established")] * 3)
    assert (desk.how(hold), desk.how(retrieve)) == (SUCCEEDED, SUCCEEDED)


def test_half_seen_operation_does_not_keep_the_same_event_from_a_younger_one(desk: Desk) -> None:
    swap = desk.start("alternate", call_id="c1", held_call_id="c2")
    desk.feed(call_event("Held"))
    hold = desk.start("hold", call_id="c1")
    desk.feed(call_event("Established"), call_event("Held"))
    assert (desk.how(swap), desk.how(hold)) == (None, SUCCEEDED)


@pytest.mark.parametrize("known_by", ["id", "connId"])
def test_call_is_found_by_either_of_its_ids(desk: Desk, known_by: str) -> None:
    event = call_event("Held")
    event.payload["call"] |= {"id": "i1", "connId": "n1"}
    hold = desk.start("hold", call_id=event.payload["call"][known_by])
    desk.feed(event)
    assert desk.how(hold) == SUCCEEDED


def test_ids_of_one_call_are_learnt_from_its_events(desk: Desk) -> None:
    event = call_event("Established")
    event.payload["call"] |= {"id": "i1", "connId": "n1"}
    desk.feed(event)
    hold = desk.start("hold", call_id="n1")
    desk.feed(call_event("Held", "i1"))
    assert desk.how(hold) == SUCCEEDED


def test_what_earlier_events_told_of_a_call_is_known_although_the_last_one_does_not_tell_it(desk: Desk) -> None:
    desk.feed(call_event("Established", callUuid="u1", parties=["5551", "7002"]), call_event("Held"))
    drop = desk.start("delete_from_conference", call_id="c1", dn="7002")
    join = desk.start("single_step_conference", call_id="c1", destination="sales")
    desk.feed(call_event("Held", parties=["5551"]))
    assert (desk.how(drop), desk.how(join)) == (SUCCEEDED, None)
    desk.start("hold", call_id="c9")
    desk.feed(error_event(56, callUuid="u1"))
    assert desk.how(join) == ("failed", "object")


def test_call_that_ended_does_not_come_back_by_a_late_event(desk: Desk) -> None:
    event = call_event("Established")
    event.payload["call"] |= {"id": "i1", "connId": "n1"}
    desk.feed(event, call_event("Released", "i1"), call_event("Established", "i1"), call_event("Held", "n1"))
    assert desk.correlator.live_calls() == []
    complete, dial = desk.start("complete", call_id="n1"), desk.start("make_call", destination="5551212")
    desk.feed(call_event("Established", "n1", to="5551212"), call_event("Dialing", "i1", to="5551212"))
    assert desk.how(dial) is None
    desk.discard(complete)
    assert desk.correlator.live_calls() == []


# --- acceptance grace, deadlines --------------------------------------------------------------------------------------


def test_acceptance_settles_an_operation_without_an_event_once_its_grace_is_over(desk: Desk) -> None:
    dtmf = desk.start("send_dtmf", call_id="c1", digits="1")
    assert desk.correlator.next_due() == desk.now + 15
    desk.accept(dtmf)
    assert desk.correlator.next_due() == desk.now + ERROR_GRACE
    desk.wait(ERROR_GRACE - 0.01)
    assert desk.how(dtmf) is None
    desk.wait(0.01)
    assert desk.how(dtmf) == ("succeeded", "reply")
    assert desk.settlements[dtmf].payload is None


def test_without_acceptance_there_is_no_grace(desk: Desk) -> None:
    dtmf = desk.start("send_dtmf", call_id="c1", digits="1")
    desk.wait(14.9)
    assert desk.how(dtmf) is None
    desk.wait(0.1)
    assert desk.how(dtmf) == ("timed out", None)


def test_accepting_twice_does_not_prolong_the_grace(desk: Desk) -> None:
    dtmf = desk.start("send_dtmf", call_id="c1", digits="1")
    desk.accept(dtmf)
    desk.wait(0.5)
    desk.accept(dtmf)
    desk.wait(ERROR_GRACE - 0.5)
    assert desk.how(dtmf) == ("succeeded", "reply")


def test_deadline_before_the_end_of_the_grace_settles_by_acceptance(desk: Desk) -> None:
    dtmf = desk.start("send_dtmf", call_id="c1", digits="1", timeout=0.5)
    desk.accept(dtmf)
    desk.wait(0.5)
    assert desk.how(dtmf) == ("succeeded", "reply")


def test_grace_stands_still_while_no_error_could_come(desk: Desk) -> None:
    refused, sent = (desk.start("send_dtmf", call_id=call, digits="1") for call in ("c1", "c2"))
    desk.accept(refused)
    desk.accept(sent)
    desk.wait(ERROR_GRACE, flowing=False)
    desk.wait(ERROR_GRACE, flowing=False)
    assert desk.how(refused) is None
    desk.feed(error_event(302, operationId=refused.ids[0]))
    assert desk.how(refused) == ("failed", "operation-id")
    desk.wait(ERROR_GRACE)
    assert desk.how(sent) == ("succeeded", "reply")


@pytest.mark.parametrize("timeout", [0.5, 5])
def test_grace_that_never_goes_on_ends_at_the_deadline_and_proves_nothing(desk: Desk, timeout: float) -> None:
    dtmf = desk.start("send_dtmf", call_id="c1", digits="1", timeout=timeout)
    desk.accept(dtmf)
    for _ in range(20):
        desk.wait(timeout / 20, flowing=False)
    desk.wait(0.001, flowing=False)
    assert desk.how(dtmf) == ("timed out", None)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_every_operation_has_a_deadline_and_leaves_nothing_behind(desk: Desk, name: str) -> None:
    everything: dict[str, Any] = {
        "call_id": "c1", "held_call_id": "c2", "other_call_id": "c2", "parent_call_id": "c2", "destination": "5551212",
        "dn": "7002", "digits": "1", "forward_to": "7002", "key": "k", "user_data": {"k": "v"}, "channels": ["chat"],
        "work_mode": "AuxWork", "reason_code": "Lunch",
    }  # fmt: skip
    sent, unsent = desk.start(name, timeout=3, **everything), desk.start(name, sent=False, timeout=4, **everything)
    marked = desk.start(name, timeout=5, marked=True, **everything)
    desk.wait(2.99)
    assert desk.settlements == {}
    desk.wait(0.02)
    assert (desk.how(sent), desk.how(unsent)) == (("timed out", None), None)
    desk.wait(2)
    assert (desk.how(unsent), desk.how(marked)) == (("timed out", None),) * 2
    assert desk.correlator.is_empty()
    assert desk.correlator.live_calls() == []
    forgets_at = desk.correlator.next_due()
    assert forgets_at is not None
    desk.wait(forgets_at - desk.now)
    assert desk.correlator.next_due() is None


def test_deadlines_pass_in_their_order_whatever_the_order_of_starting(desk: Desk) -> None:
    slow, quick = desk.start("hold", call_id="c1", timeout=9), desk.start("hold", call_id="c2", timeout=3)
    assert desk.correlator.next_due() == desk.now + 3
    desk.wait(20)
    assert list(desk.settlements) == [quick, slow]


def test_event_after_the_deadline_settles_nothing(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.wait(15)
    desk.feed(call_event("Held", operation_id=hold.expectation.operation_id))
    assert desk.how(hold) == ("timed out", None)


# --- the end of an object, log-out, other ids -------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["Released", "Completed"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("answer", {}), ("hold", {}), ("retrieve", {}), ("send_dtmf", {"digits": "1"}),
        ("attach_user_data", {"user_data": {"k": "v"}}), ("delete_user_data_pair", {"key": "k"}),
        ("start_recording", {}), ("stop_recording", {}), ("switch_to_coaching", {}),
        ("initiate_transfer", {"destination": "7002"}), ("initiate_conference", {"destination": "7002"}),
        ("single_step_conference", {"destination": "7002"}), ("alternate", {"held_call_id": "c2"}),
    ],
)  # fmt: skip
def test_end_of_the_call_ends_what_can_no_longer_happen(
    desk: Desk, name: str, arguments: dict[str, Any], state: str
) -> None:
    pending = desk.start(name, call_id="c1", **arguments)
    other = desk.start("hold", call_id="c9")
    desk.accept(pending)
    event = call_event(state)
    desk.feed(event)
    assert desk.how(pending) == ENDED
    assert desk.settlements[pending].payload is event.payload
    assert desk.how(other) is None


def test_end_of_the_call_is_the_goal_of_some_and_the_end_of_others(desk: Desk) -> None:
    hold, release, clear = (desk.start(name, call_id="c1") for name in ("hold", "release", "clear"))
    desk.feed(call_event("Released"))
    assert (desk.how(hold), desk.how(release), desk.how(clear)) == (ENDED, SUCCEEDED, SUCCEEDED)


def test_log_out_ends_pending_call_and_agent_state_operations(desk: Desk) -> None:
    desk.feed(dn_event("Ready"))
    gone = [
        desk.start("hold", call_id="c1"),
        desk.start("not_ready"),
        desk.start("make_call", destination="5551212"),
        desk.start("send_dtmf", call_id="c2", digits="1", sent=False),
    ]
    media = desk.start("session.activate_media", channels=["chat"])
    logout = desk.start("logout")
    desk.feed(dn_event("LoggedOut"))
    assert [desk.how(pending) for pending in gone] == [ENDED] * 4
    assert (desk.how(logout), desk.how(media)) == (SUCCEEDED, None)


def test_log_out_completes_deactivating_voice_and_leaves_logging_in_alone(desk: Desk) -> None:
    deactivate, activate = desk.start("session.deactivate_voice"), desk.start("session.activate_voice")
    login = desk.start("login")
    desk.feed(dn_event("LoggedOut"))
    assert (desk.how(deactivate), desk.how(activate), desk.how(login)) == (SUCCEEDED, None, None)
    desk.feed(dn_event("NotReady"), dn_event("Ready"))
    assert (desk.how(activate), desk.how(login)) == (SUCCEEDED, SUCCEEDED)


def test_repeated_report_of_being_logged_out_ends_nothing_that_began_since(desk: Desk) -> None:
    desk.feed(dn_event("LoggedOut"))
    ready = desk.start("ready")
    desk.feed(dn_event("LoggedOut"), dn_event("OutOfService"))
    assert desk.how(ready) is None


def test_log_out_is_remembered_also_when_it_ends_the_last_that_waited_on_the_dn(desk: Desk) -> None:
    desk.start("dnd_on")
    desk.feed(dn_event("LoggedOut"))
    hold = desk.start("hold", call_id="c1")
    desk.feed(dn_event("LoggedOut"))
    assert desk.how(hold) is None


def test_previous_id_leads_pending_operations_to_the_new_one(desk: Desk) -> None:
    desk.feed(call_event("Established", "old"))
    hold, release = desk.start("hold", call_id="old"), desk.start("release", call_id="old")
    desk.feed(call_event("Established", "new", previousConnId="old"))
    assert desk.settlements == {}
    desk.feed(call_event("Held", "new"), call_event("Released", "new"))
    assert (desk.how(hold), desk.how(release)) == (SUCCEEDED, SUCCEEDED)


def test_previous_id_chains_and_old_and_new_waiting_keep_their_age(desk: Desk) -> None:
    first = desk.start("hold", call_id="a")
    second = desk.start("hold", call_id="c")
    third = desk.start("hold", call_id="b")
    desk.feed(call_event("Established", "b", previousConnId="a"), call_event("Established", "c", previousConnId="b"))
    for state in ("Held", "Established", "Held", "Established"):
        desk.feed(call_event(state, "c"))
    assert list(desk.settlements) == [first, second]
    desk.feed(error_event(999, connId="c"))
    assert desk.how(third) == ("failed", "object")


def test_two_calls_that_turn_out_to_be_one_keep_what_is_known_and_who_is_older(desk: Desk) -> None:
    desk.feed(call_event("Established", "a", parties=["5551"]))
    join = desk.start("single_step_conference", call_id="b", destination="sales")
    older, younger = desk.start("hold", call_id="a"), desk.start("hold", call_id="b")
    desk.feed(call_event("Established", "b", previousConnId="a", parties=["5551", "7002"]))
    assert desk.how(join) == SUCCEEDED
    desk.feed(error_event(56, connId="b"))
    assert (desk.how(older), desk.how(younger)) == (("failed", "guess"), None)


def test_error_on_two_calls_that_turned_out_to_be_one_goes_to_the_oldest(desk: Desk) -> None:
    desk.feed(call_event("Established", "a"), call_event("Established", "b"))
    oldest, middle, youngest = (desk.start("hold", call_id=call_id) for call_id in ("a", "b", "a"))
    desk.feed(call_event("Established", "b", previousConnId="a"))
    for _ in range(3):
        desk.feed(error_event(56, connId="a"))
    assert list(desk.settlements) == [oldest, middle, youngest]


def test_event_that_changes_the_id_settles_what_waited_under_the_old_one(desk: Desk) -> None:
    answer = desk.start("answer", call_id="old")
    desk.feed(call_event("Established", "new", previousConnId="old"))
    assert desk.how(answer) == SUCCEEDED


def test_call_under_a_new_id_is_not_a_new_call(desk: Desk) -> None:
    desk.feed(call_event("Established", "old", to="5551212", callType="Internal"))
    dial = desk.start("make_call", destination="5551212")
    desk.feed(call_event("Established", "new", to="5551212", callType="Internal", previousConnId="old"))
    assert desk.how(dial) is None


def test_call_that_only_a_request_knew_is_remembered_after_the_request_is_settled(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.feed(call_event("Held", to="5551212"))
    dial = desk.start("make_call", destination="5551212")
    desk.feed(call_event("Established", to="5551212"))
    assert (desk.how(hold), desk.how(dial)) == (SUCCEEDED, None)


# --- loss -------------------------------------------------------------------------------------------------------------


def test_loss_settles_what_the_snapshot_proves_and_loses_the_rest(desk: Desk) -> None:
    desk.feed(call_event("Established"))
    hold, data = desk.start("hold", call_id="c1"), desk.start("attach_user_data", call_id="c1", user_data={"k": "v"})
    ready, dtmf = desk.start("ready"), desk.start("send_dtmf", call_id="c1", digits="1")
    desk.accept(dtmf)
    desk.lose(dn_event("NotReady", snapshot=True), call_event("Held", kind=None, snapshot=True, userData={"k": "v"}))
    assert (desk.how(hold), desk.how(data)) == (("succeeded", "snapshot"),) * 2
    assert (desk.how(ready), desk.how(dtmf)) == (("lost", None),) * 2
    assert desk.correlator.is_empty()


def test_loss_leaves_alone_what_was_not_sent_yet(desk: Desk) -> None:
    hold = desk.start("hold", sent=False, call_id="c1")
    desk.lose(call_event("Held", kind=None, snapshot=True))
    assert desk.how(hold) is None
    desk.send(hold)
    desk.feed(call_event("Established"), call_event("Held"))
    assert desk.how(hold) == SUCCEEDED


def test_snapshot_without_a_call_ends_what_waits_on_it(desk: Desk) -> None:
    desk.feed(call_event("Released", "c2"))
    names = ("hold", "release", "complete")
    gone = call_event("Completed", kind=None, snapshot=True)
    pendings = [desk.start(name, call_id="c1") for name in names]
    desk.lose(gone)
    expected = [("ended", "snapshot"), ("succeeded", "snapshot"), ("succeeded", "snapshot")]
    assert [desk.how(pending) for pending in pendings] == expected


def test_snapshot_proves_nothing_that_fits_only_weakly_or_by_guess(desk: Desk) -> None:
    desk.feed(call_event("Established", userData={}))
    pendings = [
        desk.start("attach_user_data", call_id="c1", user_data={"k": "v"}),
        desk.start("not_ready", reason_code="Lunch"),
        desk.start("make_call", destination="sales"),
    ]
    reasons = [{"key": "ReasonCode", "type": "str", "value": "Break"}]
    desk.lose(
        call_event("Established", kind=None, snapshot=True, userData={"k": "another"}),
        dn_event("NotReady", snapshot=True, reasons=reasons),
        call_event("Dialing", "c2", kind=None, snapshot=True, to="5551212"),
    )
    assert [desk.how(pending) for pending in pendings] == [("lost", None)] * 3


def test_snapshot_shows_the_call_that_an_operation_made(desk: Desk) -> None:
    dial = desk.start("make_call", destination="5551212")
    desk.lose(call_event("Established", "c7", kind=None, snapshot=True, to="5551212", callType="Outbound"))
    assert desk.how(dial) == ("succeeded", "snapshot")


def test_snapshot_with_neither_call_proves_no_conference(desk: Desk) -> None:
    gone = [call_event("Completed", call_id, kind=None, snapshot=True) for call_id in ("c2", "c1")]
    for order in (gone, gone[::-1]):
        finish = desk.start("complete_conference", call_id="c2", parent_call_id="c1")
        desk.lose(*order)
        assert desk.how(finish) == ("ended", "snapshot")


def test_operation_that_events_had_proven_is_not_lost(desk: Desk) -> None:
    finish = desk.start("complete_conference", call_id="c2", parent_call_id="c1")
    desk.feed(call_event("Released", "c2"))
    assert desk.how(finish) is None
    desk.lose()
    assert desk.how(finish) == SUCCEEDED


def test_answer_after_the_loss_changes_nothing(desk: Desk) -> None:
    hold = desk.start("hold", call_id="c1")
    desk.lose()
    desk.accept(hold, "server-1")
    assert desk.how(hold) == ("lost", None)
    assert desk.correlator.is_empty()
