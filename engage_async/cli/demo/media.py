"""The part on the desk: a chat with a customer, an email that is answered.

Must live here: the story. Must not: single operations. It needs the emulator: somebody has to write to the agent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import engage_async as ea
from engage_async.cli.demo.show import WAIT, Show, Stage
from engage_async.emulator import Emulator

__all__ = ["play"]

_ADA = "ada.byron@example.net"
_QUESTION, _THANKS = "I was charged twice.", "Thank you, bye!"


async def play(stage: Stage, show: Show, anna: ea.WorkspaceSession) -> None:
    """A chat and an email."""
    emulator = stage.emulator
    if emulator is None:
        raise ea.InvalidArgument("the media part needs the embedded emulator")
    await show.step("agent: ready for chat", anna.media.ready("chat"))
    await show.step("agent: ready for email", anna.media.ready("email"))
    await _chat(emulator, show, anna)
    await _email(emulator, show, anna)
    await show.step("agent: not ready on all channels at once", anna.media.not_ready_all(reason_code="Lunch"))


async def _chat(emulator: Emulator, show: Show, anna: ea.WorkspaceSession) -> None:
    def opens() -> str:
        return emulator.scenario.inbound_chat(_QUESTION, replies=[_THANKS], nickname="Ada").interaction.id

    offered = await show.step("customer: opens a chat, which is offered", _offered(anna, opens))
    async with anna.chat(offered.id, nickname="Anna") as chat:
        await show.step("agent: accept it, and send a message", chat.send("Let me look, one moment."))
        await show.step("customer: … answers", _until_said(chat, _THANKS), lambda said: said is not None)
        await show.step("agent: leave the chat", chat.leave())


async def _offered(anna: ea.WorkspaceSession, arrives: Callable[[], str]) -> ea.Interaction:
    """The interaction that `arrives` lets arrive, once it is offered."""
    async with anna.events(ea.InteractionStateChanged) as changes:
        interaction_id = arrives()
        async with asyncio.timeout(WAIT):
            async for change in changes:
                if change.interaction.id == interaction_id and change.interaction.state == "Invited":
                    return change.interaction
    raise ea.SessionClosed("the session was closed meanwhile")


async def _until_said(chat: ea.Conversation, text: str) -> ea.ChatMessage | None:
    async for message in chat:
        if message.text == text:
            return message
    return None


async def _email(emulator: Emulator, show: Show, anna: ea.WorkspaceSession) -> None:
    def writes() -> str:
        return emulator.scenario.inbound_email("Invoice 4711", _QUESTION, sender=_ADA).id

    email = await show.step("customer: writes an email, which is offered", _offered(anna, writes))
    await show.step("agent: accept it", anna.email.accept(email.id), lambda i: i.state == "Processing")
    answer = await show.step(
        "agent: begin an answer",
        anna.email.reply(email.id, queue="email-outbound", from_address="support@example.com", body="Sorry!"),
        lambda i: i.parent_interaction_id == email.id,
    )
    await show.step(
        "agent: send it",
        anna.email.send(answer.id, queue="email-outbound", from_address="support@example.com", to=[_ADA]),
        lambda i: i.state == "Sent",
    )
    await show.step("agent: complete the email", anna.media.complete("email", email.id))
