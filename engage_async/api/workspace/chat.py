"""Chats: what only they can do.

Must live here: the routes of the group and one method for each, in the same order. Must not: anything that branches;
what every interaction can do (`media`), the conversation made of these operations (`sessions.conversation`).

Methods raise what those of `MediaApi` do. `mediatype` is the chat's channel, where it is not ``chat`` itself.
`visibility` says who can see what is sent. Whether the service sends an agent's own messages back is not documented:
operations that say something settle with the message of the transcript when it does, else one second after acceptance.
"""

from __future__ import annotations

from engage_async.api.module import ApiModule
from engage_async.api.results import nothing
from engage_async.api.workspace.media_values import a_chat_message, an_interaction, these_messages
from engage_async.models.chat import ChatMessage
from engage_async.models.interactions import Interaction
from engage_async.models.media_enums import AfterLeaving, TreatAs, Visibility
from engage_async.operation import Operation
from engage_async.protocol import media_completion as when
from engage_async.protocol.kvlist import KeyValues
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

REPEATABLE = Repeat.REPEATABLE

_chat = Family(
    "/workspace/v3", "chat", "/media/chat/interactions/{interaction_id}/", domain="media", gives=an_interaction
)
_any_chat = Family(
    "/workspace/v3", "chat", "/media/{mediatype}/interactions/{interaction_id}/", domain="media", gives=an_interaction
)
_says = when.chat_says()
_notifies = when.chat_says("CustomNotice", "Notice")

_ACCEPT = _chat.post("accept", when.on("chat", when.chat_is_joined))
_RESUME = _chat.post("resume", when.on("chat", when.interaction_is_resumed), needs=("nickname",))
_CANCEL_CONSULT = _any_chat.post("cancel_consult", when.interaction_accepted, body="bare")
_GET_MESSAGES = _any_chat.get(
    "get_messages",
    path="/media/{mediatype}/interactions/{interaction_id}/messages",
    items="messages",
    gives=these_messages,
)
_CONSULT = _any_chat.post("consult", when.interaction_accepted, needs=("agent_id",))
_CONSULT_BY_QUEUE = _any_chat.post("consult_by_queue", when.interaction_accepted, needs=("queue",))
_INVITE = _any_chat.post("invite", when.interaction_accepted, needs=("agent_id",))
_INVITE_BY_QUEUE = _any_chat.post("invite_by_queue", when.interaction_accepted, needs=("queue",))
_LEAVE = _any_chat.post("leave", when.chat_is_left)
_REMOVE_FROM_CONFERENCE = _any_chat.post("remove_from_conference", when.interaction_accepted, needs=("agent_id",))
_SEND_CUSTOM_NOTIFICATION = _any_chat.post("send_custom_notification", _notifies, gives=a_chat_message)
_SEND_MESSAGE = _any_chat.post("send_message", _says, needs=("message",), gives=a_chat_message)
_SEND_SYSTEM_COMMAND = _chat.post("send_system_command", when.on("chat", _says), gives=a_chat_message)
_SEND_TYPING_STARTED = _any_chat.post(
    "send_typing_started", when.interaction_accepted, repeat=REPEATABLE, gives=nothing
)
_SEND_TYPING_STOPPED = _any_chat.post(
    "send_typing_stopped", when.interaction_accepted, repeat=REPEATABLE, gives=nothing
)
_SEND_URL = _any_chat.post("send_url", when.chat_says("PushUrl"), needs=("url",), gives=a_chat_message)
_UPDATE_NICKNAME = _any_chat.post(
    "update_nickname",
    when.chat_says("NicknameUpdated"),
    repeat=REPEATABLE,
    needs=("nickname",),
)


class ChatApi(ApiModule):
    """Chat operations of one agent."""

    def accept(
        self, interaction_id: str, *, nickname: str | None = None, timeout: float | None = None
    ) -> Operation[Interaction]:
        """Accept a chat that was offered, under a nickname.

        Settles with the interaction once it is no longer ``Invited``, or the transcript says that the agent has joined.
        """
        return self._start(_ACCEPT, interaction_id=interaction_id, nickname=nickname, timeout=timeout)

    def resume(self, interaction_id: str, nickname: str, *, timeout: float | None = None) -> Operation[Interaction]:
        """Take up an asynchronous chat that was put on hold (`MediaApi.put_on_hold`).

        Settles with the interaction once it is not held any more, or its state has changed.
        """
        return self._start(_RESUME, interaction_id=interaction_id, nickname=nickname, timeout=timeout)

    def cancel_consult(
        self, interaction_id: str, *, mediatype: str = "chat", timeout: float | None = None
    ) -> Operation[Interaction]:
        """Call off a consultation.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        """
        return self._start(_CANCEL_CONSULT, interaction_id=interaction_id, mediatype=mediatype, timeout=timeout)

    async def get_messages(
        self, interaction_id: str, *, mediatype: str = "chat", timeout: float | None = None
    ) -> tuple[ChatMessage, ...]:
        """The transcript of a chat, as the server has it."""
        result: tuple[ChatMessage, ...] = await self._request(
            _GET_MESSAGES, interaction_id=interaction_id, mediatype=mediatype, timeout=timeout
        )
        return result

    def consult(
        self, interaction_id: str, agent_id: str, *, mediatype: str = "chat", timeout: float | None = None
    ) -> Operation[Interaction]:
        """Ask another agent, by employee id, to consult unseen by the customer.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        That the agent has joined is an entry of the transcript.
        """
        return self._start(
            _CONSULT, interaction_id=interaction_id, agent_id=agent_id, mediatype=mediatype, timeout=timeout
        )

    def consult_by_queue(
        self, interaction_id: str, queue: str, *, mediatype: str = "chat", timeout: float | None = None
    ) -> Operation[Interaction]:
        """Ask whichever agent a queue finds to consult unseen by the customer.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        That an agent has joined is an entry of the transcript.
        """
        return self._start(
            _CONSULT_BY_QUEUE, interaction_id=interaction_id, queue=queue, mediatype=mediatype, timeout=timeout
        )

    def invite(
        self, interaction_id: str, agent_id: str, *, mediatype: str = "chat", timeout: float | None = None
    ) -> Operation[Interaction]:
        """Invite another agent, by employee id, into the chat.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        That the agent has joined is an entry of the transcript.
        """
        return self._start(
            _INVITE, interaction_id=interaction_id, agent_id=agent_id, mediatype=mediatype, timeout=timeout
        )

    def invite_by_queue(
        self, interaction_id: str, queue: str, *, mediatype: str = "chat", timeout: float | None = None
    ) -> Operation[Interaction]:
        """Invite whichever agent a queue finds into the chat.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        That an agent has joined is an entry of the transcript.
        """
        return self._start(
            _INVITE_BY_QUEUE, interaction_id=interaction_id, queue=queue, mediatype=mediatype, timeout=timeout
        )

    def leave(
        self,
        interaction_id: str,
        *,
        mediatype: str = "chat",
        after_action: AfterLeaving | str | None = None,
        message: str | None = None,
        message_type: str | None = None,
        treat_as: TreatAs | str | None = None,
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Leave a chat, with a last message; `after_action` says what becomes of it.

        Settles with the interaction once its state has changed, or the transcript says that the agent has left. It may
        still have to be completed (`MediaApi.complete`).
        """
        return self._start(
            _LEAVE,
            interaction_id=interaction_id,
            mediatype=mediatype,
            after_action=after_action,
            message=message,
            message_type=message_type,
            treat_as=treat_as,
            timeout=timeout,
        )

    def remove_from_conference(
        self, interaction_id: str, agent_id: str, *, mediatype: str = "chat", timeout: float | None = None
    ) -> Operation[Interaction]:
        """Remove another agent, by employee id, from the chat.

        No event is documented that tells of it: it settles one second after acceptance, unless an error comes before.
        That the agent has left is an entry of the transcript.
        """
        return self._start(
            _REMOVE_FROM_CONFERENCE,
            interaction_id=interaction_id,
            agent_id=agent_id,
            mediatype=mediatype,
            timeout=timeout,
        )

    def send_custom_notification(
        self,
        interaction_id: str,
        *,
        message: str | None = None,
        user_data: KeyValues | None = None,
        visibility: Visibility | str | None = None,
        mediatype: str = "chat",
        timeout: float | None = None,
    ) -> Operation[ChatMessage | None]:
        """Send a notification to the other applications in the chat, with a text and user data.

        Settles with the entry of the transcript, or with None one second after acceptance.
        """
        return self._start(
            _SEND_CUSTOM_NOTIFICATION,
            interaction_id=interaction_id,
            message=message,
            user_data=user_data,
            visibility=visibility,
            mediatype=mediatype,
            timeout=timeout,
        )

    def send_message(
        self,
        interaction_id: str,
        message: str,
        *,
        message_type: str | None = None,
        visibility: Visibility | str | None = None,
        treat_as: TreatAs | str | None = None,
        mediatype: str = "chat",
        timeout: float | None = None,
    ) -> Operation[ChatMessage | None]:
        """Say something to those in the chat.

        Settles with the message of the transcript, or with None one second after acceptance.
        """
        return self._start(
            _SEND_MESSAGE,
            interaction_id=interaction_id,
            message=message,
            message_type=message_type,
            visibility=visibility,
            treat_as=treat_as,
            mediatype=mediatype,
            timeout=timeout,
        )

    def send_system_command(
        self,
        interaction_id: str,
        *,
        message: str | None = None,
        user_data: KeyValues | None = None,
        visibility: Visibility | str | None = None,
        timeout: float | None = None,
    ) -> Operation[ChatMessage | None]:
        """Send a system command to the chat server, with a text and user data.

        Settles with the entry of the transcript that has this text, or with None one second after acceptance.
        """
        return self._start(
            _SEND_SYSTEM_COMMAND,
            interaction_id=interaction_id,
            message=message,
            user_data=user_data,
            visibility=visibility,
            timeout=timeout,
        )

    def send_typing_started(
        self,
        interaction_id: str,
        *,
        message: str | None = None,
        visibility: Visibility | str | None = None,
        mediatype: str = "chat",
        timeout: float | None = None,
    ) -> Operation[None]:
        """Show the others that the agent is typing, and what (`message`).

        No event tells of success: it settles one second after acceptance, unless an error comes before; who does not
        want to know of an error awaits ``accepted()`` alone.
        """
        return self._start(
            _SEND_TYPING_STARTED,
            interaction_id=interaction_id,
            message=message,
            visibility=visibility,
            mediatype=mediatype,
            timeout=timeout,
        )

    def send_typing_stopped(
        self,
        interaction_id: str,
        *,
        message: str | None = None,
        visibility: Visibility | str | None = None,
        mediatype: str = "chat",
        timeout: float | None = None,
    ) -> Operation[None]:
        """Show the others that the agent is not typing any more.

        No event tells of success: it settles one second after acceptance, unless an error comes before; who does not
        want to know of an error awaits ``accepted()`` alone.
        """
        return self._start(
            _SEND_TYPING_STOPPED,
            interaction_id=interaction_id,
            message=message,
            visibility=visibility,
            mediatype=mediatype,
            timeout=timeout,
        )

    def send_url(
        self,
        interaction_id: str,
        url: str,
        *,
        visibility: Visibility | str | None = None,
        mediatype: str = "chat",
        timeout: float | None = None,
    ) -> Operation[ChatMessage | None]:
        """Push the address of a page to the others.

        Settles with the entry of the transcript, or with None one second after acceptance.
        """
        return self._start(
            _SEND_URL,
            interaction_id=interaction_id,
            url=url,
            visibility=visibility,
            mediatype=mediatype,
            timeout=timeout,
        )

    def update_nickname(
        self,
        interaction_id: str,
        nickname: str,
        *,
        visibility: Visibility | str | None = None,
        mediatype: str = "chat",
        timeout: float | None = None,
    ) -> Operation[Interaction]:
        """Change the agent's nickname in the chat.

        Settles with the interaction once the transcript says so, or one second after acceptance.
        """
        return self._start(
            _UPDATE_NICKNAME,
            interaction_id=interaction_id,
            nickname=nickname,
            visibility=visibility,
            mediatype=mediatype,
            timeout=timeout,
        )
