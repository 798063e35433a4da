"""One notification as it came: channel, message type, payload.

Must live here: the smallest safe reading of an untrusted Bayeux event. Must not: meaning, typed models, I/O.
"""

from __future__ import annotations

from typing import Any, Literal

from attrs import define

Payload = dict[str, Any]


@define
class Notice:
    """An event on its way through the session, not structured yet. Nothing changes one (frozen, it took three times as
    long to make).

    `payload` is the event's ``data``: a JSON object, never trusted beyond being one. `message_type` is its
    ``messageType``, or ``""``. `source` is ``"snapshot"`` for what was read from ``GET /current-session`` after
    notifications were lost, else ``"event"``.
    """

    channel: str
    message_type: str
    payload: Payload
    source: Literal["event", "snapshot"] = "event"


def read_notice(channel: Any, data: Any) -> Notice | None:
    """Read one Bayeux event; None when it is not of the form that every notification has (a channel and an object)."""
    if not isinstance(channel, str) or not isinstance(data, dict):
        return None
    message_type = data.get("messageType")
    return Notice(channel, message_type if isinstance(message_type, str) else "", data)
