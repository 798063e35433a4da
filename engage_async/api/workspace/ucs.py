"""Contacts and the interactions with them that the contact server (UCS) keeps.

Must live here: the routes of the group and one method for each, in the same order; then the searches that page by
themselves. Must not: anything that branches.

Operations send nothing until they are awaited, and raise `InvalidArgument` for arguments that cannot be sent,
`ApiError` when the server refuses the request, `OperationFailed` when the contact server does, `OperationTimeout` after
`timeout` seconds (default: the setting `operation_timeout`; the vendor's simulator is silent about a contact that it
does not know), `OperationLost`, `NotSent`, and `MalformedResponse` for an answer without what it is about.

Queries are Lucene's: ``LastName:smi* AND PhoneNumber:555*``; `get_lucene_indexes` tells which fields they may name, and
`lucene_term` makes any text a term of one. `returned_attributes` names what a result shall hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from attrs import evolve

from engage_async.api.arguments import chosen, names
from engage_async.api.module import ApiModule
from engage_async.api.pages import ByIndex, ByTime, Page, Pages
from engage_async.api.results import nothing
from engage_async.api.workspace.ucs_results import (
    a_call_record,
    a_contact,
    a_record,
    an_identified_contact,
    found_contacts,
    found_records,
    these_indexes,
    these_records,
)
from engage_async.models.contacts import (
    Attributes,
    Contact,
    FoundContacts,
    FoundInteractions,
    IdentifiedContact,
    InteractionRecord,
    LuceneIndex,
    PhoneCallRecord,
    contact_properties,
)
from engage_async.operation import Operation
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.moments import moment
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family
from engage_async.protocol.ucs_completion import ucs

CONTACT_ATTRIBUTES = ("Title", "FirstName", "LastName", "PhoneNumber", "EmailAddress")
"""What a result holds of a contact when nothing else is asked for."""

HISTORY_ATTRIBUTES = (
    "Id", "ContactId", "MediaTypeId", "TypeId", "SubtypeId", "Status", "Subject", "StartDate", "EndDate", "OwnerId",
    "ThreadId", "ParentId",
)  # fmt: skip
"""What a result holds of an interaction when nothing else is asked for."""

NO_ATTRIBUTES: Attributes = MappingProxyType({})
NO_USER_DATA: KeyValues = MappingProxyType({})

SAFE, REPEATABLE = Repeat.SAFE, Repeat.REPEATABLE

PathForm = Literal["client", "simulator"]
"""Where the vendor's sources disagree on a path: that of its newest client with the operation, or of its simulator."""

_WIRE = {
    "same_contact_id": "contactId",
    "attributes": "properties",
    "added": "addedProperties",
    "changed": "changedProperties",
    "deleted": "deletedProperties",
}
_ucs = Family("/workspace/v3", "ucs", "/ucs/", wire=_WIRE, domain="contacts", gives=nothing)

_SEARCH_CONTACTS = _ucs.post(
    "search_contacts",
    ucs("EventSearchContact"),
    path="/ucs/contacts/search",
    repeat=SAFE,
    needs=("query",),
    gives=found_contacts,
)
_GET_CONTACT_DETAILS = _ucs.post(
    "get_contact_details",
    ucs("EventGetContactDetails", contact="contact_id"),
    path="/ucs/contacts/{contact_id}/get-details",
    repeat=SAFE,
    gives=a_contact,
)
_CREATE_CONTACT = _ucs.post("create_contact", ucs("EventContactInserted"), path="/ucs/contacts/create", gives=a_contact)
_UPDATE_CONTACT = _ucs.post(
    "update_contact", ucs("EventContactUpdated", contact="contact_id"), path="/ucs/contacts/{contact_id}/update"
)
_DELETE_CONTACT = _ucs.post(
    "delete_contact",
    ucs("EventContactDeleted", contact="contact_id"),
    path="/ucs/contacts/{contact_id}/delete",
    body="bare",
)
_GET_CONTACT_HISTORY = _ucs.post(
    "get_contact_history",
    ucs("EventGetContactHistory", contact="contact_id"),
    path="/ucs/contacts/{contact_id}/get-history",
    repeat=SAFE,
    gives=these_records,
)
_GET_AGENT_HISTORY = _ucs.post("get_agent_history", ucs("EventSearchInteractions"), repeat=SAFE, gives=found_records)
_SEARCH_INTERACTIONS = _ucs.post(
    "search_interactions", ucs("EventSearchInteractions"), path="/ucs/ixn/search", repeat=SAFE, gives=found_records
)
_SEARCHES_INTERACTIONS = {
    "client": _SEARCH_INTERACTIONS,
    "simulator": evolve(_SEARCH_INTERACTIONS, template="/workspace/v3/ucs/interactions/search"),
}
_GET_INTERACTION_DETAILS = _ucs.post(
    "get_interaction_details",
    ucs("EventGetInteractionContent", record="interaction_id"),
    path="/ucs/interactions/{interaction_id}/get-details",
    repeat=SAFE,
    gives=a_record,
)
_IDENTIFY_CONTACT = _ucs.post(
    "identify_contact",
    ucs("EventIdentifiedContact"),
    path="/ucs/interactions/{interaction_id}/identify-contact",
    gives=an_identified_contact,
)
_ASSIGN_INTERACTION_TO_CONTACT = _ucs.post(
    "assign_interaction_to_contact",
    ucs("EventInteractionAssignedToContact", record="interaction_id"),
    path="/ucs/interactions/{interaction_id}/assign-contact",
    repeat=REPEATABLE,
    needs=("contact_id",),
)
_SET_CALL_COMMENT = _ucs.post(
    "set_call_comment",
    ucs("EventUpdateInteraction", record="interaction_id"),
    path="/ucs/interactions/{interaction_id}/set-comment",
    repeat=REPEATABLE,
)
_SET_CALL_COMPLETED = _ucs.post(
    "set_call_completed",
    ucs("EventUpdateInteraction", record="interaction_id"),
    path="/ucs/interactions/{interaction_id}/set-completed",
    repeat=REPEATABLE,
)
_SETS_CALL_COMPLETED = {
    "client": _SET_CALL_COMPLETED,
    "simulator": evolve(_SET_CALL_COMPLETED, template="/workspace/v3/ucs/voice/{interaction_id}/set-call-completed"),
}
_FIND_OR_CREATE_PHONE_CALL = _ucs.post(
    "find_or_create_phone_call",
    ucs("EventFindOrCreatePhoneCall"),
    path="/ucs/voice/{call_id}/find-or-create",
    repeat=REPEATABLE,
    body="bare",
    gives=a_call_record,
)
_GET_LUCENE_INDEXES = _ucs.post(
    "get_lucene_indexes", ucs("EventGetIndexProperties"), repeat=SAFE, body="bare", gives=these_indexes
)


class UcsApi(ApiModule):
    """Contacts and their history."""

    def search_contacts(
        self,
        query: str,
        *,
        returned_attributes: Sequence[str] = CONTACT_ATTRIBUTES,
        start_index: int | None = None,
        max_results: int | None = None,
        sort_criteria: Sequence[Mapping[str, Any]] | None = None,
        timeout: float | None = None,
    ) -> Operation[FoundContacts]:
        """One page of a search for contacts; `search` pages by itself.

        Settles with ``EventSearchContact``. `start_index` is that of the first result (0 is the first of all),
        `max_results` how many there may be. `sort_criteria` are sent as they are given.
        """
        return self._start(
            _SEARCH_CONTACTS,
            query=query,
            returned_attributes=names("returned_attributes", returned_attributes),
            start_index=start_index,
            max_results=max_results,
            sort_criteria=sort_criteria,
            timeout=timeout,
        )

    def get_contact_details(
        self,
        contact_id: str,
        *,
        returned_attributes: Sequence[str] = CONTACT_ATTRIBUTES,
        timeout: float | None = None,
    ) -> Operation[Contact]:
        """A contact with every value of the attributes named.

        Settles with ``EventGetContactDetails``.
        """
        return self._start(
            _GET_CONTACT_DETAILS,
            contact_id=contact_id,
            returned_attributes=names("returned_attributes", returned_attributes),
            timeout=timeout,
        )

    def create_contact(self, attributes: Attributes, *, timeout: float | None = None) -> Operation[Contact]:
        """Create a contact: ``{"LastName": "Doe", "PhoneNumber": ["5551212", "5551213"]}``.

        Settles with the contact under its new id, with ``EventContactInserted``.
        """
        return self._start(
            _CREATE_CONTACT, attributes=contact_properties(attributes, argument="attributes"), timeout=timeout
        )

    def update_contact(
        self,
        contact_id: str,
        *,
        added: Attributes = NO_ATTRIBUTES,
        changed: Attributes = NO_ATTRIBUTES,
        deleted: Sequence[str] = (),
        timeout: float | None = None,
    ) -> Operation[None]:
        """Add, change and delete attributes of a contact; an attribute that changes gets the values given here alone.

        Settles with ``EventContactUpdated``. `deleted` names attributes.
        """
        return self._start(
            _UPDATE_CONTACT,
            contact_id=contact_id,
            same_contact_id=contact_id,
            added=contact_properties(added, argument="added"),
            changed=contact_properties(changed, argument="changed"),
            deleted=names("deleted", deleted),
            timeout=timeout,
        )

    def delete_contact(self, contact_id: str, *, timeout: float | None = None) -> Operation[None]:
        """Delete a contact.

        Settles with ``EventContactDeleted``.
        """
        return self._start(_DELETE_CONTACT, contact_id=contact_id, timeout=timeout)

    def get_contact_history(
        self,
        contact_id: str,
        *,
        returned_attributes: Sequence[str] = HISTORY_ATTRIBUTES,
        from_date: datetime | None = None,
        to_date: datetime | None = None,
        timeout: float | None = None,
    ) -> Operation[tuple[InteractionRecord, ...]]:
        """The interactions with a contact that began between two moments; `history` pages by itself.

        Settles with ``EventGetContactHistory``. Moments have a time zone.
        """
        return self._start(
            _GET_CONTACT_HISTORY,
            contact_id=contact_id,
            returned_attributes=names("returned_attributes", returned_attributes),
            from_date=moment("from_date", from_date),
            to_date=moment("to_date", to_date),
            timeout=timeout,
        )

    def get_agent_history(
        self,
        *,
        returned_attributes: Sequence[str] | None = None,
        sort: str | None = None,
        from_date: datetime | None = None,
        to_date: datetime | None = None,
        user_id: str | None = None,
        timeout: float | None = None,
    ) -> Operation[FoundInteractions]:
        """The interactions that an agent handled, this one unless `user_id` names another; `agent_history` pages.

        Settles with ``EventSearchInteractions``. Moments have a time zone. `sort` is sent as it is given.
        """
        return self._start(
            _GET_AGENT_HISTORY,
            returned_attributes=names("returned_attributes", returned_attributes),
            sort=sort,
            from_date=moment("from_date", from_date),
            to_date=moment("to_date", to_date),
            user_id=user_id,
            timeout=timeout,
        )

    def search_interactions(
        self,
        query: str | None = None,
        *,
        owner: Sequence[str] | None = None,
        returned_attributes: Sequence[str] | None = None,
        max_results: int | None = None,
        form: PathForm = "client",
        timeout: float | None = None,
    ) -> Operation[FoundInteractions]:
        """Search the interactions of all contacts. The service knows no paging here: `found` tells what is missing.

        Settles with ``EventSearchInteractions``. `owner` names the agents whose interactions are searched. `form` is
        the path: ``"client"`` is ``/ucs/ixn/search``, ``"simulator"`` is ``/ucs/interactions/search``.
        """
        return self._start(
            chosen("form", form, _SEARCHES_INTERACTIONS),
            query=query,
            owner=names("owner", owner),
            returned_attributes=names("returned_attributes", returned_attributes),
            max_results=max_results,
            timeout=timeout,
        )

    def get_interaction_details(
        self, interaction_id: str, *, returned_attributes: Sequence[str] | None = None, timeout: float | None = None
    ) -> Operation[InteractionRecord]:
        """An interaction with its content, as the contact server keeps it.

        Settles with ``EventGetInteractionContent``.
        """
        return self._start(
            _GET_INTERACTION_DETAILS,
            interaction_id=interaction_id,
            returned_attributes=names("returned_attributes", returned_attributes),
            timeout=timeout,
        )

    def identify_contact(
        self, interaction_id: str, *, create_contact_enabled: bool | None = None, timeout: float | None = None
    ) -> Operation[IdentifiedContact]:
        """Find the contact of an interaction by its attached data, or create one if that is allowed.

        Settles with ``EventIdentifiedContact``.
        """
        return self._start(
            _IDENTIFY_CONTACT,
            interaction_id=interaction_id,
            create_contact_enabled=create_contact_enabled,
            timeout=timeout,
        )

    def assign_interaction_to_contact(
        self, interaction_id: str, contact_id: str, *, timeout: float | None = None
    ) -> Operation[None]:
        """Make an interaction part of a contact's history.

        Settles with ``EventInteractionAssignedToContact``.
        """
        return self._start(
            _ASSIGN_INTERACTION_TO_CONTACT, interaction_id=interaction_id, contact_id=contact_id, timeout=timeout
        )

    def set_call_comment(self, interaction_id: str, comment: str, *, timeout: float | None = None) -> Operation[None]:
        """Write a comment to the record of a call; an empty one takes it away.

        Settles with ``EventUpdateInteraction``.
        """
        return self._start(_SET_CALL_COMMENT, interaction_id=interaction_id, comment=comment, timeout=timeout)

    def set_call_completed(
        self,
        interaction_id: str,
        *,
        call_duration: int,
        user_data: KeyValues = NO_USER_DATA,
        form: PathForm = "client",
        timeout: float | None = None,
    ) -> Operation[None]:
        """Close the record of a call, with its duration in seconds and its attached data (a key/value list).

        Settles with ``EventUpdateInteraction``. `form` is the path: ``"client"`` is
        ``/ucs/interactions/{id}/set-completed``, ``"simulator"`` is ``/ucs/voice/{id}/set-call-completed``.
        """
        return self._start(
            chosen("form", form, _SETS_CALL_COMPLETED),
            interaction_id=interaction_id,
            call_duration=call_duration,
            user_data=user_data,
            timeout=timeout,
        )

    def find_or_create_phone_call(self, call_id: str, *, timeout: float | None = None) -> Operation[PhoneCallRecord]:
        """The contact server's record of a call, made if there is none yet.

        Settles with ``EventFindOrCreatePhoneCall``.
        """
        return self._start(_FIND_OR_CREATE_PHONE_CALL, call_id=call_id, timeout=timeout)

    def get_lucene_indexes(self, *, timeout: float | None = None) -> Operation[tuple[LuceneIndex, ...]]:
        """The indexes that queries search, and their fields.

        Settles with ``EventGetIndexProperties``.
        """
        return self._start(_GET_LUCENE_INDEXES, timeout=timeout)

    # --- searches that page by themselves -----------------------------------------------------------------------------

    def search(
        self,
        query: str,
        *,
        returned_attributes: Sequence[str] = CONTACT_ATTRIBUTES,
        sort_criteria: Sequence[Mapping[str, Any]] | None = None,
        page_size: int = 50,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pages[Contact]:
        """The contacts that a query finds, fetched page by page: ``async for contact in agent.ucs.search("bish*")``.

        At most `limit` of them. `timeout` is in seconds for each page. See `Pages` for what it raises.
        """

        async def fetch(start: int, size: int) -> Page[Contact]:
            found = await self.search_contacts(
                query,
                returned_attributes=returned_attributes,
                start_index=start,
                max_results=size,
                sort_criteria=sort_criteria,
                timeout=timeout,
            )
            return Page(found.contacts, found.total_count)

        return Pages(ByIndex(fetch), name="ucs.search", page_size=page_size, limit=limit)

    def history(
        self,
        contact_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        span: timedelta = timedelta(days=90),
        returned_attributes: Sequence[str] = HISTORY_ATTRIBUTES,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pages[InteractionRecord]:
        """The interactions with a contact from `until` (default: now) back to `since`, a `span` of time a page.

        Without `since` all of them are asked for at once: the service knows no other paging. At most `limit` of them.
        `timeout` is in seconds for each page. See `Pages` for what it raises.
        """

        async def fetch(start: datetime | None, end: datetime | None) -> Sequence[InteractionRecord]:
            return await self.get_contact_history(
                contact_id,
                returned_attributes=returned_attributes,
                from_date=start,
                to_date=end,
                timeout=timeout,
            )

        pages = ByTime(fetch, name="ucs.history", since=since, until=until, span=span, now=_now)
        return Pages(pages, name="ucs.history", limit=limit)

    def agent_history(
        self,
        *,
        user_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        span: timedelta = timedelta(days=7),
        returned_attributes: Sequence[str] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Pages[InteractionRecord]:
        """The interactions that an agent handled, paged as `history` pages those with a contact."""

        async def fetch(start: datetime | None, end: datetime | None) -> Sequence[InteractionRecord]:
            found = await self.get_agent_history(
                returned_attributes=returned_attributes,
                from_date=start,
                to_date=end,
                user_id=user_id,
                timeout=timeout,
            )
            return found.interactions

        pages = ByTime(fetch, name="ucs.agent_history", since=since, until=until, span=span, now=_now)
        return Pages(pages, name="ucs.agent_history", limit=limit)


def _now() -> datetime:
    return datetime.now(UTC)
