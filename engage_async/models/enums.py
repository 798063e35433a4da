"""Open enumerations: the known values by name, the unknown ones kept as they came.

Must live here: the values. Must not: what follows from them.

Sources: the vendor's Java client and its agent API simulator.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

__all__ = [
    "ActionCodeType", "AgentActivity", "AgentState", "AgentWorkMode", "CallCapability", "CallState", "CallType",
    "CallbackState",
    "InitializationState", "MonitorMode", "MonitorNextCall", "MonitorScope", "MonitoringEvent", "NotificationType",
    "OpenEnum", "ParticipantRole", "RecordingState", "ServiceName", "ServiceState",
]  # fmt: skip


class OpenEnum(StrEnum):
    """An enumeration that a server may extend.

    A value it does not list becomes a member of its own with the name ``UNKNOWN``: equal to its text, `is_known` False,
    not remembered. Upper and lower case of known values do not matter.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        folded = value.casefold()
        for member in cls:
            if member.value.casefold() == folded:
                return member
        unknown = str.__new__(cls, value)
        unknown._name_ = "UNKNOWN"
        unknown._value_ = value
        return unknown

    @property
    def is_known(self) -> bool:
        """Whether this package lists the value."""
        return self._name_ != "UNKNOWN"


class CallState(OpenEnum):
    """Where a call is in its life."""

    DIALING = "Dialing"
    RINGING = "Ringing"
    ESTABLISHED = "Established"
    HELD = "Held"
    RELEASED = "Released"
    COMPLETED = "Completed"


class CallType(OpenEnum):
    """What a call is to its agent."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"
    INTERNAL = "Internal"
    CONSULT = "Consult"


class NotificationType(OpenEnum):
    """What changed about a call."""

    STATE_CHANGE = "StateChange"
    PARTICIPANTS_UPDATED = "ParticipantsUpdated"
    ATTACHED_DATA_CHANGED = "AttachedDataChanged"
    CALL_RECOVERED = "CallRecovered"
    CALL_RECORDING_STATE_CHANGE = "CallRecordingStateChange"


class AgentState(OpenEnum):
    """The state of an agent on a DN or a media channel."""

    LOGGED_OUT = "LoggedOut"
    LOGGED_IN = "LoggedIn"
    READY = "Ready"
    NOT_READY = "NotReady"
    OUT_OF_SERVICE = "OutOfService"


class AgentWorkMode(OpenEnum):
    """The work mode of an agent on a DN. ``ready`` takes the first two, ``not_ready`` the others."""

    AUTO_IN = "AutoIn"
    MANUAL_IN = "ManualIn"
    AFTER_CALL_WORK = "AfterCallWork"
    AUX_WORK = "AuxWork"
    LEGAL_GUARD = "LegalGuard"
    NO_CALL_DISCONNECT = "NoCallDisconnect"
    WALK_AWAY = "WalkAway"


class AgentActivity(OpenEnum):
    """What a DN or a channel is busy with."""

    IDLE = "Idle"
    HANDLING_INBOUND_CALL = "HandlingInboundCall"
    HANDLING_INTERNAL_CALL = "HandlingInternalCall"
    HANDLING_OUTBOUND_CALL = "HandlingOutboundCall"
    HANDLING_CONSULT_CALL = "HandlingConsultCall"
    INITIATING_CALL = "InitiatingCall"
    RECEIVING_CALL = "ReceivingCall"
    CALL_ON_HOLD = "CallOnHold"
    HANDLING_INBOUND_INTERACTION = "HandlingInboundInteraction"
    HANDLING_INTERNAL_INTERACTION = "HandlingInternalInteraction"
    HANDLING_OUTBOUND_INTERACTION = "HandlingOutboundInteraction"
    DELIVERING_INTERACTION = "DeliveringInteraction"


class RecordingState(OpenEnum):
    """Whether a call is recorded."""

    STOPPED = "Stopped"
    RECORDING = "Recording"
    PAUSED = "Paused"


class ParticipantRole(OpenEnum):
    """What a party is to a call."""

    ORIGINATION = "RoleOrigination"
    DESTINATION = "RoleDestination"
    NEW_PARTY = "RoleNewParty"
    OBSERVER = "RoleObserver"


class CallCapability(OpenEnum):
    """What can be done with a call at the moment."""

    ACCEPT = "accept"
    ALTERNATE = "alternate"
    ANSWER = "answer"
    ATTACH_USER_DATA = "attach-user-data"
    CLEAR = "clear"
    COMPLETE = "complete"
    COMPLETE_CONFERENCE = "complete-conference"
    COMPLETE_TRANSFER = "complete-transfer"
    DELETE_FROM_CONFERENCE = "delete-from-conference"
    DELETE_USER_DATA_PAIR = "delete-user-data-pair"
    HOLD = "hold"
    INITIATE_CONFERENCE = "initiate-conference"
    INITIATE_TRANSFER = "initiate-transfer"
    MERGE = "merge"
    PAUSE_RECORDING = "pause-recording"
    RECONNECT = "reconnect"
    REDIRECT = "redirect"
    RELEASE = "release"
    RESUME_RECORDING = "resume-recording"
    RETRIEVE = "retrieve"
    SEND_DTMF = "send-dtmf"
    SINGLE_STEP_CONFERENCE = "single-step-conference"
    SINGLE_STEP_TRANSFER = "single-step-transfer"
    START_RECORDING = "start-recording"
    STOP_RECORDING = "stop-recording"
    SWITCH_TO_BARGE_IN = "switch-to-barge-in"
    SWITCH_TO_COACHING = "switch-to-coaching"
    SWITCH_TO_LISTEN_IN = "switch-to-listen-in"
    UPDATE_USER_DATA = "update-user-data"


class MonitorMode(OpenEnum):
    """How much of a supervisor the monitored parties hear."""

    MUTE = "Mute"
    COACH = "Coach"
    CONNECT = "Connect"


class MonitorScope(OpenEnum):
    """Whether a call or an agent is monitored."""

    CALL = "Call"
    AGENT = "Agent"


class MonitorNextCall(OpenEnum):
    """How many of a DN's calls are monitored."""

    ONE_CALL = "OneCall"
    ALL_CALLS = "AllCalls"


class MonitoringEvent(OpenEnum):
    """What happened to the monitoring of a DN."""

    STARTED = "MonitoringStarted"
    STOPPED = "MonitoringStopped"


class InitializationState(OpenEnum):
    """How far the initialization of a session is."""

    NOT_STARTED = "NotStarted"
    EXECUTING = "Executing"
    FAILED = "Failed"
    COMPLETE = "Complete"


class ServiceName(OpenEnum):
    """A back-end service of the workspace."""

    VOICE = "VOICE"
    IXN = "IXN"
    UCS = "UCS"
    STATS = "STATS"


class ServiceState(OpenEnum):
    """Whether a back-end service answers."""

    AVAILABLE = "AVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"


class CallbackState(OpenEnum):
    """Where a callback is in its life (the states of the vendor's Callback Services API)."""

    SCHEDULED = "SCHEDULED"
    QUEUED = "QUEUED"
    ROUTING = "ROUTING"
    PROCESSING = "PROCESSING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"


class ActionCodeType(OpenEnum):
    """What an action code is a reason for. ``Forwardoff`` is the vendor's spelling."""

    LOGIN = "Login"
    LOGOUT = "Logout"
    READY = "Ready"
    NOT_READY = "NotReady"
    BUSY_ON = "BusyOn"
    BUSY_OFF = "BusyOff"
    FORWARD_ON = "ForwardOn"
    FORWARD_OFF = "Forwardoff"
    INTERNAL_CALL = "InternalCall"
    INBOUND_CALL = "InboundCall"
    OUTBOUND_CALL = "OutboundCall"
    CONFERENCE = "Conference"
    TRANSFER = "Transfer"
