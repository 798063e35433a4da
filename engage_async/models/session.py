"""The user, the session and the configuration.

Must live here: the records of the session group. Must not: events, how a session is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from engage_async.models.enums import ActionCodeType, InitializationState, ServiceName, ServiceState
from engage_async.models.media import Media
from engage_async.models.record import NOTHING_MORE, Record, local, wire
from engage_async.models.voice import Call, Dn
from engage_async.protocol.kvlist import NO_PAIRS, KeyValueList

__all__ = [
    "ActionCode", "ActiveSession", "AgentGroup", "BusinessAttribute", "BusinessAttributeValue", "Configuration",
    "CurrentSession", "PendingLogin", "Service", "SettingsSection", "SubCode", "Transaction", "User",
]  # fmt: skip


@frozen(kw_only=True)
class Service(Record):
    """A back-end service and whether it answers."""

    service_name: ServiceName = ServiceName("")
    service_state: ServiceState = ServiceState("")


@frozen(kw_only=True)
class ActiveSession(Record):
    """What the agent has open: the place and DN, calls, media channels.

    `agent_reserved` is a routing reservation as the service sends it.
    """

    auto_complete_call: bool | None = None
    current_place: str | None = None
    dn: Dn | None = None
    calls: tuple[Call, ...] = ()
    media: Media | None = None
    services: tuple[Service, ...] = ()
    agent_reserved: float | None = None


@frozen(kw_only=True)
class User(Record):
    """An agent. `agent_login` is the login id on the switch, `dbid` the id in the configuration."""

    user_name: str = ""
    employee_id: str | None = None
    agent_login: str | None = None
    default_place: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    dbid: int | None = None
    user_properties: KeyValueList = field(default=NO_PAIRS, repr=False)
    active_session: ActiveSession | None = field(default=None, repr=False)


@frozen(kw_only=True)
class PendingLogin(Record):
    """How far the initialization of the session is. `actual_wait_time` is in seconds."""

    state: InitializationState = InitializationState("")
    actual_wait_time: int | None = None
    submitted_at: datetime | None = None
    errors: KeyValueList = NO_PAIRS


@frozen(kw_only=True)
class CurrentSession(Record):
    """The session as the server has it, and `raw` as it came. `pending_login` is None when none is under way."""

    user: User | None = None
    pending_login: PendingLogin | None = wire(None, "pendingLoginAsync", "pending-login-async")
    raw: Mapping[str, Any] = local(NOTHING_MORE, shown=False)


@frozen(kw_only=True)
class SubCode(Record):
    """A finer reason below an action code."""

    name: str = ""
    code: str = ""


@frozen(kw_only=True)
class ActionCode(Record):
    """A reason for a change of state, or for the way a call ended."""

    name: str = ""
    code: str = ""
    type: ActionCodeType = ActionCodeType("")
    sub_codes: tuple[SubCode, ...] = ()
    user_properties: KeyValueList = field(default=NO_PAIRS, repr=False)


@frozen(kw_only=True)
class AgentGroup(Record):
    """A group that the agent belongs to, with its settings section by section."""

    dbid: int | None = wire(None, "DBID", "dbid")
    name: str = ""
    settings: Mapping[str, Any] = field(factory=dict, hash=False)


@frozen(kw_only=True)
class SettingsSection(Record):
    """A section of the workspace's settings."""

    name: str = ""
    settings: KeyValueList = NO_PAIRS


@frozen(kw_only=True)
class BusinessAttributeValue(Record):
    """One value of a business attribute; `values` are those below it."""

    id: int | None = None
    name: str = ""
    display_name: str | None = None
    description: str | None = None
    default: bool = False
    user_properties: KeyValueList = field(default=NO_PAIRS, repr=False)
    values: tuple[BusinessAttributeValue, ...] = ()


@frozen(kw_only=True)
class BusinessAttribute(Record):
    """A business attribute and its values."""

    id: int | None = None
    name: str = ""
    display_name: str | None = None
    description: str | None = None
    user_properties: KeyValueList = field(default=NO_PAIRS, repr=False)
    values: tuple[BusinessAttributeValue, ...] = ()


@frozen(kw_only=True)
class Transaction(Record):
    """A transaction object of the configuration."""

    name: str = ""
    user_properties: KeyValueList = NO_PAIRS


@frozen(kw_only=True)
class Configuration(Record):
    """The configuration of the agent's environment: what was asked for, or what came with the initialization."""

    action_codes: tuple[ActionCode, ...] = ()
    agent_groups: tuple[AgentGroup, ...] = ()
    settings: tuple[SettingsSection, ...] = ()
    business_attributes: tuple[BusinessAttribute, ...] = ()
    transactions: tuple[Transaction, ...] = wire((), "transactions", "workspaceTransactions")
