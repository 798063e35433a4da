"""Open enumerations of interactions and chats.

Must live here: the values. Must not: what follows from them; how unknown values are kept (`enums`).

Sources: the vendor's API definition and Java client, and its agent API simulator. Values marked *expected* were seen in
neither: they follow the Interaction Server and the Chat Server behind the API.
"""

from __future__ import annotations

from engage_async.models.enums import OpenEnum

__all__ = [
    "AfterLeaving", "ChatMessageType", "ChatUserType", "InteractionNotification", "InteractionState",
    "InteractionSubtype", "InteractionType", "MediaMonitorMode", "NextInteractions", "PullContext", "TreatAs",
    "Visibility",
]  # fmt: skip


class InteractionState(OpenEnum):
    """Where an interaction is in its life. The last four are *expected*: ``Chat`` is a chat that its agent is in."""

    INVITED = "Invited"
    PROCESSING = "Processing"
    COMPOSING = "Composing"
    SENT = "Sent"
    COMPLETED = "Completed"
    CANCELED = "Canceled"
    IN_WORKBIN = "InWorkbin"
    QUEUED = "Queued"
    REJECTED = "Rejected"
    REVOKED = "Revoked"
    CHAT = "Chat"
    LEFT_CHAT = "LeftChat"


class InteractionType(OpenEnum):
    """Where an interaction comes from."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"
    INTERNAL = "Internal"


class InteractionSubtype(OpenEnum):
    """What an interaction is to the one before it."""

    INBOUND_NEW = "InboundNew"
    OUTBOUND_NEW = "OutboundNew"
    OUTBOUND_REPLY = "OutboundReply"


class InteractionNotification(OpenEnum):
    """What changed about an interaction or a chat."""

    STATUS_CHANGE = "StatusChange"
    PROPERTIES_UPDATED = "PropertiesUpdated"
    UCS_PROPERTIES_UPDATED = "UCSPropertiesUpdated"
    EMAIL_SAVED = "EmailSaved"
    NEW_MESSAGES = "NewMessages"


class ChatUserType(OpenEnum):
    """What a participant of a chat is."""

    CUSTOMER = "Customer"
    AGENT = "Agent"
    SUPERVISOR = "Supervisor"
    EXTERNAL = "External"


class ChatMessageType(OpenEnum):
    """What an entry of a transcript is. All but the first two are *expected*."""

    TEXT = "Text"
    PARTICIPANT_JOINED = "ParticipantJoined"
    PARTICIPANT_LEFT = "ParticipantLeft"
    TYPING_STARTED = "TypingStarted"
    TYPING_STOPPED = "TypingStopped"
    PUSH_URL = "PushUrl"
    NOTICE = "Notice"
    CUSTOM_NOTICE = "CustomNotice"
    NICKNAME_UPDATED = "NicknameUpdated"
    FILE_UPLOADED = "FileUploaded"


class Visibility(OpenEnum):
    """Who can see a message or a participant: everybody, only agents and supervisors, only supervisors."""

    ALL = "All"
    AGENT = "Agent"
    SUPERVISOR = "Supervisor"


class TreatAs(OpenEnum):
    """Whether a message counts as said by its sender or by the system."""

    NORMAL = "Normal"
    SYSTEM = "System"


class AfterLeaving(OpenEnum):
    """What becomes of a chat that its agent leaves."""

    CLOSE_IF_NO_AGENTS = "CloseIfNoAgents"
    FORCE_CLOSE = "ForceClose"
    KEEP_ALIVE = "KeepAlive"


class MediaMonitorMode(OpenEnum):
    """How a supervisor follows an interaction: unseen, seen by the agent alone, seen by all."""

    MONITOR = "Monitor"
    COACH = "Coach"
    BARGE_IN = "Bargein"


class NextInteractions(OpenEnum):
    """How many of an agent's interactions are monitored."""

    NEXT = "NextInteraction"
    ALL = "AllInteractions"


class PullContext(OpenEnum):
    """What an interaction is pulled for."""

    NONE = "none"
    UNIVERSAL_QUEUE = "universal-queue"
