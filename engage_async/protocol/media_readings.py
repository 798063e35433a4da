"""What the messages about interactions and chats say of which object.

Must live here: the readers of the two message types. Must not: trust in any field.

An interaction that left its agent may come back under the same id, so its end is not remembered (a call's is). Of a
chat it is remembered which participant the agent is, and how far the transcript was seen: a transcript that is sent
again completes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engage_async.protocol.completion import ENDED, Before
from engage_async.protocol.media_completion import (
    NEW_INTERACTION,
    NEW_INTERACTIONS,
    did,
    interaction_key,
    new_interaction,
    said,
)
from engage_async.protocol.notices import Notice, Payload
from engage_async.protocol.reading import Memory, Reading, operation_id_of, text

__all__ = [
    "LEFT_CHAT", "LEFT_STATES", "PARKED_STATES", "READERS", "chat_of", "index_of", "interaction_id_of", "messages_of",
]  # fmt: skip

LEFT_STATES = frozenset({"Sent", "Completed", "Canceled", "Rejected", "Revoked"})
"""States of an interaction that is no longer its agent's, for good: of which ``Sent`` may be followed by another."""

PARKED_STATES = frozenset({"InWorkbin", "Queued"})
"""States of an interaction that is not on its agent's desk, and may come back to it."""

LEFT_CHAT = "LeftChat"
"""The state of a chat that its agent is no longer in, and still has to complete."""

_KEEPS_STATE = frozenset({"PropertiesUpdated", "UCSPropertiesUpdated", "EmailSaved"})
_NOT_TAKEN = frozenset({"Invited", LEFT_CHAT, *PARKED_STATES, *LEFT_STATES})
_OTHERS = frozenset({"Customer", "External"})
_HAPPENINGS = frozenset(
    {"ParticipantJoined", "ParticipantLeft", "NicknameUpdated", "TypingStarted", "TypingStopped", "FileUploaded"}
)


def interaction_id_of(payload: Payload) -> str | None:
    """The id of the interaction that a media message is about; None when it names none."""
    interaction = payload.get("interaction")
    levels = (interaction, payload) if isinstance(interaction, dict) else (payload,)
    return next((i for level in levels for name in ("id", "interactionId") if (i := text(level.get(name)))), None)


def chat_of(interaction: Mapping[str, Any]) -> Payload:
    """The chat of an interaction, as it was sent; empty when there is none."""
    chat = interaction.get("chat")
    return chat if isinstance(chat, dict) else {}


def messages_of(holder: Mapping[str, Any]) -> list[Payload]:
    """The messages of a ``MessageLogUpdated``, or of a chat; entries that are none are left out."""
    messages = holder.get("messages")
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []


def index_of(message: Payload) -> int | None:
    """The place of a message in its transcript."""
    index = message.get("index")
    return index if isinstance(index, int) and not isinstance(index, bool) else None


def _interaction_state_changed(notice: Notice, memory: Memory) -> Iterator[Reading]:
    interaction, identity = notice.payload.get("interaction"), interaction_id_of(notice.payload)
    if not isinstance(interaction, dict) or identity is None:
        return
    key, state = interaction_key(identity), text(interaction.get("state"))
    before = memory.before((key,))
    if before is None:
        yield from _new(notice, interaction, state)
    was = before or Before()
    yield Reading(
        (key,),
        tuple(_aspects(notice, interaction, state, was)),
        now=Before(state or was.state, me=text(chat_of(interaction).get("myParticipantId")) or was.me, index=was.index),
        ended=state in LEFT_STATES,
        gone=state in LEFT_STATES and state != "Sent",
    )


def _aspects(notice: Notice, interaction: Payload, state: str | None, was: Before) -> Iterator[str]:
    kind = text(notice.payload.get("notificationType"))
    if state and (kind not in _KEEPS_STATE or state != was.state):
        yield from _states(interaction, state, was)
    if kind == "PropertiesUpdated" or notice.source == "snapshot":
        yield "user data"
    if kind == "UCSPropertiesUpdated" or notice.source == "snapshot":
        yield "attachments"
    if kind == "EmailSaved":
        yield "saved"
    if isinstance(interaction.get("comment"), str):
        yield "comment"
    if text(interaction.get("contactId")):
        yield "contact"
    if state in LEFT_STATES:
        yield ENDED


def _states(interaction: Payload, state: str, was: Before) -> Iterator[str]:
    yield f"state:{state}"
    if state not in _NOT_TAKEN:
        yield "taken"
    if was.state is not None and state != was.state:
        yield "another state"
    if isinstance(held := interaction.get("isHeld"), bool):
        yield "held:on" if held else "held:off"


def _new(notice: Notice, interaction: Payload, state: str | None) -> Iterator[Reading]:
    """An interaction seen for the first time: perhaps the one that an operation has asked for.

    With an operation's id it is that operation's, be it ours or not.
    """
    if operation_id_of(notice.payload):
        yield Reading((NEW_INTERACTIONS,), (), claims=NEW_INTERACTION)
    elif state in ("Composing", "Processing") and interaction.get("interactionType") != "Inbound":
        mediatype = text(interaction.get("mediatype")) or notice.channel.rpartition("/")[2]
        aspect = new_interaction(mediatype, text(interaction.get("parentInteractionId")))
        yield Reading((NEW_INTERACTIONS,), (aspect,), claims=NEW_INTERACTION)


def _message_log_updated(notice: Notice, memory: Memory) -> Iterator[Reading]:
    identity = interaction_id_of(notice.payload)
    if identity is None:
        return
    key = interaction_key(identity)
    before = memory.before((key,))
    was = before or Before()
    last = was.index
    for message in messages_of(notice.payload):
        index = index_of(message)
        if index is not None and index <= was.index:
            continue
        last = max(last, index if index is not None else last)
        if _is_mine(message, was.me):
            yield Reading((key,), (_what(message),))
    if before is not None and last > was.index:
        yield Reading((key,), (), now=Before(was.state, me=was.me, index=last))


def _is_mine(message: Payload, me: str | None) -> bool:
    """Whether the agent said it. As long as it is not known which participant the agent is, any agent will do."""
    sender = message.get("from")
    if not isinstance(sender, dict):
        return False
    participant = text(sender.get("participantId")) or text(sender.get("id"))
    return participant == me if me is not None else sender.get("type") not in _OTHERS


def _what(message: Payload) -> str:
    """What the agent has done: said something, or else what the type says."""
    kind = text(message.get("type")) or ""
    words = text(message.get("text")) or text(message.get("url"))
    return said(words) if words is not None and kind not in _HAPPENINGS else did(kind)


READERS: Mapping[str, Callable[[Notice, Memory], Iterator[Reading]]] = {
    "InteractionStateChanged": _interaction_state_changed,
    "MessageLogUpdated": _message_log_updated,
}
