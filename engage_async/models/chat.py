"""Chats: who takes part, and what was said.

Must live here: the records of a chat. Must not: the interaction that it belongs to (`interactions`), how a transcript
grows.

Every field is optional on the wire. What is absent is None, or empty: an empty tuple or key/value list, or an
enumeration's empty value.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from engage_async.models.media_enums import ChatMessageType, ChatUserType, Visibility
from engage_async.models.record import Record, wire
from engage_async.protocol.kvlist import NO_PAIRS, KeyValueList

__all__ = ["Chat", "ChatMessage", "ChatParticipant", "ChatSender"]


@frozen(kw_only=True)
class ChatParticipant(Record):
    """Someone in a chat. `visibility` says who of the others can see this participant."""

    id: str = wire("", "id", "participantId")
    type: ChatUserType = ChatUserType("")
    nickname: str = ""
    visibility: Visibility | None = None
    person_id: str | None = None
    capabilities: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class ChatSender(Record):
    """Whom a message is from. `id` is the participant's."""

    id: str = wire("", "participantId", "id")
    type: ChatUserType = ChatUserType("")
    nickname: str = ""
    visibility: Visibility | None = None
    person_id: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class ChatMessage(Record):
    """One entry of a chat's transcript: something said, or something that happened (see `type`).

    `index` orders the entries of one chat. `sender` is None for an entry without one. `url` is that of a pushed page,
    where the service does not have it as `text`. `visibility` says who can read the entry.
    """

    index: int | None = None
    type: ChatMessageType = ChatMessageType("")
    text: str = ""
    sender: ChatSender | None = wire(None, "from")
    visibility: Visibility | None = None
    timestamp: datetime | None = None
    timestamp_seconds: int | None = field(default=None, repr=False)
    message_type: str | None = field(default=None, repr=False)
    treat_as: str | None = field(default=None, repr=False)
    url: str | None = None
    user_data: KeyValueList = field(default=NO_PAIRS, repr=False)


@frozen(kw_only=True)
class Chat(Record):
    """The chat of an interaction.

    `messages` is the transcript in the order of its indexes, each entry once. `my_participant_id` is this agent's own
    participant; None before the chat was accepted.
    """

    participants: tuple[ChatParticipant, ...] = ()
    messages: tuple[ChatMessage, ...] = field(default=(), repr=False)
    my_participant_id: str | None = None
    my_visibility: Visibility | None = None
    my_user_type: ChatUserType | None = None
    start_at: datetime | None = None
    is_async_mode: bool | None = None

    @property
    def me(self) -> ChatParticipant | None:
        """This agent among the participants; None when not there, or not yet."""
        return next((p for p in self.participants if p.id and p.id == self.my_participant_id), None)
