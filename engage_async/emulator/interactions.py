"""An interaction of any media type beside voice, and how each agent sees it.

Must live here: the records of interactions, of the agents who have one, and their wire form. Must not: events and the
store (interaction_store.py), who is offered what (routing.py), what only emails or chats have, HTTP.

    Interaction ──< Party: one per agent who has it or is invited, with a state of its own
                └── Content: what only its media type has (an email, a chat session)

    (arrives) ──> Queued ──> Invited ──accept──> Processing (outbound: Composing) ──> Completed, Canceled, Sent
                    ^          │ reject, time-out            │ place in queue, log-out
                    └──────────┴─────────────────────────────┤
                  InWorkbin <────────────────────────────────┘     a chat that its agent left: LeftChat

An interaction that nobody has is in a queue, in a workbin, or has ended. An agent who loses one is told so by a last
event with the state that it came to (``Revoked`` for an invitation that ended without being accepted).

States and notification types are those of the vendor's agent API simulator. It reports a rejection as ``Completed``;
``Revoked``, and ``LeftChat`` for a chat without its agent, are the words of the predecessor API.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Protocol

from attrs import Factory, define, field, frozen

from engage_async.emulator.calls import KeyValues, wire_time
from engage_async.emulator.documents import Document
from engage_async.emulator.scheduler import Timer

__all__ = [
    "SWITCHING",
    "Content",
    "Interaction",
    "InteractionState",
    "InteractionType",
    "Offer",
    "Party",
    "PartyRole",
    "WorkbinPlace",
    "pair_of",
]


class InteractionState(StrEnum):
    """Where an interaction is, for one agent or (queued, in a workbin, ended) for nobody."""

    QUEUED = "Queued"
    IN_WORKBIN = "InWorkbin"
    INVITED = "Invited"
    PROCESSING = "Processing"
    COMPOSING = "Composing"
    LEFT_CHAT = "LeftChat"
    REVOKED = "Revoked"
    SENT = "Sent"
    CANCELED = "Canceled"
    COMPLETED = "Completed"

    @property
    def final(self) -> bool:
        """Whether an interaction in this state has ended."""
        return self in {InteractionState.SENT, InteractionState.CANCELED, InteractionState.COMPLETED}


class InteractionType(StrEnum):
    """Which way an interaction goes."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"
    INTERNAL = "Internal"


class PartyRole(StrEnum):
    """What an agent is to an interaction."""

    HANDLES = "handles"
    CONFERENCE = "conference"
    CONSULT = "consult"
    OBSERVER = "observer"


@frozen
class WorkbinPlace:
    """The workbin that an interaction lies in: its id, and whose it is (a user name)."""

    workbin_id: str
    owner: str


class Content(Protocol):
    """What only one media type has."""

    def view(self, user: str | None, /) -> dict[str, Any]:
        """Its members of the interaction in wire form, as this agent may see them."""
        ...

    def capabilities(self, interaction: Interaction, party: Party, /) -> Iterable[str]:
        """The operations that an agent who has accepted can ask for, beside those of every media type."""
        ...

    def left(self, party: Party, /) -> None:
        """An agent is about to lose it."""
        ...

    def ended(self) -> None:
        """The interaction is about to be over."""
        ...


@define(eq=False)
class Offer:
    """The wish that an agent takes an interaction: any whom `queue` serves, or only `agent` (a user name).

    `role` is what the agent will be to it, `by` the agent who asked for one. `passed_over` are those who did not take
    it. `timer` revokes the invitation of the agent whom it was made to.
    """

    interaction: Interaction
    role: PartyRole
    queue: str | None = None
    agent: str | None = None
    by: str | None = None
    passed_over: set[str] = Factory(set)
    timer: Timer | None = field(default=None, repr=False)


@define(eq=False)
class Party:
    """One agent who has an interaction. `offer` is the one that the agent has not answered yet.

    `watch` is how much of an observer the others are aware: ``Monitor``, ``Coach`` or ``Bargein``.
    """

    user: str
    role: PartyRole
    state: InteractionState
    offer: Offer | None = field(default=None, repr=False)
    watch: str | None = None

    @property
    def works(self) -> bool:
        """Whether the agent has accepted."""
        return self.state is not InteractionState.INVITED


@define(eq=False)
class Interaction:
    """One interaction. `state` is that of the agent who handles it, or where it is while nobody does.

    `queue` is where it is, or was last; `workbin` where it lies while its state says so. `held` and `online` are the
    wire's ``isHeld`` and ``isOnline`` (somebody waits at the other end). `attachments` are documents by id.
    `handled_by` is the agent (user name) who had it last. Times are in seconds since 1970.
    """

    id: str
    mediatype: str
    type: InteractionType
    subtype: str
    received: float
    state: InteractionState = InteractionState.QUEUED
    subject: str | None = None
    queue: str | None = None
    user_data: KeyValues = Factory(list)
    contact_id: str | None = None
    comment: str | None = None
    parent_id: str | None = None
    thread_id: str | None = None
    ticket: int = 0
    held: bool = False
    online: bool = False
    queued_at: float | None = None
    ended_at: float | None = None
    handled_by: str | None = None
    workbin: WorkbinPlace | None = None
    content: Content | None = None
    attachments: dict[str, Document] = Factory(dict)
    parties: dict[str, Party] = Factory(dict)

    @property
    def handler(self) -> Party | None:
        """The agent who handles it, or is invited to."""
        return next((party for party in self.parties.values() if party.role is PartyRole.HANDLES), None)

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.ended_at is not None

    def attach(self, pairs: Iterable[dict[str, Any]]) -> None:
        """Append pairs; a repeated key stays beside the old one. The pair ``Subject`` is the subject."""
        self.user_data = [*self.user_data, *pairs]
        subjects = [pair["value"] for pair in self.user_data if pair["key"] == "Subject"]
        if subjects and isinstance(subjects[-1], str):
            self.subject = subjects[-1]

    def update(self, pairs: KeyValues) -> None:
        """Put pairs in the place of those with the same keys."""
        self.detach([pair["key"] for pair in pairs])
        self.attach(pairs)

    def detach(self, keys: Iterable[str]) -> None:
        """Remove every pair with one of these keys."""
        gone = set(keys)
        self.user_data = [pair for pair in self.user_data if pair["key"] not in gone]

    def capabilities(self, user: str | None) -> list[str]:
        """The operations that an agent can ask for now."""
        party = self.parties.get(user) if user is not None else None
        if party is None:
            return []
        if not party.works:
            return ["accept", "reject"]
        if party.role is PartyRole.OBSERVER:
            switching = [operation for operation, mode in SWITCHING.items() if mode != party.watch]
            return [*switching, *(self.content.capabilities(self, party) if self.content is not None else ())]
        special = self.content.capabilities(self, party) if self.content is not None else ("transfer", "complete")
        return [*_ALWAYS, *special]

    def view(self, user: str | None = None) -> dict[str, Any]:
        """The interaction in wire form, as an agent sees it; for None as the contact centre does."""
        party = self.parties.get(user) if user is not None else None
        view: dict[str, Any] = {
            "id": self.id,
            "mediatype": self.mediatype,
            "state": (party.state if party is not None else self.state).value,
            "interactionType": self.type.value,
            "interactionSubtype": self.subtype,
            "capabilities": self.capabilities(user),
            "ticketId": self.ticket,
            "tenantId": 1,
            "queue": self.queue,
            "subject": self.subject,
            "comment": self.comment,
            "contactId": self.contact_id,
            "threadId": self.thread_id,
            "parentInteractionId": self.parent_id,
            "isHeld": self.held,
            "isLocked": False,
            "isOnline": self.online,
            "isInWorkflow": not self.ended,
            "workflowState": _WORKFLOW.get(self.state, "Handling"),
            "userData": self.user_data,
            "inQueues": [{"key": self.queue, "type": "str", "value": ""}] if self.queue else [],
            "outQueues": [],
            "attachments": [self._attachment(document) for document in self.attachments.values()],
            "receivedAt": wire_time(self.received),
            "submittedAt": wire_time(self.received),
            "placedInQueueAt": wire_time(self.queued_at) if self.queued_at is not None else None,
        }
        if party is not None and party.watch is not None:
            view["monitorMode"] = party.watch
        return view | (self.content.view(user) if self.content is not None else {})

    def _attachment(self, document: Document) -> dict[str, Any]:
        path = f"media/{self.mediatype}/interactions/{self.id}/attachments/{document.id}"
        return document.view() | {"path": path, "isEmbedded": False}


def pair_of(key: str, value: str) -> dict[str, Any]:
    """A pair of user data."""
    return {"key": key, "type": "str", "value": value}


SWITCHING = {"switch-to-monitor": "Monitor", "switch-to-coach": "Coach", "switch-to-barge-in": "Bargein"}
"""The requests of an observer for another mode, and the mode."""

_ALWAYS = (
    *("attach-user-data", "update-user-data", "delete-user-data", "set-comment", "assign-contact", "place-in-queue"),
    *("add-attachment", "remove-attachment", "add-document", "add-content"),
)
_WORKFLOW = {
    InteractionState.QUEUED: "Queued",
    InteractionState.INVITED: "Routing",
    InteractionState.IN_WORKBIN: "Cached",
    **dict.fromkeys((state for state in InteractionState if state.final), "Stopped"),
}
