"""Operations on contacts, standard responses, workbins and snapshots, and the messages that answer them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from correlation_desk import Desk, error_event, open_desk, routes_of
from hypothesis import given
from hypothesis import strategies as st

from engage_async.api.workspace import media_management, standard_responses, ucs, workbins
from engage_async.protocol.completion import ERROR_GRACE
from engage_async.protocol.notices import Notice
from engage_async.protocol.pending import Pending

ROUTES = routes_of(ucs, standard_responses, workbins, media_management)
CHANNELS = {
    "UcsMessage": "/workspace/v3/contacts",
    "WorkbinsMessage": "/workspace/v3/workbins",
    "SnapshotMessage": "/workspace/v3/media-management",
    "InteractionStateChanged": "/workspace/v3/media/email",
}
SUCCEEDED, BY_ID = ("succeeded", "object"), ("succeeded", "operation-id")

ARGUMENTS: dict[str, Any] = {
    "contact_id": "c1",
    "interaction_id": "i1",
    "response_id": "r1",
    "category_id": "k1",
    "workbin_id": "w1",
    "workbin_ids": "w1,w2",
    "snapshot_id": "s1",
    "interactions": ["i1", "i2"],
}


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from open_desk(routes=ROUTES)


def message(kind: str, name: str, **more: Any) -> Notice:
    """``UcsMessage`` and so on; a `SnapshotMessage` has its name as ``notificationType``."""
    named = {"notificationType" if kind == "SnapshotMessage" else "name": name}
    return Notice(CHANNELS[kind], kind, {"messageType": kind, **named, **more})


def ucs_message(name: str, **more: Any) -> Notice:
    return message("UcsMessage", name, **more)


def start(desk: Desk, operation: str, **arguments: Any) -> Pending:
    return desk.start(operation, **{**ARGUMENTS, **arguments})


I1 = {"id": "i1"}
ANSWERS: list[tuple[str, Notice]] = [
    ("ucs.search_contacts", ucs_message("EventSearchContact", contacts=[], totalCount=0)),
    ("ucs.get_contact_details", ucs_message("EventGetContactDetails", contactId="c1", attributes={})),
    ("ucs.create_contact", ucs_message("EventContactInserted", contactId="new")),
    ("ucs.update_contact", ucs_message("EventContactUpdated", contactId="c1")),
    ("ucs.delete_contact", ucs_message("EventContactDeleted", contactId="c1", deleted="true")),
    ("ucs.get_contact_history", ucs_message("EventGetContactHistory", contactId="c1", interactions=[])),
    ("ucs.get_agent_history", ucs_message("EventSearchInteractions", interactions=[])),
    ("ucs.search_interactions", ucs_message("EventSearchInteractions", interactions=[])),
    ("ucs.get_interaction_details", ucs_message("EventGetInteractionContent", interactionId="i1", interaction={})),
    ("ucs.identify_contact", ucs_message("EventIdentifiedContact", contactId="c7")),
    ("ucs.assign_interaction_to_contact", ucs_message("EventInteractionAssignedToContact", interactionId="i1")),
    ("ucs.set_call_comment", ucs_message("EventUpdateInteraction", interactionId="i1")),
    ("ucs.set_call_completed", ucs_message("EventUpdateInteraction", interactionId="i1")),
    ("ucs.find_or_create_phone_call", ucs_message("EventFindOrCreatePhoneCall", interactionId="i9", isCreated=True)),
    ("ucs.get_lucene_indexes", ucs_message("EventGetIndexProperties", indexes=[])),
    ("standard_responses.get_root_categories", ucs_message("EventGetRootCategories", categories=[])),
    ("standard_responses.get_category_details", ucs_message("EventGetCategory", category={"categoryId": "k1"})),
    ("standard_responses.get", ucs_message("EventGetStandardResponse", standardResponse={"standardResponseId": "r1"})),
    ("standard_responses.get", ucs_message("EventGetStandardResponse", standardResponse={"id": "r1"})),
    ("standard_responses.search", ucs_message("EventSearchStandardResponses", responses=[])),
    ("standard_responses.render_field_codes", ucs_message("EventRenderFieldCodes", body="Dear Ada,")),
    ("standard_responses.report_usage", ucs_message("EventReportStandardResponseUsageAck")),
    ("standard_responses.get_favorites", ucs_message("EventGetFavoriteResponses", standardResponses=[])),
    ("workbins.get_workbins", message("WorkbinsMessage", "EventWorkbins", workbins=[])),
    ("workbins.get_contents", message("WorkbinsMessage", "EventWorkbinsContent", workbins={})),
    ("workbins.get_content", message("WorkbinsMessage", "EventWorkbinContent", workbin={"id": "w1"})),
    ("workbins.subscribe", message("WorkbinsMessage", "EventAck", workbinId="w1")),
    ("workbins.unsubscribe", message("WorkbinsMessage", "EventAck", workbinId="w1")),
    ("workbins.subscribe_many", message("WorkbinsMessage", "EventAck")),
    ("workbins.unsubscribe_many", message("WorkbinsMessage", "EventAck")),
    ("workbins.get_interaction_details", message("WorkbinsMessage", "EventGetInteractionDetails", interaction=I1)),
    ("media_management.get_snapshot", message("SnapshotMessage", "SnapshotContent", snapshotId="new")),
    ("media_management.get_snapshot_content", message("SnapshotMessage", "SnapshotContent", snapshotId="s1")),
    ("media_management.release_snapshot", message("SnapshotMessage", "SnapshotReleased", snapshotId="s1")),
    ("media_management.manage_user_data", message("SnapshotMessage", "ManageUserData")),
    ("media_management.move_to_queue", message("SnapshotMessage", "MoveToQueue")),
    ("media_management.move_to_workbin", message("SnapshotMessage", "MoveToWorkbin")),
    ("media_management.complete", message("SnapshotMessage", "complete")),
    ("media_management.cancel", message("SnapshotMessage", "cancel")),
]  # fmt: skip
NAMELESS = {
    "standard_responses.add_favorite", "standard_responses.delete_favorite", "standard_responses.delete_all_favorites",
    "workbins.add_interaction", "media_management.get_details",
}  # fmt: skip


def test_every_operation_has_its_answer_here() -> None:
    assert {operation for operation, _ in ANSWERS} | NAMELESS == ROUTES.keys()


# --- with an operation id ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", sorted(ROUTES))
def test_message_with_the_operation_id_answers_it_whatever_its_name(desk: Desk, operation: str) -> None:
    older, ours = start(desk, operation), start(desk, operation)
    kinds = {"ucs": "UcsMessage", "standard_responses": "UcsMessage", "workbins": "WorkbinsMessage"}
    kind = kinds.get(operation.partition(".")[0], "SnapshotMessage")
    answer = message(kind, "A name of tomorrow", operationId=ours.expectation.operation_id)
    desk.feed(answer)
    assert (desk.how(ours), desk.how(older)) == (BY_ID, None)
    assert desk.settlements[ours].payload is answer.payload


@pytest.mark.parametrize(("operation", "answer"), ANSWERS, ids=lambda value: value if isinstance(value, str) else "")
def test_answer_to_another_client_settles_nothing(desk: Desk, operation: str, answer: Notice) -> None:
    ours = start(desk, operation)
    desk.feed(Notice(answer.channel, answer.message_type, {**answer.payload, "operationId": "of another tab"}))
    assert desk.how(ours) is None


@pytest.mark.parametrize("operation", ["media_management.move_to_queue", "ucs.assign_interaction_to_contact"])
def test_event_of_another_kind_with_the_operation_id_is_not_its_answer(desk: Desk, operation: str) -> None:
    ours = start(desk, operation)
    payload = {"operationId": ours.expectation.operation_id, "interaction": {"id": "i1", "state": "Queued"}}
    desk.feed(Notice(CHANNELS["InteractionStateChanged"], "InteractionStateChanged", payload))
    assert desk.how(ours) is None


def test_server_that_names_the_operation_in_its_reply_is_understood(desk: Desk) -> None:
    search = start(desk, "ucs.search_contacts")
    desk.accept(search, "an id of the server")
    desk.feed(ucs_message("EventSearchContact", operationId="an id of the server"))
    assert desk.how(search) == BY_ID


# --- without ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "answer"), ANSWERS, ids=lambda value: value if isinstance(value, str) else "")
def test_message_without_an_operation_id_answers_the_oldest_that_waits_for_its_name_and_says_that_it_is_a_guess(
    desk: Desk, operation: str, answer: Notice
) -> None:
    older, younger = start(desk, operation), start(desk, operation)
    desk.feed(answer)
    assert (desk.how(older), desk.how(younger)) == (("succeeded", "guess"), None)
    desk.feed(answer)
    assert desk.how(younger) == SUCCEEDED


NAMING = [(operation, answer) for operation, answer in ANSWERS if "1" in str(answer.payload)]


@pytest.mark.parametrize(("operation", "answer"), NAMING, ids=lambda value: value if isinstance(value, str) else "")
def test_answer_about_another_object_is_not_ours(desk: Desk, operation: str, answer: Notice) -> None:
    elsewhere = {name: f"{value}-other" for name, value in ARGUMENTS.items() if isinstance(value, str)}
    other = start(desk, operation, **elsewhere)
    ours = start(desk, operation)
    desk.feed(answer)
    assert (desk.how(other), desk.how(ours)) == (None, SUCCEEDED)


def test_answer_of_another_name_is_not_ours(desk: Desk) -> None:
    update = start(desk, "ucs.update_contact")
    desk.feed(ucs_message("EventContactDeleted", contactId="c1"), ucs_message("EventGetContactDetails", contactId="c1"))
    assert desk.how(update) is None


def test_new_snapshot_is_told_from_another_by_its_condition(desk: Desk) -> None:
    emails = start(desk, "media_management.get_snapshot", condition="MediaType='email'")
    chats = start(desk, "media_management.get_snapshot", condition="MediaType='chat'")
    desk.feed(message("SnapshotMessage", "SnapshotContent", snapshotId="two", condition="MediaType='chat'"))
    assert (desk.how(emails), desk.how(chats)) == (None, SUCCEEDED)


def test_page_of_a_known_snapshot_is_not_taken_for_a_new_one(desk: Desk) -> None:
    taken = start(desk, "media_management.get_snapshot")
    page = start(desk, "media_management.get_snapshot_content")
    desk.feed(message("SnapshotMessage", "SnapshotContent", snapshotId="s1"))
    assert (desk.how(taken), desk.how(page)) == (None, SUCCEEDED)


# --- placing in a workbin ---------------------------------------------------------------------------------------------


def content_changed(change: str, interaction: str = "i1", workbin: str = "w1") -> Notice:
    return message(
        "WorkbinsMessage",
        "EventWorkbinContentChanged",
        workbin={"id": workbin, "owner": "JohnSmith"},
        interaction={"id": interaction},
        operation="PlaceInWorkbin",
        workbinContentOperation=change,
    )


def test_interaction_is_placed_once_the_workbin_says_that_it_came(desk: Desk) -> None:
    placed = start(desk, "workbins.add_interaction")
    desk.feed(content_changed("Add", "i2"), content_changed("Remove"), content_changed("Add", workbin="w2"))
    assert desk.how(placed) is None
    desk.feed(content_changed("Add"))
    assert desk.how(placed) == SUCCEEDED


def test_interaction_is_placed_once_it_is_in_a_workbin_itself(desk: Desk) -> None:
    placed = start(desk, "workbins.add_interaction")
    interaction = {"id": "i1", "state": "InWorkbin"}
    desk.feed(Notice(CHANNELS["InteractionStateChanged"], "InteractionStateChanged", {"interaction": interaction}))
    assert desk.how(placed) == SUCCEEDED


def test_change_of_content_settles_nothing_else(desk: Desk) -> None:
    waiting = [start(desk, f"workbins.{name}") for name in ("get_content", "subscribe", "get_interaction_details")]
    desk.feed(content_changed("Add"), content_changed("Remove"))
    assert [desk.how(pending) for pending in waiting] == [None] * 3


# --- acceptance -------------------------------------------------------------------------------------------------------

ON_ACCEPTANCE = {
    "standard_responses.add_favorite", "standard_responses.delete_favorite", "standard_responses.delete_all_favorites",
    "workbins.subscribe_many", "workbins.unsubscribe_many",
}  # fmt: skip


@pytest.mark.parametrize("operation", sorted(ROUTES))
def test_acceptance_settles_only_what_has_no_documented_answer(desk: Desk, operation: str) -> None:
    pending = start(desk, operation)
    desk.accept(pending)
    desk.wait(ERROR_GRACE)
    assert desk.how(pending) == (("succeeded", "reply") if operation in ON_ACCEPTANCE else None)
    desk.wait(15)
    if operation not in ON_ACCEPTANCE:
        assert desk.how(pending) == ("timed out", None)


# --- errors -----------------------------------------------------------------------------------------------------------

CONTACTS, WORKBINS, MANAGEMENT = "/workspace/v3/contacts", "/workspace/v3/workbins", "/workspace/v3/media-management"


@pytest.mark.parametrize(
    "failure",
    [
        {"error": {"errorCode": 404, "errorMessage": "no such contact"}},
        {"errorCode": 404},
        {"errorMessage": "no such contact"},
        {"fault": "no such contact"},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("named", [True, False])
def test_answer_that_holds_an_error_fails_the_operation(desk: Desk, failure: dict[str, Any], named: bool) -> None:
    details = start(desk, "ucs.get_contact_details")
    ours = {"operationId": details.expectation.operation_id} if named else {"contactId": "c1"}
    desk.feed(ucs_message("EventGetContactDetails", **ours, **failure))
    assert desk.how(details) == ("failed", "operation-id" if named else "object")
    error = desk.settlements[details].error
    assert error is not None
    assert error.code in (404, None)


def test_error_in_an_answer_to_another_client_is_not_ours(desk: Desk) -> None:
    details = start(desk, "ucs.get_contact_details")
    desk.feed(ucs_message("EventGetContactDetails", operationId="of another tab", contactId="c1", errorCode=404))
    assert desk.how(details) is None


@pytest.mark.parametrize(
    ("operation", "channel", "named"),
    [
        ("ucs.get_contact_details", CONTACTS, {"contactId": "c1"}),
        ("ucs.set_call_comment", CONTACTS, {"interactionId": "i1"}),
        ("standard_responses.get", CONTACTS, {"standardResponseId": "r1"}),
        ("standard_responses.get_category_details", CONTACTS, {"categoryId": "k1"}),
        ("workbins.get_content", WORKBINS, {"workbinId": "w1"}),
        ("workbins.add_interaction", WORKBINS, {"interactionId": "i1"}),
        ("workbins.subscribe_many", WORKBINS, {"workbinId": "w2"}),
        ("media_management.get_snapshot_content", MANAGEMENT, {"snapshotId": "s1"}),
        ("media_management.complete", MANAGEMENT, {"interactionId": "i2"}),
        ("media_management.get_details", MANAGEMENT, {"interaction": {"id": "i1"}}),
    ],
)
def test_error_finds_its_operation_by_the_object_that_it_names(
    desk: Desk, operation: str, channel: str, named: dict[str, Any]
) -> None:
    older = start(
        desk, operation, **{name: f"{value}-other" for name, value in ARGUMENTS.items()} | {"interactions": ["x"]}
    )
    ours = start(desk, operation)
    desk.feed(error_event(404, channel=channel, **named))
    assert (desk.how(older), desk.how(ours)) == (None, ("failed", "object"))


def test_error_of_one_service_is_never_that_of_another(desk: Desk) -> None:
    waiting = [start(desk, name) for name in ("ucs.search_contacts", "workbins.get_workbins")]
    desk.feed(error_event(50, channel=MANAGEMENT), error_event(50, channel="/workspace/v3/voice"))
    assert [desk.how(pending) for pending in waiting] == [None, None]


def test_end_of_an_interaction_does_not_end_operations_on_its_record(desk: Desk) -> None:
    names = ("ucs.set_call_comment", "ucs.assign_interaction_to_contact", "workbins.get_interaction_details")
    waiting = [start(desk, name) for name in names]
    interaction = {"id": "i1", "state": "Completed"}
    desk.feed(Notice(CHANNELS["InteractionStateChanged"], "InteractionStateChanged", {"interaction": interaction}))
    assert [desk.how(pending) for pending in waiting] == [None] * 3


# --- whatever comes ---------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["c1", "i1", "w1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = (
    "name", "operationId", "contactId", "interactionId", "workbinId", "workbin", "interaction", "category", "error",
    "standardResponse", "notificationType", "snapshotId", "condition", "workbinContentOperation", "errorCode",
)  # fmt: skip
NAMES = sorted({str(answer.payload.get("name") or answer.payload["notificationType"]) for _, answer in ANSWERS})


@given(
    kind=st.sampled_from(["UcsMessage", "WorkbinsMessage", "SnapshotMessage"]),
    payload=st.dictionaries(st.sampled_from(MEMBERS), JSON | st.sampled_from(NAMES), max_size=8),
)
def test_no_message_breaks_the_event_path_or_settles_anything_twice(kind: str, payload: dict[str, Any]) -> None:
    for desk in open_desk(routes=ROUTES):
        for operation in ROUTES:
            start(desk, operation)
        notice = Notice(CHANNELS[kind], kind, payload)
        desk.feed(notice)
        assert len(desk.settlements) <= 1
        desk.feed(notice, notice)
