"""Interactions of every media type: emails, chats, work items, outbound previews …

Must live here: the record of an interaction and its parts. Must not: events, what can be done with an interaction, what
a chat is made of (`chat`).

Every field is optional on the wire. What is absent is None, or empty: an empty tuple or key/value list, or an
enumeration's empty value.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from engage_async.models.chat import Chat
from engage_async.models.media_enums import InteractionState, InteractionSubtype, InteractionType, MediaMonitorMode
from engage_async.models.record import Record, wire
from engage_async.protocol.kvlist import NO_PAIRS, KeyValueList

__all__ = ["Attachment", "Email", "Interaction", "InteractionReason"]


@frozen(kw_only=True)
class Attachment(Record):
    """A file of an interaction; `id` is what `get_attachment` takes. `size` is in bytes."""

    id: str = wire("", "id", "documentId")
    name: str = ""
    mime: str | None = None
    size: int | None = None
    path: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Email(Record):
    """The email of an interaction: addresses, and the body as it is and as plain text. `mime` is the body's type."""

    from_address: str | None = wire(None, "from")
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str | None = None
    body: str | None = field(default=None, repr=False)
    body_as_plain_text: str | None = field(default=None, repr=False)
    mime: str | None = None


@frozen(kw_only=True)
class InteractionReason(Record):
    """Why an agent does something: a system name, a description for people, a number."""

    system_name: str | None = wire(None, "reasonSystemName")
    description: str | None = wire(None, "reasonDescription")
    code: int | None = wire(None, "reason")


@frozen(kw_only=True)
class Interaction(Record):
    """One interaction, as its agent sees it.

    `mediatype` is the channel's name (``email``, ``chat``, ``workitem``, ``outboundpreview`` …). `user_data` are the
    attached data. `parent_interaction_id` is, on a reply or a forward, the interaction it was made from. `in_queues`
    and `out_queues` are where it may be placed, as the service sends them. `email` and `chat` are None for other media.
    `ticket_id` is a number that the Interaction Server gives to an invitation. `agent_id` is the user name of the agent
    in whose workbin it lies, `workbin_type_id` that workbin's name.
    """

    id: str = wire("", "id", "interactionId")
    mediatype: str = wire("", "mediatype", "mediaType")
    state: InteractionState = InteractionState("")
    interaction_type: InteractionType = InteractionType("")
    interaction_subtype: InteractionSubtype = InteractionSubtype("")
    subject: str | None = None
    queue: str | None = None
    contact_id: str | None = None
    parent_interaction_id: str | None = None
    comment: str | None = None
    user_data: KeyValueList = NO_PAIRS
    attachments: tuple[Attachment, ...] = wire((), "attachments", "attatchments")
    email: Email | None = None
    chat: Chat | None = None
    capabilities: tuple[str, ...] = field(default=(), repr=False)
    is_held: bool = False
    is_locked: bool = field(default=False, repr=False)
    is_online: bool = field(default=False, repr=False)
    is_in_workflow: bool = field(default=False, repr=False)
    workflow_state: str | None = field(default=None, repr=False)
    in_queues: tuple[Any, ...] = field(default=(), repr=False, hash=False)
    out_queues: tuple[Any, ...] = field(default=(), repr=False, hash=False)
    monitor_mode: MediaMonitorMode | None = wire(None, "monitorMode", "moniterMode")
    ticket_id: int | None = field(default=None, repr=False)
    agent_id: str | None = field(default=None, repr=False)
    assigned_to: str | None = field(default=None, repr=False)
    workbin_type_id: str | None = field(default=None, repr=False)
    received_at: datetime | None = field(default=None, repr=False)
