"""Media channels.

Must live here: the record of a channel. Must not: what an interaction is (`interactions`), events.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from engage_async.models.enums import AgentActivity, AgentState
from engage_async.models.interactions import Interaction
from engage_async.models.record import Record
from engage_async.protocol.kvlist import NO_PAIRS, KeyValueList

__all__ = ["Channel", "Media"]


@frozen(kw_only=True)
class Channel(Record):
    """A media channel (``chat``, ``email``, ``workitem``, ``outboundpreview`` …) and the agent's state on it.

    `available` says whether it can be given an interaction. `interactions` are those on it when it was reported; the
    session's `interactions` follow the events.
    """

    name: str = ""
    state: AgentState = AgentState("")
    dnd: bool = False
    available: bool | None = None
    activity: AgentActivity | None = None
    reasons: KeyValueList = NO_PAIRS
    capabilities: tuple[str, ...] = field(default=(), repr=False)
    interactions: tuple[Interaction, ...] = field(default=(), repr=False)
    timestamp: datetime | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Media(Record):
    """The channels of an agent, or those of them that an event is about."""

    channels: tuple[Channel, ...] = ()
