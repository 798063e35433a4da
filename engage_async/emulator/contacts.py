"""The contacts of the contact server: stored, searched, found by what an interaction says of them.

Must live here: contacts and their attributes in memory. Must not: interactions (history.py), messages, HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import define, field

from engage_async.emulator.lucene import Document, QueryError, parse
from engage_async.emulator.record_answers import RecordRefused, UnknownRecord
from engage_async.emulator.record_setup import RecordSetup
from engage_async.emulator.tlib_errors import TLibError

__all__ = ["Contact", "ContactStore"]

Values = list[dict[str, Any]]
"""Of one attribute: each with ``value``, and what else is known of it."""

IDENTIFYING = {
    "EmailAddress": "EmailAddress",
    "FromAddress": "EmailAddress",
    "PhoneNumber": "PhoneNumber",
    "LastName": "LastName",
    "FirstName": "FirstName",
}
"""Keys of attached data by which a contact is identified, and the attribute that each is compared with."""

_FLAT = {
    "Title": "title",
    "FirstName": "firstName",
    "LastName": "lastName",
    "PhoneNumber": "phoneNumbers",
    "EmailAddress": "emailAddresses",
}
_MULTIPLE = frozenset({"PhoneNumber", "EmailAddress"})
_PUNCTUATION = re.compile(r"[ ().\-+]")


@define(eq=False)
class Contact:
    """A contact. `attributes` by name."""

    id: str
    attributes: dict[str, Values] = field(factory=dict)

    def texts(self, name: str) -> list[str]:
        """The values of an attribute."""
        return [each["value"] for each in self.attributes.get(name, ())]

    def first(self, name: str) -> str:
        """The primary value of an attribute, else the first; ``""`` when there is none."""
        values = self.attributes.get(name, ())
        chosen = next((each for each in values if each.get("primary")), next(iter(values), None))
        return str(chosen["value"]) if chosen is not None else ""

    def document(self) -> Document:
        """What a query searches."""
        return {name: self.texts(name) for name in self.attributes} | {"Id": [self.id], "ContactId": [self.id]}

    def details(self, wanted: Iterable[str]) -> dict[str, Any]:
        """The attributes of these names, in wire form; every one for ``*``."""
        names = list(self.attributes) if "*" in wanted else wanted
        return {name: [dict(each) for each in self.attributes[name]] for name in names if name in self.attributes}

    def found(self, wanted: Iterable[str]) -> dict[str, Any]:
        """The contact among the results of a search: members for the usual attributes, others under their name."""
        view: dict[str, Any] = {"id": self.id}
        for name in list(self.attributes) if "*" in wanted else wanted:
            if name in self.attributes:
                view[_FLAT.get(name, name)] = self.texts(name) if name in _MULTIPLE else self.first(name)
        return view


class ContactStore:
    """Every contact, by id."""

    def __init__(self, setup: RecordSetup, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._contacts = {
            each.id: Contact(
                each.id,
                {
                    name: [{"value": value, "primary": at == 0} for at, value in enumerate(values)]
                    for name, values in each.attributes.items()
                },
            )
            for each in setup.contacts.values()
        }

    def __contains__(self, contact_id: object) -> bool:
        return contact_id in self._contacts

    def get(self, contact_id: str) -> Contact:
        """A contact. Raises `UnknownRecord`."""
        if contact_id not in self._contacts:
            raise UnknownRecord("contact", contactId=contact_id)
        return self._contacts[contact_id]

    def fields(self) -> list[str]:
        """The names of every attribute that some contact has."""
        return sorted({name for contact in self._contacts.values() for name in contact.document()})

    def search(
        self, query: str, *, sort: Sequence[Mapping[str, Any]] = (), start: int = 0, most: int | None = None
    ) -> tuple[list[Contact], int]:
        """The contacts that fit a query, from the one with this index on, and how many there are in all."""
        try:
            fits = parse(query)
        except QueryError as error:
            raise RecordRefused(TLibError.INVALID_ATTRIBUTE, str(error)) from error
        found = [contact for contact in self._contacts.values() if fits(contact.document())]
        for name, descending in reversed([_criterion(each) for each in sort]):
            found.sort(key=partial(_in_order, name), reverse=descending)
        return found[start : None if most is None else start + most], len(found)

    def create(self, attributes: dict[str, Values]) -> Contact:
        """A new contact."""
        contact = Contact(self._new_id(), {name: values for name, values in attributes.items() if values})
        self._contacts[contact.id] = contact
        return contact

    def update(
        self, contact_id: str, added: dict[str, Values], changed: dict[str, Values], deleted: Iterable[str]
    ) -> None:
        """Delete attributes, replace the values of others, and add values to others."""
        contact = self.get(contact_id)
        for name in deleted:
            contact.attributes.pop(name, None)
        for name, values in changed.items():
            contact.attributes[name] = list(values)
        for name, values in added.items():
            contact.attributes[name] = [*contact.attributes.get(name, ()), *values]
        contact.attributes = {name: values for name, values in contact.attributes.items() if values}

    def delete(self, contact_id: str) -> None:
        """Forget a contact."""
        del self._contacts[self.get(contact_id).id]

    def whose(self, address: str) -> str | None:
        """The id of the contact whose email address or telephone number this is; None when it is nobody's."""
        found = self.like({"EmailAddress": [address]}) or self.like({"PhoneNumber": [address]})
        return found[0].id if found else None

    def like(self, attributes: Mapping[str, Iterable[str]]) -> list[Contact]:
        """The contacts that have one of these values of each of these attributes; of none, no contact."""
        wanted = {name: {_comparable(name, value) for value in values} for name, values in attributes.items()}
        return [
            contact
            for contact in self._contacts.values()
            if wanted
            and all(
                values & {_comparable(name, value) for value in contact.texts(name)} for name, values in wanted.items()
            )
        ]


def _comparable(name: str, value: str) -> str:
    return _PUNCTUATION.sub("", value) if name == "PhoneNumber" else value.strip().casefold()


def _in_order(name: str, contact: Contact) -> str:
    return contact.first(name).casefold()


def _criterion(given: Mapping[str, Any]) -> tuple[str, bool]:
    """The attribute that a criterion sorts by, and whether the last comes first."""
    name, operator = given.get("attrName"), given.get("sortOperator", "Ascending")
    if not isinstance(name, str) or operator not in {"Ascending", "Descending"}:
        raise RecordRefused(TLibError.INVALID_ATTRIBUTE, "sortCriteria: attrName and sortOperator are not understood")
    return name, operator == "Descending"
