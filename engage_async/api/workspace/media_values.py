"""Arguments and results of the media, email and chat operations.

Must live here: how a reason or a deletion goes on the wire, and how a result is made from a completing event or reply.
Must not: which operation uses which.

A result function takes the payload (empty when acceptance settled the operation), the arguments, and what the session
knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from engage_async.api.arguments import chosen, some_names
from engage_async.api.module import Known
from engage_async.errors import ChannelRefused, InvalidArgument
from engage_async.models.chat import ChatMessage
from engage_async.models.codec import structure, unstructure
from engage_async.models.interactions import Interaction, InteractionReason
from engage_async.models.media import Channel
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.error_events import read_error
from engage_async.protocol.media_readings import interaction_id_of, messages_of
from engage_async.protocol.notices import Notice
from engage_async.protocol.reading import text

__all__ = [
    "DeletionForm", "a_channel", "a_chat_message", "an_interaction", "channels_where", "deletion", "reason_on_wire",
    "these_messages",
]  # fmt: skip

DeletionForm = Literal["client", "simulator"]
"""Where the vendor's sources disagree on a body: that of its newest client, or of its simulator."""


def reason_on_wire(reason: InteractionReason | None) -> Any:
    """The reason of a request. Raises `InvalidArgument` for what is none."""
    if reason is not None and not isinstance(reason, InteractionReason):
        raise InvalidArgument(f"reason must be an InteractionReason, not {type(reason).__name__}")
    return unstructure(reason)


def deletion(keys: Iterable[str], form: DeletionForm) -> dict[str, Any]:
    """The arguments of a deletion of user data. Raises `InvalidArgument` for no keys, and for an unknown form."""
    named = some_names("keys", keys)
    pairs = [(key, "") for key in named]
    return chosen("form", form, {"client": {"keys": named}, "simulator": {"user_data": pairs}})


def an_interaction(payload: Mapping[str, Any], arguments: Mapping[str, Any], known: Known) -> Interaction:
    """The interaction of the event (of a chat, with all that is known of it), or else that of the request."""
    interaction = payload.get("interaction")
    told = interaction_id_of(dict(payload)) if isinstance(interaction, dict) else None
    identity = told or str(arguments.get("interaction_id") or "")
    found = known.interaction(identity)
    if found is not None:
        return found
    return structure(Interaction, interaction) if isinstance(interaction, dict) else Interaction(id=identity)


def a_channel(payload: Mapping[str, Any], arguments: Mapping[str, Any], known: Known) -> Channel:
    """The channel of the request, as the event tells it, or else as it is known."""
    name = str(arguments["mediatype"])
    told = _channels(payload).get(name)
    return told or known.channel(name) or Channel(name=name)


def channels_where(
    fits: Callable[[Channel], bool], wanted: str
) -> Callable[[Mapping[str, Any], Mapping[str, Any], Known], PartialResult[tuple[Channel, ...]]]:
    """The channels that did what all were asked for, with one error for each that did not."""

    def result(
        payload: Mapping[str, Any], arguments: Mapping[str, Any], known: Known
    ) -> PartialResult[tuple[Channel, ...]]:
        names, parts = arguments["channels"], payload.get("parts")
        if not isinstance(parts, dict):  # the reply says it of all
            return PartialResult(tuple(found for name in names if (found := known.channel(name)) is not None))
        done, refused = [], []
        for name in names:
            channel = _channels(parts.get(name)).get(name)
            if channel is not None and fits(channel):
                done.append(channel)
            else:
                refused.append(_refusal(name, parts.get(name), known, wanted))
        return PartialResult(tuple(done), tuple(refused))

    return result


def a_chat_message(payload: Mapping[str, Any], arguments: Mapping[str, Any], _known: Known) -> ChatMessage | None:
    """What the transcript has of that which was sent; None when acceptance settled it."""
    words = next((str(arguments[name]).strip() for name in ("message", "url") if arguments.get(name)), None)
    for message in reversed(messages_of(payload)):
        if words is None or words in {(text(message.get(name)) or "").strip() for name in ("text", "url")}:
            return structure(ChatMessage, message)
    return None


def these_messages(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> tuple[ChatMessage, ...]:
    """The messages of a reply; entries that are no objects are left out."""
    return tuple(structure(ChatMessage, message) for message in messages_of(payload))


def _channels(payload: Any) -> dict[str, Channel]:
    """The channels that a ``ChannelStateChanged`` tells of, by name."""
    media = payload.get("media") if isinstance(payload, dict) else None
    channels = media.get("channels") if isinstance(media, dict) else None
    found = [structure(Channel, c) for c in channels if isinstance(c, dict)] if isinstance(channels, list) else []
    return {channel.name: channel for channel in found if channel.name}


def _refusal(name: str, part: Any, known: Known, wanted: str) -> ChannelRefused:
    if isinstance(part, dict):
        error = read_error(Notice("", "EventError", part))
        told = error.message or "refused"
        return ChannelRefused(name, error.code if error.code is not None else -1, told, part)
    channel = known.channel(name)
    return ChannelRefused(name, -1, f"not {wanted} in time; it is {channel.state if channel else 'unknown'}")
