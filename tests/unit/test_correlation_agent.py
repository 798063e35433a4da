"""Which event completes the operations on the DN, on media channels and on the session."""

from __future__ import annotations

from typing import Any

import pytest
from correlation_desk import (
    INITIALIZATION,
    Desk,
    channels_event,
    dn_event,
    initialization_event,
    open_desk,
)

from engage_async.models.enums import AgentWorkMode
from engage_async.protocol.completion import ERROR_GRACE, REFINEMENT_GRACE
from engage_async.protocol.notices import Notice

desk = pytest.fixture(name="desk")(open_desk)

SUCCEEDED = ("succeeded", "object")

LUNCH = [{"key": "ReasonCode", "type": "str", "value": "Lunch"}]
BREAK = [{"key": "ReasonCode", "type": "str", "value": "Break"}]


# --- agent state ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "completing", "others"),
    [
        ("ready", ["Ready"], ["NotReady", "LoggedIn", "OutOfService", "Unknown", None]),
        ("not_ready", ["NotReady"], ["Ready", "LoggedIn", "OutOfService", "Unknown", None]),
        ("login", ["LoggedIn", "NotReady", "Ready"], ["LoggedOut", "OutOfService", "Unknown", None]),
        ("session.activate_voice", ["LoggedIn", "NotReady", "Ready"], ["LoggedOut", "OutOfService", None]),
        ("logout", ["LoggedOut"], ["NotReady", "Ready", "LoggedIn", "OutOfService", None]),
        ("session.deactivate_voice", ["LoggedOut"], ["NotReady", "Ready", "OutOfService", None]),
    ],
)
def test_agent_state_that_completes(desk: Desk, name: str, completing: list[str], others: list[str | None]) -> None:
    for state in completing:
        pending = desk.start(name)
        desk.feed(*[dn_event(other) for other in others])
        assert desk.how(pending) is None
        event = dn_event(state)
        desk.feed(event)
        assert desk.how(pending) == SUCCEEDED
        assert desk.settlements[pending].payload is event.payload


def test_ready_does_not_look_at_the_work_mode(desk: Desk) -> None:
    ready = desk.start("ready", work_mode="AutoIn")
    desk.feed(dn_event("Ready", agentWorkMode="AuxWork"))
    assert desk.how(ready) == SUCCEEDED


def test_agent_that_is_in_the_state_already_is_so_by_the_next_report(desk: Desk) -> None:
    desk.feed(dn_event("Ready"))
    ready = desk.start("ready")
    assert desk.how(ready) is None
    desk.feed(dn_event("Ready"))
    assert desk.how(ready) == SUCCEEDED


def test_voice_is_deactivated_by_acceptance_when_no_event_comes(desk: Desk) -> None:
    pending = desk.start("session.deactivate_voice")
    desk.accept(pending)
    desk.wait(ERROR_GRACE)
    assert desk.how(pending) == ("succeeded", "reply")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"work_mode": "AuxWork"}, {"agentWorkMode": "AuxWork"}),
        ({"work_mode": AgentWorkMode("AfterCallWork")}, {"agentWorkMode": "AfterCallWork"}),
        ({"reason_code": "Lunch"}, {"reasons": LUNCH}),
        ({"reason_code": "Lunch"}, {"reasons": {"ReasonCode": "Lunch"}}),
        ({"reason_code": "Lunch"}, {}),
        ({"work_mode": "AuxWork", "reason_code": "Lunch"}, {"agentWorkMode": "AuxWork", "reasons": BREAK + LUNCH}),
    ],
)
def test_not_ready_with_what_was_asked_for_is_complete_at_once(
    desk: Desk, asked: dict[str, Any], shown: dict[str, Any]
) -> None:
    pending = desk.start("not_ready", **asked)
    desk.feed(dn_event("NotReady", **shown))
    assert desk.how(pending) == SUCCEEDED


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"work_mode": "AuxWork"}, {"agentWorkMode": "AfterCallWork"}),
        ({"work_mode": "AuxWork"}, {}),
        ({"reason_code": "Lunch"}, {"reasons": BREAK}),
        ({"reason_code": "Lunch"}, {"reasons": []}),
        ({"work_mode": "AuxWork", "reason_code": "Lunch"}, {"agentWorkMode": "AuxWork", "reasons": BREAK}),
    ],
)
def test_not_ready_without_what_was_asked_for_is_complete_after_a_grace(
    desk: Desk, asked: dict[str, Any], shown: dict[str, Any]
) -> None:
    pending = desk.start("not_ready", **asked)
    first = dn_event("NotReady", **shown)
    desk.feed(first)
    desk.wait(REFINEMENT_GRACE - 0.1)
    desk.feed(dn_event("NotReady", **shown))
    assert desk.how(pending) is None
    desk.wait(0.1)
    assert desk.how(pending) == SUCCEEDED
    assert desk.settlements[pending].payload is first.payload


def test_not_ready_that_gets_better_within_the_grace_is_complete_with_the_better_one(desk: Desk) -> None:
    pending = desk.start("not_ready", reason_code="Lunch")
    better = dn_event("NotReady", reasons=LUNCH)
    desk.feed(dn_event("NotReady", reasons=BREAK), better)
    assert desk.how(pending) == SUCCEEDED
    assert desk.settlements[pending].payload is better.payload


def test_not_ready_in_its_grace_is_not_undone_by_ready_or_by_logging_out(desk: Desk) -> None:
    pending = desk.start("not_ready", reason_code="Lunch")
    desk.feed(dn_event("NotReady", reasons=BREAK), dn_event("Ready"), dn_event("LoggedOut"))
    desk.wait(REFINEMENT_GRACE)
    assert desk.how(pending) == SUCCEEDED


def test_of_two_not_ready_the_one_whose_reason_came_is_complete(desk: Desk) -> None:
    lunch, pause = desk.start("not_ready", reason_code="Lunch"), desk.start("not_ready", reason_code="Break")
    desk.feed(dn_event("NotReady", reasons=BREAK))
    assert (desk.how(lunch), desk.how(pause)) == (None, SUCCEEDED)
    desk.feed(dn_event("NotReady", reasons=LUNCH))
    assert desk.how(lunch) == SUCCEEDED


def test_not_ready_that_waits_for_something_better_leaves_the_next_one_to_others(desk: Desk) -> None:
    lunch, any_reason = desk.start("not_ready", reason_code="Lunch"), desk.start("not_ready", reason_code="Tea")
    desk.feed(dn_event("NotReady", reasons=BREAK), dn_event("NotReady", reasons=BREAK))
    desk.wait(REFINEMENT_GRACE)
    assert (desk.how(lunch), desk.how(any_reason)) == (SUCCEEDED, SUCCEEDED)


def test_not_ready_in_its_grace_waits_for_something_better_than_its_own_id(desk: Desk) -> None:
    pending = desk.start("not_ready", reason_code="Lunch")
    desk.feed(dn_event("NotReady", reasons=BREAK), dn_event("Ready", operation_id=pending.expectation.operation_id))
    assert desk.how(pending) is None
    desk.wait(REFINEMENT_GRACE)
    assert desk.how(pending) == SUCCEEDED


def test_not_ready_that_names_its_operation_is_complete_at_once(desk: Desk) -> None:
    pending = desk.start("not_ready", reason_code="Lunch")
    desk.feed(dn_event("NotReady", reasons=BREAK, operation_id=pending.expectation.operation_id))
    assert desk.how(pending) == ("succeeded", "operation-id")


# --- do not disturb, forwarding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("not_true", [False, None, 1, "true"])
def test_do_not_disturb_is_complete_when_the_dn_says_so(desk: Desk, not_true: Any) -> None:
    on = desk.start("dnd_on")
    desk.feed(dn_event("NotReady", dnd=not_true))
    assert desk.how(on) is None
    off = desk.start("dnd_off")
    desk.feed(dn_event("NotReady", dnd=True))
    assert (desk.how(on), desk.how(off)) == (SUCCEEDED, None)
    desk.feed(dn_event("NotReady", dnd=not_true))
    assert desk.how(off) == SUCCEEDED


def test_do_not_disturb_is_off_when_the_dn_does_not_mention_it(desk: Desk) -> None:
    off = desk.start("dnd_off")
    event = dn_event("NotReady")
    del event.payload["dn"]["dnd"]
    desk.feed(event)
    assert desk.how(off) == SUCCEEDED


def test_forwarding_is_complete_when_the_dn_is_forwarded_to_the_number(desk: Desk) -> None:
    forward = desk.start("set_forward", forward_to="+1 555 1212")
    desk.feed(dn_event("Ready"), dn_event("Ready", forwardTo="95551212"), dn_event("Ready", forwardTo=7))
    assert desk.how(forward) is None
    desk.feed(dn_event("Ready", forwardTo="0015551212"))
    assert desk.how(forward) == SUCCEEDED


@pytest.mark.parametrize("shown", [{}, {"forwardTo": None}, {"forwardTo": ""}])
def test_forwarding_is_cancelled_when_the_dn_is_forwarded_to_nothing(desk: Desk, shown: dict[str, Any]) -> None:
    cancel = desk.start("cancel_forward")
    desk.feed(dn_event("Ready", forwardTo="5551212"))
    assert desk.how(cancel) is None
    desk.feed(dn_event("Ready", **shown))
    assert desk.how(cancel) == SUCCEEDED


# --- media channels ---------------------------------------------------------------------------------------------------


def test_media_are_active_when_every_channel_has_reported(desk: Desk) -> None:
    activate = desk.start("session.activate_media", channels=["chat", "email"])
    desk.feed(channels_event(chat="LoggedOut", email="OutOfService"), channels_event(workitem="Ready"))
    desk.feed(channels_event(email="NotReady"), channels_event(email="Ready"))
    assert desk.how(activate) is None
    desk.feed(channels_event(chat="Ready", email="Ready"))
    assert desk.how(activate) == SUCCEEDED


def test_one_report_of_every_channel_is_enough(desk: Desk) -> None:
    activate = desk.start("session.activate_media", channels=["chat", "email"])
    desk.feed(channels_event(chat="NotReady", email="NotReady"))
    assert desk.how(activate) == SUCCEEDED


def test_activating_no_channel_is_complete_by_acceptance(desk: Desk) -> None:
    activate = desk.start("session.activate_media", channels=[])
    desk.accept(activate)
    desk.wait(ERROR_GRACE)
    assert desk.how(activate) == ("succeeded", "reply")


# --- initialization ---------------------------------------------------------------------------------------------------


def test_initialization_is_complete_when_its_state_says_so(desk: Desk) -> None:
    initialize = desk.start("session.initialize_workspace")
    desk.feed(initialization_event("NotStarted"), initialization_event("Executing"))
    assert desk.how(initialize) is None
    complete = initialization_event("Complete")
    desk.feed(complete)
    assert desk.how(initialize) == SUCCEEDED
    assert desk.settlements[initialize].payload is complete.payload
    assert len(initialize.progress) == 1


@pytest.mark.parametrize("message_type", ["WorkspaceInitializationProgress", "", "SomethingNew"])
def test_state_of_the_initialization_counts_and_not_its_message_type(desk: Desk, message_type: str) -> None:
    initialize = desk.start("session.initialize_workspace")
    desk.feed(Notice(INITIALIZATION, message_type, {"messageType": message_type, "state": "Complete"}))
    assert desk.how(initialize) == SUCCEEDED


def test_failed_initialization_fails_with_what_it_tells(desk: Desk) -> None:
    initialize = desk.start("session.initialize_workspace")
    failed = initialization_event("Failed", errorCode=40, errorMessage="no licence")
    desk.feed(failed)
    assert desk.how(initialize) == ("failed", "object")
    settlement = desk.settlements[initialize]
    assert settlement.payload is failed.payload
    assert settlement.error is not None
    assert (settlement.error.code, settlement.error.message) == (40, "no licence")


def test_initialization_elsewhere_is_none_of_ours(desk: Desk) -> None:
    initialize = desk.start("session.initialize_workspace")
    desk.feed(Notice("/workspace/v3/voice", "WorkspaceInitializationComplete", {"state": "Complete"}))
    assert desk.how(initialize) is None
