"""Standard responses: categories, texts with field codes, favorites, and what was reported of their use.

Must live here: the library, favorites and reports in memory, and rendering. Must not: messages, HTTP.

Field codes stand between ``<$`` and ``$>``. Modelled are variables of the three predefined objects (Contact, Agent,
Interaction, whose ``AttachedData("key")`` is a pair of the attached data), and custom variables, which the request
brings with it. Formulas are not: they are refused. A variable that has no value is rendered as nothing.

Source: "eServices Manager Administrator's Guide", chapters *Field Codes Overview* and *Field Code Variables*.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from html import escape
from typing import Any

from attrs import frozen

from engage_async.emulator.calls import KeyValues, wire_time
from engage_async.emulator.contacts import Contact
from engage_async.emulator.directory import User
from engage_async.emulator.history import Record
from engage_async.emulator.lucene import Document, QueryError, parse
from engage_async.emulator.record_answers import NoSuchResource, RecordRefused
from engage_async.emulator.record_setup import RecordSetup, StartCategory, StartFile, StartResponse
from engage_async.emulator.tlib_errors import TLibError

__all__ = ["Rendering", "ResponseLibrary", "Usage"]

_CODE = re.compile(r"<\$(.*?)\$>", re.DOTALL)
_ATTACHED = re.compile(r'Interaction\.AttachedData\(\s*"([^"]*)"\s*\)')
_VARIABLE = re.compile(r"[A-Za-z_][\w.-]*")


@frozen
class Usage:
    """A report that an agent (user name) used a response for an interaction."""

    user: str
    response_id: str
    interaction_id: str
    kind: str | None


@frozen
class Rendering:
    """What field codes are rendered with. `custom` and `of_agent` are custom variables, the latter the agent's."""

    agent: User
    record: Record
    contact: Contact | None
    custom: KeyValues
    of_agent: KeyValues


class ResponseLibrary:
    """The standard responses of the contact centre. `usage` are the reports, oldest first."""

    def __init__(self, setup: RecordSetup) -> None:
        self.usage: list[Usage] = []
        self._setup = setup
        self._favorites: dict[str, OrderedDict[str, None]] = {}

    # --- categories and responses -------------------------------------------------------------------------------------

    def roots(self, *, approved: bool = False, language: str | None = None) -> list[dict[str, Any]]:
        """The categories at the root in wire form; only approved ones, or those in a language."""
        return [
            _category(each)
            for each in self._setup.roots
            if (each.approved or not approved) and language in {None, each.language}
        ]

    def category(
        self, category_id: str, *, categories: bool = True, responses: bool = True, approved: bool = False
    ) -> dict[str, Any]:
        """A category in wire form with what is in it. Raises `NoSuchResource`."""
        found = self._setup.categories.get(category_id)
        if found is None:
            raise NoSuchResource(categoryId=category_id)
        view = _category(found)
        if categories:
            view["childrenCategories"] = [_category(each) for each in found.categories if each.approved or not approved]
        if responses:
            view["childrenStdResponses"] = [
                {"id": each.id, "standardResponseId": each.standard_response_id, "name": each.name}
                for each in found.responses
                if each.approved or not approved
            ]
        return view

    def response(self, response_id: str, *, attachments: bool = False) -> dict[str, Any]:
        """A response in wire form. Raises `NoSuchResource`."""
        return self._view(self._get(response_id), attachments=attachments)

    def file(self, response_id: str, document_id: str) -> StartFile:
        """A file of a response. Raises `NoSuchResource`."""
        found = next((each for each in self._get(response_id).attachments if each.id == document_id), None)
        if found is None:
            raise NoSuchResource(documentId=document_id)
        return found

    def search(self, query: str, most: int | None = None) -> list[dict[str, Any]]:
        """The responses that fit a query, in wire form."""
        try:
            fits = parse(query)
        except QueryError as error:
            raise RecordRefused(TLibError.INVALID_ATTRIBUTE, str(error)) from error
        found = [each for each in self._setup.responses.values() if fits(self._document(each))]
        return [self._view(each) for each in found[:most]]

    def fields(self) -> list[str]:
        """What queries can name."""
        return sorted({name for each in self._setup.responses.values() for name in self._document(each)})

    def _get(self, response_id: str) -> StartResponse:
        found = self._setup.responses.get(response_id)
        if found is None:
            raise NoSuchResource(standardResponseId=response_id)
        return found

    # --- favorites and reports ----------------------------------------------------------------------------------------

    def favorites(self, user: str) -> list[dict[str, Any]]:
        """An agent's favorites in wire form, in the order in which they became ones."""
        return [self._view(self._get(each)) for each in self._favorites.get(user, ())]

    def add_favorite(self, user: str, response_id: str) -> None:
        """Make a response one of an agent's favorites; one that is stays where it is."""
        self._favorites.setdefault(user, OrderedDict())[self._get(response_id).standard_response_id] = None

    def remove_favorite(self, user: str, response_id: str) -> None:
        """Make a response none of an agent's favorites."""
        self._favorites.get(user, OrderedDict()).pop(self._get(response_id).standard_response_id, None)

    def remove_favorites(self, user: str) -> None:
        """Leave an agent no favorites."""
        self._favorites.pop(user, None)

    def report(self, user: str, response_id: str, interaction_id: str, kind: str | None) -> None:
        """Keep a report of usage."""
        self.usage.append(Usage(user, self._get(response_id).standard_response_id, interaction_id, kind))

    # --- rendering ----------------------------------------------------------------------------------------------------

    def render(self, response_id: str, rendering: Rendering, *, plain: bool = False) -> str:
        """The text of a response with its field codes rendered."""
        response = self._get(response_id)
        if plain or response.structured_body is None:
            return _CODE.sub(lambda code: _value(code[1].strip(), rendering), response.body)
        return _CODE.sub(lambda code: escape(_value(code[1].strip(), rendering)), response.structured_body)

    # --- how it looks -------------------------------------------------------------------------------------------------

    def _view(self, response: StartResponse, *, attachments: bool = False) -> dict[str, Any]:
        view: dict[str, Any] = {
            "id": response.id,
            "standardResponseId": response.standard_response_id,
            "name": response.name,
            "lang": self._setup.category_of[response.standard_response_id].language,
            "subject": response.subject,
            "body": response.body,
            "structuredBody": response.structured_body,
            "description": response.description,
            "status": _status(approved=response.approved),
            "isActive": True,
            "version": 0,
            "tenantId": 1,
        }
        if attachments:
            view["attachments"] = [
                {"id": each.id, "name": each.name, "mime": each.mime, "size": len(each.text.encode())}
                for each in response.attachments
            ]
        return {name: value for name, value in view.items() if value is not None}

    def _document(self, response: StartResponse) -> Document:
        texts = {
            "Id": response.id,
            "StandardResponseId": response.standard_response_id,
            "TheName": response.name,
            "Body": response.body,
            "StructuredBody": response.structured_body or "",
            "Subject": response.subject,
            "Description": response.description,
            "Lang": self._setup.category_of[response.standard_response_id].language,
            "Status": _status(approved=response.approved),
        }
        return {name: [text] for name, text in texts.items()}


def _category(category: StartCategory) -> dict[str, Any]:
    return {
        "categoryId": category.id,
        "name": category.name,
        "language": category.language,
        "status": _status(approved=category.approved),
        "description": category.description,
        "type": 1,
    }


def _status(*, approved: bool) -> str:
    return "Approved" if approved else "Draft"


def _value(code: str, rendering: Rendering) -> str:
    attached = _ATTACHED.fullmatch(code)
    if attached is not None:
        return _of_pairs(rendering.record.user_data, attached[1])
    if _VARIABLE.fullmatch(code) is None:
        raise RecordRefused(TLibError.INVALID_ATTRIBUTE, f"Field code {code[:60]!r} is a formula, or none at all")
    owner, _, name = code.partition(".")
    if owner == "Contact":
        return _of_contact(rendering.contact, name)
    known = {**_of_interaction(rendering.record), **_of_agent(rendering.agent)}
    if code in known:
        return known[code]
    given = [*rendering.custom, *rendering.of_agent]
    if any(pair["key"] == code for pair in given):
        return _of_pairs(given, code)
    raise RecordRefused(TLibError.INVALID_ATTRIBUTE, f"Field code {code[:60]!r} is not known")


_CONTACT_NAMES = {"PrimaryPhoneNumber": "PhoneNumber", "PrimaryEmailAddress": "EmailAddress"}


def _of_contact(contact: Contact | None, name: str) -> str:
    if contact is None:
        return ""
    if name == "Id":
        return contact.id
    if name == "FullName":
        return " ".join(filter(None, (contact.first("FirstName"), contact.first("LastName"))))
    return contact.first(_CONTACT_NAMES.get(name, name))


def _of_interaction(record: Record) -> Mapping[str, str]:
    email = record.email or {}
    return {
        "Interaction.Id": record.id,
        "Interaction.DateCreated": wire_time(record.start),
        "Interaction.Subject": record.subject or "",
        "Interaction.FromAddress": email.get("from") or "",
        "Interaction.ToAddress": ", ".join(email.get("to", ())),
        "Interaction.TimeZone": "UTC",
    }


def _of_agent(agent: User) -> Mapping[str, str]:
    full = f"{agent.first_name} {agent.last_name}"
    return {
        "Agent.FirstName": agent.first_name,
        "Agent.LastName": agent.last_name,
        "Agent.FullName": full,
        "Agent.Signature": full,
    }


def _of_pairs(pairs: KeyValues, key: str) -> str:
    return next((str(pair["value"]) for pair in pairs if pair["key"] == key), "")
