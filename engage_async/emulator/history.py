"""What the contact server keeps of interactions: those of the past, those that are alive, and calls.

Must live here: records, their searches, and what is changed in them. Must not: contacts themselves (contacts.py), what
happens to living interactions (interaction_store.py), messages, HTTP.

The record of a living interaction is that interaction as it is at the moment; one of the past, or of a call, is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import Factory, define

from engage_async.emulator.calls import CallType, KeyValues, Leg, Role, wire_time
from engage_async.emulator.contacts import IDENTIFYING, Contact, ContactStore
from engage_async.emulator.directory import Directory
from engage_async.emulator.exchange import Exchange, UnknownCall
from engage_async.emulator.interaction_store import InteractionStore, UnknownInteraction
from engage_async.emulator.interactions import Interaction
from engage_async.emulator.lucene import Document, QueryError, parse
from engage_async.emulator.record_answers import RecordRefused, UnknownRecord
from engage_async.emulator.record_setup import RecordSetup, StartRecord
from engage_async.emulator.tlib_errors import TLibError

__all__ = ["History", "Record", "Span"]

Span = tuple[float | None, float | None]
"""From when and until when, in seconds since 1970; None has no bound."""

ATTRIBUTES = {
    "ContactId": "contactId",
    "MediaTypeId": "mediaType",
    "TypeId": "typeId",
    "SubtypeId": "subtypeId",
    "Status": "state",
    "Subject": "subject",
    "TheComment": "comment",
    "StartDate": "startDate",
    "EndDate": "endDate",
    "OwnerId": "ownerInformation",
    "ThreadId": "threadId",
    "ParentId": "parentId",
    "PhoneNumber": "phoneNumber",
    "Duration": "callDuration",
}
"""The attributes of an interaction as requests and queries name them, and the members that have them."""


@define(eq=False)
class Record:
    """What is kept of one interaction. `owner` is a user name, `call_uuid` that of a call; times in seconds since 1970.

    `live` is the interaction itself while it is remembered as one.
    """

    id: str
    media_type: str
    type: str
    state: str
    start: float
    owner: str | None = None
    end: float | None = None
    subtype: str | None = None
    contact_id: str | None = None
    subject: str | None = None
    comment: str | None = None
    thread: str | None = None
    parent: str | None = None
    phone_number: str | None = None
    duration: int | None = None
    text: str | None = None
    email: dict[str, Any] | None = None
    user_data: KeyValues = Factory(list)
    call_uuid: str | None = None
    live: Interaction | None = None


class History:
    """Every record, by id."""

    def __init__(
        self,
        setup: RecordSetup,
        contacts: ContactStore,
        interactions: InteractionStore,
        exchange: Exchange,
        new_id: Callable[[], str],
    ) -> None:
        self._contacts, self._interactions, self._exchange = contacts, interactions, exchange
        self._directory: Directory = exchange.directory
        self._new_id = new_id
        self._stored = {each.id: _of_the_past(each) for each in setup.history.values()}
        self._of_call: dict[str, Record] = {}

    # --- looking up ---------------------------------------------------------------------------------------------------

    def get(self, interaction_id: str) -> Record:
        """A record. Raises `UnknownRecord`."""
        if interaction_id in self._stored:
            return self._stored[interaction_id]
        try:
            return _of_life(self._interactions.get(interaction_id))
        except UnknownInteraction:
            raise UnknownRecord("interaction", interactionId=interaction_id) from None

    def of_contact(self, contact_id: str, span: Span) -> list[Record]:
        """The interactions with a contact, the newest first. Raises `UnknownRecord`."""
        contact_id = self._contacts.get(contact_id).id
        return _newest_first(each for each in self._all() if each.contact_id == contact_id and _within(each, span))

    def of_agent(self, user: str, span: Span, *, oldest_first: bool = False) -> list[Record]:
        """The interactions that an agent (user name or employee id) has handled, the newest first."""
        names = self._names_of(user)
        found = _newest_first(each for each in self._all() if each.owner in names and _within(each, span))
        return found[::-1] if oldest_first else found

    def search(self, query: str | None, owners: Iterable[str]) -> list[Record]:
        """The interactions that fit a query (None: all), of these agents if some are named, the newest first."""
        try:
            fits = parse(query) if query is not None else _anything
        except QueryError as error:
            raise RecordRefused(TLibError.INVALID_ATTRIBUTE, str(error)) from error
        names = {name for owner in owners for name in self._names_of(owner)}
        return _newest_first(
            each for each in self._all() if (not names or each.owner in names) and fits(self._document(each))
        )

    def fields(self) -> list[str]:
        """What queries can name."""
        return sorted(("Id", "FromAddress", "Text", "ToAddresses", *ATTRIBUTES))

    def _all(self) -> Iterator[Record]:
        yield from self._stored.values()
        for interaction in (*self._interactions, *self._interactions.ended):
            yield _of_life(interaction)

    def _names_of(self, owner: str) -> set[str]:
        """The user name of an agent who is named by it or by the employee id."""
        return {
            user.user_name for user in self._directory.users.values() if owner in {user.user_name, user.employee_id}
        }

    # --- what is changed ----------------------------------------------------------------------------------------------

    def set_comment(self, interaction_id: str, comment: str) -> None:
        """Write a comment."""
        record = self.get(interaction_id)
        if record.live is not None:
            record.live.comment = comment
            self._interactions.tell_all(record.live)
        record.comment = comment or None

    def complete(self, interaction_id: str, duration: int, user_data: KeyValues) -> None:
        """Close the record of a call."""
        record = self.get(interaction_id)
        if record.live is not None:
            raise RecordRefused(TLibError.INVALID_STATE, "Not the record of a call", interactionId=interaction_id)
        record.state, record.duration = "Stopped", duration
        record.end = self._exchange.scheduler.now()
        gone = {pair["key"] for pair in user_data}
        record.user_data = [*(pair for pair in record.user_data if pair["key"] not in gone), *user_data]

    def assign(self, interaction_id: str, contact_id: str) -> None:
        """Make an interaction part of a contact's history."""
        record, contact_id = self.get(interaction_id), self._contacts.get(contact_id).id
        if record.live is not None:
            record.live.contact_id = contact_id
            self._interactions.tell_all(record.live, "PropertiesUpdated")
        record.contact_id = contact_id

    def identify(self, interaction_id: str, *, create: bool) -> tuple[list[Contact], bool]:
        """The contacts that an interaction may be with, and whether the one there is was made for it.

        A single one becomes the interaction's contact. Email address, telephone number and name are tried in turn.
        """
        record = self.get(interaction_id)
        if record.contact_id is not None and record.contact_id in self._contacts:
            return [self._contacts.get(record.contact_id)], False
        said = _said_of_contact(record)
        found = next((hits for names in _TRIED if (hits := self._contacts.like(_only(said, names)))), [])
        created = not found and create and bool(said)
        if created:
            found = [self._contacts.create({name: [{"value": value} for value in said[name]] for name in said})]
        if len(found) == 1:
            self.assign(record.id, found[0].id)
        return found, created

    def of_call(self, user: str, call_id: str) -> tuple[Record, bool]:
        """The record of an agent's call, and whether it was made just now."""
        leg = self._leg(user, call_id)
        record = self._of_call.get(leg.call.uuid)
        if record is not None:
            return record, False
        other = leg.call.ani if leg.role is Role.DESTINATION else leg.call.dnis
        kind = "Inbound" if leg.call_type is CallType.INBOUND else "Outbound"
        record = Record(
            self._new_id(),
            "Call",
            kind,
            "Pending",
            leg.started_at,
            owner=user,
            contact_id=self._contacts.whose(other),
            phone_number=other,
            user_data=list(leg.call.user_data),
            call_uuid=leg.call.uuid,
        )
        self._stored[record.id] = self._of_call[leg.call.uuid] = record
        return record, True

    def _leg(self, user: str, call_id: str) -> Leg:
        by_uuid = (leg for leg in self._exchange.legs.values() if leg.user == user and leg.call.uuid == call_id)
        leg = next(by_uuid, None)
        if leg is not None:
            return leg
        try:
            return self._exchange.own_leg(user, call_id)
        except UnknownCall:
            raise UnknownRecord("call", interactionId=call_id) from None

    # --- how it looks -------------------------------------------------------------------------------------------------

    def listed(self, record: Record, wanted: Iterable[str] | None) -> dict[str, Any]:
        """A record in a list, with the attributes asked for (None: all)."""
        members = ATTRIBUTES.values() if wanted is None else [ATTRIBUTES.get(name) for name in wanted]
        view = self._members(record)
        shown = {member: view[member] for member in members if member is not None and view[member] is not None}
        return {"id": record.id} | shown

    def content(self, record: Record) -> dict[str, Any]:
        """A record with all that is kept of it."""
        whole: dict[str, Any] = {"id": record.id} | self._members(record) | {"userData": list(record.user_data)}
        if record.text is not None:
            whole["text"] = record.text
        if record.email is not None:
            whole["email"] = record.email
        if record.live is not None:
            whole["attachments"] = record.live.view()["attachments"]
        return {name: value for name, value in whole.items() if value is not None}

    def _members(self, record: Record) -> dict[str, Any]:
        owner = self._directory.users.get(record.owner or "")
        return {
            "contactId": record.contact_id,
            "mediaType": record.media_type,
            "typeId": record.type,
            "subtypeId": record.subtype,
            "state": record.state,
            "subject": record.subject,
            "comment": record.comment,
            "startDate": wire_time(record.start),
            "endDate": wire_time(record.end) if record.end is not None else None,
            "ownerInformation": [
                {
                    "DBID": owner.dbid,
                    "firstName": owner.first_name,
                    "lastName": owner.last_name,
                    "userName": owner.user_name,
                }
            ]
            if owner is not None
            else None,
            "threadId": record.thread,
            "parentId": record.parent,
            "phoneNumber": record.phone_number,
            "callDuration": record.duration,
        }

    def _document(self, record: Record) -> Document:
        members = self._members(record) | {"ownerInformation": record.owner}
        email = record.email or {}
        texts = {name: members[member] for name, member in ATTRIBUTES.items()}
        texts |= {"Id": record.id, "Text": record.text, "FromAddress": email.get("from")}
        document = {name: [str(value)] for name, value in texts.items() if value is not None}
        return document | {"ToAddresses": [str(each) for each in email.get("to", ())]}


_TRIED = (("EmailAddress",), ("PhoneNumber",), ("LastName", "FirstName"))


def _of_the_past(start: StartRecord) -> Record:
    has_email = start.sender is not None or start.to is not None
    email = {"from": start.sender, "to": [start.to] if start.to else [], "cc": [], "body": start.text or ""}
    return Record(
        start.id,
        start.media_type,
        start.type,
        start.state,
        datetime.fromisoformat(start.start).timestamp(),
        owner=start.owner,
        end=datetime.fromisoformat(start.end).timestamp() if start.end is not None else None,
        subtype=start.subtype,
        contact_id=start.contact,
        subject=start.subject,
        comment=start.comment,
        thread=start.thread,
        phone_number=start.phone_number,
        duration=start.duration,
        text=start.text,
        email={**email, "mime": "text/plain"} if has_email else None,
        user_data=[
            {"key": key, "type": "int" if isinstance(value, int) else "str", "value": value}
            for key, value in start.user_data.items()
        ],
    )


def _of_life(interaction: Interaction) -> Record:
    content = interaction.content.view(None) if interaction.content is not None else {}
    email = content.get("email")
    return Record(
        interaction.id,
        interaction.mediatype,
        interaction.type.value,
        "Stopped" if interaction.ended else "InProcess",
        interaction.received,
        owner=interaction.handled_by,
        end=interaction.ended_at,
        subtype=interaction.subtype,
        contact_id=interaction.contact_id,
        subject=interaction.subject,
        comment=interaction.comment,
        thread=interaction.thread_id,
        parent=interaction.parent_id,
        text=email.get("bodyAsPlainText") or email.get("body") if email else None,
        email=email,
        user_data=interaction.user_data,
        live=interaction,
    )


def _newest_first(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (-record.start, record.id))


def _within(record: Record, span: Span) -> bool:
    since, until = span
    return (since is None or record.start >= since) and (until is None or record.start <= until)


def _said_of_contact(record: Record) -> dict[str, list[str]]:
    """What an interaction says of the other side, as attributes of a contact."""
    said: dict[str, list[str]] = {}
    email = record.email or {}
    inbound = record.type == "Inbound"
    addresses = [email.get("from")] if inbound else list(email.get("to", ()))
    for name, values in (("EmailAddress", addresses), ("PhoneNumber", [record.phone_number])):
        said.setdefault(name, []).extend(value for value in values if value)
    for pair in record.user_data:
        if pair["key"] in IDENTIFYING and isinstance(pair["value"], str) and pair["value"]:
            said.setdefault(IDENTIFYING[pair["key"]], []).append(pair["value"])
    return {name: list(dict.fromkeys(values)) for name, values in said.items() if values}


def _only(said: Mapping[str, list[str]], names: Iterable[str]) -> dict[str, list[str]]:
    """What was said of these attributes; nothing unless something was said of each."""
    found = {name: said[name] for name in names if name in said}
    return found if len(found) == len(tuple(names)) else {}


def _anything(_: Document) -> bool:
    return True
