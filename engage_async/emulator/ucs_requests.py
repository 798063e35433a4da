"""The operations of the workspace groups `ucs` and `standardResponses`: their forms, and what each does.

Must live here: the tables, and the way from a request to the stores and to the message that answers it. Must not: how
contacts, records and responses are kept, HTTP.

Sources: the request models of the vendor's clients; its agent API simulator for the messages. The messages about
favorites are not documented: their names here are this emulator's own.
"""

from __future__ import annotations

from typing import Any

from engage_async.emulator.history import ATTRIBUTES
from engage_async.emulator.record_answers import CONTACTS, Answer, RecordRefused, RecordRequest
from engage_async.emulator.record_requests import RecordOperation, integer, moment, objects, properties, words
from engage_async.emulator.records import Records
from engage_async.emulator.request_forms import Form, boolean, one_of, pairs, text
from engage_async.emulator.standard_responses import Rendering
from engage_async.emulator.tlib_errors import TLibError

__all__ = ["RESPONSES_OPERATIONS", "UCS_OPERATIONS"]

_MOST_RESULTS = 100
_EVERYTHING = ("*",)
_SORTS = {"ascending": True, "descending": False}


# --- contacts ---------------------------------------------------------------------------------------------------------


def _search_contacts(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    found, total = records.contacts.search(
        data["query"],
        sort=data.get("sortCriteria", ()),
        start=data.get("startIndex", 0),
        most=data.get("maxResults", _MOST_RESULTS),
    )
    wanted = data["returnedAttributes"]
    return "EventSearchContact", {"contacts": [each.found(wanted) for each in found], "totalCount": total}


def _contact_details(records: Records, request: RecordRequest) -> Answer:
    contact = records.contacts.get(request.named["contactId"])
    attributes = contact.details(request.data["returnedAttributes"])
    return "EventGetContactDetails", {"contactId": contact.id, "attributes": attributes}


def _create_contact(records: Records, request: RecordRequest) -> Answer:
    contact = records.contacts.create(request.data["properties"])
    return "EventContactInserted", {"contactId": contact.id, "attributes": contact.details(_EVERYTHING)}


def _update_contact(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    records.contacts.update(
        request.named["contactId"], data["addedProperties"], data["changedProperties"], data["deletedProperties"]
    )
    return "EventContactUpdated", dict(request.named)


def _delete_contact(records: Records, request: RecordRequest) -> Answer:
    records.contacts.delete(request.named["contactId"])
    return "EventContactDeleted", {**request.named, "deleted": "true"}


# --- history ----------------------------------------------------------------------------------------------------------


def _contact_history(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    found = records.history.of_contact(request.named["contactId"], (data.get("fromDate"), data.get("toDate")))
    listed = [records.history.listed(each, data["returnedAttributes"]) for each in found]
    return "EventGetContactHistory", {**request.named, "interactions": listed}


def _agent_history(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    sort = data.get("sort", "descending").casefold()
    if sort not in _SORTS:
        raise RecordRefused(TLibError.INVALID_ATTRIBUTE, "sort: neither ascending nor descending")
    span = data.get("fromDate"), data.get("toDate")
    found = records.history.of_agent(data.get("userId", request.user), span, oldest_first=_SORTS[sort])
    return _found(records, request, found)


def _search_interactions(records: Records, request: RecordRequest) -> Answer:
    found = records.history.search(request.data.get("query"), request.data.get("owner", ()))
    return _found(records, request, found)


def _found(records: Records, request: RecordRequest, found: list[Any]) -> Answer:
    given = found[: request.data.get("maxResults", _MOST_RESULTS)]
    listed = [records.history.listed(each, request.data.get("returnedAttributes")) for each in given]
    counts = {"foundInteractions": len(found), "returnedInteractions": len(listed)}
    return "EventSearchInteractions", {"interactions": listed, **counts}


def _interaction_details(records: Records, request: RecordRequest) -> Answer:
    record = records.history.get(request.named["interactionId"])
    content = records.history.content(record)
    wanted = request.data.get("returnedAttributes")
    if wanted is not None:
        members = {ATTRIBUTES.get(name, name[:1].lower() + name[1:]) for name in wanted} | {"id"}
        content = {name: value for name, value in content.items() if name in members}
    return "EventGetInteractionContent", {**request.named, "interaction": content}


def _identify_contact(records: Records, request: RecordRequest) -> Answer:
    with records.acting(request):
        found, created = records.history.identify(
            request.named["interactionId"], create=request.data.get("createContactEnabled", False)
        )
    answer: dict[str, Any] = {"contactIds": [each.id for each in found], "contactCreated": created}
    return "EventIdentifiedContact", {
        **request.named,
        **({"contactId": found[0].id} if len(found) == 1 else {}),
        **answer,
        "nbContacts": len(found),
    }


def _assign_contact(records: Records, request: RecordRequest) -> Answer:
    with records.acting(request):
        records.history.assign(request.named["interactionId"], request.data["contactId"])
    return "EventInteractionAssignedToContact", {**request.named, "contactId": request.data["contactId"]}


def _set_comment(records: Records, request: RecordRequest) -> Answer:
    with records.acting(request):
        records.history.set_comment(request.named["interactionId"], request.data["comment"])
    return "EventUpdateInteraction", dict(request.named)


def _set_completed(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    records.history.complete(request.named["interactionId"], data["callDuration"], data["userData"])
    return "EventUpdateInteraction", dict(request.named)


def _find_or_create(records: Records, request: RecordRequest) -> Answer:
    record, created = records.history.of_call(request.user, request.named["callId"])
    return "EventFindOrCreatePhoneCall", {"isCreated": created, "interactionId": record.id}


def _lucene_indexes(records: Records, _: RecordRequest) -> Answer:
    kept = (
        ("contact", "Contacts", records.contacts.fields()),
        ("interaction", "Interactions", records.history.fields()),
        ("response", "Standard responses", records.responses.fields()),
    )
    indexes = [
        {
            "indexName": name,
            "description": description,
            "fields": [{"fieldName": each, "isSearchable": True, "isStored": True} for each in fields],
        }
        for name, description, fields in kept
    ]
    return "EventGetIndexProperties", {"indexes": indexes}


# --- standard responses -----------------------------------------------------------------------------------------------


def _root_categories(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    roots = records.responses.roots(approved=data.get("approved", False), language=data.get("language"))
    return "EventGetRootCategories", {"categories": roots}


def _category_details(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    category = records.responses.category(
        request.named["categoryId"],
        categories=data.get("returnChildrenCategories", True),
        responses=data.get("returnChildrenSRInfo", True),
        approved=data.get("approved", False),
    )
    return "EventGetCategory", {"category": category}


def _response_details(records: Records, request: RecordRequest) -> Answer:
    if request.data.get("version", 0) != 0:
        raise RecordRefused(TLibError.INVALID_ATTRIBUTE, "No such version", **request.named)
    response = records.responses.response(
        request.named["standardResponseId"], attachments=request.data.get("attachments", False)
    )
    return "EventGetStandardResponse", {"standardResponse": response}


def _search_responses(records: Records, request: RecordRequest) -> Answer:
    found = records.responses.search(request.data["query"], request.data.get("maxResults", _MOST_RESULTS))
    return "EventSearchStandardResponses", {"responses": found}


def _render(records: Records, request: RecordRequest) -> Answer:
    data = request.data
    record = records.history.get(data["interactionId"])
    known = record.contact_id is not None and record.contact_id in records.contacts
    rendering = Rendering(
        records.directory.users[request.user],
        record,
        records.contacts.get(record.contact_id) if known and record.contact_id is not None else None,
        data.get("customProperties", []),
        data.get("agentCustomProperties", []),
    )
    body = records.responses.render(
        request.named["standardResponseId"], rendering, plain=data.get("usePlainText", False)
    )
    return "EventRenderFieldCodes", {"body": body}


def _report_usage(records: Records, request: RecordRequest) -> Answer:
    record = records.history.get(request.data["interactionId"])
    kind = request.data.get("responseType")
    records.responses.report(request.user, request.named["standardResponseId"], record.id, kind)
    return "EventReportStandardResponseUsageAck", {}


def _favorites(records: Records, request: RecordRequest) -> Answer:
    return "EventGetFavoriteResponses", {"standardResponses": records.responses.favorites(request.user)}


def _add_favorite(records: Records, request: RecordRequest) -> Answer:
    records.responses.add_favorite(request.user, request.named["standardResponseId"])
    return "EventFavoriteResponseAdded", dict(request.named)


def _remove_favorite(records: Records, request: RecordRequest) -> Answer:
    records.responses.remove_favorite(request.user, request.named["standardResponseId"])
    return "EventFavoriteResponseRemoved", dict(request.named)


def _remove_favorites(records: Records, request: RecordRequest) -> Answer:
    records.responses.remove_favorites(request.user)
    return "EventFavoriteResponsesRemoved", {}


# --- the tables -------------------------------------------------------------------------------------------------------

_USAGES = (
    "SystemAutoResponse",
    "SuggestedResponsesIgnored",
    "SuggestedResponseChoosen",
    "SuggestedResponseNotReceived",
    "AdministratorResponse",
)
_SPAN = {"fromDate": moment, "toDate": moment}
_SEARCH = Form({"query": text, "owner": words, "returnedAttributes": words, "maxResults": integer})
_COMPLETED = Form({"callDuration": integer, "userData": pairs}, required=("callDuration", "userData"))

_CONTACT, _INTERACTION, _VOICE = "/ucs/contacts/{contactId}", "/ucs/interactions/{interactionId}", "/ucs/voice"
_RESPONSE = "/ucs/responses/{standardResponseId}"

UCS_OPERATIONS = (
    RecordOperation(
        "/ucs/contacts/search",
        CONTACTS,
        _search_contacts,
        form=Form(
            {
                "query": text,
                "returnedAttributes": words,
                "startIndex": integer,
                "maxResults": integer,
                "sortCriteria": objects,
            },
            required=("query", "returnedAttributes"),
        ),
    ),
    RecordOperation(
        f"{_CONTACT}/get-details",
        CONTACTS,
        _contact_details,
        form=Form({"returnedAttributes": words}, required=("returnedAttributes",)),
    ),
    RecordOperation(
        "/ucs/contacts/create",
        CONTACTS,
        _create_contact,
        form=Form({"properties": properties}, required=("properties",)),
    ),
    RecordOperation(
        f"{_CONTACT}/update",
        CONTACTS,
        _update_contact,
        form=Form(
            {
                "contactId": text,
                "addedProperties": properties,
                "changedProperties": properties,
                "deletedProperties": words,
            },
            required=("addedProperties", "changedProperties", "deletedProperties"),
        ),
    ),
    RecordOperation(f"{_CONTACT}/delete", CONTACTS, _delete_contact),
    RecordOperation(
        f"{_CONTACT}/get-history",
        CONTACTS,
        _contact_history,
        form=Form({"returnedAttributes": words, **_SPAN}, required=("returnedAttributes",)),
    ),
    RecordOperation(
        "/ucs/get-agent-history",
        CONTACTS,
        _agent_history,
        form=Form({"returnedAttributes": words, "sort": text, "userId": text, **_SPAN}),
    ),
    RecordOperation("/ucs/ixn/search", CONTACTS, _search_interactions, form=_SEARCH),
    RecordOperation("/ucs/interactions/search", CONTACTS, _search_interactions, form=_SEARCH),
    RecordOperation(
        f"{_INTERACTION}/get-details", CONTACTS, _interaction_details, form=Form({"returnedAttributes": words})
    ),
    RecordOperation(
        f"{_INTERACTION}/identify-contact", CONTACTS, _identify_contact, form=Form({"createContactEnabled": boolean})
    ),
    RecordOperation(
        f"{_INTERACTION}/assign-contact",
        CONTACTS,
        _assign_contact,
        form=Form({"contactId": text}, required=("contactId",)),
    ),
    RecordOperation(
        f"{_INTERACTION}/set-comment", CONTACTS, _set_comment, form=Form({"comment": text}, required=("comment",))
    ),
    RecordOperation(f"{_INTERACTION}/set-completed", CONTACTS, _set_completed, form=_COMPLETED),
    RecordOperation(f"{_INTERACTION}/set-call-completed", CONTACTS, _set_completed, form=_COMPLETED),
    RecordOperation(f"{_VOICE}/{{interactionId}}/set-call-completed", CONTACTS, _set_completed, form=_COMPLETED),
    RecordOperation(f"{_VOICE}/{{callId}}/find-or-create", CONTACTS, _find_or_create),
    RecordOperation("/ucs/get-lucene-indexes", CONTACTS, _lucene_indexes),
)

RESPONSES_OPERATIONS = (
    RecordOperation(
        "/ucs/responses/categories/get-root",
        CONTACTS,
        _root_categories,
        form=Form({"approved": boolean, "language": text}),
    ),
    RecordOperation(
        "/ucs/responses/categories/{categoryId}/get-details",
        CONTACTS,
        _category_details,
        form=Form({"returnChildrenCategories": boolean, "returnChildrenSRInfo": boolean, "approved": boolean}),
    ),
    RecordOperation(
        f"{_RESPONSE}/get-details",
        CONTACTS,
        _response_details,
        form=Form({"version": integer, "attachments": boolean}),
    ),
    RecordOperation(
        "/ucs/responses/search",
        CONTACTS,
        _search_responses,
        form=Form({"query": text, "returnedAttributes": words, "maxResults": integer}, required=("query",)),
    ),
    RecordOperation(
        f"{_RESPONSE}/render-field-codes",
        CONTACTS,
        _render,
        form=Form(
            {
                "interactionId": text,
                "usePlainText": boolean,
                "customProperties": pairs,
                "agentCustomProperties": pairs,
            },
            required=("interactionId",),
        ),
    ),
    RecordOperation(
        f"{_RESPONSE}/report-usage",
        CONTACTS,
        _report_usage,
        form=Form({"interactionId": text, "responseType": one_of(*_USAGES)}, required=("interactionId",)),
    ),
    RecordOperation("/ucs/responses/get-favorites", CONTACTS, _favorites),
    RecordOperation(f"{_RESPONSE}/add-to-favorites", CONTACTS, _add_favorite),
    RecordOperation(f"{_RESPONSE}/remove-from-favorites", CONTACTS, _remove_favorite),
    RecordOperation("/ucs/responses/remove-all-favorites", CONTACTS, _remove_favorites),
)
