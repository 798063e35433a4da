"""What the contact server and the workbins hold at the emulator's start, and how it is read from a JSON file.

Must live here: the records and the checks on them. Must not: anything that changes while the emulator runs.

The file (`records.json` beside this module is the one used when none is named) is one JSON object:

* ``contacts``: ``id`` and ``attributes``, each a list of values: ``{"FirstName": ["Ada"], "PhoneNumber": ["+1555…"]}``.
  The first value of an attribute is the primary one.
* ``history``: interactions of the past: ``id``, ``contact`` (an id), ``media_type`` (``Call``, ``email``, ``chat`` …),
  ``type`` (Inbound, Outbound), ``subtype``, ``state`` (Stopped, Pending …), ``owner`` (a user name), ``start`` and
  ``end`` (ISO 8601, UTC), and as far as there is such a thing ``subject``, ``text``, ``comment``, ``thread``,
  ``phone_number``, ``duration`` (seconds), ``from``, ``to`` (addresses), ``user_data`` (an object).
* ``categories``: of standard responses: ``id``, ``name``, ``language``, ``description``, ``approved`` (default true),
  ``categories`` (those below it) and ``responses``: ``id``, ``standard_response_id``, ``name``, ``body``,
  ``structured_body`` (HTML), ``subject``, ``description``, ``approved``, ``attachments`` (``id``, ``name``, ``mime``,
  ``text``: what is in it). Bodies may hold field codes.
* ``workbins``: ``id``, ``name`` (also goes by as a queue), ``display_name``, ``type`` (``Agent``: a part for each
  agent; anything else: one for all).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import cattrs
from attrs import Factory, field, frozen
from cattrs.gen import make_dict_structure_fn, override

from engage_async.emulator.start_files import by_key, read_start_file, strict_reader
from engage_async.errors import ConfigurationError

__all__ = ["RecordSetup", "StartCategory", "StartContact", "StartFile", "StartRecord", "StartResponse", "StartWorkbin"]


@frozen
class StartContact:
    """A contact that is there at the start."""

    id: str
    attributes: dict[str, list[str]]


@frozen
class StartRecord:
    """An interaction of the past."""

    id: str
    contact: str
    media_type: str
    type: str
    start: str
    owner: str
    end: str | None = None
    state: str = "Stopped"
    subtype: str | None = None
    subject: str | None = None
    text: str | None = field(default=None, repr=False)
    comment: str | None = None
    thread: str | None = None
    phone_number: str | None = None
    duration: int | None = None
    sender: str | None = None
    to: str | None = None
    user_data: dict[str, Any] = Factory(dict)


@frozen
class StartFile:
    """A file of a standard response."""

    id: str
    name: str
    mime: str
    text: str = field(repr=False)


@frozen
class StartResponse:
    """A standard response that is there at the start."""

    id: str
    standard_response_id: str
    name: str
    body: str = field(repr=False)
    structured_body: str | None = field(default=None, repr=False)
    subject: str = ""
    description: str = ""
    approved: bool = True
    attachments: list[StartFile] = Factory(list)


@frozen
class StartCategory:
    """A category of standard responses, with what is in it."""

    id: str
    name: str
    language: str = "English"
    description: str = ""
    approved: bool = True
    categories: list[StartCategory] = Factory(list)
    responses: list[StartResponse] = Factory(list)

    def all_below(self) -> Iterator[StartCategory]:
        """This category and every one below it."""
        yield self
        for category in self.categories:
            yield from category.all_below()


@frozen
class StartWorkbin:
    """A workbin."""

    id: str
    name: str
    display_name: str
    type: str = "Agent"


@frozen
class _File:
    contacts: list[StartContact]
    history: list[StartRecord] = Factory(list)
    categories: list[StartCategory] = Factory(list)
    workbins: list[StartWorkbin] = Factory(list)


@frozen
class RecordSetup:
    """The starting data, indexed and checked: by id, and `workbins_by_name`."""

    contacts: dict[str, StartContact]
    history: dict[str, StartRecord] = field(repr=False)
    roots: tuple[StartCategory, ...] = field(repr=False)
    categories: dict[str, StartCategory] = field(repr=False)
    responses: dict[str, StartResponse] = field(repr=False)
    category_of: dict[str, StartCategory] = field(repr=False)
    workbins: dict[str, StartWorkbin]
    workbins_by_name: dict[str, StartWorkbin] = field(repr=False)

    @classmethod
    def load(cls, path: str | Path | None = None) -> RecordSetup:
        """Read a file; the package's own when `path` is None.

        Raises `ConfigurationError`: it names every fault of form, or the first contradiction, by its place in the file.
        """
        return cls._indexed(read_start_file("records", path, _File, _reader()))

    @classmethod
    def _indexed(cls, file: _File) -> RecordSetup:
        contacts = by_key("records", "contacts", file.contacts, lambda contact: contact.id)
        for record in file.history:
            if record.contact not in contacts:
                raise ConfigurationError("records", f"history: {record.id!r} is with no known contact")
            for moment in filter(None, (record.start, record.end)):
                _check_moment(record, moment)
        categories = [each for root in file.categories for each in root.all_below()]
        responses = [each for category in categories for each in category.responses]
        return cls(
            contacts=contacts,
            history=by_key("records", "history", file.history, lambda record: record.id),
            roots=tuple(file.categories),
            categories=by_key("records", "categories", categories, lambda category: category.id),
            responses=by_key("records", "responses", responses, lambda response: response.standard_response_id),
            category_of={
                response.standard_response_id: category for category in categories for response in category.responses
            },
            workbins=by_key("records", "workbins", file.workbins, lambda workbin: workbin.id),
            workbins_by_name=by_key("records", "workbins", file.workbins, lambda workbin: workbin.name),
        )


def _check_moment(record: StartRecord, moment: str) -> None:
    try:
        aware = datetime.fromisoformat(moment).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise ConfigurationError("records", f"history: {record.id!r}: {moment!r} is no moment with a time zone")


def _reader() -> cattrs.Converter:
    reader = strict_reader()
    reader.register_structure_hook(
        StartRecord,
        make_dict_structure_fn(StartRecord, reader, _cattrs_forbid_extra_keys=True, sender=override(rename="from")),
    )
    return reader
