"""Emails: what is in one, and what an agent does with it beside what can be done with every interaction.

Must live here: the content of an email; writing, answering, forwarding and sending one. Must not: emails that arrive
(arrivals.py), HTTP.

    Inbound: Processing ──reply, forward──> another interaction: Outbound, Composing ──send──> Sent
                                                                      │ save │ cancel──> Canceled
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import Factory, define, field

from engage_async.emulator.interaction_store import MediaRequest
from engage_async.emulator.interactions import (
    Interaction,
    InteractionState,
    InteractionType,
    Party,
    PartyRole,
    pair_of,
)
from engage_async.emulator.media_floor import Control, MediaFloor
from engage_async.emulator.tlib_errors import Refused, TLibError

__all__ = ["EMAIL", "EMAIL_CONTROL", "Email", "create_email"]

EMAIL = "email"


@define(eq=False)
class Email:
    """The content of an email. `body` is of the type `mime`; `plain` is the same as text, when there is one."""

    sender: str
    to: list[str]
    cc: list[str] = Factory(list)
    bcc: list[str] = Factory(list)
    body: str = field(default="", repr=False)
    plain: str | None = field(default=None, repr=False)
    mime: str = "text/plain"

    def write(self, data: dict[str, Any]) -> None:
        """Take over what a request says of it."""
        self.sender = data.get("from", self.sender)
        self.to = list(data.get("to", self.to))
        self.cc = list(data.get("cc", self.cc))
        self.bcc = list(data.get("bcc", self.bcc))
        self.plain = data.get("bodyAsPlainText", self.plain)
        self.body = data.get("body", self.body)
        self.mime = data.get("mime", self.mime)

    def view(self, _: str | None) -> dict[str, Any]:
        """The email in wire form."""
        view: dict[str, Any] = {"from": self.sender, "to": self.to, "cc": self.cc, "body": self.body, "mime": self.mime}
        if self.bcc:
            view["bcc"] = self.bcc
        if self.plain is not None:
            view["bodyAsPlainText"] = self.plain
        return {"email": view}

    def capabilities(self, interaction: Interaction, party: Party) -> Iterable[str]:
        """An email that came in is answered, one that goes out is written."""
        if party.role is PartyRole.OBSERVER:
            return ()
        if interaction.type is InteractionType.INBOUND:
            return ("transfer", "complete", "reply", "forward")
        return ("transfer", "save", "send", "cancel")

    def left(self, _: Party) -> None:
        """An email does not mind."""

    def ended(self) -> None:
        """An email does not mind."""


# --- writing one ------------------------------------------------------------------------------------------------------


def create_email(floor: MediaFloor, request: MediaRequest) -> None:
    """A new email, to be written."""
    data = request.data
    if data.get("contactId") is not None and not floor.knows_contact(data["contactId"]):
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    documents = [floor.document(each) for each in data.get("documents", ())]
    _compose(
        floor,
        request,
        Email(floor.setup.mailboxes[0], []),
        attachments={each.id: each for each in documents if each is not None},
        parent_id=data.get("parentId"),
        thread_id=data.get("threadId"),
        contact_id=data.get("contactId"),
        complete=None not in documents,
    )


def _reply(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    old = _email(interaction)
    own = [mailbox for mailbox in floor.setup.mailboxes if mailbox in old.to]
    draft = Email((own or floor.setup.mailboxes)[0], [old.sender])
    _compose(
        floor, request, draft, "OutboundReply", subject=_prefixed("Re: ", interaction.subject), **_thread(interaction)
    )


def _forward(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    old = _email(interaction)
    draft = Email(floor.setup.mailboxes[0], [], body=old.body, plain=old.plain, mime=old.mime)
    _compose(
        floor,
        request,
        draft,
        subject=_prefixed("Fwd: ", interaction.subject),
        attachments=dict(interaction.attachments),
        **_thread(interaction),
    )


def _compose(
    floor: MediaFloor,
    request: MediaRequest,
    draft: Email,
    subtype: str = "OutboundNew",
    *,
    subject: str | None = None,
    complete: bool = True,
    **more: Any,
) -> None:
    """A new outbound email that the agent has at hand. Refused when its queue or (unless `complete`) a file is none."""
    data = request.data
    queue = floor.routing.queue_named(data.get("queue") or floor.setup.default_queue(EMAIL), EMAIL)
    if not complete:
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    draft.write(data)
    interaction = floor.store.create(
        EMAIL,
        InteractionType.OUTBOUND,
        subtype,
        content=draft,
        queue=queue.name,
        user_data=data.get("userData", []),
        **more,
    )
    _name(interaction, data.get("subject", subject))
    floor.store.join(interaction, request.user, PartyRole.HANDLES, InteractionState.COMPOSING)


# --- what becomes of it -----------------------------------------------------------------------------------------------


def _save(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    _take_over(interaction, request.data)
    floor.store.tell_all(interaction, "EmailSaved")


def _send(floor: MediaFloor, interaction: Interaction, _: Party, request: MediaRequest) -> None:
    """With ``useReviewer`` the email goes to the queue first, where somebody pulls it and sends it on."""
    queue = floor.routing.queue_named(request.data["queue"], EMAIL)
    _take_over(interaction, request.data)
    if not _email(interaction).to:
        raise Refused(TLibError.INVALID_ATTRIBUTE)
    if request.data.get("useReviewer"):
        floor.store.queue(interaction, queue.name)
        return
    interaction.queue = queue.name
    floor.store.end(interaction, InteractionState.SENT)


def _cancel(floor: MediaFloor, interaction: Interaction, _party: Party, _: MediaRequest) -> None:
    floor.store.end(interaction, InteractionState.CANCELED)


def _take_over(interaction: Interaction, data: dict[str, Any]) -> None:
    _email(interaction).write(data)
    interaction.comment = data.get("comment", interaction.comment)
    _name(interaction, data.get("subject"))


def _name(interaction: Interaction, subject: str | None) -> None:
    if subject is not None:
        interaction.update([pair_of("Subject", subject)])


def _prefixed(prefix: str, subject: str | None) -> str:
    return subject if subject is not None and subject.startswith(prefix) else f"{prefix}{subject or ''}"


def _thread(interaction: Interaction) -> dict[str, Any]:
    return {
        "parent_id": interaction.id,
        "thread_id": interaction.thread_id,
        "contact_id": interaction.contact_id,
    }


def _email(interaction: Interaction) -> Email:
    """The content of an interaction that is an email: only such have these operations."""
    if not isinstance(interaction.content, Email):
        raise Refused(TLibError.INVALID_STATE)
    return interaction.content


EMAIL_CONTROL: Control = {
    "reply": _reply,
    "forward": _forward,
    "save": _save,
    "send": _send,
    "cancel": _cancel,
}
