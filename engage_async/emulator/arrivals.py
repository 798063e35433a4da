"""Interactions that arrive at the contact centre: emails, chats, work items, outbound previews.

Must live here: how each kind looks when it arrives, and what is there at the start. Must not: who is offered it
(routing.py), what the people outside do next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engage_async.emulator.chats import ChatSession, Customer
from engage_async.emulator.configuration import as_object
from engage_async.emulator.documents import Document
from engage_async.emulator.emails import EMAIL, Email
from engage_async.emulator.interactions import Interaction, InteractionType, pair_of
from engage_async.emulator.media_floor import MediaFloor
from engage_async.protocol.kvlist import KeyValues, to_wire

__all__ = ["arrive_at_start", "chat_arrives", "email_arrives", "preview_arrives", "work_item_arrives"]


def email_arrives(
    floor: MediaFloor,
    content: Email,
    subject: str,
    *,
    queue: str | None = None,
    user_data: KeyValues = (),
    attachments: Iterable[Document] = (),
    answers: Interaction | None = None,
) -> Interaction:
    """An email from outside; `answers` is the one that was sent before it."""
    interaction = floor.store.create(
        EMAIL,
        InteractionType.INBOUND,
        "InboundNew" if answers is None else "InboundCustomerReply",
        content=content,
        contact_id=floor.contact_of(content.sender),
        parent_id=answers.id if answers is not None else None,
        thread_id=answers.thread_id if answers is not None else None,
        attachments={document.id: document for document in attachments},
        user_data=[
            *to_wire(user_data),
            pair_of("Subject", subject),
            *(pair_of("Mailbox", to) for to in content.to[:1]),
        ],
    )
    return _into_queue(floor, interaction, queue)


def chat_arrives(
    floor: MediaFloor,
    customer: Customer,
    nickname: str,
    *,
    queue: str | None = None,
    subject: str | None = None,
    user_data: KeyValues = (),
    asynchronous: bool = False,
) -> tuple[Interaction, ChatSession]:
    """A customer opens a chat."""
    pairs = to_wire(user_data)
    interaction = floor.store.create("chat", InteractionType.INBOUND, "InboundNew", user_data=pairs, subject=subject)
    session = ChatSession(interaction, floor.store, interaction.received, asynchronous)
    interaction.content, interaction.contact_id = session, floor.contact_of(nickname)
    session.admit_customer(customer, nickname, as_object(pairs))
    return _into_queue(floor, interaction, queue), session


def work_item_arrives(
    floor: MediaFloor, mediatype: str, subject: str, *, queue: str | None = None, user_data: KeyValues = ()
) -> Interaction:
    """A piece of work of any open media type."""
    pairs = [*to_wire(user_data), pair_of("Subject", subject)]
    interaction = floor.store.create(mediatype, InteractionType.INBOUND, "InboundNew", user_data=pairs)
    return _into_queue(floor, interaction, queue)


def preview_arrives(
    floor: MediaFloor, phone: str, record: Mapping[str, str | int], *, queue: str | None = None
) -> Interaction:
    """A record of a campaign, to be looked at before its number is called. `record` has what is beside the number."""
    interaction = floor.store.create("outboundpreview", InteractionType.INTERNAL, "OutboundNew")
    interaction.attach(to_wire({"GSW_PHONE": phone, "GSW_RECORD_HANDLE": floor.store.new_number(), **record}))
    return _into_queue(floor, interaction, queue)


def arrive_at_start(floor: MediaFloor) -> None:
    """Everything that is there at the start."""
    for start in floor.setup.interactions:
        if start.mediatype == EMAIL:
            content = Email(start.sender, [start.to or floor.setup.mailboxes[0]], body=start.text)
            email_arrives(floor, content, start.subject, queue=start.queue, user_data=start.user_data)
        else:
            work_item_arrives(floor, start.mediatype, start.subject, queue=start.queue, user_data=start.user_data)


def _into_queue(floor: MediaFloor, interaction: Interaction, queue: str | None) -> Interaction:
    name: Any = queue or floor.setup.default_queue(interaction.mediatype)
    floor.store.queue(interaction, floor.routing.queue_named(name, interaction.mediatype).name)
    return interaction
