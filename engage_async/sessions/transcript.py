"""A chat as it grows: its transcript, and who takes part.

Must live here: how messages and participants that come in any order, and more than once, become one chat. Must not:
interactions, waiting, requests.

Under pressure: a transcript keeps its last `MESSAGES_LIMIT` messages. Those before are forgotten and counted in
`Transcript.dropped`.
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Hashable, Iterable

from attrs import evolve, frozen

from engage_async.models.chat import Chat, ChatMessage, ChatParticipant
from engage_async.models.codec import structure
from engage_async.protocol.media_readings import index_of, messages_of
from engage_async.protocol.notices import Payload
from engage_async.protocol.reading import text
from engage_async.sessions.lazy import Lazy

__all__ = ["MESSAGES_LIMIT", "LiveChat", "Transcript"]

MESSAGES_LIMIT = 10_000

_STAYS = ("myParticipantId", "myVisibility", "myUserType", "startAt", "isAsyncMode")
"""What goes on being so when a later event does not tell it."""

Place = tuple[int, int]
"""Where a message stands: its index, and how many without one came since the message with that index."""


@frozen(eq=False)
class _Entry:
    place: Place
    identity: Hashable
    message: Lazy[ChatMessage]


class Transcript:
    """The messages of one chat in the order of their indexes, each once.

    Messages without an index stand after those that were there when they came.
    """

    def __init__(self, limit: int = MESSAGES_LIMIT) -> None:
        self.total: int = 0
        """How many messages have come, those that were forgotten included."""
        self.dropped: int = 0
        self._limit = limit
        self._entries: list[_Entry] = []
        self._seen: set[Hashable] = set()
        self._forgotten = -1
        self._arrivals: deque[_Entry] = deque(maxlen=limit)
        self._messages: tuple[ChatMessage, ...] | None = ()

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """Every message that is kept."""
        if self._messages is None:
            self._messages = tuple(entry.message.model for entry in self._entries)
        return self._messages

    @property
    def last_index(self) -> int:
        """The greatest index so far; -1 when there is none."""
        return self._entries[-1].place[0] if self._entries else self._forgotten

    def add(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Take messages; gives those that are new, in their order."""
        fresh = [payload for payload in sorted(payloads, key=_order) if self._add(payload)]
        while len(self._entries) > self._limit:
            self._forget_first()
        return fresh

    def arrived(self, after: int) -> tuple[int, ChatMessage | None]:
        """The next message to arrive after the first `after` that did; None when there is none yet.

        With it the number of those between that are not to be had any more.
        """
        unread = max(self.total - after, 0)
        kept = min(unread, len(self._arrivals))
        return unread - kept, self._arrivals[-kept].message.model if kept else None

    def _add(self, payload: Payload) -> bool:
        index = index_of(payload)
        identity = index if index is not None else _identity(payload)
        if identity in self._seen or (index is not None and index <= self._forgotten):
            return False
        self._seen.add(identity)
        place = (index, 0) if index is not None else (self.last_index, self.total + 1)
        entry = _Entry(place, identity, Lazy(ChatMessage, payload))
        bisect.insort(self._entries, entry, key=lambda e: e.place)
        self._arrivals.append(entry)
        self._messages = None
        self.total += 1
        return True

    def _forget_first(self) -> None:
        first = self._entries.pop(0)
        self._seen.discard(first.identity)
        self._forgotten = max(self._forgotten, first.place[0])
        self._messages = None
        self.dropped += 1


class LiveChat:
    """One chat, as the events tell it."""

    def __init__(self) -> None:
        self.transcript: Transcript = Transcript()
        self.left: bool = False
        """Whether the transcript says that this agent has left."""
        self._payload: Payload = {}
        self._participants: dict[str, ChatParticipant] = {}
        self._nameless: tuple[ChatParticipant, ...] = ()
        self._model: Chat | None = None

    @property
    def model(self) -> Chat:
        """The chat at this moment."""
        if self._model is None:
            participants = (*self._participants.values(), *self._nameless)
            self._model = evolve(
                structure(Chat, self._payload), participants=participants, messages=self.transcript.messages
            )
        return self._model

    def take(self, chat: Payload) -> None:
        """The chat of an interaction's event: what it holds is so now; its messages are added."""
        self._model = None
        me = self._payload.get("myParticipantId")
        self._payload = {**{name: self._payload[name] for name in _STAYS if name in self._payload}, **chat}
        listed = chat.get("participants")
        if isinstance(listed, list):
            self._payload.pop("participants")
            models = [structure(ChatParticipant, each) for each in listed if isinstance(each, dict)]
            self._participants = {model.id: model for model in models if model.id}
            self._nameless = tuple(model for model in models if not model.id)
        if isinstance(chat.get("messages"), list):
            self._payload.pop("messages")
            self.transcript.add(messages_of(chat))
        if self._payload.get("myParticipantId") != me:  # the agent is in it again, as another participant
            self.left = False

    def log(self, messages: Iterable[Payload]) -> None:
        """Messages of the transcript: what they tell of participants is so from now on, unless they are old."""
        self._model = None
        last = self.transcript.last_index
        for message in self.transcript.add(messages):
            index = index_of(message)
            if index is None or index > last:
                self._follow(message)

    def _follow(self, message: Payload) -> None:
        sender, kind, identity = message.get("from"), message.get("type"), _sender_of(message)
        if identity is None or not isinstance(sender, dict):
            return
        if identity == self._payload.get("myParticipantId") and kind in ("ParticipantLeft", "ParticipantJoined"):
            self.left = kind == "ParticipantLeft"
        known = self._participants.get(identity)
        if kind == "ParticipantLeft":
            self._participants.pop(identity, None)
        elif known is None and kind == "ParticipantJoined":
            self._participants[identity] = structure(ChatParticipant, {**sender, "id": identity})
        elif known is not None and text(sender.get("nickname")):
            self._participants[identity] = evolve(known, nickname=sender["nickname"])


def _order(payload: Payload) -> tuple[bool, int]:
    index = index_of(payload)
    return (index is None, index or 0)


def _identity(payload: Payload) -> Hashable:
    """What tells one message without an index from another."""
    return (_sender_of(payload), *(text(payload.get(name)) for name in ("timestamp", "type", "text")))


def _sender_of(message: Payload) -> str | None:
    sender = message.get("from")
    return (text(sender.get("participantId")) or text(sender.get("id"))) if isinstance(sender, dict) else None
