"""Notifications as frozen records.

Must live here: one class per ``messageType``, and how a notice becomes one. Must not: correlation, who hears of it.

    Event
    ├── WorkspaceInitialization        WorkspaceInitializationProgress, WorkspaceInitializationComplete
    ├── CallStateChanged  DnStateChanged  MonitoringStateChanged  EventUserEvent  EventError         voice
    ├── ChannelStateChanged  InteractionStateChanged  MessageLogUpdated                              media
    ├── UcsMessage  WorkbinsMessage  SnapshotMessage       contacts, workbins and media management (`ucs_events`)
    ├── ServiceStateChanged                                                                          any service
    ├── StatisticsUpdated              new values of statistics                                      statistics
    ├── ProvisioningMessage            answers of operations, and other messages                     provisioning
    ├── UnknownEvent                   a type this package does not know
    ├── MalformedEvent                 a known type without what it is about
    └── EventsLost                     our own: notifications may be missing here
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from attrs import field, frozen

from engage_async.models.codec import structure
from engage_async.models.enums import (
    InitializationState,
    MonitoringEvent,
    MonitorMode,
    MonitorNextCall,
    NotificationType,
    ServiceName,
    ServiceState,
)
from engage_async.models.event import Event
from engage_async.models.media import Channel, Media
from engage_async.models.media_events import InteractionStateChanged, MessageLogUpdated
from engage_async.models.provisioning.events import ProvisioningMessage
from engage_async.models.record import Record, local, wire
from engage_async.models.session import Configuration, User
from engage_async.models.statistics import StatisticValue
from engage_async.models.ucs_events import SnapshotMessage, UcsMessage, WorkbinsMessage
from engage_async.models.voice import Call, Dn
from engage_async.protocol.error_events import read_error
from engage_async.protocol.kvlist import NO_PAIRS, KeyValueList
from engage_async.protocol.notices import Notice, Payload

__all__ = [
    "EVENT_TYPES", "CallStateChanged", "ChannelStateChanged", "DnStateChanged", "Event", "EventError", "EventUserEvent",
    "EventsLost", "InitializationData", "InitializationProgress", "MalformedEvent", "MonitoredDn",
    "MonitoringStateChanged", "ServiceStateChanged", "StatisticsUpdated", "UnknownEvent", "WorkspaceInitialization",
    "WorkspaceInitializationComplete", "WorkspaceInitializationProgress", "read_event",
]  # fmt: skip


@frozen(kw_only=True)
class CallStateChanged(Event):
    """Something about a call changed; `notification_type` says what."""

    needs: ClassVar[tuple[str, ...]] = ("call",)
    call: Call = field(factory=Call)
    notification_type: NotificationType = NotificationType("")


@frozen(kw_only=True)
class DnStateChanged(Event):
    """Something about the DN or the agent on it changed."""

    needs: ClassVar[tuple[str, ...]] = ("dn",)
    dn: Dn = field(factory=Dn)


@frozen(kw_only=True)
class MonitoredDn(Record):
    """The DN that a monitoring event is about."""

    other_dn: str | None = wire(None, "otherDN")
    monitor_next_call_type: MonitorNextCall | None = None


@frozen(kw_only=True)
class MonitoringStateChanged(Event):
    """The monitoring of a DN started or stopped."""

    event_type: MonitoringEvent = MonitoringEvent("")
    monitor_mode: MonitorMode | None = None
    event: MonitoredDn | None = None


@frozen(kw_only=True)
class EventUserEvent(Event):
    """A user event: data that another application sent (message waiting, outbound campaigns …)."""

    user_data: KeyValueList = wire(NO_PAIRS, "userData", "eventContent")


@frozen(kw_only=True)
class EventError(Event):
    """A back-end server refused or failed something. Also published when it failed an operation of this session.

    It may name the DN, the call (`connection_id`, `call_uuid`), both, or nothing.
    """

    error_code: int | None = local(None)
    error_message: str | None = local(None)
    dn: str | None = local(None)
    connection_id: str | None = local(None)
    call_uuid: str | None = local(None)


@frozen(kw_only=True)
class ChannelStateChanged(Event):
    """The state of media channels changed: of those in `channels`, which need not be all."""

    needs: ClassVar[tuple[str, ...]] = ("media", "channels")
    media: Media = field(factory=Media)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that the event is about."""
        return self.media.channels


@frozen(kw_only=True)
class ServiceStateChanged(Event):
    """A back-end service came or went. While it is unavailable its operations get no outcome."""

    service_name: ServiceName = ServiceName("")
    service_state: ServiceState = ServiceState("")


@frozen(kw_only=True)
class StatisticsUpdated(Event):
    """New values of subscribed statistics, of one subscription or several."""

    needs: ClassVar[tuple[str, ...]] = ("statistics",)
    statistics: tuple[StatisticValue, ...] = ()


@frozen(kw_only=True)
class InitializationProgress(Record):
    """How far the initialization is, in percent."""

    percent_complete: float | None = None


@frozen(kw_only=True)
class InitializationData(Record):
    """What a complete initialization gives."""

    user: User | None = None
    configuration: Configuration | None = None


@frozen(kw_only=True)
class WorkspaceInitialization(Event):
    """The initialization of the session goes on; `state` is what counts, not the message's type.

    `execution_time` and `actual_wait_time` are in seconds.
    """

    state: InitializationState = InitializationState("")
    submitted_at: datetime | None = None
    execution_time: float | None = None
    actual_wait_time: float | None = None
    progress: InitializationProgress | None = None
    data: InitializationData | None = field(default=None, repr=False)


@frozen(kw_only=True)
class WorkspaceInitializationProgress(WorkspaceInitialization):
    """The initialization is under way."""


@frozen(kw_only=True)
class WorkspaceInitializationComplete(WorkspaceInitialization):
    """The initialization has ended: ``Complete``, or ``Failed``."""


@frozen(kw_only=True)
class UnknownEvent(Event):
    """A notification of a type that this package does not know. All of it is in `raw`."""


@frozen(kw_only=True)
class MalformedEvent(Event):
    """A notification of a known type that lacks what it is about: `problem` says what. All of it is in `raw`."""

    problem: str = local("")


@frozen(kw_only=True)
class EventsLost(Event):
    """Not from the service: here notifications may be missing. `reason` says why.

    State and pending operations have been brought up to date with ``GET /current-session`` before it is published.
    """

    reason: str = local("")


EVENT_TYPES: Mapping[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        CallStateChanged,
        ChannelStateChanged,
        DnStateChanged,
        EventError,
        EventUserEvent,
        InteractionStateChanged,
        MessageLogUpdated,
        MonitoringStateChanged,
        ProvisioningMessage,
        ServiceStateChanged,
        SnapshotMessage,
        StatisticsUpdated,
        UcsMessage,
        WorkbinsMessage,
        WorkspaceInitializationComplete,
        WorkspaceInitializationProgress,
    )
}
"""The class for each ``messageType`` (those of `StatisticsUpdated` and `ProvisioningMessage` are ours: the services
send none)."""


def read_event(notice: Notice) -> Event:
    """The typed event of a notice. Never raises: what cannot be read is an `UnknownEvent` or a `MalformedEvent`."""
    kind = EVENT_TYPES.get(notice.message_type, UnknownEvent)
    missing = _missing(notice.payload, kind.needs)
    if missing is not None:
        problem = f"{notice.message_type} without a readable {missing}"
        return MalformedEvent(
            message_type=notice.message_type, channel=notice.channel, raw=notice.payload, problem=problem
        )
    more = _MORE.get(kind)
    if more is None:
        return structure(kind, notice.payload, channel=notice.channel, raw=notice.payload)
    return structure(kind, notice.payload, channel=notice.channel, raw=notice.payload, **more(notice))


def _missing(payload: Payload, needs: tuple[str, ...]) -> str | None:
    """The first member that is not there as an object (the last one may be a list)."""
    if not needs:
        return None
    value: Any = payload
    for name in needs:
        value = value.get(name) if isinstance(value, dict) else None
    return None if isinstance(value, (dict, list)) else ".".join(needs)


def _of_an_error(notice: Notice) -> dict[str, Any]:
    error = read_error(notice)
    return {
        "error_code": error.code,
        "error_message": error.message,
        "dn": error.dn,
        "connection_id": error.connection_id,
        "call_uuid": error.call_uuid,
        "operation_id": next(iter(error.operation_ids), None),
    }


_MORE: Mapping[type[Event], Callable[[Notice], dict[str, Any]]] = {EventError: _of_an_error}
