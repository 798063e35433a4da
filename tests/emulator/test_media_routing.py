"""Who is offered an interaction that arrives, and what follows when nobody takes it."""

from __future__ import annotations

import pytest
from media_room import JOHN, KATE, MEDIATYPES, OMAR, PAULA, SAM, Room

from engage_async.emulator.interactions import InteractionState
from engage_async.errors import InvalidArgument


def test_interaction_is_offered_to_a_ready_agent_who_is_told_all_about_it() -> None:
    room = Room(JOHN)
    email = room.scenario.inbound_email("Invoice 4711", "Twice!", user_data={"Segment": "Gold"})
    ((user, channel, event),) = [each for each in room.said if each[2]["messageType"] == "InteractionStateChanged"]
    assert (user, channel, event["notificationType"]) == (JOHN, "/workspace/v3/media/email", "StatusChange")
    view = event["interaction"]
    assert view["id"] == email.id
    assert (view["mediatype"], view["state"], view["queue"]) == ("email", "Invited", "email-inbound")
    assert (view["interactionType"], view["interactionSubtype"]) == ("Inbound", "InboundNew")
    assert view["capabilities"] == ["accept", "reject"]
    assert (view["subject"], view["email"]["from"], view["email"]["body"]) == (
        "Invoice 4711",
        "customer@example.net",
        "Twice!",
    )
    assert {"key": "Segment", "type": "str", "value": "Gold"} in view["userData"]
    assert view["ticketId"] > 0
    assert (view["isInWorkflow"], view["isHeld"], view["comment"], view["contactId"]) == (True, False, None, None)
    assert view["inQueues"] == [{"key": "email-inbound", "type": "str", "value": ""}]
    assert "operationId" not in event


@pytest.mark.parametrize("mediatype", MEDIATYPES)
def test_every_media_type_has_a_queue_whose_interactions_are_offered(mediatype: str) -> None:
    room = Room(JOHN)
    arrive = {
        "chat": lambda: room.scenario.inbound_chat().interaction,
        "email": room.scenario.inbound_email,
        "workitem": room.scenario.work_item,
        "outboundpreview": room.scenario.outbound_preview,
    }
    interaction = arrive[mediatype]()
    assert (room.last(JOHN)["mediatype"], room.states(JOHN, interaction)) == (mediatype, ["Invited"])


def test_interaction_waits_until_an_agent_becomes_ready() -> None:
    room = Room(JOHN, ready=False)
    first, second = room.scenario.work_item("first"), room.scenario.work_item("second")
    assert (room.said, first.state, first.queue) == ([], "Queued", "workitem-inbound")
    room.ask(JOHN, "ready", media="workitem")
    assert [view["subject"] for view in room.views(JOHN)] == ["first", "second"]
    assert first.state == second.state == "Invited"


def test_invitation_is_no_answer_to_the_request_that_made_the_agent_ready() -> None:
    room = Room(JOHN, ready=False)
    room.scenario.work_item()
    room.ask(JOHN, "ready", media="workitem")
    (ready,) = [event for event in room.heard(JOHN, "ChannelStateChanged") if "operationId" in event]
    assert ready["operationId"] == "JohnSmith/ready"
    assert not any("operationId" in event for event in room.heard(JOHN, "InteractionStateChanged"))


@pytest.mark.parametrize("operation", ["not-ready", "dnd-on", "logout"])
def test_agent_who_is_not_available_is_offered_nothing(operation: str) -> None:
    room = Room(JOHN)
    room.ask(JOHN, operation, **({"media": "email"} if operation != "dnd-on" else {}))
    room.forget()
    room.scenario.inbound_email()
    assert room.views(JOHN) == []


def test_do_not_disturb_that_ends_makes_the_agent_available() -> None:
    room = Room(JOHN)
    room.ask(JOHN, "dnd-on")
    room.scenario.inbound_email()
    assert room.views(JOHN) == []
    room.ask(JOHN, "dnd-off")
    assert room.states(JOHN) == ["Invited"]


def test_the_agent_who_was_invited_longest_ago_is_next() -> None:
    room = Room(JOHN, KATE, PAULA)
    for _ in range(6):
        room.scenario.work_item()
    assert [user for user, _, event in room.said if "interaction" in event] == [JOHN, KATE, PAULA] * 2


def test_agent_has_no_more_than_can_be_handled_at_a_time() -> None:
    room = Room(JOHN)
    items = [room.scenario.work_item(str(number)) for number in range(4)]
    assert len(room.views(JOHN)) == 3
    assert (room.channel(JOHN, "workitem")["available"], room.channel(JOHN, "workitem")["state"]) == (False, "Ready")
    room.ask(JOHN, "accept", items[0])
    room.ask(JOHN, "complete", items[0])
    assert room.last(JOHN)["subject"] == "3"


def test_channel_says_what_its_agent_does() -> None:
    room = Room(JOHN)
    email = room.scenario.inbound_email()
    assert room.channel(JOHN, "email")["activity"] == "DeliveringInteraction"
    room.ask(JOHN, "accept", email)
    told = room.channel(JOHN, "email")
    assert (told["activity"], told["state"], told["available"]) == ("HandlingInboundInteraction", "Ready", True)
    assert [view["id"] for view in told["interactions"]] == [email.id]
    room.ask(JOHN, "complete", email)
    assert (room.channel(JOHN, "email")["activity"], room.channel(JOHN, "email")["interactions"]) == ("Idle", [])
    assert not any("operationId" in event for event in room.heard(JOHN, "ChannelStateChanged")), (
        "these events answer no request about a channel"
    )


def test_rejected_interaction_goes_to_somebody_else_and_not_back() -> None:
    room = Room(JOHN, KATE)
    item = room.scenario.work_item()
    room.ask(JOHN, "reject", item)
    assert room.states(JOHN, item) == ["Invited", "Revoked"]
    assert room.heard(JOHN, "InteractionStateChanged")[-1]["operationId"] == "JohnSmith/reject"
    assert room.states(KATE, item) == ["Invited"]
    room.ask(KATE, "reject", item)
    assert item.state is InteractionState.QUEUED
    assert (len(room.views(JOHN)), len(room.views(KATE))) == (2, 2)


def test_who_has_rejected_an_interaction_is_asked_again_after_becoming_ready_anew() -> None:
    room = Room(JOHN)
    item = room.scenario.work_item()
    room.ask(JOHN, "reject", item)
    room.ask(JOHN, "ready", media="workitem")
    assert item.state is InteractionState.QUEUED, "ready before, ready after"
    room.ask(JOHN, "not-ready", media="workitem")
    room.ask(JOHN, "ready", media="workitem")
    assert room.states(JOHN, item) == ["Invited", "Revoked", "Invited"]


def test_invitation_that_nobody_answers_is_revoked_and_offered_to_the_next() -> None:
    room = Room(JOHN, KATE, invitation_timeout=20.0)
    item = room.scenario.work_item()
    room.clock.advance(19)
    assert room.views(KATE) == []
    room.clock.advance(1)
    assert (room.states(JOHN, item), room.states(KATE, item)) == (["Invited", "Revoked"], ["Invited"])
    assert (room.last(JOHN)["capabilities"], room.channel(JOHN, "workitem")["activity"]) == ([], "Idle")
    room.clock.advance(20)
    assert (room.states(KATE, item), item.state, item.parties) == (["Invited", "Revoked"], "Queued", {})


def test_answered_invitation_is_not_revoked() -> None:
    room = Room(JOHN, invitation_timeout=20.0)
    item = room.scenario.work_item()
    room.ask(JOHN, "accept", item)
    room.clock.advance(60)
    assert room.states(JOHN, item) == ["Invited", "Processing"]


def test_without_a_time_out_an_invitation_stays() -> None:
    room = Room(JOHN, invitation_timeout=None)
    item = room.scenario.work_item()
    room.clock.advance(100_000)
    assert room.states(JOHN, item) == ["Invited"]


def test_queue_that_some_agents_serve_is_for_them_alone() -> None:
    room = Room(JOHN, PAULA)
    customer = room.scenario.inbound_chat(queue="chat-experts")
    assert (room.views(JOHN), room.states(PAULA, customer.interaction)) == ([], ["Invited"])


def test_queue_that_is_not_routed_keeps_what_is_in_it() -> None:
    room = Room(JOHN)
    email = room.scenario.inbound_email(queue="waiting-room")
    assert (room.views(JOHN), email.state, email.queue) == ([], "Queued", "waiting-room")


def test_queue_takes_its_own_media_alone() -> None:
    room = Room(JOHN)
    with pytest.raises(InvalidArgument, match=r"no queue 'chat-inbound' that takes 'email'; there are email-inbound, "):
        room.scenario.inbound_email(queue="chat-inbound")
    with pytest.raises(InvalidArgument, match="no queue 'nowhere'"):
        room.scenario.inbound_chat(queue="nowhere")
    assert room.said == []


@pytest.mark.parametrize("how", ["logout", "deactivate", "leave work"])
def test_agent_who_logs_out_gives_back_what_is_there(how: str) -> None:
    room = Room(JOHN)
    invited, accepted = room.scenario.work_item("invited"), room.scenario.work_item("accepted")
    room.ask(JOHN, "accept", accepted)
    match how:
        case "logout":
            room.ask(JOHN, "logout", media="workitem")
        case "deactivate":
            room.centre.agents.deactivate_media(JOHN)
        case _:
            room.centre.agents.log_out(JOHN)
    assert (room.states(JOHN, invited), room.states(JOHN, accepted)) == (
        ["Invited", "Revoked"],
        ["Invited", "Processing", "Queued"],
    )
    assert (invited.state, accepted.state, room.store.of(JOHN)) == ("Queued", "Queued", [])
    room.channels.activate(OMAR, MEDIATYPES)
    room.channels.ready(OMAR)
    assert {view["subject"] for view in room.views(OMAR)} == {"invited", "accepted"}


def test_agent_who_comes_back_finds_the_interactions_in_the_session() -> None:
    room = Room()
    room.channels.activate(JOHN, ["email"])
    room.channels.ready(JOHN)
    email = room.scenario.inbound_email()
    session = room.centre.agents.user_view(JOHN)["activeSession"]
    (channel,) = session["media"]["channels"]
    assert [(view["id"], view["state"]) for view in channel["interactions"]] == [(email.id, "Invited")]
    room.forget()
    room.centre.agents.recover(JOHN)
    assert [view["id"] for view in room.channel(JOHN, "email")["interactions"]] == [email.id]


def test_supervisors_are_agents_like_any_other() -> None:
    room = Room(SAM)
    assert room.states(SAM, room.scenario.inbound_email(queue="email-review")) == ["Invited"]
