"""What an agent does with an interaction of any media type, and what the agents are told."""

from __future__ import annotations

from typing import Any

import pytest
from media_room import ID_OF, JOHN, KATE, PAULA, SAM, Room, is_error, pair, values

from engage_async.emulator.interaction_store import MediaRequest, UnknownInteraction
from engage_async.emulator.interactions import WorkbinPlace

GOLD = pair("Segment", "Gold")


def test_accepted_interaction_is_processed_and_completed() -> None:
    room = Room(JOHN)
    item = room.scenario.work_item("Change of address")
    room.ask(JOHN, "accept", item)
    assert room.states(JOHN, item) == ["Invited", "Processing"]
    assert set(room.last(JOHN)["capabilities"]) >= {"complete", "transfer", "place-in-queue", "attach-user-data"}
    assert item.handled_by == JOHN
    room.ask(JOHN, "complete", item)
    view = room.last(JOHN)
    assert (view["state"], view["capabilities"], view["isInWorkflow"]) == ("Completed", [], False)
    assert (room.store.ended, item in list(room.store), room.store.of(JOHN)) == ([item], False, [])


def test_every_event_that_answers_a_request_carries_its_operation_id() -> None:
    room = Room(JOHN)
    item = room.scenario.work_item()
    room.forget()
    asked: list[tuple[str, dict[str, Any]]] = [
        ("accept", {}),
        ("attach-user-data", {"userData": [GOLD]}),
        ("set-comment", {"comment": "done soon"}),
        ("complete", {}),
    ]
    for operation, data in asked:
        room.ask(JOHN, operation, item, **data)
        assert room.heard(JOHN, "InteractionStateChanged")[-1]["operationId"] == f"JohnSmith/{operation}"


def test_without_echo_no_event_carries_an_operation_id() -> None:
    room = Room(JOHN, echo_operation_id=False)
    item = room.taken_item(JOHN)
    room.ask(JOHN, "attach-user-data", item, userData=[GOLD])
    room.ask(JOHN, "not-ready", media="email")
    room.ask(JOHN, "complete", item)
    assert len(room.said) > 2
    assert not any("operationId" in event for _, _, event in room.said)


# --- user data, comment, contact --------------------------------------------------------------------------------------


def test_user_data_are_attached_updated_and_deleted() -> None:
    room = Room(JOHN)
    item = room.taken_item(JOHN, subject="A", user_data={"Segment": "Silver"})
    room.ask(JOHN, "attach-user-data", item, userData=[GOLD])
    assert values(room.last(JOHN)) == [("Segment", "Silver"), ("Subject", "A"), ("Segment", "Gold")]
    room.ask(JOHN, "update-user-data", item, userData=[pair("Segment", "Iron"), pair("Count", 2)])
    assert values(room.last(JOHN)) == [("Subject", "A"), ("Segment", "Iron"), ("Count", 2)]
    room.ask(JOHN, "delete-user-data", item, keys=("Segment", "Nothing"))
    assert values(room.last(JOHN)) == [("Subject", "A"), ("Count", 2)]
    room.ask(JOHN, "delete-user-data", item, userData=[pair("Count", 0)])
    assert values(room.last(JOHN)) == [("Subject", "A")]
    assert room.kinds(JOHN) == ["PropertiesUpdated"] * 4


def test_subject_is_a_pair_of_the_user_data() -> None:
    room = Room(JOHN)
    item = room.taken_item(JOHN, subject="old")
    room.ask(JOHN, "update-user-data", item, userData=[pair("Subject", "new")])
    assert room.last(JOHN)["subject"] == item.subject == "new"


def test_comment_is_set() -> None:
    room = Room(JOHN)
    item = room.taken_item(JOHN)
    room.ask(JOHN, "set-comment", item, comment="call back")
    assert (room.last(JOHN)["comment"], room.kinds(JOHN)) == ("call back", ["StatusChange"])


def test_contact_is_assigned_and_the_record_says_so() -> None:
    room = Room(JOHN)
    room.centre.media_floor.knows_contact = lambda contact: contact == "c-1"
    item = room.taken_item(JOHN)
    room.ask(JOHN, "assign-contact", item, contactId="c-1")
    assert room.last(JOHN)["contactId"] == "c-1"
    (_, channel, record) = room.said[-1]
    assert (channel, record) == (
        "/workspace/v3/contacts",
        {
            "messageType": "UcsMessage",
            "name": "EventInteractionAssignedToContact",
            "interactionId": item.id,
            "contactId": "c-1",
            "operationId": "JohnSmith/assign-contact",
        },
    )
    assert room.refusal(JOHN, "assign-contact", item, contactId="c-2") == 53
    assert room.refusal(JOHN, "add-content", item, contactId="c-2") == 53


def test_content_is_kept_in_the_records() -> None:
    room = Room(JOHN)
    room.centre.media_floor.knows_contact = lambda contact: contact == "c-1"
    item = room.taken_item(JOHN)
    room.ask(JOHN, "add-content", item, comment="seen", threadId="t-1", parentId="p-1", contactId="c-1")
    view = room.last(JOHN)
    assert (view["comment"], view["threadId"], view["parentInteractionId"], view["contactId"]) == (
        "seen",
        "t-1",
        "p-1",
        "c-1",
    )
    assert room.kinds(JOHN) == ["UCSPropertiesUpdated"]


def test_documents_are_added_and_removed() -> None:
    room = Room(JOHN)
    item = room.taken_item(JOHN)
    room.ask(JOHN, "add-document", item, documentId="doc-price-list")
    (attachment,) = room.last(JOHN)["attachments"]
    assert attachment == {
        "id": "doc-price-list",
        "name": "price list.txt",
        "mime": "text/plain",
        "size": 23,
        "path": f"media/workitem/interactions/{item.id}/attachments/doc-price-list",
        "isEmbedded": False,
    }
    assert room.refusal(JOHN, "add-document", item, documentId="no such") == 53
    assert room.refusal(JOHN, "remove-attachment", item, documentId="no such") == 53
    room.ask(JOHN, "remove-attachment", item, documentId="doc-price-list")
    assert room.last(JOHN)["attachments"] == []
    assert room.kinds(JOHN) == ["UCSPropertiesUpdated"] * 2


# --- giving it away ---------------------------------------------------------------------------------------------------


def test_transfer_completes_it_for_the_sender_and_invites_the_other_agent() -> None:
    room = Room(JOHN, KATE)
    item = room.taken_item(JOHN)
    room.ask(JOHN, "transfer-agent", item, agentId=ID_OF[KATE])
    assert (room.states(JOHN, item), room.states(KATE, item)) == (["Completed"], ["Invited"])
    room.ask(KATE, "accept", item)
    assert (item.handled_by, item.state, item.ended) == (KATE, "Processing", False)


def test_agent_who_is_not_ready_can_be_given_an_interaction_directly() -> None:
    room = Room(JOHN, KATE)
    item = room.taken_item(JOHN)
    room.channels.not_ready(KATE)
    room.ask(JOHN, "transfer-agent", item, agentId=KATE)
    assert room.states(KATE, item) == ["Invited"]


def test_transfer_that_is_rejected_puts_the_interaction_into_its_queue() -> None:
    room = Room(JOHN, KATE, PAULA)
    item = room.taken_item(JOHN)
    room.channels.not_ready(JOHN)
    room.ask(JOHN, "transfer-agent", item, agentId=ID_OF[KATE])
    room.ask(KATE, "reject", item)
    assert (room.states(KATE, item), room.states(PAULA, item)) == (["Invited", "Revoked"], ["Invited"])


@pytest.mark.parametrize(
    ("agent_id", "code"),
    [("nobody", 53), (ID_OF[PAULA], 166), (ID_OF[SAM], 166), (ID_OF[JOHN], 43)],
    ids=["unknown", "without the channel", "do not disturb", "oneself"],
)
def test_transfer_to_somebody_who_cannot_have_it_is_refused(agent_id: str, code: int) -> None:
    room = Room(JOHN, SAM)
    item = room.taken_item(JOHN)
    room.channels.set_dnd(SAM, True)
    room.forget()
    assert room.refusal(JOHN, "transfer-agent", item, agentId=agent_id) == code
    assert item.parties.keys() == {JOHN}


def test_interaction_placed_in_a_queue_leaves_its_agent_with_changed_properties() -> None:
    room = Room(JOHN)
    item = room.taken_item(JOHN, user_data={"a": "1", "b": "2"})
    room.ask(
        JOHN,
        "place-in-queue",
        item,
        queue="waiting-room",
        addedProperties=[pair("c", "3")],
        changedProperties=[pair("a", "9")],
        deletedProperties=[pair("b", "")],
    )
    view = room.last(JOHN)
    assert (view["state"], view["queue"], view["capabilities"]) == ("Queued", "waiting-room", [])
    assert dict(values(view)) == {"Subject": "A piece of work", "a": "9", "c": "3"}
    assert (item.parties, item.handled_by) == ({}, JOHN)


def test_interaction_placed_in_a_routed_queue_is_offered_again() -> None:
    room = Room(JOHN, KATE)
    item = room.taken_item(JOHN)
    room.ask(JOHN, "place-in-queue", item, queue="general")
    assert (room.states(JOHN, item), room.states(KATE, item)) == (["Queued"], ["Invited"])


def test_back_stands_for_the_queue_it_came_from() -> None:
    room = Room(JOHN)
    email = room.taken_email(JOHN)
    room.channels.not_ready(JOHN)
    room.ask(JOHN, "place-in-queue", email, queue="__BACK__")
    assert (email.state, email.queue) == ("Queued", "email-inbound")


def test_queue_that_is_none_for_it_is_refused() -> None:
    room = Room(JOHN)
    item = room.taken_item(JOHN)
    assert room.refusal(JOHN, "place-in-queue", item, queue="nowhere") == 53
    assert room.refusal(JOHN, "place-in-queue", item, queue="chat-inbound") == 53


def test_workbin_is_a_queue_by_its_name() -> None:
    room = Room(JOHN)
    drafts = WorkbinPlace("wb-1", JOHN)
    room.centre.media_floor.workbin_named = lambda name, user: drafts if (name, user) == ("drafts", JOHN) else None
    moved: list[tuple[str, WorkbinPlace | None, WorkbinPlace | None]] = []
    room.store.on_moved = lambda interaction, before: moved.append((interaction.id, before, interaction.workbin))
    item = room.taken_item(JOHN)
    room.ask(JOHN, "place-in-queue", item, queue="drafts")
    assert (room.states(JOHN, item), item.workbin, item.parties) == (["InWorkbin"], drafts, {})
    assert room.refusal(JOHN, "pull", item, workbinId="wb-2") == 506
    assert room.refusal(JOHN, "pull", item, ownerId=ID_OF[KATE]) == 506
    room.ask(JOHN, "pull", item, workbinId="wb-1", ownerId=ID_OF[JOHN])
    assert (room.states(JOHN, item)[-1], item.workbin) == ("Processing", None)
    assert moved == [(item.id, None, drafts), (item.id, drafts, None)]


def test_interaction_is_pulled_from_a_queue_and_offered_to_nobody_any_more() -> None:
    room = Room(JOHN, ready=False)
    item = room.scenario.work_item()
    room.ask(JOHN, "pull", item, context="universal-queue")
    assert room.states(JOHN, item) == ["Processing"]
    assert room.heard(JOHN, "InteractionStateChanged")[0]["operationId"] == "JohnSmith/pull"
    room.ask(JOHN, "ready", media="workitem")
    assert room.states(JOHN, item) == ["Processing"]
    assert room.refusal(JOHN, "pull", item) == 506, "it is in no queue now"


def test_interactions_of_the_start_can_be_pulled() -> None:
    room = Room(JOHN)
    invoice = next(each for each in room.store if each.subject == "Invoice 4711")
    room.ask(JOHN, "pull", invoice)
    assert room.last(JOHN)["email"]["body"] == "I was charged twice for invoice 4711."


# --- new ones ---------------------------------------------------------------------------------------------------------


def test_open_media_interaction_is_created_at_the_agents_hand() -> None:
    room = Room(JOHN)
    room.centre.media_floor.knows_contact = lambda contact: contact == "c-1"
    room.ask(JOHN, "create", media="workitem", subject="Complaint", userData=[GOLD], contactId="c-1", parentId="p-1")
    event = room.heard(JOHN, "InteractionStateChanged")[-1]
    view = event["interaction"]
    assert (view["state"], view["interactionType"], view["interactionSubtype"]) == (
        "Composing",
        "Outbound",
        "OutboundNew",
    )
    assert (view["subject"], view["contactId"], view["parentInteractionId"]) == ("Complaint", "c-1", "p-1")
    assert (view["queue"], event["operationId"]) == ("workitem-inbound", "JohnSmith/create")
    room.ask(JOHN, "complete", view["id"])
    assert room.states(JOHN)[-1] == "Completed"


def test_creation_with_an_unknown_queue_is_refused() -> None:
    room = Room(JOHN)
    before = list(room.store)
    assert room.refusal(JOHN, "create", media="workitem", queue="nowhere") == 53
    assert list(room.store) == before


# --- what is refused --------------------------------------------------------------------------------------------------


def test_interaction_that_never_was_is_unknown() -> None:
    room = Room(JOHN)
    email = room.taken_email(JOHN)
    for media, identity in (("email", "no such"), ("chat", email.id)):
        with pytest.raises(UnknownInteraction):
            room.centre.media_desk.handle(MediaRequest(JOHN, "complete", None, media, identity))
    assert room.said == []


def test_interaction_of_another_agent_is_refused() -> None:
    room = Room(JOHN, KATE)
    item = room.taken_item(JOHN)
    for operation, data in (("accept", {}), ("complete", {}), ("set-comment", {"comment": "mine"})):
        assert room.refusal(KATE, operation, item, **data) == 165


def test_ended_interaction_is_refused() -> None:
    room = Room(JOHN)
    item = room.taken_item(JOHN)
    room.ask(JOHN, "complete", item)
    room.forget()
    for operation in ("complete", "accept", "pull", "reject"):
        assert room.refusal(JOHN, operation, item) == 506


def test_operation_that_the_state_does_not_allow_is_refused() -> None:
    room = Room(JOHN)
    item = room.scenario.work_item()
    room.forget()
    assert room.refusal(JOHN, "complete", item) == 506, "not accepted yet"
    room.ask(JOHN, "accept", item)
    room.forget()
    assert room.refusal(JOHN, "accept", item) == 43
    assert room.refusal(JOHN, "reject", item) == 506
    for operation, data in (("send", {"queue": "general", "from": "a", "to": ["b"]}), ("leave", {})):
        assert room.refusal(JOHN, operation, item, **data) == 506, "no email, no chat"


def test_agent_without_the_channel_is_refused() -> None:
    room = Room(KATE)
    item = room.scenario.work_item()
    room.forget()
    assert room.refusal(JOHN, "accept", item) == 41
    assert room.refusal(JOHN, "ready", media="chat") == 41
    assert room.refusal(JOHN, "ready") == 41
    room.ask(KATE, "logout", media="workitem")
    room.forget()
    assert room.refusal(KATE, "accept", item) == 263
    assert room.refusal(KATE, "ready", media="workitem") == 187
    room.channels.log_out(KATE)
    room.forget()
    assert room.refusal(KATE, "not-ready") == 187


def test_refusal_comes_on_the_channel_of_what_it_is_about() -> None:
    room = Room(JOHN)
    item = room.taken_item(JOHN)
    room.ask(JOHN, "accept", item)
    room.channels.deactivate(JOHN)
    room.forget()
    room.ask(JOHN, "ready", media="email")
    room.ask(JOHN, "ready")
    channels = [channel for _, channel, event in room.said if is_error(event)]
    assert channels == ["/workspace/v3/media/email", "/workspace/v3/media"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("nothing", {}),
        ("call", {"interactionId": True}),
        ("everything", {"interactionId": True, "operationId": "JohnSmith/reject"}),
    ],
)
def test_refusal_names_what_the_switch_says(names: str, told: dict[str, object]) -> None:
    room = Room(JOHN, error_names=names)
    item = room.taken_item(JOHN)
    room.ask(JOHN, "reject", item)
    (error,) = room.heard(JOHN, "EventError")
    expected = {"messageType": "EventError", "error": {"errorCode": 506, "errorMessage": _TEXT}}
    assert error == expected | told | ({"interactionId": item.id} if told else {})


_TEXT = "Request received in an invalid state"
