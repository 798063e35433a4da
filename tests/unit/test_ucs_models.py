"""Models and results of contacts, standard responses, workbins and snapshots, whatever the service sends."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.module import NothingKnown
from engage_async.api.workspace import media_management, standard_responses, ucs, workbins
from engage_async.models.codec import structure, unstructure
from engage_async.models.contacts import contact_properties
from engage_async.models.events import read_event
from engage_async.protocol.notices import Notice
from engage_async.protocol.route import Route

ROUTES = [
    route
    for module in (ucs, standard_responses, workbins, media_management)
    for route in vars(module).values()
    if isinstance(route, Route) and route.gives is not None
]


# --- contacts ---------------------------------------------------------------------------------------------------------


def test_contact_is_read_alike_from_details_and_from_a_search() -> None:
    detailed = structure(
        ea.Contact,
        {
            "contactId": "c1",
            "attributes": {
                "FirstName": [{"value": "Ada"}],
                "PhoneNumber": [{"value": "1"}, {"value": "2", "primary": True}],
                "Odd": "text",
                "Odder": [7, None, {"no": "value"}],
            },
        },
    )
    found = structure(
        ea.Contact, {"id": "c1", "firstName": "Ada", "phoneNumbers": ["1", "2"], "CompanyName": "Engines"}
    )
    for contact in (detailed, found):
        assert (contact.id, contact.first_name, contact.phone_numbers) == ("c1", "Ada", ("1", "2"))
        assert (contact.last_name, contact.email_addresses) == (None, ())
    assert (detailed.first("PhoneNumber"), found.first("PhoneNumber")) == ("2", "1")
    assert (detailed.get_all("Odd"), detailed.get_all("Odder")) == (("text",), ("",))
    assert found.first("CompanyName") == "Engines"


def test_attributes_are_written_with_all_that_is_known_of_a_value() -> None:
    value = ea.AttributeValue(value="1", primary=True, description="home")
    given_attributes: Any = {"FirstName": "Ada", "PhoneNumber": [value, "2"], "Gone": []}
    assert contact_properties(given_attributes, argument="attributes") == [
        {"name": "FirstName", "values": [{"value": "Ada"}]},
        {"name": "PhoneNumber", "values": [{"value": "1", "primary": True, "description": "home"}, {"value": "2"}]},
        {"name": "Gone", "values": []},
    ]


def test_owner_of_an_interaction_is_read_alone_and_in_a_list() -> None:
    owner = {"DBID": 101, "userName": "JohnSmith"}
    alone = structure(ea.InteractionRecord, {"id": "i", "ownerInformation": owner})
    listed = structure(ea.InteractionRecord, {"id": "i", "ownerInformation": [owner, "nobody"]})
    assert [each.user_name for each in alone.owners] == [each.user_name for each in listed.owners] == ["JohnSmith"]
    assert structure(ea.InteractionRecord, {"id": "i"}).owners == ()


def test_live_and_past_interactions_have_one_record() -> None:
    past = structure(ea.InteractionRecord, {"id": "i", "mediaType": "email", "typeId": "Inbound", "subtypeId": "New"})
    live = structure(
        ea.InteractionRecord,
        {"id": "i", "mediatype": "email", "interactionType": "Inbound", "interactionSubtype": "New"},
    )
    for record in (past, live):
        assert (record.media_type, record.type_id, record.subtype_id) == ("email", "Inbound", "New")


# --- results ----------------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = (
    "contacts", "totalCount", "contactId", "contactIds", "attributes", "interactions", "foundInteractions", "indexes",
    "interaction", "interactionId", "isCreated", "categories", "category", "standardResponse", "standardResponses",
    "responses", "body", "workbins", "workbin", "snapshotId", "numberOfInteractions", "name", "operation",
    "workbinContentOperation", "notificationType", "operationId",
)  # fmt: skip
PAYLOADS = st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=6)


@given(payload=PAYLOADS)
def test_results_are_made_of_any_message_or_the_message_is_malformed(payload: dict[str, Any]) -> None:
    for gives in {route.gives for route in ROUTES if route.gives is not None}:
        with contextlib.suppress(ea.MalformedResponse):
            gives({"messageType": "UcsMessage", **payload}, {"contact_id": "c1"}, NothingKnown())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_result_of_mere_acceptance_is_empty(route: Route) -> None:
    assert route.gives is not None
    route.gives({}, {}, NothingKnown())


def test_answer_without_what_it_is_about_says_so() -> None:
    gives = next(route.gives for route in ROUTES if route.name == "ucs.search_contacts")
    assert gives is not None
    with pytest.raises(ea.MalformedResponse, match="EventOther has no readable contacts"):
        gives({"messageType": "UcsMessage", "name": "EventOther"}, {}, NothingKnown())


@given(kind=st.sampled_from(["UcsMessage", "WorkbinsMessage", "SnapshotMessage"]), payload=PAYLOADS)
def test_any_message_becomes_an_event_that_loses_nothing(kind: str, payload: dict[str, Any]) -> None:
    payload = {name: value for name, value in payload.items() if value is not None} | {"messageType": kind}
    event = read_event(Notice("/workspace/v3/contacts", kind, payload))
    assert type(event).__name__ == kind
    assert event.raw == payload
    wire = unstructure(event)
    for name, value in payload.items():
        if isinstance(value, str | int | bool) and value not in ("", 0):
            assert wire[name] == value
