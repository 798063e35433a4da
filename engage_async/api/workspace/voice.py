"""Calls, agent state and supervision on the voice channel.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Every method sends nothing until it is awaited (see `Operation`), and raises `InvalidArgument` for arguments that cannot
be sent, `ApiError` when the server refuses the request, `OperationFailed` when the switch does (`CallEnded` when the
call ends first), `OperationTimeout` after `timeout` seconds (default: the setting `operation_timeout`),
`OperationLost` when notifications were lost and the current session proves nothing, `NotSent` when nothing left this
machine. `reasons`, `extensions` and `user_data` are key/value lists: plain dicts, or lists of pairs where keys repeat.
"""

from __future__ import annotations

from functools import partial

from engage_async.api.results import a_call, a_dn, a_monitoring_state, nothing, the_conference, these_calls
from engage_async.api.workspace.call_notes import CallNotesApi
from engage_async.models.enums import AgentWorkMode, MonitorMode, MonitorNextCall, MonitorScope
from engage_async.models.events import MonitoringStateChanged
from engage_async.models.voice import Call, Dn
from engage_async.operation import Operation
from engage_async.protocol import completion as when
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

REPEATABLE = Repeat.REPEATABLE

_WIRE = {
    "call_id": "connId",
    "held_call_id": "heldConnId",
    "other_call_id": "otherConnId",
    "parent_call_id": "parentConnId",
    "dn": "dnToDrop",
    "digits": "dtmfDigits",
    "work_mode": "agentWorkMode",
    "scope": "monitoringScope",
}
_TO_MONITOR = {**_WIRE, "dn": "phoneNumberToMonitor", "mode": "monitoringMode", "next_call": "monitoringNextCallType"}

_agent = Family("/workspace/v3", "voice", "/voice/", wire=_WIRE, gives=a_dn)
_call = Family("/workspace/v3", "voice", "/voice/calls/{call_id}/", wire=_WIRE, gives=a_call)
_switch = partial(_call.post, repeat=REPEATABLE, operation_id=False)

_READY = _agent.post("ready", when.agent_becomes("Ready"), repeat=REPEATABLE)
_NOT_READY = _agent.post("not_ready", when.agent_becomes_not_ready, repeat=REPEATABLE)
_DND_ON = _agent.post("dnd_on", when.do_not_disturb_is("on"), repeat=REPEATABLE, body="bare")
_DND_OFF = _agent.post("dnd_off", when.do_not_disturb_is("off"), repeat=REPEATABLE, body="bare")
_LOGIN = _agent.post("login", when.agent_becomes("in"))
_LOGOUT = _agent.post("logout", when.agent_becomes("LoggedOut"), repeat=REPEATABLE, body="bare")
_SET_FORWARD = _agent.post("set_forward", when.forwarded, repeat=REPEATABLE, needs=("forward_to",))
_CANCEL_FORWARD = _agent.post("cancel_forward", when.not_forwarded, repeat=REPEATABLE, body="bare")
_MAKE_CALL = _agent.post("make_call", when.new_call_dials, needs=("destination",), marks=True, gives=a_call)
_ANSWER = _call.post("answer", when.call_becomes("Established"))
_HOLD = _call.post("hold", when.call_becomes("Held"), repeat=REPEATABLE)
_RETRIEVE = _call.post("retrieve", when.call_becomes("Established", after="Held"), repeat=REPEATABLE)
_RELEASE = _call.post("release", when.call_ends, repeat=REPEATABLE)
_CLEAR = _call.post("clear", when.call_ends, repeat=REPEATABLE)
_COMPLETE = _call.post("complete", when.call_becomes("Completed"))
_REDIRECT = _call.post("redirect", when.call_ends, needs=("destination",))
_ALTERNATE = _call.post("alternate", when.calls_swap, needs=("held_call_id",))
_RECONNECT = _call.post("reconnect", when.call_ends_and_other_returns, needs=("held_call_id",))
_MERGE = _call.post("merge", when.calls_merge, needs=("other_call_id",))
_INITIATE_TRANSFER = _call.post("initiate_transfer", when.consult_call_dials, needs=("destination",), marks=True)
_COMPLETE_TRANSFER = _call.post("complete_transfer", when.either_call_ends)
_INITIATE_CONFERENCE = _call.post("initiate_conference", when.consult_call_dials, needs=("destination",), marks=True)
_COMPLETE_CONFERENCE = _call.post("complete_conference", when.consult_ends_and_conference_grows, gives=the_conference)
_SINGLE_STEP_TRANSFER = _call.post("single_step_transfer", when.call_ends, needs=("destination",))
_SINGLE_STEP_CONFERENCE = _call.post("single_step_conference", when.participant_joins, needs=("destination",))
_DELETE_FROM_CONFERENCE = _call.post("delete_from_conference", when.participant_leaves, needs=("dn",))
_ATTACH_USER_DATA = _call.post("attach_user_data", when.user_data_has)
_UPDATE_USER_DATA = _call.post("update_user_data", when.user_data_has, repeat=REPEATABLE)
_DELETE_USER_DATA_PAIR = _call.post("delete_user_data_pair", when.user_data_lacks, repeat=REPEATABLE, needs=("key",))
_SEND_DTMF = _call.post("send_dtmf", when.accepted, needs=("digits",), gives=nothing)
_START_RECORDING = _call.post("start_recording", when.recording_becomes("Recording"), body="bare")
_STOP_RECORDING = _call.post("stop_recording", when.recording_becomes("Stopped"), repeat=REPEATABLE, body="bare")
_PAUSE_RECORDING = _call.post("pause_recording", when.recording_becomes("Paused"), repeat=REPEATABLE, body="bare")
_RESUME_RECORDING = _call.post("resume_recording", when.recording_becomes("Recording"), repeat=REPEATABLE, body="bare")
_SEND_USER_EVENT = _agent.post("send_user_event", when.accepted, gives=nothing)
_SWITCH_TO_LISTEN_IN = _switch("switch_to_listen_in", when.monitoring_becomes("mute"))
_SWITCH_TO_COACHING = _switch("switch_to_coaching", when.monitoring_becomes("coach"))
_SWITCH_TO_BARGE_IN = _switch("switch_to_barge_in", when.monitoring_becomes("connect"))
_START_MONITORING = _agent.post(
    "start_monitoring",
    when.monitoring("started"),
    operation_id=False,
    needs=("dn",),
    wire=_TO_MONITOR,
    gives=a_monitoring_state,
)
_STOP_MONITORING = _agent.post(
    "stop_monitoring",
    when.monitoring("stopped"),
    repeat=REPEATABLE,
    operation_id=False,
    needs=("dn",),
    wire={"dn": "phoneNumber"},
    gives=a_monitoring_state,
)
_GET_CALLS = _agent.get("get_calls", path="/voice/calls", gives=these_calls)


class VoiceApi(CallNotesApi):
    """Voice operations of one agent."""

    def ready(
        self,
        *,
        work_mode: AgentWorkMode | str | None = None,
        reason_code: str | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Dn]:
        """Make the agent ready to take calls (work modes ``AutoIn`` and ``ManualIn``).

        Settles with the DN once its agent state is ``Ready``.
        """
        return self._start(
            _READY,
            work_mode=work_mode,
            reason_code=reason_code,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def not_ready(
        self,
        *,
        work_mode: AgentWorkMode | str | None = None,
        reason_code: str | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Dn]:
        """Make the agent not ready, with a work mode (``AfterCallWork``, ``AuxWork`` …) and a reason.

        Settles with the DN once its agent state is ``NotReady`` with the work mode and reason asked for; with others,
        one second later.
        """
        return self._start(
            _NOT_READY,
            work_mode=work_mode,
            reason_code=reason_code,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def dnd_on(self, *, timeout: float | None = None) -> Operation[Dn]:
        """Turn do-not-disturb on.

        Settles with the DN once it says so.
        """
        return self._start(_DND_ON, timeout=timeout)

    def dnd_off(self, *, timeout: float | None = None) -> Operation[Dn]:
        """Turn do-not-disturb off.

        Settles with the DN once it says so.
        """
        return self._start(_DND_OFF, timeout=timeout)

    def login(self, *, work_mode: AgentWorkMode | str | None = None, timeout: float | None = None) -> Operation[Dn]:
        """Log the agent in to the voice channel again, after `logout`.

        Settles with the DN once the agent is ``LoggedIn``, ``NotReady`` or ``Ready``.
        """
        return self._start(_LOGIN, work_mode=work_mode, timeout=timeout)

    def logout(self, *, timeout: float | None = None) -> Operation[Dn]:
        """Log the agent out of the voice channel; the session stays open.

        Settles with the DN once its agent state is ``LoggedOut``.
        """
        return self._start(_LOGOUT, timeout=timeout)

    def set_forward(self, forward_to: str, *, timeout: float | None = None) -> Operation[Dn]:
        """Forward the DN's calls to `forward_to`.

        Settles with the DN once it says so.
        """
        return self._start(_SET_FORWARD, forward_to=forward_to, timeout=timeout)

    def cancel_forward(self, *, timeout: float | None = None) -> Operation[Dn]:
        """Cancel the forwarding.

        Settles with the DN once it is not forwarded.
        """
        return self._start(_CANCEL_FORWARD, timeout=timeout)

    def make_call(
        self,
        destination: str,
        *,
        location: str | None = None,
        user_data: KeyValues | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        outbound_caller_id: str | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Dial `destination` from the agent's DN.

        Settles with the new call once it is ``Dialing``: the switch has accepted to dial, nobody has answered yet
        (use `calls.until`). A busy or invalid number raises `OperationFailed`, or ends the call later. `location`
        names a remote site; `outbound_caller_id` is the number shown to the called party.
        """
        return self._start(
            _MAKE_CALL,
            destination=destination,
            location=location,
            user_data=user_data,
            reasons=reasons,
            extensions=extensions,
            outbound_caller_id=outbound_caller_id,
            timeout=timeout,
        )

    def answer(
        self,
        call_id: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Answer a ringing call.

        Settles with the call once it is ``Established``.
        """
        return self._start(_ANSWER, call_id=call_id, reasons=reasons, extensions=extensions, timeout=timeout)

    def hold(
        self,
        call_id: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Put an established call on hold.

        Settles with the call once it is ``Held``.
        """
        return self._start(_HOLD, call_id=call_id, reasons=reasons, extensions=extensions, timeout=timeout)

    def retrieve(
        self,
        call_id: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Take a held call back.

        Settles with the call once it is ``Established`` again.
        """
        return self._start(_RETRIEVE, call_id=call_id, reasons=reasons, extensions=extensions, timeout=timeout)

    def release(
        self,
        call_id: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Leave the call; the other parties of a conference stay connected.

        Settles with the call once it is ``Released`` or ``Completed``.
        """
        return self._start(_RELEASE, call_id=call_id, reasons=reasons, extensions=extensions, timeout=timeout)

    def clear(
        self,
        call_id: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """End the call for all its parties.

        Settles with the call once it is ``Released`` or ``Completed``.
        """
        return self._start(_CLEAR, call_id=call_id, reasons=reasons, extensions=extensions, timeout=timeout)

    def complete(
        self, call_id: str, *, user_data: KeyValues | None = None, timeout: float | None = None
    ) -> Operation[Call]:
        """Mark a released call as done, with final user data.

        Settles with the call once it is ``Completed``. With ``auto_complete_call`` (the default of
        `activate_channels`) a released call completes by itself, and this raises.
        """
        return self._start(_COMPLETE, call_id=call_id, user_data=user_data, timeout=timeout)

    def redirect(
        self,
        call_id: str,
        destination: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Send a ringing call on to `destination` without answering it.

        Settles with the call once it has left this DN (``Released`` or ``Completed``).
        """
        return self._start(
            _REDIRECT, call_id=call_id, destination=destination, reasons=reasons, extensions=extensions, timeout=timeout
        )

    def alternate(
        self,
        call_id: str,
        held_call_id: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Hold the call `call_id` and retrieve `held_call_id` in one step.

        Settles with the retrieved call, once the one is ``Held`` and the other ``Established``. When only the first
        half happened the error's `progress` shows it.
        """
        return self._start(
            _ALTERNATE,
            call_id=call_id,
            held_call_id=held_call_id,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def reconnect(
        self,
        call_id: str,
        held_call_id: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Release the call `call_id` (a consult call, say) and retrieve `held_call_id`.

        Settles with the retrieved call, once the one has ended and the other is ``Established``.
        """
        return self._start(
            _RECONNECT,
            call_id=call_id,
            held_call_id=held_call_id,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def merge(
        self,
        call_id: str,
        other_call_id: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Join two calls of this agent into one.

        Settles with the call that gained participants, or with the one that ended: which id survives is not
        documented.
        """
        return self._start(
            _MERGE,
            call_id=call_id,
            other_call_id=other_call_id,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def initiate_transfer(
        self,
        call_id: str,
        destination: str,
        *,
        location: str | None = None,
        user_data: KeyValues | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        outbound_caller_id: str | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Begin a two-step transfer: hold the call and dial `destination` in a consult call.

        Settles with the **consult call** once it is ``Dialing``; its `parent_call_id` is `call_id`. When the consult
        call is refused the parent stays ``Held``: the error's `progress` shows it.
        """
        return self._start(
            _INITIATE_TRANSFER,
            call_id=call_id,
            destination=destination,
            location=location,
            user_data=user_data,
            reasons=reasons,
            extensions=extensions,
            outbound_caller_id=outbound_caller_id,
            timeout=timeout,
        )

    def complete_transfer(
        self,
        call_id: str,
        *,
        parent_call_id: str | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Complete a two-step transfer; `call_id` is the consult call, `parent_call_id` the call to be transferred.

        Settles with whichever of the two is released first.
        """
        return self._start(
            _COMPLETE_TRANSFER,
            call_id=call_id,
            parent_call_id=parent_call_id,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def initiate_conference(
        self,
        call_id: str,
        destination: str,
        *,
        location: str | None = None,
        user_data: KeyValues | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        outbound_caller_id: str | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Begin a two-step conference: hold the call and dial `destination` in a consult call.

        Settles with the **consult call** once it is ``Dialing``; its `parent_call_id` is `call_id`. When the consult
        call is refused the parent stays ``Held``: the error's `progress` shows it.
        """
        return self._start(
            _INITIATE_CONFERENCE,
            call_id=call_id,
            destination=destination,
            location=location,
            user_data=user_data,
            reasons=reasons,
            extensions=extensions,
            outbound_caller_id=outbound_caller_id,
            timeout=timeout,
        )

    def complete_conference(
        self,
        call_id: str,
        *,
        parent_call_id: str | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Complete a two-step conference; `call_id` is the consult call, `parent_call_id` the call that grows.

        Settles with the conference once the consult call has ended and the parent has one more participant; two
        seconds after the first when the second is not seen.
        """
        return self._start(
            _COMPLETE_CONFERENCE,
            call_id=call_id,
            parent_call_id=parent_call_id,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def single_step_transfer(
        self,
        call_id: str,
        destination: str,
        *,
        location: str | None = None,
        user_data: KeyValues | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Transfer the call to `destination` at once, without consultation.

        Settles with the call once it has left this DN (``Released`` or ``Completed``).
        """
        return self._start(
            _SINGLE_STEP_TRANSFER,
            call_id=call_id,
            destination=destination,
            location=location,
            user_data=user_data,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def single_step_conference(
        self,
        call_id: str,
        destination: str,
        *,
        location: str | None = None,
        user_data: KeyValues | None = None,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Add `destination` to the call at once, without consultation.

        Settles with the call once `destination` is among its participants, or there is one more of them.
        """
        return self._start(
            _SINGLE_STEP_CONFERENCE,
            call_id=call_id,
            destination=destination,
            location=location,
            user_data=user_data,
            reasons=reasons,
            extensions=extensions,
            timeout=timeout,
        )

    def delete_from_conference(
        self,
        call_id: str,
        dn: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[Call]:
        """Drop the party `dn` from a conference.

        Settles with the call once `dn` is no longer among its participants, or the call ended because one party was
        left.
        """
        return self._start(
            _DELETE_FROM_CONFERENCE, call_id=call_id, dn=dn, reasons=reasons, extensions=extensions, timeout=timeout
        )

    def attach_user_data(self, call_id: str, user_data: KeyValues, *, timeout: float | None = None) -> Operation[Call]:
        """Add pairs to the call's user data; a key that is there already gets a second value.

        Settles with the call once an ``AttachedDataChanged`` event holds the pairs. Another party's change of the
        same keys looks the same.
        """
        return self._start(_ATTACH_USER_DATA, call_id=call_id, user_data=user_data, timeout=timeout)

    def update_user_data(self, call_id: str, user_data: KeyValues, *, timeout: float | None = None) -> Operation[Call]:
        """Set pairs of the call's user data, replacing the values of these keys.

        Settles with the call once an ``AttachedDataChanged`` event holds the pairs.
        """
        return self._start(_UPDATE_USER_DATA, call_id=call_id, user_data=user_data, timeout=timeout)

    def delete_user_data_pair(self, call_id: str, key: str, *, timeout: float | None = None) -> Operation[Call]:
        """Remove a key from the call's user data.

        Settles with the call once an ``AttachedDataChanged`` event no longer has the key.
        """
        return self._start(_DELETE_USER_DATA_PAIR, call_id=call_id, key=key, timeout=timeout)

    def send_dtmf(
        self,
        call_id: str,
        digits: str,
        *,
        reasons: KeyValues | None = None,
        extensions: KeyValues | None = None,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Send DTMF tones (``0``-``9``, ``*``, ``#``, ``A``-``D``).

        No event tells of success: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(
            _SEND_DTMF, call_id=call_id, digits=digits, reasons=reasons, extensions=extensions, timeout=timeout
        )

    def start_recording(self, call_id: str, *, timeout: float | None = None) -> Operation[Call]:
        """Start recording the call.

        Settles with the call once its recording state is ``Recording``.
        """
        return self._start(_START_RECORDING, call_id=call_id, timeout=timeout)

    def stop_recording(self, call_id: str, *, timeout: float | None = None) -> Operation[Call]:
        """Stop recording the call.

        Settles with the call once its recording state is ``Stopped``.
        """
        return self._start(_STOP_RECORDING, call_id=call_id, timeout=timeout)

    def pause_recording(self, call_id: str, *, timeout: float | None = None) -> Operation[Call]:
        """Pause the recording of the call, for card numbers and the like.

        Settles with the call once its recording state is ``Paused``.
        """
        return self._start(_PAUSE_RECORDING, call_id=call_id, timeout=timeout)

    def resume_recording(self, call_id: str, *, timeout: float | None = None) -> Operation[Call]:
        """Resume a paused recording.

        Settles with the call once its recording state is ``Recording``.
        """
        return self._start(_RESUME_RECORDING, call_id=call_id, timeout=timeout)

    def send_user_event(
        self,
        user_data: KeyValues,
        *,
        call_id: str | None = None,
        call_uuid: str | None = None,
        timeout: float | None = None,
    ) -> Operation[None]:
        """Send an ``EventUserEvent`` with `user_data` to the other parties of a call.

        No event tells of success: it settles one second after acceptance, unless an error comes before. Outbound
        campaign requests (``GSW_AGENT_REQ_TYPE``) are answered by an `EventUserEvent`: use `wait_for`.
        """
        return self._start(_SEND_USER_EVENT, user_data=user_data, call_id=call_id, call_uuid=call_uuid, timeout=timeout)

    def switch_to_listen_in(
        self, call_id: str, *, scope: MonitorScope | str | None = None, timeout: float | None = None
    ) -> Operation[Call]:
        """Supervise a monitored call silently.

        Settles with the call once its monitor mode is ``mute``.
        """
        return self._start(_SWITCH_TO_LISTEN_IN, call_id=call_id, scope=scope, timeout=timeout)

    def switch_to_coaching(
        self, call_id: str, *, scope: MonitorScope | str | None = None, timeout: float | None = None
    ) -> Operation[Call]:
        """Supervise a monitored call so that only the agent hears the supervisor.

        Settles with the call once its monitor mode is ``coach``.
        """
        return self._start(_SWITCH_TO_COACHING, call_id=call_id, scope=scope, timeout=timeout)

    def switch_to_barge_in(
        self, call_id: str, *, scope: MonitorScope | str | None = None, timeout: float | None = None
    ) -> Operation[Call]:
        """Join a monitored call so that all parties hear the supervisor.

        Settles with the call once its monitor mode is ``connect``.
        """
        return self._start(_SWITCH_TO_BARGE_IN, call_id=call_id, scope=scope, timeout=timeout)

    def start_monitoring(
        self,
        dn: str,
        *,
        mode: MonitorMode | str | None = None,
        next_call: MonitorNextCall | str | None = None,
        scope: MonitorScope | str | None = None,
        location: str | None = None,
        timeout: float | None = None,
    ) -> Operation[MonitoringStateChanged]:
        """Monitor the calls of another agent's DN (supervisors only).

        Settles with the event once monitoring has started; the monitored calls then appear as calls of this session.
        """
        return self._start(
            _START_MONITORING, dn=dn, mode=mode, next_call=next_call, scope=scope, location=location, timeout=timeout
        )

    def stop_monitoring(self, dn: str, *, timeout: float | None = None) -> Operation[MonitoringStateChanged]:
        """Stop monitoring a DN.

        Settles with the event once monitoring has stopped.
        """
        return self._start(_STOP_MONITORING, dn=dn, timeout=timeout)

    async def get_calls(self, *, timeout: float | None = None) -> tuple[Call, ...]:
        """The agent's calls, as the server has them."""
        result: tuple[Call, ...] = await self._request(_GET_CALLS, timeout=timeout)
        return result
