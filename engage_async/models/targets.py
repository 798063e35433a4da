"""Targets: agents, groups, skills, queues and contacts that an agent can reach.

Must live here: the records of the targets and users groups. Must not: how they are searched.

Sources of what availability holds: the vendor's Java client and its agent API simulator.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from engage_async.errors import InvalidArgument
from engage_async.models.enums import AgentActivity, AgentState, AgentWorkMode, OpenEnum
from engage_async.models.record import Record, wire
from engage_async.models.statistics import StatisticValue

__all__ = [
    "ChannelAvailability", "FoundTargets", "FoundUsers", "ListedUser", "RecentInformation", "Target",
    "TargetAvailability", "TargetType", "UserState", "target_information",
]  # fmt: skip


class TargetType(OpenEnum):
    """What a target is. ``queue`` is a search's word for queues of interactions."""

    AGENT = "agent"
    AGENT_GROUP = "agent-group"
    ACD_QUEUE = "acd-queue"
    INTERACTION_QUEUE = "interaction-queue"
    QUEUE = "queue"
    ROUTE_POINT = "route-point"
    SKILL = "skill"
    CUSTOM_CONTACT = "custom-contact"
    CONTACT = "contact"


@frozen(kw_only=True)
class UserState(Record):
    """An agent's state on a channel. `reason` is the code of a not-ready reason."""

    state: AgentState = AgentState("")
    work_mode: AgentWorkMode | None = None
    reason: str | None = None


@frozen(kw_only=True)
class ChannelAvailability(Record):
    """How an agent stands on a channel. `available` says whether something can be given there.

    `phone_number` and `switch_name` are those of the DN on the voice channel. `time_in_current_state` is in seconds.
    """

    name: str = ""
    available: bool | None = None
    activity: AgentActivity | None = None
    user_state: UserState = field(factory=UserState)
    phone_number: str | None = None
    switch_name: str | None = None
    time_in_current_state: float | None = None


@frozen(kw_only=True)
class TargetAvailability(Record):
    """How available a target is: of an agent the channels, of a group or skill the agents who are ready, of a number
    or queue what waits there. What does not fit the type of the target is None."""

    channels: tuple[ChannelAvailability, ...] = ()
    ready_agents: float | None = None
    waiting_calls: float | None = None
    waiting_interactions: float | None = None

    def channel(self, name: str) -> ChannelAvailability | None:
        """The channel of this name; None when the agent does not have it active."""
        return next((channel for channel in self.channels if channel.name == name), None)


@frozen(kw_only=True)
class RecentInformation(Record):
    """When and on which medium a target was used last.

    `missed` and `acknowledged` are of a call that was not answered, where the service tells of it: how it does is not
    documented, and these are the emulator's words.
    """

    media: str | None = None
    time: datetime | None = wire(None, "timeStamp")
    missed: bool | None = None
    acknowledged: bool | None = None


@frozen(kw_only=True)
class Target(Record):
    """Whom or what an agent can reach.

    `dbid` is the id in the configuration. `id` is set for favourites and recents (of those with a `dbid` it is the same
    as text). `number` is where a call reaches the target now, `numbers` and `email_addresses` those of a contact.
    `category` is the favourites' one, `recent` set among the recents. To save a contact, make one:
    ``Target(type="custom-contact", first_name="Ada", numbers=("5551212",))``.
    """

    type: TargetType = TargetType("")
    name: str = ""
    dbid: int | None = wire(None, "DBID", "dbid")
    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_name: str | None = None
    employee_id: str | None = None
    email_address: str | None = None
    number: str | None = None
    switch_name: str | None = None
    numbers: tuple[str, ...] = wire((), "numbers", "phoneNumbers")
    email_addresses: tuple[str, ...] = ()
    availability: TargetAvailability | None = None
    category: str | None = None
    display_name: str | None = wire(None, "favoriteDisplayName")
    recent: RecentInformation | None = wire(None, "recentInformation")

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from other targets: its type, and its id, else its name."""
        return str(self.type), self.id or str(self.dbid if self.dbid is not None else self.name)


@frozen(kw_only=True)
class FoundTargets(Record):
    """Targets of one reply; `total_matches` is how many there are in all, None when the service does not say."""

    targets: tuple[Target, ...] = ()
    total_matches: int | None = None


@frozen(kw_only=True)
class ListedUser(Record):
    """An agent in the list of users, with the state on each channel that is active."""

    user_name: str = ""
    dbid: int | None = wire(None, "DBID", "dbid")
    employee_id: str | None = None
    agent_login: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    default_place: str | None = None
    availability: TargetAvailability | None = None
    statistics: tuple[StatisticValue, ...] = ()


@frozen(kw_only=True)
class FoundUsers(Record):
    """Users of one reply; `total_matches` is how many there are in all, None when the service does not say."""

    users: tuple[ListedUser, ...] = ()
    total_matches: int | None = None


def target_information(target: Any) -> dict[str, Any]:
    """What requests say of a target. Raises `InvalidArgument` for what is none, or names nothing."""
    if not isinstance(target, Target):
        raise InvalidArgument(f"target must be a Target, not {type(target).__name__}")
    number = (target.number,) if target.number else ()
    mail = (target.email_address,) if target.email_address else ()
    told = {
        "type": str(target.type),
        "id": target.id or (str(target.dbid) if target.dbid is not None else None),
        "firstName": target.first_name,
        "lastName": target.last_name,
        "emailAddresses": list(target.email_addresses or mail),
        "numbers": list(target.numbers or number),
    }
    told = {name: value for name, value in told.items() if value}
    if not told.keys() - {"type"}:
        raise InvalidArgument("target must have an id, a name, a number or an email address")
    return told
