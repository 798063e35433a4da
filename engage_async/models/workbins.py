"""Workbins and snapshots: interactions that lie somewhere, and who is told when they move.

Must live here: the records of both. Must not: messages, live state.
"""

from __future__ import annotations

from attrs import frozen

from engage_async.models.enums import OpenEnum
from engage_async.models.interactions import Interaction
from engage_async.models.record import Record, wire

__all__ = ["ContentChange", "Snapshot", "Workbin", "WorkbinType"]


class WorkbinType(OpenEnum):
    """Whose a workbin is. Only ``Agent`` was seen; the others are those of the Interaction Server behind the API."""

    AGENT = "Agent"
    AGENT_GROUP = "AgentGroup"
    PLACE = "Place"
    PLACE_GROUP = "PlaceGroup"


class ContentChange(OpenEnum):
    """What happened to a workbin's content."""

    ADD = "Add"
    REMOVE = "Remove"


@frozen(kw_only=True)
class Workbin(Record):
    """A workbin, and what lies in it as far as that was asked for.

    `id` is what operations take. `owner` is the user name of the agent whose part of the workbin this is; None when the
    service does not say.
    """

    id: str = ""
    name: str = wire("", "workbinName")
    display_name: str | None = None
    type: WorkbinType = WorkbinType("")
    owner: str | None = None
    interactions: tuple[Interaction, ...] = ()


@frozen(kw_only=True)
class Snapshot(Record):
    """The interactions that fulfilled a condition when the snapshot was taken, or a page of them.

    `number_of_interactions` is how many there are in all, `start_index` that of the first one here.
    """

    id: str = wire("", "snapshotId")
    condition: str | None = None
    start_index: int | None = None
    size: int | None = None
    number_of_interactions: int | None = None
    interactions: tuple[Interaction, ...] = ()
