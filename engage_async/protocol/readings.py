"""What an event says about which object, read from the raw payload.

Must live here: the meaning of each message type for correlation, and nothing that needs a typed model: an event that
nobody waits for costs a few look-ups. Must not: bookkeeping of operations, or trust in any field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engage_async.protocol import destinations
from engage_async.protocol.completion import (
    DN,
    ENDED,
    MONITORING,
    NEW_CALLS,
    SESSION,
    Before,
    Key,
    call_key,
    monitored_number,
    participant_numbers,
    seen_destinations,
)
from engage_async.protocol.media_readings import READERS as _MEDIA_READERS
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.reading import Memory, Reading
from engage_async.protocol.reading import text as _text
from engage_async.protocol.topic_completion import READERS as _TOPIC_READERS
from engage_async.protocol.ucs_readings import READERS as _UCS_READERS

MARKER_KEY = "engage_async.operation"
"""The user-data key that carries the operation's id when calls are marked (an opt-in setting)."""

ENDED_STATES = frozenset({"Released", "Completed"})
LOGGED_IN_STATES = frozenset({"LoggedIn", "NotReady", "Ready"})

LOGGED_OUT_STATES = frozenset({"LoggedOut", "OutOfService"})

_MONITORING_EVENTS = {"MonitoringStarted": "started", "MonitoringStopped": "stopped"}
_KEEPS_STATE = frozenset({"AttachedDataChanged", "ParticipantsUpdated", "CallRecordingStateChange"})


def read(notice: Notice, memory: Memory) -> Iterator[Reading]:
    """What this event says, object by object; nothing for message types that complete no operation."""
    reader = _READERS.get(notice.message_type)
    if reader is not None:
        return reader(notice, memory)
    if notice.channel.endswith("/initialization"):
        return _initialization(notice, memory)
    return iter(())


def call_ids(call: Any) -> tuple[Key, ...]:
    """The keys of a call: ``id`` first, then ``connId``; empty when it has neither."""
    if not isinstance(call, dict):
        return ()
    ids = (call.get("id"), call.get("connId"))
    return tuple(dict.fromkeys(call_key(i) for i in ids if isinstance(i, str) and i))


def _call_state_changed(notice: Notice, memory: Memory) -> Iterator[Reading]:
    call = notice.payload.get("call")
    keys = call_ids(call)
    if not keys or not isinstance(call, dict):
        return
    previous = _previous(call, keys)
    before = memory.before(keys)
    state, kind = _text(call.get("state")), _text(notice.payload.get("notificationType"))
    if before is None and previous is None and kind != "CallRecovered":
        yield from _new_call(call, state)
    earlier = memory.before((previous,)) if previous else None
    was = next((known for known in (before, earlier) if known not in (None, Before())), None) or Before()
    numbers = participant_numbers(call) or was.participants
    ended = state in ENDED_STATES
    yield Reading(
        keys,
        tuple(_aspects(notice, call, state, was)),
        now=Before(state or was.state, numbers),
        ended=ended,
        gone=state == "Completed",
        previous=previous,
        call_uuid=_text(call.get("callUuid")),
    )


def _aspects(notice: Notice, call: Payload, state: str | None, was: Before) -> Iterator[str]:
    kind = _text(notice.payload.get("notificationType"))
    if state in ENDED_STATES:
        yield from (f"state:{state}", ENDED)
    elif state and (kind not in _KEEPS_STATE or state != was.state):
        yield f"state:{state}"
    if kind == "AttachedDataChanged" or notice.source == "snapshot":
        yield "user data"
    if isinstance(call.get("participants"), list):
        yield "participants"
    if recording := _recording(call, kind):
        yield f"recording:{recording}"
    if mode := _monitor_mode(call):
        yield f"monitor:{mode}"


def _new_call(call: Payload, state: str | None) -> Iterator[Reading]:
    """A call seen for the first time: perhaps the one that an operation has asked for."""
    kind = _text(call.get("callType"))
    if state not in ("Dialing", "Established", "Released", "Completed") or kind == "Inbound":
        return
    refused = state in ENDED_STATES
    parent = _text(call.get("parentConnId"))
    claims = "consult" if parent or kind == "Consult" else "new"
    if marker := _marker(call):
        yield Reading((("marker", marker),), (claims,), refused=refused, claims=claims)
    if parent:
        yield Reading((call_key(parent),), (claims,), refused=refused, claims=claims)
        return
    to = [entry for number in seen_destinations(call) for entry in destinations.index_of_seen(number)]
    if claims == "new" and not refused:
        to.append("?")
    yield Reading((NEW_CALLS,), tuple(f"{claims}:{entry}" for entry in to), refused=refused, claims=claims)


def _previous(call: Payload, keys: tuple[Key, ...]) -> Key | None:
    previous = _text(call.get("previousConnId"))
    return call_key(previous) if previous and call_key(previous) not in keys else None


def _recording(call: Payload, kind: str | None) -> str | None:
    recording = _text(call.get("recordingState"))
    if recording or kind != "CallRecordingStateChange":
        return recording
    capabilities = call.get("capabilities")
    if not isinstance(capabilities, list):
        return None
    return "Recording" if "stop-recording" in capabilities else "Stopped" if "start-recording" in capabilities else None


def _monitor_mode(call: Payload) -> str | None:
    info = call.get("monitoringInfo")
    mode = _text(info.get("monitorMode")) if isinstance(info, dict) else None
    if mode:
        return mode.lower()
    if call.get("supervisorBargedIn") is True:
        return "connect"
    return "mute" if call.get("supervisorListeningIn") is True else None


def _marker(call: Payload) -> str | None:
    pairs = call.get("userData")
    if isinstance(pairs, dict):
        return _text(pairs.get(MARKER_KEY))
    if isinstance(pairs, list):
        for pair in pairs[:256]:
            if isinstance(pair, dict) and pair.get("key") == MARKER_KEY:
                return _text(pair.get("value"))
    return None


def _dn_state_changed(notice: Notice, memory: Memory) -> Iterator[Reading]:
    dn = notice.payload.get("dn")
    if not isinstance(dn, dict):
        return
    state = _text(dn.get("agentState"))
    was = memory.before((DN,)) or Before()
    aspects = [f"agent:{state}"] if state else []
    if state in LOGGED_IN_STATES:
        aspects.append("agent:in")
    aspects.append("dnd:on" if dn.get("dnd") is True else "dnd:off")
    aspects.append("forward:on" if dn.get("forwardTo") else "forward:off")
    logged_out = state == "LoggedOut" and was.state != "LoggedOut"
    now, own_dn = Before(state or was.state), _text(dn.get("number"))
    yield Reading((DN,), tuple(aspects), now=now, logged_out=logged_out, own_dn=own_dn)


def _monitoring_state_changed(notice: Notice, _: Memory) -> Iterator[Reading]:
    event = _MONITORING_EVENTS.get(_text(notice.payload.get("eventType")) or "")
    if event is None:
        return
    number = monitored_number(notice.payload)
    entries = destinations.index_of_seen(number) if number else ("?",)
    yield Reading((MONITORING,), tuple(f"{event}:{entry}" for entry in entries), claims=event)


def _channel_state_changed(notice: Notice, _: Memory) -> Iterator[Reading]:
    media = notice.payload.get("media")
    channels = media.get("channels") if isinstance(media, dict) else None
    for channel in channels if isinstance(channels, list) else ():
        name, state = (
            (_text(channel.get("name")), _text(channel.get("state"))) if isinstance(channel, dict) else ("", "")
        )
        if name and state:
            dnd = "dnd:on" if channel.get("dnd") is True else "dnd:off"
            aspects = (f"state:{state}", dnd) if state in LOGGED_OUT_STATES else (f"state:{state}", dnd, "active")
            yield Reading((("channel", name),), aspects)


def _initialization(notice: Notice, _: Memory) -> Iterator[Reading]:
    state = _text(notice.payload.get("state"))
    if state == "Failed":
        yield Reading((SESSION,), ("initialization:Complete",), refused=True)
    else:
        yield Reading((SESSION,), (f"initialization:{state}" if state == "Complete" else "progress",))


_READERS: dict[str, Callable[[Notice, Memory], Iterator[Reading]]] = {
    "CallStateChanged": _call_state_changed,
    "ChannelStateChanged": _channel_state_changed,
    "DnStateChanged": _dn_state_changed,
    "MonitoringStateChanged": _monitoring_state_changed,
    **_MEDIA_READERS,
    **_TOPIC_READERS,
    **_UCS_READERS,
}
