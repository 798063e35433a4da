"""Calls and DNs.

Must live here: the records of the voice channel. Must not: events, what can be done with a call.

Every field is optional on the wire. What is absent is None, or empty: an empty tuple or key/value list, or an
enumeration's empty value.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from engage_async.models.enums import (
    AgentActivity,
    AgentState,
    AgentWorkMode,
    CallCapability,
    CallState,
    CallType,
    MonitorMode,
    MonitorScope,
    ParticipantRole,
    RecordingState,
)
from engage_async.models.record import Record, wire
from engage_async.protocol.kvlist import NO_PAIRS, KeyValueList

__all__ = ["Call", "Dn", "MonitoringInfo", "Participant"]


@frozen(kw_only=True)
class Participant(Record):
    """Another party of a call: its number and its role."""

    number: str = ""
    role: ParticipantRole = ParticipantRole("")


@frozen(kw_only=True)
class MonitoringInfo(Record):
    """How a call is monitored: the monitored DN, and how much of the supervisor is heard."""

    monitored_dn: str | None = wire(None, "monitoredDN")
    monitor_mode: MonitorMode | None = wire(None, "monitorMode", "moniterMode")
    monitor_scope: MonitorScope | None = None


@frozen(kw_only=True)
class Call(Record):
    """One call, as its agent sees it.

    `id` is what operations take (`conn_id` is the T-Library connection id, `call_uuid` the call's id for all parties).
    `parent_call_id` names, on a consult call, the call it was started from; `previous_call_id` the id that the call had
    before a transfer or conference. `phone_number` is the other party's number. `user_data` are the attached data.
    `duration` is in seconds. `recording_state` is None when recording was never started.
    """

    id: str = ""
    state: CallState = CallState("")
    call_type: CallType = CallType("")
    phone_number: str | None = None
    ani: str | None = None
    dnis: str | None = None
    participants: tuple[Participant, ...] = ()
    user_data: KeyValueList = NO_PAIRS
    extensions: KeyValueList = field(default=NO_PAIRS, repr=False)
    capabilities: tuple[CallCapability, ...] = field(default=(), repr=False)
    parent_call_id: str | None = wire(None, "parentConnId")
    previous_call_id: str | None = wire(None, "previousConnId")
    conn_id: str | None = None
    call_uuid: str | None = None
    recording_state: RecordingState | None = None
    duration: int | None = None
    started_at: datetime | None = None
    type: str | None = None
    supervisor_listening_in: bool = False
    supervisor_barged_in: bool = False
    supervisor_monitoring_state: str | None = None
    is_monitored_by_me: bool = False
    monitoring_info: MonitoringInfo | None = None


@frozen(kw_only=True)
class Dn(Record):
    """A DN and the agent on it.

    `available` says whether it can be given a call. `reasons` are those of the last ready or not-ready. `forward_to` is
    None when calls are not forwarded. `timestamp` is the time of the last change.
    """

    number: str = ""
    agent_state: AgentState = AgentState("")
    agent_work_mode: AgentWorkMode = AgentWorkMode("")
    agent_id: str | None = None
    switch_name: str | None = None
    available: bool | None = None
    activity: AgentActivity | None = None
    dnd: bool = False
    forward_to: str | None = None
    reasons: KeyValueList = NO_PAIRS
    capabilities: tuple[str, ...] = field(default=(), repr=False)
    timestamp: datetime | None = field(default=None, repr=False)
