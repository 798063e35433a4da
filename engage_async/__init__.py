"""The asyncio-native client for Genesys Multicloud CX: await the outcome, not the acknowledgement.

    import engage_async as ea

    async with ea.Engage.from_env() as engage:
        async with engage.workspace() as agent:
            await agent.activate_channels(dn="7001")
            call = await agent.voice.make_call("5551212")
            call = await agent.calls.until(call.id, ea.CallState.ESTABLISHED, timeout=30)
            await agent.voice.release(call.id)

Everything public is a name of this package; it is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engage_async.api.pages import Pages as Pages
    from engage_async.client import Engage as Engage
    from engage_async.config import Settings as Settings
    from engage_async.errors import ApiError as ApiError
    from engage_async.errors import AuthenticationError as AuthenticationError
    from engage_async.errors import CallEnded as CallEnded
    from engage_async.errors import ConfigurationError as ConfigurationError
    from engage_async.errors import EndlessPages as EndlessPages
    from engage_async.errors import EngageError as EngageError
    from engage_async.errors import EventsDropped as EventsDropped
    from engage_async.errors import HandshakeRefused as HandshakeRefused
    from engage_async.errors import InvalidArgument as InvalidArgument
    from engage_async.errors import MalformedResponse as MalformedResponse
    from engage_async.errors import NotFound as NotFound
    from engage_async.errors import NotificationError as NotificationError
    from engage_async.errors import NotSent as NotSent
    from engage_async.errors import OperationError as OperationError
    from engage_async.errors import OperationFailed as OperationFailed
    from engage_async.errors import OperationLost as OperationLost
    from engage_async.errors import OperationTimeout as OperationTimeout
    from engage_async.errors import OutcomeUnknown as OutcomeUnknown
    from engage_async.errors import PartialFailure as PartialFailure
    from engage_async.errors import PartialSuccess as PartialSuccess
    from engage_async.errors import RateLimited as RateLimited
    from engage_async.errors import ServerFault as ServerFault
    from engage_async.errors import SessionClosed as SessionClosed
    from engage_async.errors import SubscriptionRefused as SubscriptionRefused
    from engage_async.errors import TransportError as TransportError
    from engage_async.errors import Unauthorized as Unauthorized
    from engage_async.errors import UploadFailed as UploadFailed
    from engage_async.errors import WaitTimeout as WaitTimeout
    from engage_async.errors import WrongEventLoop as WrongEventLoop
    from engage_async.io.tokens import FileTokenStore as FileTokenStore
    from engage_async.io.tokens import MemoryTokenStore as MemoryTokenStore
    from engage_async.io.tokens import TokenStore as TokenStore
    from engage_async.models.contacts import AttributeValue as AttributeValue
    from engage_async.models.contacts import Contact as Contact
    from engage_async.models.contacts import FoundContacts as FoundContacts
    from engage_async.models.contacts import FoundInteractions as FoundInteractions
    from engage_async.models.contacts import IdentifiedContact as IdentifiedContact
    from engage_async.models.contacts import InteractionRecord as InteractionRecord
    from engage_async.models.contacts import LuceneField as LuceneField
    from engage_async.models.contacts import LuceneIndex as LuceneIndex
    from engage_async.models.contacts import PhoneCallRecord as PhoneCallRecord
    from engage_async.models.enums import AgentState as AgentState
    from engage_async.models.enums import AgentWorkMode as AgentWorkMode
    from engage_async.models.enums import CallState as CallState
    from engage_async.models.enums import CallType as CallType
    from engage_async.models.enums import MonitorMode as MonitorMode
    from engage_async.models.enums import MonitorNextCall as MonitorNextCall
    from engage_async.models.enums import MonitorScope as MonitorScope
    from engage_async.models.enums import NotificationType as NotificationType
    from engage_async.models.enums import RecordingState as RecordingState
    from engage_async.models.events import CallStateChanged as CallStateChanged
    from engage_async.models.events import ChannelStateChanged as ChannelStateChanged
    from engage_async.models.events import DnStateChanged as DnStateChanged
    from engage_async.models.events import Event as Event
    from engage_async.models.events import EventError as EventError
    from engage_async.models.events import EventsLost as EventsLost
    from engage_async.models.events import EventUserEvent as EventUserEvent
    from engage_async.models.events import MalformedEvent as MalformedEvent
    from engage_async.models.events import MonitoringStateChanged as MonitoringStateChanged
    from engage_async.models.events import ServiceStateChanged as ServiceStateChanged
    from engage_async.models.events import UnknownEvent as UnknownEvent
    from engage_async.models.media import Channel as Channel
    from engage_async.models.session import Configuration as Configuration
    from engage_async.models.session import CurrentSession as CurrentSession
    from engage_async.models.session import User as User
    from engage_async.models.standard_responses import ResponseCategory as ResponseCategory
    from engage_async.models.standard_responses import ResponseUsage as ResponseUsage
    from engage_async.models.standard_responses import StandardResponse as StandardResponse
    from engage_async.models.ucs_events import SnapshotMessage as SnapshotMessage
    from engage_async.models.ucs_events import UcsMessage as UcsMessage
    from engage_async.models.ucs_events import WorkbinsMessage as WorkbinsMessage
    from engage_async.models.voice import Call as Call
    from engage_async.models.voice import Dn as Dn
    from engage_async.models.workbins import ContentChange as ContentChange
    from engage_async.models.workbins import Snapshot as Snapshot
    from engage_async.models.workbins import Workbin as Workbin
    from engage_async.models.workbins import WorkbinType as WorkbinType
    from engage_async.operation import Operation as Operation
    from engage_async.protocol.envelope import PartialResult as PartialResult
    from engage_async.protocol.kvlist import KeyValueList as KeyValueList
    from engage_async.protocol.kvlist import KeyValues as KeyValues
    from engage_async.sessions.listeners import EventStream as EventStream
    from engage_async.sessions.state import Calls as Calls
    from engage_async.sessions.workspace import WorkspaceSession as WorkspaceSession

__version__ = "0.1.0"

_HOMES = {
    "api.pages": "Pages",
    "client": "Engage",
    "config": "Settings",
    "errors": "ApiError AuthenticationError CallEnded ConfigurationError EndlessPages EngageError EventsDropped "
    "HandshakeRefused InvalidArgument MalformedResponse NotFound NotificationError NotSent OperationError "
    "OperationFailed OperationLost OperationTimeout OutcomeUnknown PartialFailure PartialSuccess RateLimited "
    "ServerFault SessionClosed SubscriptionRefused TransportError Unauthorized UploadFailed WaitTimeout WrongEventLoop",
    "io.tokens": "FileTokenStore MemoryTokenStore TokenStore",
    "models.contacts": "AttributeValue Contact FoundContacts FoundInteractions IdentifiedContact InteractionRecord "
    "LuceneField LuceneIndex PhoneCallRecord",
    "models.enums": "AgentState AgentWorkMode CallState CallType MonitorMode MonitorNextCall MonitorScope "
    "NotificationType RecordingState",
    "models.events": "CallStateChanged ChannelStateChanged DnStateChanged Event EventError EventsLost EventUserEvent "
    "MalformedEvent MonitoringStateChanged ServiceStateChanged UnknownEvent",
    "models.media": "Channel",
    "models.session": "Configuration CurrentSession User",
    "models.standard_responses": "ResponseCategory ResponseUsage StandardResponse",
    "models.ucs_events": "SnapshotMessage UcsMessage WorkbinsMessage",
    "models.voice": "Call Dn",
    "models.workbins": "ContentChange Snapshot Workbin WorkbinType",
    "operation": "Operation",
    "protocol.envelope": "PartialResult",
    "protocol.kvlist": "KeyValueList KeyValues",
    "sessions.listeners": "EventStream",
    "sessions.state": "Calls",
    "sessions.workspace": "WorkspaceSession",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", *sorted(_HOME_OF)]  # noqa: PLE0604 - names of the table above


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
