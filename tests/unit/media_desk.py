"""A desk of media operations, and the events that media channels, interactions and chats send."""

from __future__ import annotations

from typing import Any

from correlation_desk import MEDIA, Desk, error_event, routes_of

from engage_async.api.workspace import chat, email, media
from engage_async.protocol.notices import Notice
from engage_async.protocol.pending import Pending

ROUTES = routes_of(media, email, chat)
SUCCEEDED, BY_ID, BY_REPLY, ENDED = (
    ("succeeded", "object"),
    ("succeeded", "operation-id"),
    ("succeeded", "reply"),
    ("ended", "object"),
)
ALL = ("media.ready_all", "media.not_ready_all", "media.logout_all", "media.dnd_on", "media.dnd_off")
NEW = ("email.create", "email.reply", "email.forward", "media.create")

ARGUMENTS: dict[str, Any] = {
    "mediatype": "email",
    "interaction_id": "i1",
    "channels": ["chat", "email"],
    "user_data": {"Segment": "Gold"},
    "keys": ["Segment"],
    "comment": "call back",
    "contact_id": "c1",
    "document_id": "d1",
    "message": "hello",
    "url": "https://shop.example/",
    "nickname": "Kate",
}


def start(desk: Desk, operation: str, **arguments: Any) -> Pending:
    """Start an operation on interaction ``i1``, an email (a chat for the chat group)."""
    mediatype = "chat" if operation.startswith("chat.") else "email"
    given_ones = {**ARGUMENTS, "mediatype": mediatype, **arguments}
    if operation in ("email.create", "media.create"):
        given_ones.pop("interaction_id")
    if operation not in ("media.attach_user_data", "media.update_user_data"):
        given_ones.pop("user_data")
    return desk.start(operation, **given_ones)


def told(
    state: str | None,
    interaction_id: str = "i1",
    *,
    kind: str | None = "StatusChange",
    operation_id: str | None = None,
    mediatype: str = "email",
    snapshot: bool = False,
    **members: Any,
) -> Notice:
    """``InteractionStateChanged``."""
    interaction = {"id": interaction_id, "mediatype": mediatype, "state": state, **members}
    payload = {
        "messageType": "InteractionStateChanged",
        "notificationType": kind,
        "operationId": operation_id,
        "interaction": interaction,
    }
    source: Any = "snapshot" if snapshot else "event"
    return Notice(f"{MEDIA}/{mediatype}", "InteractionStateChanged", payload, source)


def chat_told(state: str | None, *, me: str | None = "p1", **more: Any) -> Notice:
    """``InteractionStateChanged`` of the chat ``i1``."""
    return told(state, mediatype="chat", chat={"myParticipantId": me, "participants": []}, **more)


def log(*messages: dict[str, Any], interaction_id: str = "i1", operation_id: str | None = None) -> Notice:
    """``MessageLogUpdated`` of a chat."""
    payload = {
        "messageType": "MessageLogUpdated",
        "notificationType": "NewMessages",
        "interactionId": interaction_id,
        "operationId": operation_id,
        "messages": list(messages),
    }
    return Notice(f"{MEDIA}/chat", "MessageLogUpdated", payload)


def entry(index: int | None, text: str | None = None, *, kind: str = "Text", by: str = "p1", **more: Any) -> Any:
    """One message of a transcript; `by` is the participant's id, ``p1`` the agent's own."""
    agent = "Customer" if by.startswith("customer") else "Agent"
    return {"index": index, "type": kind, "text": text, "from": {"participantId": by, "type": agent}, **more}


def channels(*, snapshot: bool = False, **states: Any) -> Notice:
    """``ChannelStateChanged``; a state is its name, or all members of the channel."""
    told_of = [{"name": n, **(s if isinstance(s, dict) else {"state": s})} for n, s in states.items()]
    payload = {"messageType": "ChannelStateChanged", "media": {"channels": told_of}}
    return Notice(MEDIA, "ChannelStateChanged", payload, "snapshot" if snapshot else "event")


def media_error(mediatype: str | None = None, code: int = 50, **more: Any) -> Notice:
    """``EventError`` on the channel of a media type, or on that of all."""
    return error_event(code, channel=f"{MEDIA}/{mediatype}" if mediatype else MEDIA, **more)
