"""Which event completes each operation on a call: the rows of the voice table, one by one."""

from __future__ import annotations

from typing import Any

import pytest
from correlation_desk import ROUTES, Desk, call_event, data_event, error_event, open_desk

from engage_async.protocol.completion import CONFERENCE_GRACE
from engage_async.protocol.notices import Notice

desk = pytest.fixture(name="desk")(open_desk)

SUCCEEDED = ("succeeded", "object")
ENDED = ("ended", "object")


# --- one state, one event ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "arguments", "completing"),
    [
        ("answer", "Ringing", {}, ["Established"]),
        ("hold", "Established", {}, ["Held"]),
        ("retrieve", "Held", {}, ["Established"]),
        ("release", "Established", {}, ["Released", "Completed"]),
        ("clear", "Established", {}, ["Released", "Completed"]),
        ("redirect", "Ringing", {"destination": "7002"}, ["Released", "Completed"]),
        ("single_step_transfer", "Established", {"destination": "7002"}, ["Released", "Completed"]),
        ("complete_transfer", "Established", {}, ["Released", "Completed"]),
        ("complete", "Released", {}, ["Completed"]),
    ],
)
@pytest.mark.parametrize("echoed", [False, True])
def test_state_that_completes(
    desk: Desk, name: str, before: str, arguments: dict[str, Any], completing: list[str], *, echoed: bool
) -> None:
    for number, state in enumerate(completing):
        call_id = f"c{number}"
        desk.feed(call_event(before, call_id))
        pending = desk.start(name, call_id=call_id, **arguments)
        for other in ("Dialing", "Ringing", "Established", "Held", "Queued", None, before):
            if other not in completing:
                desk.feed(call_event(other, call_id))
        assert desk.how(pending) is None
        desk.feed(call_event(state, call_id, operation_id=pending.expectation.operation_id if echoed else None))
        assert desk.how(pending) == ("succeeded", "operation-id" if echoed else "object")


def test_retrieve_counts_only_what_comes_after_the_hold(desk: Desk) -> None:
    desk.feed(call_event("Established"))
    retrieve = desk.start("retrieve", call_id="c1")
    desk.feed(call_event("Established"))
    assert desk.how(retrieve) is None
    desk.feed(call_event("Held"), call_event("Established"))
    assert desk.how(retrieve) == SUCCEEDED


def test_retrieve_of_a_call_never_seen_before_trusts_the_event(desk: Desk) -> None:
    retrieve = desk.start("retrieve", call_id="c1")
    desk.feed(call_event("Established"))
    assert desk.how(retrieve) == SUCCEEDED


def test_complete_waits_on_while_the_call_is_only_released(desk: Desk) -> None:
    desk.feed(call_event("Established"))
    complete, hold = desk.start("complete", call_id="c1"), desk.start("hold", call_id="c1")
    desk.feed(call_event("Released"), call_event("Released"))
    assert (desk.how(complete), desk.how(hold)) == (None, ENDED)
    desk.feed(call_event("Completed"))
    assert desk.how(complete) == SUCCEEDED


def test_event_about_something_else_that_repeats_the_state_completes_no_state(desk: Desk) -> None:
    desk.feed(call_event("Held"))
    hold = desk.start("hold", call_id="c1")
    for kind in ("AttachedDataChanged", "ParticipantsUpdated", "CallRecordingStateChange"):
        desk.feed(call_event("Held", kind=kind))
    assert desk.how(hold) is None
    desk.feed(call_event("Held"))
    assert desk.how(hold) == SUCCEEDED


def test_event_about_something_else_that_shows_a_new_state_counts(desk: Desk) -> None:
    desk.feed(call_event("Established"))
    hold = desk.start("hold", call_id="c1")
    desk.feed(call_event("Held", kind="ParticipantsUpdated"))
    assert desk.how(hold) == SUCCEEDED


def test_recovered_call_shows_its_state_and_is_no_new_call(desk: Desk) -> None:
    answer, dial = desk.start("answer", call_id="c1"), desk.start("make_call", destination="5551212")
    desk.feed(call_event("Established", kind="CallRecovered", to="5551212", callType="Outbound"))
    assert (desk.how(answer), desk.how(dial)) == (SUCCEEDED, None)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("start_recording", "Recording"), ("stop_recording", "Stopped"),
        ("pause_recording", "Paused"), ("resume_recording", "Recording"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["CallRecordingStateChange", "StateChange"])
def test_recording_state_completes_recording_operations(desk: Desk, name: str, state: str, kind: str) -> None:
    pending = desk.start(name, call_id="c1")
    for other in {"Recording", "Stopped", "Paused", "recording"} - {state}:
        desk.feed(call_event("Established", kind=kind, recordingState=other))
    assert desk.how(pending) is None
    desk.feed(call_event("Established", kind=kind, recordingState=state))
    assert desk.how(pending) == SUCCEEDED


def test_recording_is_told_by_capabilities_when_the_event_gives_no_state(desk: Desk) -> None:
    start, stop = desk.start("start_recording", call_id="c1"), desk.start("stop_recording", call_id="c1")
    able_to_stop, able_to_start = ["hold", "stop-recording"], ["start-recording"]
    desk.feed(call_event("Established", capabilities=able_to_stop))
    desk.feed(call_event("Established", kind="CallRecordingStateChange", capabilities=["hold"]))
    desk.feed(call_event("Established", kind="CallRecordingStateChange", capabilities="stop-recording"))
    assert desk.settlements == {}
    desk.feed(call_event("Established", kind="CallRecordingStateChange", capabilities=able_to_stop))
    assert (desk.how(start), desk.how(stop)) == (SUCCEEDED, None)
    desk.feed(call_event("Established", kind="CallRecordingStateChange", capabilities=able_to_start))
    assert desk.how(stop) == SUCCEEDED


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("switch_to_listen_in", {"monitoringInfo": {"monitorMode": "Mute"}}),
        ("switch_to_listen_in", {"supervisorListeningIn": True}),
        ("switch_to_coaching", {"monitoringInfo": {"monitorMode": "coach"}}),
        ("switch_to_barge_in", {"monitoringInfo": {"monitorMode": "CONNECT"}}),
        ("switch_to_barge_in", {"supervisorBargedIn": True, "supervisorListeningIn": True}),
    ],
)
def test_monitor_mode_completes_the_switch_to_it(desk: Desk, name: str, shown: dict[str, Any]) -> None:
    pending = desk.start(name, call_id="c1")
    desk.feed(call_event("Established", monitoringInfo={"monitorMode": "whisper"}, supervisorBargedIn="yes"))
    assert desk.how(pending) is None
    desk.feed(call_event("Established", **shown))
    assert desk.how(pending) == SUCCEEDED


# --- user data --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["attach_user_data", "update_user_data"])
@pytest.mark.parametrize("as_object", [False, True])
def test_user_data_that_hold_what_was_sent_complete_the_change(desk: Desk, name: str, *, as_object: bool) -> None:
    first = desk.start(name, call_id="c1", user_data={"Segment": "Gold", "Tries": 3})
    second = desk.start(name, call_id="c1", user_data={"Segment": "Silver"})
    for shown, settled in (({"Segment": "Silver"}, second), ({"Other": "x", "Segment": "Gold", "Tries": 3}, first)):
        listed = [{"key": key, "type": "str", "value": value} for key, value in shown.items()]
        desk.feed(data_event(shown if as_object else listed))
        assert list(desk.settlements)[-1] is settled
    assert (desk.how(first), desk.how(second)) == (SUCCEEDED, SUCCEEDED)


def test_change_of_user_data_without_the_keys_that_were_sent_is_another_partys(desk: Desk) -> None:
    attach = desk.start("attach_user_data", call_id="c1", user_data={"Segment": "Gold"})
    desk.feed(data_event([{"key": "Other", "type": "str", "value": "Gold"}]), data_event([]), data_event({}))
    assert desk.how(attach) is None


def test_change_of_user_data_that_tells_other_values_or_none_goes_to_the_oldest(desk: Desk) -> None:
    first = desk.start("attach_user_data", call_id="c1", user_data={"Segment": "Gold"})
    second = desk.start("attach_user_data", call_id="c1", user_data={"Segment": "Silver"})
    desk.feed(data_event({"Segment": "GOLD"}))
    assert (desk.how(first), desk.how(second)) == (SUCCEEDED, None)
    desk.feed(data_event(None))
    assert desk.how(second) == SUCCEEDED


def test_only_events_about_user_data_complete_their_change(desk: Desk) -> None:
    attach = desk.start("attach_user_data", call_id="c1", user_data={"Segment": "Gold"})
    desk.feed(call_event("Held", userData={"Segment": "Gold"}))
    assert desk.how(attach) is None


def test_repeated_keys_and_nested_values_do_not_stand_in_the_way(desk: Desk) -> None:
    sent = [("Segment", "Gold"), ("Segment", "Silver"), ("More", {"a": "b"})]
    attach = desk.start("attach_user_data", call_id="c1", user_data=sent)
    nested = {"key": "More", "type": "kvlist", "value": [{"key": "a", "type": "str", "value": "b"}]}
    desk.feed(data_event([{"key": "Segment", "type": "str", "value": "Silver"}, nested]))
    assert desk.how(attach) == SUCCEEDED


def test_user_data_without_the_key_complete_its_deletion(desk: Desk) -> None:
    delete = desk.start("delete_user_data_pair", call_id="c1", key="Segment")
    desk.feed(data_event({"Segment": "Gold", "Other": "x"}))
    assert desk.how(delete) is None
    desk.feed(data_event([{"key": "Other", "type": "str", "value": "x"}]))
    assert desk.how(delete) == SUCCEEDED


# --- two calls --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_alternate_needs_one_call_held_and_the_other_established(desk: Desk, order: tuple[int, int]) -> None:
    desk.feed(call_event("Established", "c1"), call_event("Held", "c2"))
    swap = desk.start("alternate", call_id="c1", held_call_id="c2")
    events = [call_event("Held", "c1"), call_event("Established", "c2")]
    desk.feed(events[order[0]])
    assert desk.how(swap) is None
    assert swap.progress == [events[order[0]].payload]
    desk.feed(events[order[1]])
    assert desk.how(swap) == SUCCEEDED


@pytest.mark.parametrize("end", ["Released", "Completed"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_reconnect_needs_one_call_ended_and_the_other_established(desk: Desk, order: tuple[int, int], end: str) -> None:
    desk.feed(call_event("Established", "c2"), call_event("Held", "c1"))
    reconnect = desk.start("reconnect", call_id="c2", held_call_id="c1")
    events = [call_event(end, "c2"), call_event("Established", "c1")]
    desk.feed(events[order[0]])
    assert desk.how(reconnect) is None
    desk.feed(events[order[1]])
    assert desk.how(reconnect) == SUCCEEDED
    assert desk.settlements[reconnect].payload is events[1].payload


@pytest.mark.parametrize("name", ["alternate", "reconnect"])
def test_end_of_the_other_call_ends_what_needs_it(desk: Desk, name: str) -> None:
    pending = desk.start(name, call_id="c1", held_call_id="c2")
    desk.feed(call_event("Released", "c2"))
    assert desk.how(pending) == ENDED


def test_end_of_a_call_whose_half_is_done_leaves_the_other_half_waiting(desk: Desk) -> None:
    swap = desk.start("alternate", call_id="c1", held_call_id="c2")
    desk.feed(call_event("Held", "c1"), call_event("Released", "c1"))
    assert desk.how(swap) is None
    desk.feed(call_event("Established", "c2"))
    assert desk.how(swap) == SUCCEEDED


def test_error_after_the_first_half_fails_the_operation_and_tells_what_was_done(desk: Desk) -> None:
    swap = desk.start("alternate", call_id="c1", held_call_id="c2")
    held = call_event("Held", "c1")
    desk.feed(held, error_event(99))
    assert desk.how(swap) == ("failed", "code")
    assert swap.progress == [held.payload]


@pytest.mark.parametrize("survivor", ["c1", "c2"])
@pytest.mark.parametrize("shown_by", ["end", "participants"])
def test_merge_is_complete_when_a_call_ends_or_one_gains_participants(desk: Desk, survivor: str, shown_by: str) -> None:
    gone = "c2" if survivor == "c1" else "c1"
    desk.feed(call_event("Held", "c1", parties=["5551"]), call_event("Established", "c2", parties=["5552"]))
    merge = desk.start("merge", call_id="c2", other_call_id="c1")
    desk.feed(call_event("Established", survivor, parties=["5551"]))
    assert desk.how(merge) is None
    grown = call_event("Established", survivor, kind="ParticipantsUpdated", parties=["5551", "5552"])
    desk.feed(call_event("Released", gone) if shown_by == "end" else grown)
    assert desk.how(merge) == SUCCEEDED


@pytest.mark.parametrize("ended", ["c2", "c1"])
def test_completed_transfer_is_told_by_the_end_of_either_call(desk: Desk, ended: str) -> None:
    transfer = desk.start("complete_transfer", call_id="c2", parent_call_id="c1")
    desk.feed(call_event("Held", "c1"), call_event("Established", "c2"))
    assert desk.how(transfer) is None
    desk.feed(call_event("Released", ended))
    assert desk.how(transfer) == SUCCEEDED
    desk.feed(call_event("Released", "c2"), call_event("Released", "c1"))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("kind", ["StateChange", "ParticipantsUpdated"])
def test_completed_conference_needs_the_end_of_the_consult_call_and_a_grown_parent(
    desk: Desk, order: tuple[int, int], kind: str
) -> None:
    desk.feed(call_event("Held", "c1", parties=["5551"]), call_event("Established", "c2", parties=["7002"]))
    conference = desk.start("complete_conference", call_id="c2", parent_call_id="c1")
    events = [call_event("Released", "c2"), call_event("Established", "c1", kind=kind, parties=["5551", "7002"])]
    desk.feed(events[order[0]])
    assert desk.how(conference) is None
    desk.feed(events[order[1]])
    assert desk.how(conference) == SUCCEEDED
    assert desk.settlements[conference].payload is events[1].payload


def test_completed_conference_settles_by_the_end_of_the_consult_call_when_nothing_else_comes(desk: Desk) -> None:
    conference = desk.start("complete_conference", call_id="c2", parent_call_id="c1")
    end = call_event("Released", "c2")
    desk.feed(end, call_event("Established", "c1"), call_event("Established", "c1", parties=["5551"]))
    desk.wait(CONFERENCE_GRACE - 0.1)
    assert desk.how(conference) is None
    desk.wait(0.1)
    assert desk.how(conference) == SUCCEEDED
    assert desk.settlements[conference].payload is end.payload


def test_conference_whose_consult_call_ended_is_not_undone_by_an_error_or_another_end(desk: Desk) -> None:
    conference = desk.start("complete_conference", call_id="c2", parent_call_id="c1")
    desk.feed(call_event("Released", "c2"), error_event(96), error_event(96, connId="c1"), call_event("Released", "c1"))
    assert desk.how(conference) is None
    desk.wait(CONFERENCE_GRACE)
    assert desk.how(conference) == SUCCEEDED


def test_end_of_the_parent_ends_a_conference_that_was_not_completed(desk: Desk) -> None:
    conference = desk.start("complete_conference", call_id="c2", parent_call_id="c1")
    desk.feed(call_event("Released", "c1"))
    assert desk.how(conference) == ENDED


def test_completed_conference_without_a_parent_id_settles_by_the_end_of_the_consult_call(desk: Desk) -> None:
    conference = desk.start("complete_conference", call_id="c2")
    desk.feed(call_event("Released", "c2"))
    assert desk.how(conference) == SUCCEEDED


# --- participants -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["StateChange", "ParticipantsUpdated"])
def test_single_step_conference_is_complete_when_the_destination_is_in_the_call(desk: Desk, kind: str) -> None:
    desk.feed(call_event("Established", parties=["5551"]))
    join = desk.start("single_step_conference", call_id="c1", destination="7002")
    desk.feed(call_event("Established", parties=["5551"]))
    assert desk.how(join) is None
    desk.feed(call_event("Established", kind=kind, parties=["5551", "97002"]))
    assert desk.how(join) == SUCCEEDED


def test_single_step_conference_is_complete_when_more_are_in_the_call_than_before(desk: Desk) -> None:
    join = desk.start("single_step_conference", call_id="c1", destination="sales")
    desk.feed(call_event("Established", parties=["5551"]))
    assert desk.how(join) is None
    desk.feed(call_event("Established", parties=["5551", "7002"]))
    assert desk.how(join) == SUCCEEDED


def test_of_two_single_step_conferences_the_one_whose_destination_joined_is_complete(desk: Desk) -> None:
    desk.feed(call_event("Established", parties=["5551"]))
    first = desk.start("single_step_conference", call_id="c1", destination="7002")
    second = desk.start("single_step_conference", call_id="c1", destination="7003")
    desk.feed(call_event("Established", parties=["5551", "7003"]))
    assert (desk.how(first), desk.how(second)) == (None, SUCCEEDED)


@pytest.mark.parametrize("kind", ["StateChange", "ParticipantsUpdated"])
def test_delete_from_conference_is_complete_when_the_number_has_left(desk: Desk, kind: str) -> None:
    desk.feed(call_event("Established", parties=["5551", "7002"]))
    drop = desk.start("delete_from_conference", call_id="c1", dn="7002")
    desk.feed(call_event("Established", kind=kind, parties=["5551", "97002"]))
    assert desk.how(drop) is None
    desk.feed(call_event("Established", kind=kind, parties=["5551"]))
    assert desk.how(drop) == SUCCEEDED


def test_delete_from_conference_is_complete_when_the_call_ends_with_its_last_party(desk: Desk) -> None:
    drop = desk.start("delete_from_conference", call_id="c1", dn="7002")
    desk.feed(call_event("Released"))
    assert desk.how(drop) == SUCCEEDED


def test_number_that_was_never_in_the_call_cannot_leave_it(desk: Desk) -> None:
    desk.feed(call_event("Established", parties=["5551", "7003"]))
    drop = desk.start("delete_from_conference", call_id="c1", dn="7002")
    desk.feed(call_event("Established", parties=["5551"]))
    assert desk.how(drop) is None


# --- the table itself -------------------------------------------------------------------------------------------------

_COMPLETED_BY_ACCEPTANCE = {"voice.send_dtmf", "voice.send_user_event", "session.deactivate_media"}


@pytest.mark.parametrize("name", sorted(_COMPLETED_BY_ACCEPTANCE))
def test_operation_without_a_known_event_is_completed_by_acceptance(desk: Desk, name: str) -> None:
    pending = desk.start(name, call_id="c1", digits="1")
    desk.feed(call_event("Established"), call_event("Held"), data_event({"k": "v"}))
    desk.feed(Notice("/workspace/v3/voice", "EventUserEvent", {"messageType": "EventUserEvent", "userData": {}}))
    assert desk.how(pending) is None
    desk.accept(pending)
    desk.wait(1)
    assert desk.how(pending) == ("succeeded", "reply")


def test_no_other_operation_settles_by_acceptance_alone() -> None:
    everything: dict[str, Any] = {
        "call_id": "c1", "held_call_id": "c2", "other_call_id": "c2", "parent_call_id": "c2", "destination": "5551212",
        "dn": "7002", "digits": "1", "forward_to": "7002", "key": "k", "user_data": {"k": "v"}, "channels": ["chat"],
    }  # fmt: skip
    settles = {name: route.settles for name, route in ROUTES.items()}
    by_acceptance = {
        name
        for name, rule in settles.items()
        if rule is not None and rule(ROUTES[name].expects(everything)).on_acceptance is not None
    }
    assert by_acceptance == _COMPLETED_BY_ACCEPTANCE | {"session.deactivate_voice"}
