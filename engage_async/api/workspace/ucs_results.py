"""What the operations on contacts, standard responses, workbins and snapshots give, made from their messages.

Must live here: small functions named by what they give. Must not: which operation uses which.

A message that answers an operation and lacks what it is about is a `MalformedResponse`; entries of a list that are no
objects are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engage_async.api.module import Known
from engage_async.errors import MalformedResponse
from engage_async.models.codec import structure
from engage_async.models.contacts import (
    Contact,
    FoundContacts,
    FoundInteractions,
    IdentifiedContact,
    InteractionRecord,
    LuceneIndex,
    PhoneCallRecord,
)
from engage_async.models.interactions import Interaction
from engage_async.models.standard_responses import ResponseCategory, StandardResponse
from engage_async.models.workbins import Snapshot, Workbin

__all__ = [
    "a_call_record", "a_category", "a_contact", "a_live_interaction", "a_record", "a_rendered_body", "a_response",
    "a_snapshot", "a_workbin", "an_identified_contact", "found_contacts", "found_records", "these_categories",
    "these_indexes", "these_records", "these_responses", "these_workbins", "workbins_by_id",
]  # fmt: skip

Payload = Mapping[str, Any]

_ENVELOPE = frozenset({"messageType", "name", "notificationType", "operationId"})


# --- contacts ---------------------------------------------------------------------------------------------------------


def found_contacts(payload: Payload, _arguments: Payload, _known: Known) -> FoundContacts:
    """One page of contacts."""
    return structure(FoundContacts, {**_content(payload), "contacts": _objects(payload, "contacts")})


def a_contact(payload: Payload, arguments: Payload, _known: Known) -> Contact:
    """The contact of the message, with the id of the request when it has none."""
    attributes = _member(payload, "attributes", dict)
    return structure(Contact, {"id": payload.get("contactId") or arguments.get("contact_id"), "attributes": attributes})


def these_records(payload: Payload, _arguments: Payload, _known: Known) -> tuple[InteractionRecord, ...]:
    """The interactions of a contact."""
    return tuple(structure(InteractionRecord, each) for each in _objects(payload, "interactions"))


def found_records(payload: Payload, _arguments: Payload, _known: Known) -> FoundInteractions:
    """The interactions that were found, and how many there are."""
    return structure(FoundInteractions, {**_content(payload), "interactions": _objects(payload, "interactions")})


def these_indexes(payload: Payload, _arguments: Payload, _known: Known) -> tuple[LuceneIndex, ...]:
    """The indexes."""
    return tuple(structure(LuceneIndex, each) for each in _objects(payload, "indexes"))


def an_identified_contact(payload: Payload, _arguments: Payload, _known: Known) -> IdentifiedContact:
    """The contact that an interaction is with."""
    return structure(IdentifiedContact, _content(payload))


def a_record(payload: Payload, _arguments: Payload, _known: Known) -> InteractionRecord:
    """The interaction as the contact server keeps it."""
    return structure(InteractionRecord, _member(payload, "interaction", dict))


def a_call_record(payload: Payload, _arguments: Payload, _known: Known) -> PhoneCallRecord:
    """The record of a call."""
    return structure(PhoneCallRecord, _content(payload))


# --- standard responses -----------------------------------------------------------------------------------------------


def these_categories(payload: Payload, _arguments: Payload, _known: Known) -> tuple[ResponseCategory, ...]:
    """The categories at the root."""
    return tuple(structure(ResponseCategory, each) for each in _objects(payload, "categories"))


def a_category(payload: Payload, _arguments: Payload, _known: Known) -> ResponseCategory:
    """The category of the message."""
    return structure(ResponseCategory, _member(payload, "category", dict))


def a_response(payload: Payload, _arguments: Payload, _known: Known) -> StandardResponse:
    """The standard response of the message."""
    return structure(StandardResponse, _member(payload, "standardResponse", dict))


def these_responses(payload: Payload, _arguments: Payload, _known: Known) -> tuple[StandardResponse, ...]:
    """The standard responses of the message: favorites, or those that were found."""
    member = "responses" if "responses" in payload else "standardResponses"
    return tuple(structure(StandardResponse, each) for each in _objects(payload, member))


def a_rendered_body(payload: Payload, _arguments: Payload, _known: Known) -> str:
    """A text with its field codes rendered."""
    return str(_member(payload, "body", str))


# --- workbins and snapshots -------------------------------------------------------------------------------------------


def these_workbins(payload: Payload, _arguments: Payload, _known: Known) -> tuple[Workbin, ...]:
    """The workbins of the agent, without their content."""
    return tuple(structure(Workbin, each) for each in _objects(payload, "workbins"))


def workbins_by_id(payload: Payload, _arguments: Payload, _known: Known) -> Mapping[str, Workbin]:
    """Workbins with their content, by id."""
    content = _member(payload, "workbins", dict)
    return {name: structure(Workbin, each) for name, each in content.items() if isinstance(each, dict)}


def a_workbin(payload: Payload, _arguments: Payload, _known: Known) -> Workbin:
    """The workbin of the message, with its content."""
    return structure(Workbin, _member(payload, "workbin", dict))


def a_live_interaction(payload: Payload, _arguments: Payload, _known: Known) -> Interaction:
    """The interaction of the message."""
    return structure(Interaction, _member(payload, "interaction", dict))


def a_snapshot(payload: Payload, _arguments: Payload, _known: Known) -> Snapshot:
    """A snapshot, or a page of one."""
    return structure(Snapshot, {**_content(payload), "interactions": _objects(payload, "interactions")})


# ----------------------------------------------------------------------------------------------------------------------


def _content(payload: Payload) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in _ENVELOPE}


def _objects(payload: Payload, name: str) -> list[dict[str, Any]]:
    return [each for each in _member(payload, name, list) if isinstance(each, dict)]


def _member(payload: Payload, name: str, kind: type[Any]) -> Any:
    """A member of the message; empty when there is no message, because acceptance or a bare reply settled it."""
    value = payload.get(name)
    if isinstance(value, kind):
        return value
    if "messageType" in payload:
        told = payload.get("name") or payload.get("notificationType") or payload["messageType"]
        raise MalformedResponse(f"{told!s:.60} has no readable {name}")
    return kind()
