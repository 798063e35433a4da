"""Operations on media channels, interactions and emails, and the events that complete them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve
from correlation_desk import MEDIA, VOICE, Desk, error_event, open_desk
from hypothesis import given, settings
from hypothesis import strategies as st
from media_desk import (
    ALL,
    ARGUMENTS,
    BY_ID,
    BY_REPLY,
    ENDED,
    NEW,
    ROUTES,
    SUCCEEDED,
    channels,
    chat_told,
    entry,
    log,
    media_error,
    start,
    told,
)

from engage_async.protocol.completion import ERROR_GRACE, REFINEMENT_GRACE
from engage_async.protocol.notices import Notice
from engage_async.protocol.pending import Expectation, Pending
from engage_async.protocol.snapshot import snapshot_notices


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from open_desk(routes=ROUTES)


# --- one event each ---------------------------------------------------------------------------------------------------

GOLD = [{"key": "Segment", "type": "str", "value": "Gold"}]
PROPERTIES: dict[str, Any] = {"kind": "PropertiesUpdated"}
DOCUMENTS: dict[str, Any] = {"kind": "UCSPropertiesUpdated"}

COMPLETING: list[tuple[str, Notice]] = [
    ("media.ready", channels(email="Ready")),
    ("media.not_ready", channels(email="NotReady")),
    ("media.logout", channels(email="LoggedOut")),
    ("media.accept", told("Processing")),
    ("media.accept", told("Composing")),
    ("media.reject", told("Completed")),
    ("media.reject", told("Revoked")),
    ("media.reject", told("Rejected")),
    ("media.reject", told("Queued")),
    ("media.complete", told("Completed")),
    ("media.attach_user_data", told("Processing", userData=GOLD, **PROPERTIES)),
    ("media.attach_user_data", told("Processing", userData={"Segment": "Gold"}, **PROPERTIES)),
    ("media.attach_user_data", told("Processing", **PROPERTIES)),
    ("media.update_user_data", told("Processing", userData=GOLD, **PROPERTIES)),
    ("media.delete_user_data", told("Processing", userData=[], **PROPERTIES)),
    ("media.set_comment", told("Processing", comment="call back")),
    ("media.assign_contact", told("Processing", contactId="c1", **PROPERTIES)),
    ("media.place_in_queue", told("InWorkbin")),
    ("media.place_in_queue", told("Queued")),
    ("media.place_in_queue", told("Completed")),
    ("media.transfer_agent", told("Completed")),
    ("media.pull", told("Processing")),
    ("media.pull", told("Composing")),
    ("media.add_document", told("Processing", attachments=[{"id": "d1"}], **DOCUMENTS)),
    ("media.add_attachment", told("Processing", attachments=[{"id": "other"}], **DOCUMENTS)),
    ("media.add_attachment", told("Processing", attatchments=[{"id": "other"}], **DOCUMENTS)),
    ("media.remove_attachment", told("Processing", attachments=[{"id": "other"}], **DOCUMENTS)),
    ("media.add_content", told("Processing", **PROPERTIES)),
    ("media.add_content", told("Processing", **DOCUMENTS)),
    ("media.put_on_hold", chat_told("Processing", isHeld=True)),
    ("media.create", told("Composing", "new", interactionType="Outbound")),
    ("media.create", told("Processing", "new", interactionType="Internal")),
    ("email.accept", told("Processing")),
    ("email.cancel", told("Canceled")),
    ("email.create", told("Composing", "new", interactionType="Outbound")),
    ("email.reply", told("Composing", "new", interactionType="Outbound", parentInteractionId="i1")),
    ("email.forward", told("Composing", "new", interactionType="Outbound", parentInteractionId="i1")),
    ("email.save", told("Composing", kind="EmailSaved")),
    ("email.send", told("Sent")),
    ("email.send", told("Completed")),
    ("chat.accept", chat_told("Processing")),
    ("chat.accept", chat_told("Chat")),
    ("chat.resume", chat_told("Processing", isHeld=False)),
    ("chat.leave", chat_told("Completed")),
    ("chat.send_message", log(entry(3, "hello"))),
    ("chat.send_message", log(entry(3, " hello\n"))),
    ("chat.send_message", log(entry(None, "hello"))),
    ("chat.send_custom_notification", log(entry(3, "hello", kind="CustomNotice"))),
    ("chat.send_system_command", log(entry(3, "hello", kind="Notice"))),
    ("chat.update_nickname", log(entry(3, kind="NicknameUpdated"))),
]


@pytest.mark.parametrize(("operation", "notice"), COMPLETING, ids=lambda value: value if isinstance(value, str) else "")
def test_event_that_completes_an_operation(desk: Desk, operation: str, notice: Notice) -> None:
    pending = start(desk, operation)
    desk.accept(pending)
    desk.feed(notice)
    assert desk.how(pending) == SUCCEEDED
    assert desk.settlements[pending].payload is notice.payload


@pytest.mark.parametrize(
    ("operation", "notice"),
    [
        ("media.ready", channels(email="NotReady", chat="Ready")),
        ("media.logout", channels(email="OutOfService")),
        ("media.accept", told("Invited")),
        ("media.accept", told("Queued")),
        ("media.accept", told("InWorkbin")),
        ("media.accept", told("Processing", "other")),
        ("media.accept", told(None)),
        ("media.complete", told("Processing")),
        ("media.complete", told("Sent")),
        ("media.attach_user_data", told("Processing", userData=GOLD)),
        ("media.attach_user_data", told("Processing", userData=[{"key": "Other", "value": "Gold"}], **PROPERTIES)),
        ("media.delete_user_data", told("Processing", userData=GOLD, **PROPERTIES)),
        ("media.set_comment", told("Processing", comment="another")),
        ("media.set_comment", told("Processing", comment=None)),
        ("media.assign_contact", told("Processing", contactId="c2", **PROPERTIES)),
        ("media.place_in_queue", told("Processing")),
        ("media.pull", told("InWorkbin")),
        ("media.add_document", told("Processing", attachments=[{"id": "d1"}])),
        ("media.remove_attachment", told("Processing", attachments=[{"id": "d1"}], **DOCUMENTS)),
        ("media.put_on_hold", chat_told("Processing", isHeld=False)),
        ("media.create", told("Composing", "new", interactionType="Inbound")),
        ("media.create", told("Composing", "new", mediatype="chat", interactionType="Outbound")),
        ("email.create", told("Composing", "new", interactionType="Outbound", parentInteractionId="i2")),
        ("email.reply", told("Composing", "new", interactionType="Outbound")),
        ("email.reply", told("Invited", "new", interactionType="Outbound", parentInteractionId="i1")),
        ("email.save", told("Composing")),
        ("email.send", told("Composing")),
        ("email.send", told("Queued")),
        ("email.cancel", told("Composing")),
        ("chat.accept", chat_told("Invited")),
        ("chat.accept", chat_told("LeftChat")),
        ("chat.resume", chat_told("Processing", isHeld=True)),
        ("chat.send_message", log(entry(3, "hallo"))),
        ("chat.send_message", log(entry(3, "hello", by="customer-1"))),
        ("chat.send_message", log(entry(3, "hello"), interaction_id="i2")),
        ("chat.send_message", log(entry(3, "hello", kind="ParticipantJoined"))),
        ("chat.send_url", log(entry(3, "https://other.example/", kind="PushUrl"))),
        ("chat.update_nickname", log(entry(3, kind="NicknameUpdated", by="customer-1"))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_event_that_completes_nothing(desk: Desk, operation: str, notice: Notice) -> None:
    pending = start(desk, operation)
    desk.feed(notice)
    assert desk.how(pending) is None
    desk.wait(14.0)
    assert desk.how(pending) is None


@pytest.mark.parametrize("operation", sorted(set(ROUTES) - set(ALL)))
def test_event_with_the_id_of_the_operation_settles_it(desk: Desk, operation: str) -> None:
    pending, other = start(desk, operation), start(desk, operation, interaction_id="i2")
    new = operation in NEW
    state = "Composing" if new else "Processing"
    desk.feed(told(state, "new" if new else "i1", operation_id=pending.ids[0], mediatype="chat", kind="Unheard"))
    assert desk.how(pending) == BY_ID
    assert desk.how(other) is None


# --- channels ---------------------------------------------------------------------------------------------------------

LUNCH = [{"key": "ReasonCode", "type": "str", "value": "Lunch"}]


def test_not_ready_waits_a_moment_for_its_reason(desk: Desk) -> None:
    pending = start(desk, "media.not_ready", reason_code="Lunch")
    desk.feed(channels(email={"state": "NotReady", "reasons": []}))
    assert desk.how(pending) is None
    desk.feed(channels(email={"state": "NotReady", "reasons": LUNCH}))
    assert desk.how(pending) == SUCCEEDED


def test_not_ready_for_another_reason_is_not_ready_too(desk: Desk) -> None:
    pending = start(desk, "media.not_ready", reason_code="Lunch")
    desk.feed(channels(email={"state": "NotReady", "reasons": []}))
    desk.wait(REFINEMENT_GRACE)
    assert desk.how(pending) == SUCCEEDED


def parts_of(desk: Desk, pending: Pending) -> Any:
    payload = desk.settlements[pending].payload
    assert payload is not None
    return payload["parts"]


@pytest.mark.parametrize(
    ("operation", "done", "other"),
    [
        ("media.ready_all", {"state": "Ready"}, {"state": "NotReady"}),
        ("media.not_ready_all", {"state": "NotReady"}, {"state": "Ready"}),
        ("media.logout_all", {"state": "LoggedOut"}, {"state": "Ready"}),
        ("media.dnd_on", {"state": "Ready", "dnd": True}, {"state": "Ready", "dnd": False}),
        ("media.dnd_off", {"state": "Ready"}, {"state": "Ready", "dnd": True}),
    ],
)
def test_operation_on_all_channels_waits_for_each_of_them(desk: Desk, operation: str, done: Any, other: Any) -> None:
    pending = start(desk, operation)
    desk.feed(channels(workitem=done), channels(email=other), channels(email=done), channels(email=done))
    assert desk.how(pending) is None
    desk.feed(channels(chat=done))
    assert desk.how(pending) == SUCCEEDED
    assert sorted(parts_of(desk, pending)) == ["chat", "email"]


def test_one_event_may_tell_of_all_channels(desk: Desk) -> None:
    pending = start(desk, "media.ready_all")
    desk.feed(channels(chat="Ready", email="Ready"))
    assert desk.how(pending) == SUCCEEDED


def test_error_on_the_channel_of_a_media_type_is_that_part_alone(desk: Desk) -> None:
    pending = start(desk, "media.ready_all")
    error = media_error("chat")
    desk.feed(error)
    assert desk.how(pending) is None
    desk.feed(channels(email="Ready"))
    assert desk.how(pending) == SUCCEEDED
    assert parts_of(desk, pending)["chat"] is error.payload


def test_error_may_be_the_last_part(desk: Desk) -> None:
    pending = start(desk, "media.ready_all")
    desk.feed(channels(email="Ready"), media_error("email"))
    assert desk.how(pending) is None, "that part had done it already"
    desk.feed(media_error("workitem"))
    assert desk.how(pending) is None, "it asked nothing of that channel"
    desk.feed(media_error("chat"))
    assert desk.how(pending) == ("succeeded", "sole")


def test_error_that_names_no_channel_fails_it_before_any_part_is_done(desk: Desk) -> None:
    pending = start(desk, "media.ready_all")
    desk.feed(media_error())
    assert desk.how(pending) == ("failed", "sole")


def test_error_that_names_no_channel_does_not_undo_what_is_done(desk: Desk) -> None:
    pending = start(desk, "media.ready_all")
    desk.feed(channels(email="Ready"), media_error())
    assert desk.how(pending) is None


def test_at_the_deadline_what_was_seen_is_the_outcome(desk: Desk) -> None:
    some, none = start(desk, "media.ready_all", timeout=5.0), start(desk, "media.logout_all", timeout=5.0)
    desk.feed(channels(email="Ready"))
    desk.wait(5.0)
    assert desk.how(some) == SUCCEEDED
    assert sorted(parts_of(desk, some)) == ["email"]
    assert desk.how(none) == ("timed out", None)


def test_after_a_loss_what_was_seen_and_what_is_so_are_the_outcome(desk: Desk) -> None:
    some, none = start(desk, "media.ready_all"), start(desk, "media.logout_all")
    desk.feed(channels(email="Ready"))
    desk.lose(channels(chat="NotReady", email="Ready", snapshot=True))
    assert desk.how(some) == SUCCEEDED
    assert desk.how(none) == ("lost", None)


def test_without_channels_acceptance_settles_it(desk: Desk) -> None:
    pending = start(desk, "media.ready_all", channels=[])
    desk.accept(pending)
    desk.wait(ERROR_GRACE)
    assert desk.how(pending) == BY_REPLY


# --- interactions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["Completed", "Canceled", "Rejected", "Revoked"])
@pytest.mark.parametrize("operation", ["media.accept", "media.set_comment", "media.pull", "email.save"])
def test_interaction_that_ends_first_fails_the_operation(desk: Desk, operation: str, state: str) -> None:
    pending, elsewhere = start(desk, operation), start(desk, operation, interaction_id="i2")
    desk.feed(told(state))
    assert desk.how(pending) == ENDED
    assert desk.how(elsewhere) is None


def test_completing_a_sent_email_goes_on_waiting(desk: Desk) -> None:
    complete, save = start(desk, "media.complete"), start(desk, "email.save")
    desk.feed(told("Sent"))
    assert desk.how(complete) is None
    assert desk.how(save) == ENDED
    desk.feed(told("Completed"))
    assert desk.how(complete) == SUCCEEDED


@pytest.mark.parametrize("state", ["Queued", "InWorkbin"])
def test_interaction_in_a_queue_or_workbin_has_not_ended(desk: Desk, state: str) -> None:
    pull = start(desk, "media.pull")
    desk.feed(told(state), told("Processing"))
    assert desk.how(pull) == SUCCEEDED


def test_interaction_comes_back_under_the_same_id(desk: Desk) -> None:
    desk.feed(told("Invited"), told("Completed"), told("Invited"))
    accept = start(desk, "media.accept")
    desk.feed(told("Processing"))
    assert desk.how(accept) == SUCCEEDED
    leave = start(desk, "media.put_on_hold")
    desk.feed(told("Composing"))
    assert desk.how(leave) == SUCCEEDED, "it is in another state than before"


def test_change_of_properties_does_not_repeat_the_state(desk: Desk) -> None:
    desk.feed(told("Processing"))
    pull = start(desk, "media.pull")
    desk.feed(told("Processing", **PROPERTIES), told("Processing", **DOCUMENTS), told("Processing", kind="EmailSaved"))
    assert desk.how(pull) is None
    desk.feed(told("Composing", **PROPERTIES))
    assert desk.how(pull) == SUCCEEDED


def test_placing_into_an_ordinary_queue_is_settled_by_acceptance(desk: Desk) -> None:
    pending = start(desk, "media.place_in_queue")
    desk.accept(pending)
    assert desk.how(pending) is None
    desk.wait(ERROR_GRACE)
    assert desk.how(pending) == BY_REPLY


def test_oldest_of_equal_operations_takes_the_event(desk: Desk) -> None:
    first, second = start(desk, "media.complete"), start(desk, "media.complete")
    desk.feed(told("Completed"))
    assert desk.how(first) == SUCCEEDED
    assert desk.how(second) == ENDED


def test_user_data_find_the_operation_that_sent_them(desk: Desk) -> None:
    gold, silver = (start(desk, "media.attach_user_data", user_data={"Segment": v}) for v in ("Gold", "Silver"))
    desk.feed(told("Processing", userData=[{"key": "Segment", "type": "str", "value": "Silver"}], **PROPERTIES))
    assert (desk.how(gold), desk.how(silver)) == (None, SUCCEEDED)


def test_deletion_in_the_form_of_the_simulator_waits_for_the_same(desk: Desk) -> None:
    pending = desk.start("media.delete_user_data", mediatype="email", interaction_id="i1", user_data=[("Segment", "")])
    desk.feed(told("Processing", userData=GOLD, **PROPERTIES))
    assert desk.how(pending) is None
    desk.feed(told("Processing", userData=[], **PROPERTIES))
    assert desk.how(pending) == SUCCEEDED


def test_contact_is_assigned_when_the_contact_server_says_so(desk: Desk) -> None:
    def assigned(**more: Any) -> Notice:
        payload = {"messageType": "UcsMessage", "name": "EventInteractionAssignedToContact", **more}
        return Notice("/workspace/v3/contacts", "UcsMessage", payload)

    named, unnamed = start(desk, "media.assign_contact"), start(desk, "media.assign_contact", interaction_id="i2")
    desk.feed(assigned(operationId=named.ids[0], interactionId="i1"), assigned(interactionId="i2"))
    assert (desk.how(named), desk.how(unnamed)) == (BY_ID, SUCCEEDED)


@pytest.mark.parametrize("answered", [True, False])
def test_time_that_an_upload_takes_is_not_counted(desk: Desk, answered: bool) -> None:
    route = ROUTES["media.add_attachment"]
    assert route.settles is not None
    expectation = Expectation(route.name, "op", "media", route.settles(ARGUMENTS), 5.0, from_reply=True)
    waiting, pending = (desk.correlator.register(evolve(expectation, operation_id=o), desk.now) for o in ("o1", "o2"))
    desk.send(pending)
    desk.wait(5.0)
    assert desk.how(waiting) == ("timed out", None), "it was not even sent"
    desk.wait(3_600.0)
    assert (desk.how(pending), desk.correlator.next_due()) == (None, None)
    if answered:
        desk.accept(pending)
    else:
        desk.correlator.answered(pending, desk.now)
    desk.wait(4.9)
    assert desk.how(pending) is None
    desk.wait(0.1)
    assert desk.how(pending) == ("timed out", None)


# --- new interactions -------------------------------------------------------------------------------------------------


def test_new_emails_find_the_operations_that_asked_for_them(desk: Desk) -> None:
    create = start(desk, "email.create")
    reply, forward = start(desk, "email.reply"), start(desk, "email.forward", interaction_id="i2")
    for new, parent in (("n1", "i2"), ("n2", None), ("n3", "i1")):
        desk.feed(told("Composing", new, interactionType="Outbound", parentInteractionId=parent))
    payloads = [desk.settlements[pending].payload for pending in (create, reply, forward)]
    assert [payload["interaction"]["id"] for payload in payloads if payload] == ["n2", "n3", "n1"]


def test_interaction_that_is_known_is_not_new(desk: Desk) -> None:
    desk.feed(told("Invited", "new"))
    create = start(desk, "email.create")
    desk.feed(told("Composing", "new", interactionType="Outbound"))
    assert desk.how(create) is None


def test_new_interaction_of_another_client_is_not_ours(desk: Desk) -> None:
    create = start(desk, "email.create")
    desk.feed(told("Composing", "new", interactionType="Outbound", operation_id="another client's"))
    assert desk.how(create) is None


def test_event_about_the_parent_is_not_the_reply(desk: Desk) -> None:
    desk.feed(told("Processing"))
    reply = start(desk, "email.reply")
    desk.feed(told("Processing", operation_id=reply.ids[0], **PROPERTIES))
    assert desk.how(reply) is None
    desk.feed(told("Unheard", "new", operation_id=reply.ids[0]))
    assert desk.how(reply) == BY_ID


def test_email_with_a_parent_is_created_whether_the_event_tells_it_or_not(desk: Desk) -> None:
    for parent in ("p1", None):
        create = start(desk, "email.create", parent_id="p1")
        desk.feed(told("Composing", f"of {parent}", interactionType="Outbound", parentInteractionId=parent))
        assert desk.how(create) == SUCCEEDED


def test_reply_survives_the_end_of_what_it_answers(desk: Desk) -> None:
    reply = start(desk, "email.reply")
    desk.feed(told("Completed"))
    assert desk.how(reply) is None
    desk.feed(media_error(interactionId="i1"))
    assert desk.how(reply) == ("failed", "object"), "an error about it is still the reply's"


# --- errors -----------------------------------------------------------------------------------------------------------


def test_error_that_names_the_interaction_fails_the_oldest_operation_on_it(desk: Desk) -> None:
    elsewhere, first, second = (start(desk, "media.complete", interaction_id=i) for i in ("i2", "i1", "i1"))
    desk.feed(media_error("email", interactionId="i1"))
    assert [desk.how(p) for p in (elsewhere, first, second)] == [None, ("failed", "guess"), None]
    desk.feed(media_error("email", interactionId="i1"))
    assert desk.how(second) == ("failed", "object"), "the only one that is left"
    desk.feed(media_error("email", interaction={"id": "i2"}))
    assert desk.how(elsewhere) == ("failed", "object")


def test_error_on_one_media_type_is_not_an_operation_of_another(desk: Desk) -> None:
    on_email, on_chat = start(desk, "media.complete"), start(desk, "chat.send_message", interaction_id="i2")
    ready = start(desk, "media.ready", mediatype="workitem")
    desk.feed(media_error("chat"))
    assert (desk.how(on_email), desk.how(on_chat), desk.how(ready)) == (None, ("failed", "sole"), None)
    desk.feed(media_error("workitem"))
    assert (desk.how(on_email), desk.how(ready)) == (None, ("failed", "sole"))


def test_error_of_all_media_fails_the_only_operation(desk: Desk) -> None:
    pending = start(desk, "media.complete")
    desk.feed(error_event(50, channel=VOICE))
    assert desk.how(pending) is None
    desk.feed(media_error())
    assert desk.how(pending) == ("failed", "sole")


# --- loss -------------------------------------------------------------------------------------------------------------


def session_with(**interactions: list[dict[str, Any]]) -> dict[str, Any]:
    """The data of a current session whose channels have these interactions."""
    told_of = [{"name": n, "state": "Ready", "interactions": found} for n, found in interactions.items()]
    return {"user": {"activeSession": {"dn": None, "calls": [], "media": {"channels": told_of}}}}


def test_snapshot_proves_what_the_interactions_show(desk: Desk) -> None:
    desk.feed(told("Invited"), told("Processing", "i2"), told("Processing", "i3"))
    accept, complete, comment, gone = (
        start(desk, "media.accept"),
        start(desk, "media.complete", interaction_id="i2"),
        start(desk, "media.set_comment", interaction_id="i3"),
        start(desk, "media.accept", interaction_id="i4"),
    )
    live = [{"id": i, "mediatype": "email", "state": "Processing"} for i in ("i1", "i2", "i3", "i4")]
    found = [{"id": "i1", "state": "Processing"}, {"id": "i3", "state": "Processing", "comment": "other"}]
    desk.lose(*snapshot_notices(session_with(email=found), (), live))
    assert desk.how(accept) == ("succeeded", "snapshot")
    assert desk.how(complete) == ("succeeded", "snapshot"), "it is not on the desk any more"
    assert desk.how(comment) == ("lost", None)
    assert desk.how(gone) == ("ended", "snapshot")


def test_channel_that_does_not_say_which_interactions_it_has_proves_nothing(desk: Desk) -> None:
    data = session_with(chat=[])
    data["user"]["activeSession"]["media"]["channels"].append({"name": "email", "state": "Ready"})
    live = [{"id": "i1", "mediatype": "email", "state": "Processing"}]
    assert [n.message_type for n in snapshot_notices(data, (), live)] == ["ChannelStateChanged"]


def test_without_a_session_no_interaction_is_left() -> None:
    live = [{"id": "i1", "mediatype": "email", "state": "Processing", "subject": "kept"}]
    notices = list(snapshot_notices({"user": {"activeSession": None}}, (), live))
    assert [n.message_type for n in notices] == ["ChannelStateChanged", "InteractionStateChanged"]
    assert notices[1].payload["interaction"] == {**live[0], "state": "Completed"}


# --- whatever comes ---------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "i1", "p1", "Text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "key", "x"]), inner, max_size=3),
    max_leaves=6,
)
INTERACTION = ["id", "mediatype", "state", "interactionType", "parentInteractionId", "userData", "comment"]
INTERACTION += ["contactId", "attachments", "isHeld", "chat"]
MESSAGE = ["index", "type", "text", "url", "from"]


def with_anything(members: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(members), JSON)


def beside(name: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    outer = ["notificationType", "operationId", "interactionId", "id", "error"]
    return st.builds(lambda rest, inner: {**rest, name: inner}, with_anything(outer), JSON | value)


HOSTILE = st.one_of(
    beside("interaction", with_anything(INTERACTION)).map(
        lambda p: Notice(f"{MEDIA}/email", "InteractionStateChanged", {"messageType": "InteractionStateChanged", **p})
    ),
    beside("messages", st.lists(with_anything(MESSAGE), max_size=3)).map(
        lambda p: Notice(f"{MEDIA}/chat", "MessageLogUpdated", {"messageType": "MessageLogUpdated", **p})
    ),
    beside("media", st.builds(lambda c: {"channels": c}, JSON | st.lists(with_anything(["name", "state", "dnd"])))).map(
        lambda p: Notice(MEDIA, "ChannelStateChanged", {"messageType": "ChannelStateChanged", **p})
    ),
)


@settings(max_examples=50)
@given(st.lists(HOSTILE, max_size=8), st.lists(st.sampled_from(sorted(ROUTES)), max_size=8))
def test_no_event_of_any_form_raises_or_leaves_anything_behind(notices: list[Notice], operations: list[str]) -> None:
    for desk in open_desk(routes=ROUTES):
        pendings = [start(desk, operation) for operation in operations]
        desk.feed(*notices)
        desk.wait(20.0)
        assert all(desk.how(pending) is not None for pending in pendings)
        assert desk.correlator.is_empty()
