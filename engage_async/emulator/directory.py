"""Who and what exists in the emulated contact centre, and how it is read from a JSON file.

Must live here: the records and the checks on them. Must not: anything that changes while the emulator runs.

The file (`directory.json` beside this module is the one used when none is named) is one JSON object:

* ``users``: agents. ``user_name``, ``password``, ``employee_id``, ``agent_login``, ``dbid``, ``first_name``,
  ``last_name``, ``default_place`` (a place or null), ``supervisor`` (may monitor other DNs; default false),
  ``user_properties`` (key/value list; default empty), ``email`` (or null), ``groups`` (names of agent groups, which
  ``configuration`` has), ``skills`` (an object: a skill's name to its level).
* ``skills``: ``dbid`` and ``name``.
* ``queues``: numbers of the switch at which calls wait: ``dbid``, ``name``, ``number`` and ``kind`` (``acd-queue`` or
  ``route-point``).
* ``campaigns``: outbound campaigns as they go over the wire: ``name`` and ``callingLists``.
* ``places``: ``name`` and ``dns`` (the numbers of its DNs; the first is the one activated by the place's name).
* ``clients``: OAuth client id to secret.
* ``switch_name``: the name of the one switch; also the only ``location`` a call can be sent to.
* ``media_channels``: names of the media channels an agent can activate beside voice.
* ``voice_licences``: how many agents can be logged in on voice at a time; null for no limit.
* ``outside_numbers``: ``number``, ``behaviour`` (answers, busy, no_answer, invalid, rejects) and ``after`` (seconds
  until ``no_answer`` is reported; default 0.05). Every other number of 5 to 15 digits, with or without a leading ``+``
  and punctuation, answers. Anything else that is no DN is an invalid number.
* ``configuration``: what ``GET /configuration`` gives, in the wire's own spelling: ``actionCodes`` (with
  ``subCodes``), ``agentGroups``, ``settings``, ``businessAttributes`` (with ``id`` and ``values``; a value may hold
  ``values`` of its own: the hierarchy), ``transactions``.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Any

from attrs import Factory, field, frozen

from engage_async.emulator.start_files import by_key, read_start_file
from engage_async.errors import ConfigurationError

__all__ = ["Behaviour", "Directory", "OutsideNumber", "Place", "QueueKind", "Skill", "SwitchQueue", "User"]

_PUNCTUATION = re.compile(r"[ ().\-]")
_OUTSIDE = re.compile(r"\+?\d{5,15}")
_SECTIONS = ("actionCodes", "agentGroups", "settings", "businessAttributes", "transactions")


class Behaviour(StrEnum):
    """What an outside number does when it is called."""

    ANSWERS = "answers"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    INVALID = "invalid"
    REJECTS = "rejects"


class QueueKind(StrEnum):
    """Whether calls wait for an agent, or for the decision where to go."""

    ACD_QUEUE = "acd-queue"
    ROUTE_POINT = "route-point"


@frozen
class User:
    """An agent as the configuration knows one. The password never shows in a repr."""

    user_name: str
    password: str = field(repr=False)
    employee_id: str
    agent_login: str
    dbid: int
    first_name: str
    last_name: str
    default_place: str | None = None
    supervisor: bool = False
    user_properties: list[dict[str, Any]] = Factory(list)
    email: str | None = None
    groups: list[str] = Factory(list)
    skills: dict[str, int] = Factory(dict)


@frozen
class Skill:
    """Something that agents know, each at a level of their own."""

    dbid: int
    name: str


@frozen
class SwitchQueue:
    """A number of the switch at which calls wait."""

    dbid: int
    name: str
    number: str
    kind: QueueKind


@frozen
class Place:
    """A place and the numbers of its DNs."""

    name: str
    dns: list[str]


@frozen
class OutsideNumber:
    """A number outside the switch. `after` is in seconds."""

    number: str
    behaviour: Behaviour = Behaviour.ANSWERS
    after: float = 0.05


@frozen
class _File:
    users: list[User]
    places: list[Place]
    clients: dict[str, str]
    switch_name: str = "SIP_Switch"
    media_channels: list[str] = Factory(list)
    voice_licences: int | None = None
    outside_numbers: list[OutsideNumber] = Factory(list)
    configuration: dict[str, list[dict[str, Any]]] = Factory(dict)
    skills: list[Skill] = Factory(list)
    queues: list[SwitchQueue] = Factory(list)
    campaigns: list[dict[str, Any]] = Factory(list)


@frozen
class Directory:
    """The starting data, indexed and checked.

    `users` by user name, `places` by name, `outside_numbers` by their digits, `clients` id to secret,
    `place_of` DN number to place name, `skills` by name, `queues` by number, `configuration` and `campaigns` (by name)
    as they go over the wire.
    """

    users: dict[str, User]
    places: dict[str, Place]
    clients: dict[str, str] = field(repr=False)
    switch_name: str
    media_channels: tuple[str, ...]
    voice_licences: int | None
    outside_numbers: dict[str, OutsideNumber]
    place_of: dict[str, str]
    configuration: dict[str, list[dict[str, Any]]] = field(repr=False)
    skills: dict[str, Skill]
    queues: dict[str, SwitchQueue]
    campaigns: dict[str, dict[str, Any]] = field(repr=False)

    @classmethod
    def load(cls, path: str | Path | None = None) -> Directory:
        """Read a directory file; the package's own when `path` is None.

        Raises `ConfigurationError`: it names every fault of form, or the first contradiction, by its place in the file.
        """
        return cls._indexed(read_start_file("directory", path, _File))

    @classmethod
    def _indexed(cls, file: _File) -> Directory:
        places = by_key("directory", "places", file.places, lambda place: place.name)
        place_of: dict[str, str] = {}
        for place in file.places:
            if not place.dns:
                raise ConfigurationError("directory", f"places: {place.name!r} has no DN")
            for number in place.dns:
                if place_of.setdefault(number, place.name) != place.name:
                    raise ConfigurationError("directory", f"places: DN {number!r} is in two places")
        users = by_key("directory", "users", file.users, lambda user: user.user_name)
        by_key("directory", "users", file.users, lambda user: user.employee_id)
        by_key("directory", "users", file.users, lambda user: user.dbid)
        for user in file.users:
            _check_user(user, file)
        skills = by_key("directory", "skills", file.skills, lambda skill: skill.name)
        queues = by_key("directory", "queues", file.queues, lambda queue: queue.number)
        if taken := queues.keys() & place_of.keys():
            raise ConfigurationError("directory", f"queues: {', '.join(sorted(taken))} is a DN of a place")
        unknown = file.configuration.keys() - set(_SECTIONS)
        if unknown:
            raise ConfigurationError("directory", f"configuration: no such section: {', '.join(sorted(unknown))}")
        return cls(
            users=users,
            places=places,
            clients=file.clients,
            switch_name=file.switch_name,
            media_channels=tuple(file.media_channels),
            voice_licences=file.voice_licences,
            outside_numbers=by_key(
                "directory", "outside_numbers", file.outside_numbers, lambda outside: digits_of(outside.number)
            ),
            place_of=place_of,
            configuration={section: file.configuration.get(section, []) for section in _SECTIONS},
            skills=skills,
            queues=queues,
            campaigns=by_key("directory", "campaigns", file.campaigns, lambda campaign: str(campaign.get("name"))),
        )

    def outside(self, number: str) -> OutsideNumber | None:
        """What is known about a number outside the switch; None when it is not one that can be dialled."""
        dialled = digits_of(number)
        known = self.outside_numbers.get(dialled)
        if known is not None:
            return known
        return OutsideNumber(dialled) if _OUTSIDE.fullmatch(_PUNCTUATION.sub("", number)) else None


def _check_user(user: User, file: _File) -> None:
    """Raise `ConfigurationError` for a place, a group or a skill that the file does not have."""
    places, skills = ({each.name for each in section} for section in (file.places, file.skills))
    groups = {group.get("name") for group in file.configuration.get("agentGroups", ())}
    if user.default_place is not None and user.default_place not in places:
        raise ConfigurationError("directory", f"users: {user.user_name!r} has no known default_place")
    for section, named, known in (("groups", user.groups, groups), ("skills", user.skills, skills)):
        if stray := [name for name in named if name not in known]:
            raise ConfigurationError("directory", f"users: {user.user_name!r} has unknown {section}: {stray[0]!r}")


def digits_of(number: str) -> str:
    """A number without punctuation and leading ``+``."""
    return _PUNCTUATION.sub("", number).removeprefix("+")
