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
    from engage_async.api.engagement.engagement import EngagementApi as EngagementApi
    from engage_async.api.pages import Page as Page
    from engage_async.api.pages import Pages as Pages
    from engage_async.api.provisioning.export_job import ExportJob as ExportJob
    from engage_async.api.provisioning.import_job import ImportJob as ImportJob
    from engage_async.api.workspace.reporting_values import ReportingValues as ReportingValues
    from engage_async.client import Engage as Engage
    from engage_async.config import Settings as Settings
    from engage_async.errors import ApiError as ApiError
    from engage_async.errors import AuthenticationError as AuthenticationError
    from engage_async.errors import CallEnded as CallEnded
    from engage_async.errors import ChannelRefused as ChannelRefused
    from engage_async.errors import ConfigurationError as ConfigurationError
    from engage_async.errors import EndlessPages as EndlessPages
    from engage_async.errors import EngageError as EngageError
    from engage_async.errors import EventsDropped as EventsDropped
    from engage_async.errors import HandshakeRefused as HandshakeRefused
    from engage_async.errors import ImportEnded as ImportEnded
    from engage_async.errors import ImportInProgress as ImportInProgress
    from engage_async.errors import ImportRejected as ImportRejected
    from engage_async.errors import ImportRowFailed as ImportRowFailed
    from engage_async.errors import InteractionEnded as InteractionEnded
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
    from engage_async.errors import SlotFull as SlotFull
    from engage_async.errors import StatisticRefused as StatisticRefused
    from engage_async.errors import SubscriptionInUse as SubscriptionInUse
    from engage_async.errors import SubscriptionRefused as SubscriptionRefused
    from engage_async.errors import TransportError as TransportError
    from engage_async.errors import Unauthorized as Unauthorized
    from engage_async.errors import UploadFailed as UploadFailed
    from engage_async.errors import WaitTimeout as WaitTimeout
    from engage_async.errors import WrongEventLoop as WrongEventLoop
    from engage_async.io.downloads import Download as Download
    from engage_async.io.tokens import FileTokenStore as FileTokenStore
    from engage_async.io.tokens import MemoryTokenStore as MemoryTokenStore
    from engage_async.io.tokens import TokenStore as TokenStore
    from engage_async.models.authentication import AccessToken as AccessToken
    from engage_async.models.chat import Chat as Chat
    from engage_async.models.chat import ChatMessage as ChatMessage
    from engage_async.models.chat import ChatParticipant as ChatParticipant
    from engage_async.models.chat import ChatSender as ChatSender
    from engage_async.models.contacts import AttributeValue as AttributeValue
    from engage_async.models.contacts import Contact as Contact
    from engage_async.models.contacts import FoundContacts as FoundContacts
    from engage_async.models.contacts import FoundInteractions as FoundInteractions
    from engage_async.models.contacts import IdentifiedContact as IdentifiedContact
    from engage_async.models.contacts import InteractionRecord as InteractionRecord
    from engage_async.models.contacts import LuceneField as LuceneField
    from engage_async.models.contacts import LuceneIndex as LuceneIndex
    from engage_async.models.contacts import PhoneCallRecord as PhoneCallRecord
    from engage_async.models.engagement import Availability as Availability
    from engage_async.models.engagement import Callback as Callback
    from engage_async.models.engagement import CallInRequest as CallInRequest
    from engage_async.models.engagement import EstimatedWaitTime as EstimatedWaitTime
    from engage_async.models.engagement import QueueStatus as QueueStatus
    from engage_async.models.engagement import Slot as Slot
    from engage_async.models.enums import AgentState as AgentState
    from engage_async.models.enums import AgentWorkMode as AgentWorkMode
    from engage_async.models.enums import CallbackState as CallbackState
    from engage_async.models.enums import CallState as CallState
    from engage_async.models.enums import CallType as CallType
    from engage_async.models.enums import MonitorMode as MonitorMode
    from engage_async.models.enums import MonitorNextCall as MonitorNextCall
    from engage_async.models.enums import MonitorScope as MonitorScope
    from engage_async.models.enums import NotificationType as NotificationType
    from engage_async.models.enums import RecordingState as RecordingState
    from engage_async.models.enums import ServiceName as ServiceName
    from engage_async.models.enums import ServiceState as ServiceState
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
    from engage_async.models.events import StatisticsUpdated as StatisticsUpdated
    from engage_async.models.events import UnknownEvent as UnknownEvent
    from engage_async.models.interactions import Attachment as Attachment
    from engage_async.models.interactions import Email as Email
    from engage_async.models.interactions import Interaction as Interaction
    from engage_async.models.interactions import InteractionReason as InteractionReason
    from engage_async.models.media import Channel as Channel
    from engage_async.models.media_enums import AfterLeaving as AfterLeaving
    from engage_async.models.media_enums import ChatMessageType as ChatMessageType
    from engage_async.models.media_enums import ChatUserType as ChatUserType
    from engage_async.models.media_enums import InteractionNotification as InteractionNotification
    from engage_async.models.media_enums import InteractionState as InteractionState
    from engage_async.models.media_enums import InteractionSubtype as InteractionSubtype
    from engage_async.models.media_enums import InteractionType as InteractionType
    from engage_async.models.media_enums import MediaMonitorMode as MediaMonitorMode
    from engage_async.models.media_enums import NextInteractions as NextInteractions
    from engage_async.models.media_enums import PullContext as PullContext
    from engage_async.models.media_enums import TreatAs as TreatAs
    from engage_async.models.media_enums import Visibility as Visibility
    from engage_async.models.media_events import InteractionStateChanged as InteractionStateChanged
    from engage_async.models.media_events import MessageLogUpdated as MessageLogUpdated
    from engage_async.models.provisioning.enums import ConnectionSecurity as ConnectionSecurity
    from engage_async.models.provisioning.enums import MailboxType as MailboxType
    from engage_async.models.provisioning.enums import MatchMethod as MatchMethod
    from engage_async.models.provisioning.enums import ObjectType as ObjectType
    from engage_async.models.provisioning.enums import SipPhoneType as SipPhoneType
    from engage_async.models.provisioning.enums import SortMethod as SortMethod
    from engage_async.models.provisioning.enums import SortOrder as SortOrder
    from engage_async.models.provisioning.events import ProvisioningMessage as ProvisioningMessage
    from engage_async.models.provisioning.jobs import ExportStatus as ExportStatus
    from engage_async.models.provisioning.jobs import ImportFailure as ImportFailure
    from engage_async.models.provisioning.jobs import ImportStatus as ImportStatus
    from engage_async.models.provisioning.objects import AccessGroupObject as AccessGroupObject
    from engage_async.models.provisioning.objects import AgentGroupObject as AgentGroupObject
    from engage_async.models.provisioning.objects import ConfigObject as ConfigObject
    from engage_async.models.provisioning.objects import DnGroupObject as DnGroupObject
    from engage_async.models.provisioning.objects import DnObject as DnObject
    from engage_async.models.provisioning.objects import ObjectPermissions as ObjectPermissions
    from engage_async.models.provisioning.objects import SkillObject as SkillObject
    from engage_async.models.provisioning.settings import InboundMailbox as InboundMailbox
    from engage_async.models.provisioning.settings import Options as Options
    from engage_async.models.provisioning.settings import OutboundMailbox as OutboundMailbox
    from engage_async.models.provisioning.settings import RecordingCertificate as RecordingCertificate
    from engage_async.models.provisioning.settings import Whitelist as Whitelist
    from engage_async.models.provisioning.settings import WhitelistAddress as WhitelistAddress
    from engage_async.models.provisioning.users import NewUser as NewUser
    from engage_async.models.provisioning.users import Phone as Phone
    from engage_async.models.provisioning.users import SkillLevel as SkillLevel
    from engage_async.models.provisioning.users import UserChanges as UserChanges
    from engage_async.models.provisioning.users import UserObject as UserObject
    from engage_async.models.provisioning.users import WorkspaceRoles as WorkspaceRoles
    from engage_async.models.service import CampaignConfiguration as CampaignConfiguration
    from engage_async.models.service import ServiceInfo as ServiceInfo
    from engage_async.models.session import Configuration as Configuration
    from engage_async.models.session import CurrentSession as CurrentSession
    from engage_async.models.session import User as User
    from engage_async.models.standard_responses import ResponseCategory as ResponseCategory
    from engage_async.models.standard_responses import ResponseUsage as ResponseUsage
    from engage_async.models.standard_responses import StandardResponse as StandardResponse
    from engage_async.models.statistics import Resubscribed as Resubscribed
    from engage_async.models.statistics import Statistic as Statistic
    from engage_async.models.statistics import StatisticValue as StatisticValue
    from engage_async.models.targets import FoundTargets as FoundTargets
    from engage_async.models.targets import FoundUsers as FoundUsers
    from engage_async.models.targets import ListedUser as ListedUser
    from engage_async.models.targets import RecentInformation as RecentInformation
    from engage_async.models.targets import Target as Target
    from engage_async.models.targets import TargetAvailability as TargetAvailability
    from engage_async.models.targets import TargetType as TargetType
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
    from engage_async.protocol.lucene import lucene_term as lucene_term
    from engage_async.protocol.multipart import Progress as Progress
    from engage_async.sessions.conversation import Conversation as Conversation
    from engage_async.sessions.interactions import Interactions as Interactions
    from engage_async.sessions.listeners import EventStream as EventStream
    from engage_async.sessions.provisioning import ProvisioningSession as ProvisioningSession
    from engage_async.sessions.state import Calls as Calls
    from engage_async.sessions.statistics import StatisticsSession as StatisticsSession
    from engage_async.sessions.subscription import Subscription as Subscription
    from engage_async.sessions.workbins import FollowedWorkbin as FollowedWorkbin
    from engage_async.sessions.workspace import WorkspaceSession as WorkspaceSession

__version__ = "0.1.0"

_HOMES = {
    "api.engagement.engagement": "EngagementApi",
    "api.pages": "Page Pages",
    "api.provisioning.export_job": "ExportJob",
    "api.provisioning.import_job": "ImportJob",
    "api.workspace.reporting_values": "ReportingValues",
    "client": "Engage",
    "config": "Settings",
    "errors": "ApiError AuthenticationError CallEnded ChannelRefused ConfigurationError EndlessPages EngageError "
    "EventsDropped HandshakeRefused ImportEnded ImportInProgress ImportRejected ImportRowFailed InteractionEnded "
    "InvalidArgument MalformedResponse NotFound NotSent NotificationError OperationError OperationFailed OperationLost "
    "OperationTimeout OutcomeUnknown PartialFailure PartialSuccess RateLimited ServerFault SessionClosed SlotFull "
    "StatisticRefused SubscriptionInUse SubscriptionRefused TransportError Unauthorized UploadFailed WaitTimeout "
    "WrongEventLoop",
    "io.downloads": "Download",
    "io.tokens": "FileTokenStore MemoryTokenStore TokenStore",
    "models.authentication": "AccessToken",
    "models.chat": "Chat ChatMessage ChatParticipant ChatSender",
    "models.contacts": "AttributeValue Contact FoundContacts FoundInteractions IdentifiedContact InteractionRecord "
    "LuceneField LuceneIndex PhoneCallRecord",
    "models.engagement": "Availability CallInRequest Callback EstimatedWaitTime QueueStatus Slot",
    "models.enums": "AgentState AgentWorkMode CallState CallType CallbackState MonitorMode MonitorNextCall "
    "MonitorScope NotificationType RecordingState ServiceName ServiceState",
    "models.events": "CallStateChanged ChannelStateChanged DnStateChanged Event EventError EventUserEvent EventsLost "
    "MalformedEvent MonitoringStateChanged ServiceStateChanged StatisticsUpdated UnknownEvent",
    "models.interactions": "Attachment Email Interaction InteractionReason",
    "models.media": "Channel",
    "models.media_enums": "AfterLeaving ChatMessageType ChatUserType InteractionNotification InteractionState "
    "InteractionSubtype InteractionType MediaMonitorMode NextInteractions PullContext TreatAs Visibility",
    "models.media_events": "InteractionStateChanged MessageLogUpdated",
    "models.provisioning.enums": "ConnectionSecurity MailboxType MatchMethod ObjectType SipPhoneType SortMethod "
    "SortOrder",
    "models.provisioning.events": "ProvisioningMessage",
    "models.provisioning.jobs": "ExportStatus ImportFailure ImportStatus",
    "models.provisioning.objects": "AccessGroupObject AgentGroupObject ConfigObject DnGroupObject DnObject "
    "ObjectPermissions SkillObject",
    "models.provisioning.settings": "InboundMailbox Options OutboundMailbox RecordingCertificate Whitelist "
    "WhitelistAddress",
    "models.provisioning.users": "NewUser Phone SkillLevel UserChanges UserObject WorkspaceRoles",
    "models.service": "CampaignConfiguration ServiceInfo",
    "models.session": "Configuration CurrentSession User",
    "models.standard_responses": "ResponseCategory ResponseUsage StandardResponse",
    "models.statistics": "Resubscribed Statistic StatisticValue",
    "models.targets": "FoundTargets FoundUsers ListedUser RecentInformation Target TargetAvailability TargetType",
    "models.ucs_events": "SnapshotMessage UcsMessage WorkbinsMessage",
    "models.voice": "Call Dn",
    "models.workbins": "ContentChange Snapshot Workbin WorkbinType",
    "operation": "Operation",
    "protocol.envelope": "PartialResult",
    "protocol.kvlist": "KeyValueList KeyValues",
    "protocol.lucene": "lucene_term",
    "protocol.multipart": "Progress",
    "sessions.conversation": "Conversation",
    "sessions.interactions": "Interactions",
    "sessions.listeners": "EventStream",
    "sessions.provisioning": "ProvisioningSession",
    "sessions.state": "Calls",
    "sessions.statistics": "StatisticsSession",
    "sessions.subscription": "Subscription",
    "sessions.workbins": "FollowedWorkbin",
    "sessions.workspace": "WorkspaceSession",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = list(_HOME_OF)


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
