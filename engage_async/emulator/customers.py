"""Customers in chats: what they say, what they hear, and how they answer by themselves.

Must live here: one customer. Must not: how a chat arrives (arrivals.py), who else is in it (chats.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from engage_async.emulator.chats import ChatMessage, ChatSession, Participant
from engage_async.emulator.interactions import Interaction

__all__ = ["Answer", "ChatCustomer", "one_after_another"]

Answer = Callable[[str, "ChatCustomer"], "str | Awaitable[str | None] | None"]
"""What a customer answers to this text of an agent; None: nothing. It may be a coroutine function."""


def one_after_another(replies: Iterable[str], *, then_leaves: bool = False) -> Answer:
    """Each message of an agent brings the next of these replies; after the last the customer is silent, or leaves."""
    script = iter(replies)

    def answer(_: str, customer: ChatCustomer) -> str | None:
        reply = next(script, None)
        if reply is None and then_leaves:
            customer.leave()
        return reply

    return answer


class ChatCustomer:
    """A customer in a chat. `heard` is what the customer has seen of others: messages of every type.

    `answers` is called for every text of an agent and the customer; it calls back by `say`, sooner or later.
    """

    def __init__(self, answers: Callable[[str, ChatCustomer], object]) -> None:
        self.heard: list[ChatMessage] = []
        self._answers = answers
        self._chat: tuple[Interaction, ChatSession] | None = None

    def opened(self, interaction: Interaction, session: ChatSession) -> None:
        """The chat has begun."""
        self._chat = interaction, session

    @property
    def interaction(self) -> Interaction:
        """The chat as an interaction of the contact centre."""
        if self._chat is None:
            raise RuntimeError("the chat has not begun")
        return self._chat[0]

    @property
    def texts(self) -> list[str]:
        """What agents have said so far."""
        return [message.text or "" for message in self.heard if message.type == "Text"]

    @property
    def here(self) -> bool:
        """Whether the customer is in the chat, and it goes on."""
        return self._part is not None

    # --- what a customer does; nothing once the chat has ended --------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something."""
        self._do("Text", text)

    def push(self, url: str) -> None:
        """Show a web page."""
        self._do("PushUrl", url)

    def types(self, *, on: bool = True) -> None:
        """Begin to type, or stop."""
        self._do("TypingStarted" if on else "TypingStopped")

    def leave(self) -> None:
        """Close the window."""
        if self._chat is not None:
            self._chat[1].customer_leaves()

    def _do(self, kind: str, text: str | None = None) -> None:
        if self._chat is not None and self._part is not None:
            self._chat[1].post(kind, self._part, text)

    @property
    def _part(self) -> Participant | None:
        return self._chat[1].customer_part if self._chat is not None else None

    # --- what the chat tells ------------------------------------------------------------------------------------------

    def hears(self, message: ChatMessage) -> None:
        """Somebody else said or did something."""
        self.heard.append(message)
        if message.type == "Text" and message.sender.user is not None:
            self._answers(message.text or "", self)
