"""A chat as a conversation: what is said comes out of it, what is to be said goes into it.

Must live here: the order in which a conversation is entered and left, and when it is over. Must not: single operations
(`api.workspace.chat`, `api.workspace.media`), how a transcript grows (`transcript`).

    async with agent.chat(interaction_id) as chat:        accepts the chat, if it is still offered
        async for message in chat:                        from the first message of the transcript on
            await chat.send("…")

Under pressure: a conversation has no queue of its own. It reads the transcript, which keeps its last 10,000 messages;
one that is further behind raises `EventsDropped` with the count, and goes on with the oldest there is.
"""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Any, Self

from engage_async.api.module import Sender
from engage_async.api.workspace.chat import ChatApi
from engage_async.api.workspace.media import MediaApi
from engage_async.errors import EventsDropped, InteractionEnded, InvalidArgument, SessionClosed
from engage_async.models.chat import Chat, ChatMessage, ChatParticipant
from engage_async.models.interactions import Interaction
from engage_async.models.media_enums import AfterLeaving, InteractionState, TreatAs, Visibility
from engage_async.operation import Operation
from engage_async.protocol.kvlist import KeyValues
from engage_async.sessions.interactions import Interactions

__all__ = ["ChatDesk", "Conversation"]

log: logging.Logger = logging.getLogger("engage_async.sessions")


class ChatDesk(ChatApi):
    """Chat operations of one agent; called with the id of a chat, the conversation in it."""

    def __init__(self, sender: Sender, *, media: MediaApi, interactions: Interactions) -> None:
        super().__init__(sender)
        self._media = media
        self._interactions = interactions

    def __call__(self, interaction_id: str, *, nickname: str | None = None) -> Conversation:
        """The conversation in a chat, to be entered with ``async with``; `nickname` is for accepting it."""
        return Conversation(
            interaction_id, chat=self, media=self._media, interactions=self._interactions, nickname=nickname
        )


class Conversation:
    """The conversation in one chat.

    ``async with`` accepts the chat when it is still offered, and ends with the listening: it does not leave the chat
    (`leave` does). ``async for`` gives every entry of the transcript, the earlier ones first, each once, and stops when
    the chat is over for this agent, or the session closes; when the session fails it raises that error. One task reads.

    What sends gives an `Operation`: nothing is sent until it is awaited. All raise `InteractionEnded`, without sending
    anything, once the chat is over for this agent.
    """

    def __init__(
        self, interaction_id: str, *, chat: ChatApi, media: MediaApi, interactions: Interactions, nickname: str | None
    ) -> None:
        self.id = interaction_id
        self._chat = chat
        self._media = media
        self._interactions = interactions
        self._nickname = nickname
        self._read = 0
        self._entered = False
        self._waiter: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<Conversation {self.id} {'over' if self.over else 'open'}>"

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def interaction(self) -> Interaction:
        """The interaction as it was last seen. Raises `InvalidArgument` when it never was the agent's."""
        found = self._interactions.last_known(self.id)
        if found is None:
            raise InvalidArgument(f"chat: the agent has no interaction {str(self.id)[:60]!r}")
        return found

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """The transcript, in the order of its indexes."""
        return self._known.messages

    @property
    def participants(self) -> tuple[ChatParticipant, ...]:
        """Who takes part."""
        return self._known.participants

    @property
    def me(self) -> ChatParticipant | None:
        """This agent among the participants; None when not there, or not yet."""
        return self._known.me

    @property
    def over(self) -> bool:
        """Whether the agent is no longer in the chat: it was left, transferred, put on hold, completed …"""
        return self._interactions.closed or not self._interactions.in_chat(self.id)

    # --- saying things ----------------------------------------------------------------------------------------------

    def send(
        self,
        text: str,
        *,
        message_type: str | None = None,
        visibility: Visibility | str | None = None,
        treat_as: TreatAs | str | None = None,
        timeout: float | None = None,
    ) -> Operation[ChatMessage | None]:
        """Say something (`ChatApi.send_message`): the message of the transcript, None when the service shows none."""
        return self._chat.send_message(
            self.id,
            text,
            message_type=message_type,
            visibility=visibility,
            treat_as=treat_as,
            mediatype=self._mediatype("chat.send_message"),
            timeout=timeout,
        )

    def send_url(
        self, url: str, *, visibility: Visibility | str | None = None, timeout: float | None = None
    ) -> Operation[ChatMessage | None]:
        """Push the address of a page (`ChatApi.send_url`)."""
        mediatype = self._mediatype("chat.send_url")
        return self._chat.send_url(self.id, url, visibility=visibility, mediatype=mediatype, timeout=timeout)

    def notify(
        self,
        text: str | None = None,
        *,
        user_data: KeyValues | None = None,
        visibility: Visibility | str | None = None,
        timeout: float | None = None,
    ) -> Operation[ChatMessage | None]:
        """Send a notification to the other applications in the chat (`ChatApi.send_custom_notification`)."""
        return self._chat.send_custom_notification(
            self.id,
            message=text,
            user_data=user_data,
            visibility=visibility,
            mediatype=self._mediatype("chat.send_custom_notification"),
            timeout=timeout,
        )

    async def typing(
        self, active: bool = True, *, text: str | None = None, visibility: Visibility | str | None = None
    ) -> None:
        """Show the others that the agent is typing (and what), or with ``False`` that no longer.

        Done once the server has accepted it; an error event about it that comes later is logged.
        """
        mediatype = self._mediatype("chat.send_typing")
        show = self._chat.send_typing_started if active else self._chat.send_typing_stopped
        operation = show(self.id, message=text, visibility=visibility, mediatype=mediatype)
        await operation.accepted()
        operation.add_done_callback(_log_failure)

    def rename(
        self, nickname: str, *, visibility: Visibility | str | None = None, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Change the agent's nickname (`ChatApi.update_nickname`)."""
        mediatype = self._mediatype("chat.update_nickname")
        return self._chat.update_nickname(
            self.id, nickname, visibility=visibility, mediatype=mediatype, timeout=timeout
        )

    # --- who takes part ---------------------------------------------------------------------------------------------

    def invite(
        self, agent_id: str | None = None, *, queue: str | None = None, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Invite an agent, or whomever a queue finds, into the chat (`ChatApi.invite`, `ChatApi.invite_by_queue`)."""
        mediatype = self._mediatype("chat.invite")
        if _one_of(agent_id, queue):
            return self._chat.invite(self.id, str(agent_id), mediatype=mediatype, timeout=timeout)
        return self._chat.invite_by_queue(self.id, str(queue), mediatype=mediatype, timeout=timeout)

    def consult(
        self, agent_id: str | None = None, *, queue: str | None = None, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Consult an agent, or whomever a queue finds, unseen by the customer (`ChatApi.consult` and by queue)."""
        mediatype = self._mediatype("chat.consult")
        if _one_of(agent_id, queue):
            return self._chat.consult(self.id, str(agent_id), mediatype=mediatype, timeout=timeout)
        return self._chat.consult_by_queue(self.id, str(queue), mediatype=mediatype, timeout=timeout)

    def cancel_consult(self, *, timeout: float | None = None) -> Operation[Interaction]:
        """Call off a consultation (`ChatApi.cancel_consult`)."""
        return self._chat.cancel_consult(self.id, mediatype=self._mediatype("chat.cancel_consult"), timeout=timeout)

    def remove(self, agent_id: str, *, timeout: float | None = None) -> Operation[Interaction]:
        """Remove another agent (`ChatApi.remove_from_conference`)."""
        mediatype = self._mediatype("chat.remove_from_conference")
        return self._chat.remove_from_conference(self.id, agent_id, mediatype=mediatype, timeout=timeout)

    # --- leaving it -------------------------------------------------------------------------------------------------

    def transfer(
        self, agent_id: str | None = None, *, queue: str | None = None, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Give the chat to an agent, or back to a queue (`MediaApi.transfer_agent`, `MediaApi.place_in_queue`)."""
        mediatype = self._mediatype("media.transfer_agent")
        if _one_of(agent_id, queue):
            return self._media.transfer_agent(mediatype, self.id, str(agent_id), timeout=timeout)
        return self._media.place_in_queue(mediatype, self.id, str(queue), timeout=timeout)

    def hold(self, queue: str, *, timeout: float | None = None) -> Operation[Interaction]:
        """Put an asynchronous chat on hold (`MediaApi.put_on_hold`)."""
        self._mediatype("media.put_on_hold")
        return self._media.put_on_hold(self.id, queue, timeout=timeout)

    def resume(self, nickname: str, *, timeout: float | None = None) -> Operation[Interaction]:
        """Take up an asynchronous chat that was put on hold (`ChatApi.resume`); it can be read on then."""
        return self._chat.resume(self.id, nickname, timeout=timeout)

    def leave(
        self,
        *,
        after_action: AfterLeaving | str | None = None,
        message: str | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Leave the chat, with a last message (`ChatApi.leave`)."""
        mediatype = self._mediatype("chat.leave")
        return self._chat.leave(
            self.id, mediatype=mediatype, after_action=after_action, message=message, timeout=timeout
        )

    def complete(self, *, timeout: float | None = None) -> Operation[Interaction]:
        """Mark the chat as done, be it left or not (`MediaApi.complete`)."""
        return self._media.complete(self.interaction.mediatype or "chat", self.id, timeout=timeout)

    # --- listening --------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        interaction = self.interaction
        mediatype = self._mediatype("chat")
        if interaction.chat is None and mediatype != "chat":
            raise InvalidArgument(f"chat: interaction {self.id} is of the media type {mediatype!r}")
        if interaction.state == InteractionState.INVITED and mediatype == "chat":
            await self._chat.accept(self.id, nickname=self._nickname)
        elif interaction.state == InteractionState.INVITED:
            await self._media.accept(mediatype, self.id, nickname=self._nickname)
        self._interactions.watch(self.id, self._wake)
        self._entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered = False
        self._interactions.unwatch(self.id, self._wake)
        self._wake()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChatMessage:
        while self._entered:
            missing, message = self._interactions.arrived(self.id, self._read)
            if missing:
                self._read += missing
                raise EventsDropped(f"{missing} message(s) of chat {self.id} are forgotten", count=missing)
            if message is not None:
                self._read += 1
                return message
            if self._interactions.error is not None:
                raise self._interactions.error
            if self.over:
                raise StopAsyncIteration
            await self._change()
        raise SessionClosed(f"the conversation in chat {self.id} is not open: use it with 'async with'")

    async def _change(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("two tasks read the same conversation; give each one its own")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --------------------------------------------------------------------------------------------------------------

    @property
    def _known(self) -> Chat:
        return self.interaction.chat or Chat()

    def _mediatype(self, operation: str) -> str:
        """The chat's media type, for an operation of this agent in the chat."""
        interaction = self.interaction
        if self.over and not self._interactions.closed:
            error = InteractionEnded(
                f"{operation}: chat {self.id} is over for this agent: it is {interaction.state}",
                operation=operation,
                operation_id="",
                matched="object",
                raw={"interaction": {"id": self.id, "state": str(interaction.state)}},
            )
            error.interaction_id = self.id
            raise error
        return interaction.mediatype or "chat"


def _one_of(agent_id: str | None, queue: str | None) -> bool:
    """Whether it is the agent. Raises `InvalidArgument` unless exactly one of them is given."""
    if (agent_id is None) is (queue is None):
        raise InvalidArgument("chat: name either an agent_id or a queue")
    return agent_id is not None


def _log_failure(operation: Operation[Any]) -> None:
    if not operation.cancelled() and (error := operation.exception()) is not None:
        log.info("%s failed after it was accepted: %s", operation.name, error)
