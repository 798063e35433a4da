"""Notifications about interactions and chats.

Must live here: one class per ``messageType`` of the media channels. Must not: how a notice becomes an event (`events`).
"""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from engage_async.models.chat import ChatMessage
from engage_async.models.event import Event
from engage_async.models.interactions import Interaction
from engage_async.models.media_enums import InteractionNotification
from engage_async.models.record import wire

__all__ = ["InteractionStateChanged", "MessageLogUpdated"]


@frozen(kw_only=True)
class InteractionStateChanged(Event):
    """Something about an interaction changed; `notification_type` says what."""

    needs: ClassVar[tuple[str, ...]] = ("interaction",)
    interaction: Interaction = field(factory=Interaction)
    notification_type: InteractionNotification = InteractionNotification("")


@frozen(kw_only=True)
class MessageLogUpdated(Event):
    """Entries were added to the transcript of a chat. Some of `messages` may have come before: see their `index`."""

    needs: ClassVar[tuple[str, ...]] = ("messages",)
    interaction_id: str = wire("", "interactionId", "id")
    messages: tuple[ChatMessage, ...] = ()
    notification_type: InteractionNotification = InteractionNotification("")
