"""Malformed input made of bytes: any bytes give one, so that a fuzzer that changes bytes changes its shape.

Must live here: how bytes become JSON of the service's vocabulary, nearly. Must not: what is done with it.
"""

from __future__ import annotations

import json
from typing import Any

from engage_async.models.events import EVENT_TYPES

NAMES = (
    "id", "channel", "clientId", "successful", "subscription", "advice", "reconnect", "interval", "timeout", "data",
    "maxInterval", "error", "ext", "ack", "messageType", "call", "state", "connId", "callUuid", "dnNumber", "dns", "dn",
    "agentState", "agentWorkMode", "reasons", "key", "type", "value", "userData", "extensions", "participants", "phone",
    "capabilities", "duration", "parentConnId", "previousConnId", "interaction", "interactionType", "mediatype", "chat",
    "messages", "from", "text", "index", "notificationType", "media", "channels", "name", "user", "activeSession", "x",
    "status", "code", "message", "detail", "errors", "errorCode", "errorMessage", "operationId", "referenceId", "calls",
    "statistics", "statisticId", "statisticValue", "itemId", "statisticDefinitionEx", "progressPercent", "percentage",
    "totalCount", "count", "results", "userName", "workbin", "contact", "contacts", "attributes", "interactions", "uri",
    "monitoredDn", "monitoringInfo", "queue", "position", "skills", "timestamp", "systemTime", "startDate", "_links",
    "engage-operation-id", "attachments", "documents", "targets", "target", "availability", "lastActionTime", "nodes",
)  # fmt: skip
TEXTS = (
    *EVENT_TYPES, "", "0", "c1", "c2", "7001", "JohnSmith", "Ringing", "Dialing", "Established", "Held", "Released",
    "Ready", "NotReady", "chat", "email", "workitem", "voice", "/meta/connect", "/meta/handshake", "/meta/subscribe",
    "/meta/disconnect", "/workspace/v3/voice", "/workspace/v3/media/chat", "/workspace/v3/initialization", "retry",
    "none", "handshake", "402::unknown", "str", "int", "kvlist", "Complete", "\ud800", "\u0000", "é" * 300, "9" * 400,
    "/workspace/v3/ucs", "/workspace/v3/targets", "/statistics/v3/updates", "operation-1", "2026-01-01T00:00:00.000Z",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, 1, 2, -1, 50, 402, 2**31, 2**63, -(2**63), 10**400, 1e308, -0.0, 0.5, 1e-320, 1577836800, 1577836800000,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
DEEP = 200
AS_IT_IS, SPOILED, FOREIGN = 15, 14, 13
"""First bytes: the rest is the text itself; JSON with a fault; JSON of any shape."""


class Reading:
    """Reads bytes as choices; after their end every choice is the first one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def ended(self) -> bool:
        """Whether every further choice is the first one."""
        return self._at >= len(self._data)

    def choice(self, ways: int) -> int:
        """A number below `ways`, which is at most 256."""
        if self.ended:
            return 0
        self._at += 1
        return self._data[self._at - 1] % ways

    def rest(self) -> bytes:
        """All that was not read."""
        return self._data[self._at :]

    def json(self, depth: int = 0) -> Any:
        """Some JSON value, or what Python's reader takes for one."""
        kind = self.choice(12) if depth < 8 else 2 + self.choice(5)
        if kind in (0, 1, 7, 8):
            return {self.name(): self.json(depth + 1) for _ in range(self.choice(6))}
        if kind in (9, 10):
            return [self.json(depth + 1) for _ in range(self.choice(4))]
        if kind == 11:
            return self.nested()
        return (None, True, self.text(), NUMBERS[self.choice(len(NUMBERS))], False)[kind - 2]

    def name(self) -> str:
        """A member's name, mostly of the vocabulary."""
        at = self.choice(256)
        return NAMES[at] if at < len(NAMES) else self.text()

    def text(self) -> str:
        """A text, mostly of the vocabulary."""
        return TEXTS[self.choice(len(TEXTS))]

    def nested(self) -> Any:
        """Something deep."""
        value: Any = None
        for _ in range(self.choice(DEEP)):
            value = [value] if self.choice(2) else {"call": value}
        return value

    def message(self) -> Any:
        """A Bayeux message, mostly."""
        if self.choice(8) == 7:
            return self.json()
        channel = self.text()
        if self.choice(4) == 3:
            more = self.json()
            return {"channel": channel, "successful": self.choice(3) > 0, **(more if isinstance(more, dict) else {})}
        data = self.json()
        if isinstance(data, dict) and self.choice(8) < 7:
            data["messageType"] = list(EVENT_TYPES)[self.choice(len(EVENT_TYPES))]
            for needed in ("call", "dn", "interaction", "error"):
                if self.choice(3) == 0:
                    data[needed] = {"id": self.text(), "state": self.text(), self.name(): self.json(2)}
        return {"channel": channel, "data": data, self.name(): self.json(5)}


def spoiled(text: str, reading: Reading) -> str:
    """The text with a piece missing, doubled or foreign."""
    at = len(text) * reading.choice(256) // 256
    how = reading.choice(4)
    return (text[:at], text[at:], text[:at] + text[at // 2 :], text[:at] + reading.text() + text[at:])[how]


def answer(data: bytes) -> str:
    """The body of an answer to a Bayeux request."""
    reading = Reading(data)
    how = reading.choice(16)
    if how == AS_IT_IS:
        return reading.rest().decode("utf-8", "replace")
    text = json.dumps([reading.message() for _ in range(1 + reading.choice(3))])
    return spoiled(text, reading) if how == SPOILED else text


def reply(data: bytes) -> tuple[int, str]:
    """HTTP status and body of an answer to an operation."""
    reading = Reading(data)
    status = (200, 200, 200, 200, 200, 200, 202, 204, 302, 400, 401, 403, 404, 429, 500, 503)[reading.choice(16)]
    how = reading.choice(16)
    if how == AS_IT_IS:
        return status, reading.rest().decode("utf-8", "replace")
    if how == FOREIGN:
        return status, json.dumps(reading.json())
    body = {"status": {"code": reading.choice(4)}, "data": reading.json(), reading.name(): reading.json(3)}
    text = json.dumps(body)
    return status, spoiled(text, reading) if how == SPOILED else text
