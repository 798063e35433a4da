"""Chat sessions: who takes part, what was said, and who may see which of it.

Must live here: the session, its participants and its transcript, and the events that say what is new in it. Must not:
when a request is refused (chat_control.py), who is offered a chat (routing.py), what a customer says.

    seen by        customer   agent   supervisor
    All               x         x         x
    Agent                       x         x
    Supervisor                            x        (messages and participants alike; one's own always)

Nothing is said with a wider visibility than its sender has. `index` counts every entry of the transcript, seen or not:
a participant may miss some. Message types beyond ``ParticipantJoined`` and ``Text`` follow the Chat Server behind the
API. Typing is told and not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from attrs import define, field, frozen

from engage_async.emulator.calls import wire_time
from engage_async.emulator.directory import User
from engage_async.emulator.interaction_store import InteractionStore
from engage_async.emulator.interactions import Interaction, InteractionState, Party, PartyRole

__all__ = ["VISIBILITIES", "WATCHING", "ChatMessage", "ChatSession", "Customer", "Participant", "entering"]

VISIBILITIES = ("All", "Agent", "Supervisor")
WATCHING = {"Monitor": "Supervisor", "Coach": "Agent", "Bargein": "All"}
"""How visible a supervisor is who follows an interaction in this mode."""

_SIGHT = {"Customer": 0, "External": 0, "Agent": 1, "Supervisor": 2}
_NOT_KEPT = frozenset({"TypingStarted", "TypingStopped"})
_SAYING = (
    *("send-message", "send-url", "send-custom-notification", "send-system-command"),
    *("send-typing-started", "send-typing-stopped", "update-nickname"),
)
_INVITING = ("invite", "invite-by-queue", "consult", "consult-by-queue", "cancel-consult", "remove-from-conference")


@define(eq=False)
class Participant:
    """Someone in a chat. `user` is None for those outside the contact centre."""

    id: str
    type: str
    nickname: str
    visibility: str = "All"
    user: str | None = None
    person_id: str | None = None

    @property
    def sight(self) -> int:
        """Up to which visibility this participant sees."""
        return _SIGHT[self.type]

    def sender(self) -> dict[str, Any]:
        """The participant as the sender of a message."""
        view = {"participantId": self.id, "type": self.type, "nickname": self.nickname, "visibility": self.visibility}
        return view | ({"personId": self.person_id} if self.person_id is not None else {})

    def view(self) -> dict[str, Any]:
        """The participant in wire form."""
        return {
            "id": self.id,
            "type": self.type,
            "nickname": self.nickname,
            "visibility": self.visibility,
            "personId": self.person_id,
            "capabilities": [],
        }


@frozen(eq=False)
class ChatMessage:
    """One entry of a transcript. `more` are members that only some have, in wire form."""

    index: int
    type: str
    sender: Participant
    sender_view: dict[str, Any] = field(repr=False)
    visibility: str
    time: float
    text: str | None = None
    more: dict[str, Any] = field(factory=dict, repr=False)

    @property
    def level(self) -> int:
        """The sight that is needed to see it."""
        return VISIBILITIES.index(self.visibility)

    def view(self) -> dict[str, Any]:
        """The entry in wire form."""
        view: dict[str, Any] = {
            "index": self.index,
            "type": self.type,
            "from": self.sender_view,
            "visibility": self.visibility,
            "timestamp": wire_time(self.time),
            "timestampSeconds": int(self.time),
        }
        if self.text is not None:
            view["text"] = self.text
        return view | self.more


class Customer(Protocol):
    """The person at the other end, who sees what is visible to all."""

    def hears(self, message: ChatMessage) -> None:
        """Something new was said or done by somebody else."""
        ...


@define(eq=False)
class ChatSession:
    """The session of one chat interaction. It is `open` until the customer leaves or an agent closes it.

    An `asynchronous` chat stays open while the customer is away.
    """

    interaction: Interaction
    store: InteractionStore = field(repr=False)
    started: float
    asynchronous: bool = False
    open: bool = True
    participants: list[Participant] = field(factory=list, repr=False)
    messages: list[ChatMessage] = field(factory=list, repr=False)
    customer: Customer | None = field(default=None, repr=False)
    customer_part: Participant | None = field(default=None, repr=False)
    _index: int = 0

    def part_of(self, user: str | None) -> Participant | None:
        """The participant that an agent is."""
        return next((each for each in self.participants if each.user == user), None) if user is not None else None

    # --- coming and going ---------------------------------------------------------------------------------------------

    def admit_customer(self, customer: Customer, nickname: str, user_data: dict[str, Any]) -> Participant:
        """The customer opens the chat, with what was filled in before."""
        self.customer, self.interaction.online = customer, True
        part = self.customer_part = Participant(self.store.new_id(), "Customer", nickname)
        self.participants.append(part)
        self.post("ParticipantJoined", part, userData=user_data)
        return part

    def admit(self, user: User, nickname: str | None, *, kind: str = "Agent", visibility: str = "All") -> Participant:
        """An agent or supervisor is in the chat; nobody is told yet (`introduce`)."""
        part = Participant(
            self.store.new_id(),
            kind,
            nickname or f"{user.first_name} {user.last_name}",
            visibility,
            user.user_name,
            user.employee_id,
        )
        self.participants.append(part)
        return part

    def introduce(self, part: Participant) -> None:
        """Tell a new participant what was said before, and everybody who has come."""
        backlog = self.visible_to(part)
        joined = self._enter("ParticipantJoined", part)
        if part.user is not None:
            self._tell(part.user, [*backlog, joined])
        self._spread(joined, besides=part)

    def show(self, part: Participant, visibility: str) -> None:
        """Make a participant more or less visible: those who begin to see it are told that it came, others the end."""
        before, now = VISIBILITIES.index(part.visibility), VISIBILITIES.index(visibility)
        if before == now:
            return
        leaving = self._enter("ParticipantLeft", part) if now > before else None
        part.visibility = visibility
        message = leaving or self._enter("ParticipantJoined", part)
        self._spread(message, least=min(before, now), below=max(before, now))

    def dismiss(self, part: Participant) -> None:
        """A participant leaves."""
        self.post("ParticipantLeft", part)
        self.participants.remove(part)

    def customer_leaves(self) -> None:
        """The customer closes the window: the session is over, unless it is an asynchronous one."""
        if self.customer_part is None:
            return
        part, self.customer_part, self.customer = self.customer_part, None, None
        self.interaction.online = False
        if not self.asynchronous:
            self.open = False
        self.dismiss(part)
        self.store.tell_all(self.interaction)

    def close(self) -> None:
        """End the session for the customer; agents still have the interaction."""
        if not self.open:
            return
        self.open, self.interaction.online, self.customer = False, False, None
        if self.customer_part is not None:
            part, self.customer_part = self.customer_part, None
            self.dismiss(part)

    # --- saying -------------------------------------------------------------------------------------------------------

    def post(
        self,
        kind: str,
        sender: Participant,
        text: str | None = None,
        *,
        visibility: str = "All",
        **more: Any,
    ) -> ChatMessage:
        """Somebody says or does something; those who may see it are told."""
        message = self._enter(kind, sender, text, visibility=visibility, **more)
        self._spread(message)
        return message

    def visible_to(self, viewer: Participant | None) -> list[ChatMessage]:
        """What a participant may see of the transcript; for None as the contact centre does."""
        return [message for message in self.messages if viewer is None or _may_see(viewer, message)]

    def _enter(
        self, kind: str, sender: Participant, text: str | None = None, *, visibility: str = "All", **more: Any
    ) -> ChatMessage:
        self._index += 1
        widest = max(VISIBILITIES.index(visibility), VISIBILITIES.index(sender.visibility))
        members = {name: value for name, value in more.items() if value is not None}
        message = ChatMessage(
            self._index,
            kind,
            sender,
            sender.sender(),
            VISIBILITIES[widest],
            self.store.scheduler.now(),
            text,
            members,
        )
        if kind not in _NOT_KEPT:
            self.messages.append(message)
        return message

    def _spread(
        self, message: ChatMessage, *, besides: Participant | None = None, least: int = 0, below: int = 3
    ) -> None:
        """Tell a message to those who may see it, and whose sight is within these bounds."""
        for viewer in list(self.participants):
            if viewer is besides or not (least <= viewer.sight < below and _may_see(viewer, message)):
                continue
            if viewer.user is not None:
                self._tell(viewer.user, [message])
            elif viewer is self.customer_part and self.customer is not None and viewer is not message.sender:
                self.customer.hears(message)

    def _tell(self, user: str, messages: Iterable[ChatMessage]) -> None:
        event = {
            "messageType": "MessageLogUpdated",
            "notificationType": "NewMessages",
            "interactionId": self.interaction.id,
            "messages": [message.view() for message in messages],
        }
        self.store.say(user, self.interaction, event)

    # --- as the content of an interaction -----------------------------------------------------------------------------

    def view(self, user: str | None) -> dict[str, Any]:
        """The chat in wire form, as an agent sees it: an invited one sees nobody yet."""
        me = self.part_of(user)
        chat: dict[str, Any] = {
            "participants": [],
            "startAt": wire_time(self.started),
            "isAsyncMode": self.asynchronous,
        }
        if me is None and user is not None:
            return {"chat": chat}
        seen = [each for each in self.participants if me is None or each is me or _sees(me, each)]
        chat["participants"] = [each.view() for each in seen]
        chat["messages"] = [message.view() for message in self.visible_to(me)]
        if me is not None:
            chat |= {"myParticipantId": me.id, "myVisibility": me.visibility, "myUserType": me.type}
        return {"chat": chat}

    def capabilities(self, interaction: Interaction, party: Party) -> Iterable[str]:
        """What an agent can do in the chat depends on whether it goes on, and what the agent is to it."""
        if party.state is InteractionState.LEFT_CHAT:
            return ("complete",)
        if party.role is PartyRole.OBSERVER:
            return ("leave", *(_SAYING if self.open and party.watch != "Monitor" else ()))
        handler = party.role is PartyRole.HANDLES
        ending = ("leave", "transfer", "complete") if handler else ("leave",)
        if not self.open:
            return ending
        if interaction.held:
            return (*ending, "resume") if handler else ending
        inviting = _INVITING if party.role is not PartyRole.CONSULT else ()
        holding = ("put-on-hold",) if handler and self.asynchronous else ()
        return (*_SAYING, *inviting, *holding, *ending)

    def left(self, party: Party) -> None:
        """An agent who loses the interaction leaves the chat with it."""
        part = self.part_of(party.user)
        if part is not None:
            self.dismiss(part)

    def ended(self) -> None:
        """With the interaction the session is over."""
        self.close()


@contextmanager
def entering(
    interaction: Interaction, user: User, nickname: str | None = None, *, kind: str = "Agent", visibility: str = "All"
) -> Iterator[None]:
    """Let somebody into the chat that an interaction is; of other interactions nothing.

    What is told of the interaction meanwhile shows the newcomer in the chat; afterwards the chat tells who has come,
    and the newcomer what was said before.
    """
    session = interaction.content
    if not isinstance(session, ChatSession):
        yield
        return
    part = session.admit(user, nickname, kind=kind, visibility=visibility)
    yield
    session.introduce(part)


def _may_see(viewer: Participant, message: ChatMessage) -> bool:
    return message.sender is viewer or viewer.sight >= message.level


def _sees(viewer: Participant, other: Participant) -> bool:
    return viewer.sight >= VISIBILITIES.index(other.visibility)
