"""Contacts, their attributes, and the interactions with them that the contact server keeps.

Must live here: the records of the contact server (UCS). Must not: messages, live interactions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from attrs import field, frozen

from engage_async.errors import InvalidArgument
from engage_async.models.codec import structure, unstructure
from engage_async.models.interactions import Attachment, Email
from engage_async.models.record import Record, wire
from engage_async.protocol.kvlist import NO_PAIRS, KeyValueList

__all__ = [
    "AttributeValue", "Attributes", "Contact", "FoundContacts", "FoundInteractions", "IdentifiedContact",
    "InteractionRecord", "LuceneField", "LuceneIndex", "Owner", "PhoneCallRecord", "contact_properties",
]  # fmt: skip

_FLAT = {"PhoneNumber": "phoneNumbers", "EmailAddress": "emailAddresses"}
"""Where the result of a search has an attribute whose member is not simply its name in camelCase."""


@frozen(kw_only=True)
class AttributeValue(Record):
    """One value of a contact's attribute; `primary` marks the one that stands for the attribute."""

    value: str = ""
    primary: bool | None = wire(None, "primary", "isPrimary")
    description: str | None = None
    mime_type: str | None = None
    id: str | None = None


Attributes: TypeAlias = Mapping[str, str | AttributeValue | Sequence[str | AttributeValue]]
"""Attributes as a user gives them: by name, one value or several."""


@frozen(kw_only=True)
class Contact(Record):
    """A contact.

    `attributes` maps names (``FirstName``, ``PhoneNumber``, …) to values as they came. `get_all` and `first` read them
    in whichever of the service's forms they came: the details of a contact hold lists of values, the result of a search
    holds members such as ``phoneNumbers``.
    """

    id: str = wire("", "id", "contactId")
    attributes: Mapping[str, Any] = field(factory=dict, hash=False)

    def values(self, name: str) -> tuple[AttributeValue, ...]:
        """Every value of an attribute, in order; empty when there is none."""
        raw = self.attributes.get(name)
        if raw is None:
            flat = _FLAT.get(name, name[:1].lower() + name[1:])
            raw = next((self.extra[member] for member in (name, flat) if self.extra.get(member) is not None), None)
        entries = raw if isinstance(raw, list | tuple) else [] if raw is None else [raw]
        return tuple(_attribute_value(entry) for entry in entries if isinstance(entry, Mapping | str))

    def get_all(self, name: str) -> tuple[str, ...]:
        """The text of every value of an attribute, in order."""
        return tuple(each.value for each in self.values(name))

    def first(self, name: str) -> str | None:
        """The text of an attribute's primary value, else of its first; None when there is none."""
        values = self.values(name)
        primary = next((each for each in values if each.primary), None)
        chosen = primary or next(iter(values), None)
        return chosen.value if chosen is not None else None

    @property
    def first_name(self) -> str | None:
        """The attribute ``FirstName``."""
        return self.first("FirstName")

    @property
    def last_name(self) -> str | None:
        """The attribute ``LastName``."""
        return self.first("LastName")

    @property
    def phone_numbers(self) -> tuple[str, ...]:
        """Every ``PhoneNumber``."""
        return self.get_all("PhoneNumber")

    @property
    def email_addresses(self) -> tuple[str, ...]:
        """Every ``EmailAddress``."""
        return self.get_all("EmailAddress")


def _attribute_value(entry: Mapping[str, Any] | str) -> AttributeValue:
    return AttributeValue(value=entry) if isinstance(entry, str) else structure(AttributeValue, entry)


def contact_properties(attributes: Any, *, argument: str) -> list[dict[str, Any]]:
    """The wire form of attributes: ``[{"name": …, "values": [{"value": …}]}]``. Raises `InvalidArgument`."""
    if not isinstance(attributes, Mapping):
        raise InvalidArgument(f"{argument} must map attribute names to values, not be {type(attributes).__name__}")
    return [{"name": _named(name, argument), "values": _given(name, of, argument)} for name, of in attributes.items()]


def _named(name: Any, argument: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidArgument(f"{argument}: an attribute's name must be a non-empty string, not {name!r}")
    return name


def _given(name: Any, values: Any, argument: str) -> list[dict[str, Any]]:
    entries = list(values) if isinstance(values, list | tuple) else [values]
    for entry in entries:
        if not isinstance(entry, str | AttributeValue):
            raise InvalidArgument(
                f"{argument}: {name} must be text, an AttributeValue or a list of them, not {type(entry).__name__}"
            )
    return [{"value": entry} if isinstance(entry, str) else unstructure(entry) for entry in entries]


@frozen(kw_only=True)
class FoundContacts(Record):
    """One page of a search for contacts. `total_count` is how many there are in all, if the service tells."""

    contacts: tuple[Contact, ...] = ()
    total_count: int | None = None


@frozen(kw_only=True)
class Owner(Record):
    """The agent who handled an interaction."""

    user_name: str = ""
    first_name: str | None = None
    last_name: str | None = None
    dbid: int | None = wire(None, "DBID", "dbid")


@frozen(kw_only=True)
class InteractionRecord(Record):
    """An interaction as the contact server keeps it, of any medium.

    `type_id` and `subtype_id` say what it was (``Inbound``, ``InboundNew`` …), `state` how far it is (``Pending``,
    ``InProcess``, ``Stopped`` …). `call_duration` is in seconds. `email` is None for other media.
    """

    id: str = ""
    contact_id: str | None = None
    media_type: str | None = wire(None, "mediaType", "mediatype")
    type_id: str | None = wire(None, "typeId", "interactionType")
    subtype_id: str | None = wire(None, "subtypeId", "interactionSubtype")
    state: str | None = None
    subject: str | None = None
    comment: str | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    thread_id: str | None = None
    parent_id: str | None = wire(None, "parentId", "parentInteractionId")
    phone_number: str | None = None
    call_duration: int | None = None
    user_data: KeyValueList = NO_PAIRS
    email: Email | None = None
    attachments: tuple[Attachment, ...] = ()
    owner_information: Any = field(default=None, repr=False, hash=False)

    @property
    def owners(self) -> tuple[Owner, ...]:
        """The agents who handled it: the service sends one, or a list."""
        raw = self.owner_information
        entries = raw if isinstance(raw, list) else [raw]
        return tuple(structure(Owner, entry) for entry in entries if isinstance(entry, Mapping))


@frozen(kw_only=True)
class FoundInteractions(Record):
    """What a search for interactions found: `interactions` holds `returned` of the `found` ones."""

    interactions: tuple[InteractionRecord, ...] = ()
    found: int | None = wire(None, "foundInteractions")
    returned: int | None = wire(None, "returnedInteractions")


@frozen(kw_only=True)
class LuceneField(Record):
    """A field of an index: whether a query may name it, and whether a result may hold it."""

    field_name: str = ""
    is_searchable: bool | None = None
    is_stored: bool | None = None


@frozen(kw_only=True)
class LuceneIndex(Record):
    """An index that queries search: ``contact``, ``interaction`` or ``response``."""

    index_name: str = ""
    description: str | None = None
    fields: tuple[LuceneField, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class IdentifiedContact(Record):
    """The contact that an interaction is with. `contact_ids` are all that fit, `contact_created` whether it is new."""

    contact_id: str | None = None
    contact_ids: tuple[str, ...] = ()
    contact_created: bool | None = None
    count: int | None = wire(None, "nbContacts")


@frozen(kw_only=True)
class PhoneCallRecord(Record):
    """The record of a call: the id that the other operations take, and whether it was made just now."""

    interaction_id: str = ""
    is_created: bool | None = None
