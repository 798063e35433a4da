"""Topics: user events among agents, and the outbound dialler that acknowledges what agents say of its records.

Must live here: who hears of which topic, and what is acknowledged how. Must not: HTTP, calling lists.

Source: the vendor's agent API simulator for the acknowledgements. That other user events go to the subscribers of their
topic is what publishing means; no source shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engage_async.protocol.topic_completion import TOPICS

__all__ = ["Topics"]

KeyValues = list[dict[str, Any]]

_ACKNOWLEDGED = {
    "RecordReject": "RecordRejectAcknowledge",
    "RecordProcessed": "RecordProcessedAcknowledge",
    "RequestRecordCancel": "RecordCancelAcknowledge",
}


class Topics:
    """The topics that agents publish to and subscribe to."""

    def __init__(self, publish: Callable[[str, str, dict[str, Any]], object]) -> None:
        self._publish = publish
        self._subscribers: dict[str, dict[str, None]] = {}

    def subscribe(self, user: str, topics: Iterable[str]) -> None:
        """Let an agent hear of topics."""
        for topic in topics:
            self._subscribers.setdefault(topic, {})[user] = None

    def unsubscribe(self, user: str, topics: Iterable[str]) -> None:
        """Let an agent hear of topics no more."""
        for topic in topics:
            self._subscribers.get(topic, {}).pop(user, None)

    def publish(self, user: str, topic: str, content: KeyValues, *, operation_id: str | None = None) -> None:
        """Publish a user event: the dialler acknowledges its requests, everything else goes to the other subscribers.

        `operation_id` is named in the acknowledgement.
        """
        request = next((pair["value"] for pair in content if pair["key"] == "GSW_AGENT_REQ_TYPE"), None)
        answer = _ACKNOWLEDGED.get(str(request))
        if answer is not None:
            told = [pair for pair in content if pair["key"] != "GSW_AGENT_REQ_TYPE"]
            self._tell(user, [*told, {"key": "GSW_USER_EVENT", "type": "str", "value": answer}], operation_id)
            return
        for subscriber in self._subscribers.get(topic, {}):
            if subscriber != user:
                self._tell(subscriber, content)

    def _tell(self, user: str, content: KeyValues, operation_id: str | None = None) -> None:
        event: dict[str, Any] = {"messageType": "EventUserEvent", "eventContent": content}
        self._publish(user, TOPICS, event | ({"operationId": operation_id} if operation_id is not None else {}))
