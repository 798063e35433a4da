"""What interactions meet in the emulated contact centre at its start, and how it is read from a JSON file.

Must live here: the records and the checks on them. Must not: anything that changes while the emulator runs.

The file (`media.json` beside this module is the one used when none is named) is one JSON object:

* ``queues``: ``name``; ``mediatypes`` (what is accepted there; default: everything); ``agents`` (user names of those
  who are offered what is in it; null: every agent with the channel); ``routed`` (default true; false: what is in it
  waits until somebody pulls it).
* ``default_queue``: for each media type the queue of interactions that arrive for none; ``"*"`` stands for the others.
* ``capacity``: for each media type how many interactions an agent is given at a time; ``"*"`` stands for the others.
* ``mailboxes``: the contact centre's own email addresses; the first receives what is sent to none.
* ``documents``: files that can be added to interactions by their id: ``id``, ``name``, ``mime``, ``text`` (what is in
  it).
* ``interactions``: what is there at the start: ``mediatype``, ``queue``, ``subject``, ``user_data`` (an object), and
  for emails ``from``, ``to`` and ``text``. Best in queues that are not routed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cattrs
from attrs import Factory, field, frozen
from cattrs.gen import make_dict_structure_fn, override

from engage_async.emulator.start_files import by_key, read_start_file, strict_reader
from engage_async.errors import ConfigurationError

__all__ = ["MediaSetup", "Queue", "StartDocument", "StartInteraction"]

_OTHERS = "*"


@frozen
class Queue:
    """A queue of interactions."""

    name: str
    mediatypes: tuple[str, ...] | None = None
    agents: tuple[str, ...] | None = None
    routed: bool = True

    def takes(self, mediatype: str) -> bool:
        """Whether interactions of this media type belong here."""
        return self.mediatypes is None or mediatype in self.mediatypes

    def serves(self, user: str) -> bool:
        """Whether this agent is offered what is in it."""
        return self.agents is None or user in self.agents


@frozen
class StartDocument:
    """A document that is there at the start."""

    id: str
    name: str
    mime: str
    text: str = field(repr=False)


@frozen
class StartInteraction:
    """An interaction that is there at the start."""

    mediatype: str
    queue: str
    subject: str
    user_data: dict[str, Any] = Factory(dict)
    sender: str = ""
    to: str = ""
    text: str = field(default="", repr=False)


@frozen
class _File:
    queues: list[Queue]
    default_queue: dict[str, str]
    capacity: dict[str, int] = Factory(dict)
    mailboxes: list[str] = Factory(list)
    documents: list[StartDocument] = Factory(list)
    interactions: list[StartInteraction] = Factory(list)


@frozen
class MediaSetup:
    """The starting data, indexed and checked: `queues` by name, `documents` by id."""

    queues: dict[str, Queue]
    mailboxes: tuple[str, ...]
    documents: dict[str, StartDocument] = field(repr=False)
    interactions: tuple[StartInteraction, ...] = field(repr=False)
    _default_queue: dict[str, str] = field(alias="default_queue")
    _capacity: dict[str, int] = field(alias="capacity")

    @classmethod
    def load(cls, path: str | Path | None = None) -> MediaSetup:
        """Read a file; the package's own when `path` is None.

        Raises `ConfigurationError`: it names every fault of form, or the first contradiction, by its place in the file.
        """
        return cls._indexed(read_start_file("media", path, _File, _reader()))

    @classmethod
    def _indexed(cls, file: _File) -> MediaSetup:
        queues = by_key("media", "queues", file.queues, lambda queue: queue.name)
        if _OTHERS not in file.default_queue:
            raise ConfigurationError("media", f"default_queue: {_OTHERS!r} is missing")
        named = [*file.default_queue.items(), *((each.mediatype, each.queue) for each in file.interactions)]
        for mediatype, name in named:
            if name not in queues or not (mediatype == _OTHERS or queues[name].takes(mediatype)):
                raise ConfigurationError("media", f"queues: {name!r} is none that takes {mediatype!r}")
        if not file.mailboxes:
            raise ConfigurationError("media", "mailboxes: there must be one")
        return cls(
            queues=queues,
            mailboxes=tuple(file.mailboxes),
            documents=by_key("media", "documents", file.documents, lambda document: document.id),
            interactions=tuple(file.interactions),
            default_queue=file.default_queue,
            capacity=file.capacity,
        )

    def default_queue(self, mediatype: str) -> str:
        """The queue of interactions that arrive for none."""
        return self._default_queue.get(mediatype, self._default_queue[_OTHERS])

    def capacity(self, mediatype: str) -> int:
        """How many interactions of a media type an agent is given at a time."""
        return self._capacity.get(mediatype, self._capacity.get(_OTHERS, 1))


def _reader() -> cattrs.Converter:
    reader = strict_reader()
    reader.register_structure_hook(
        StartInteraction,
        make_dict_structure_fn(
            StartInteraction, reader, _cattrs_forbid_extra_keys=True, sender=override(rename="from")
        ),
    )
    return reader
