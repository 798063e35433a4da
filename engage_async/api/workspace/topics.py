"""Topics: user events to and from other applications, such as outbound campaigns.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches.

Every method sends nothing until it is awaited (see `Operation`), and raises what `VoiceApi`'s do. Events come as
`EventUserEvent` on ``/workspace/v3/media/topics``, which the session listens to anyway. `event_content` is a key/value
list: a plain dict, or a list of pairs where keys repeat.

Source: the vendor's agent API simulator for `publish`; the bodies of the other two are not documented.
"""

from __future__ import annotations

from collections.abc import Collection

from engage_async.api.arguments import some_names
from engage_async.api.module import ApiModule, Known
from engage_async.api.results import nothing
from engage_async.models.events import EventUserEvent, read_event
from engage_async.operation import Operation
from engage_async.protocol import completion as when
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family
from engage_async.protocol.topic_completion import TOPICS, acknowledged


def an_answer(payload: Payload, _arguments: Payload, _known: Known) -> EventUserEvent | None:
    """The event that answered; None when acceptance was all."""
    event = read_event(Notice(TOPICS, "EventUserEvent", dict(payload))) if payload else None
    return event if isinstance(event, EventUserEvent) else None


_topics = Family(
    "/workspace/v3", "topics", "/media/topics/", gives=nothing, domain="media", key_values=frozenset({"event_content"})
)

_PUBLISH = _topics.post("publish", acknowledged, path="/media/topics/{topic}/publish", gives=an_answer)
_SUBSCRIBE = _topics.post("subscribe", when.accepted, repeat=Repeat.REPEATABLE)
_UNSUBSCRIBE = _topics.post("unsubscribe", when.accepted, repeat=Repeat.REPEATABLE)


class TopicsApi(ApiModule):
    """User events by topic. A topic is named ``<tenant id>@<place>``."""

    def publish(
        self, topic: str, event_content: KeyValues, *, timeout: float | None = None
    ) -> Operation[EventUserEvent | None]:
        """Publish a user event, such as ``{"GSW_AGENT_REQ_TYPE": "RecordProcessed", "GSW_RECORD_HANDLE": 12}``.

        Settles with the user event that acknowledges the same ``GSW_RECORD_HANDLE`` or ``GSW_REFERENCE_ID``; without
        either in `event_content` it settles with None one second after acceptance, unless an error comes before.
        """
        return self._start(_PUBLISH, topic=topic, event_content=event_content, timeout=timeout)

    def subscribe(self, topics: Collection[str], *, timeout: float | None = None) -> Operation[None]:
        """Ask for the user events of topics.

        No event tells of success: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_SUBSCRIBE, topics=some_names("topics", topics), timeout=timeout)

    def unsubscribe(self, topics: Collection[str], *, timeout: float | None = None) -> Operation[None]:
        """Ask for the user events of topics no more.

        No event tells of success: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_UNSUBSCRIBE, topics=some_names("topics", topics), timeout=timeout)
