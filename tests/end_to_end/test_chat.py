"""Chats through the real client: several agents, a customer and a supervisor, whatever the service tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Refusal
from engage_async.emulator.customers import ChatCustomer
from tests.end_to_end.agents import SETTINGS, agent_of, setting_name

WAIT = 5.0
KATE_ID, SAM_ID, JOHN_ID = "katelewis", "samokoro", "johnsmith"

with_every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=setting_name)


def let_it(emulator: Emulator, setting: dict[str, Any]) -> None:
    for name, value in setting.items():
        setattr(emulator.switches, name, value)


async def until(agent: ea.WorkspaceSession, true: Callable[[], object]) -> None:
    """Wait until something holds that the agent is told of."""
    async with asyncio.timeout(WAIT):
        while not true():
            await asyncio.sleep(0.005)
    assert agent.health.connected


async def invited(agent: ea.WorkspaceSession, chat: str) -> None:
    await until(agent, lambda: chat in agent.interactions and agent.interactions[chat].state == "Invited")


async def chatting(
    emulator: Emulator, agent: ea.WorkspaceSession, nickname: str = "John", **chat: Any
) -> tuple[str, ChatCustomer]:
    """A chat that the agent has accepted, and its customer."""
    await agent.media.ready("chat")
    customer = emulator.scenario.inbound_chat(**chat)
    await invited(agent, customer.interaction.id)
    accepted = await agent.chat.accept(customer.interaction.id, nickname=nickname)
    assert accepted.state == "Processing"
    return customer.interaction.id, customer


def people(agent: ea.WorkspaceSession, chat: str) -> list[tuple[str, str]]:
    """The participants that the agent sees: type and nickname."""
    seen = agent.interactions[chat].chat
    assert seen is not None
    return [(str(each.type), each.nickname) for each in seen.participants]


def texts(agent: ea.WorkspaceSession, chat: str) -> list[str]:
    """What was said, as the agent's transcript has it."""
    seen = agent.interactions[chat].chat
    assert seen is not None
    return [message.text for message in seen.messages if message.type == "Text"]


@pytest.fixture
async def sam(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    """Sam Okoro, a supervisor."""
    async with agent_of(emulator, "SamOkoro") as session:
        yield session


@with_every_setting
async def test_agent_talks_with_a_customer(
    emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    replies = ["No, it does not.", "Thank you, bye."]
    chat, customer = await chatting(emulator, agent, replies=replies, after=0.0, nickname="Johnny", text="Hello?")
    await until(agent, lambda: texts(agent, chat) == ["Hello?"])
    said = await agent.chat.send_message(chat, "Does it work?")
    assert said is None or (said.text, said.sender and said.sender.nickname) == ("Does it work?", "Johnny")
    page = await agent.chat.send_url(chat, "https://example.com/help")
    assert page is None or page.type == "PushUrl"
    await agent.chat.send_typing_started(chat, message="And now")
    await agent.chat.send_typing_stopped(chat)
    await agent.chat.send_custom_notification(chat, message="survey", user_data={"id": "7"})
    await agent.chat.send_system_command(chat, message="mute")
    renamed = await agent.chat.update_nickname(chat, "Jack")
    assert renamed.id == chat
    await agent.chat.send_message(chat, "And now?")
    await until(agent, lambda: len(texts(agent, chat)) == 5)
    assert texts(agent, chat)[0::2] == ["Hello?", replies[0], replies[1]]
    assert customer.texts == ["Does it work?", "And now?"]
    assert [message.type for message in customer.heard] == [
        "ParticipantJoined",
        "Text",
        "PushUrl",
        "TypingStarted",
        "TypingStopped",
        "CustomNotice",
        "Notice",
        "NicknameUpdated",
        "Text",
    ]
    transcript = await agent.chat.get_messages(chat)
    indexes = [message.index or 0 for message in transcript]
    assert indexes == sorted(set(indexes))
    assert [message.text for message in transcript if message.type == "Text"] == texts(agent, chat)
    left = await agent.chat.leave(chat, message="Bye!")
    assert left.id == chat
    assert not customer.here
    assert (await agent.media.complete("chat", chat)).state == "Completed"
    assert chat not in agent.interactions


@with_every_setting
async def test_agents_invite_consult_and_transfer(
    emulator: Emulator, agent: ea.WorkspaceSession, kate: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    chat, customer = await chatting(emulator, agent)
    await kate.media.not_ready("chat")

    await agent.chat.consult(chat, KATE_ID)
    await invited(kate, chat)
    await kate.chat.accept(chat, nickname="Kate")
    await until(agent, lambda: ("Agent", "Kate") in people(agent, chat))
    await kate.chat.send_message(chat, "Offer ten.")
    await until(agent, lambda: "Offer ten." in texts(agent, chat))
    assert {message.text for message in customer.heard} == {None}, "the customer is not aware of it"

    await agent.chat.invite(chat, KATE_ID)
    await kate.chat.send_message(chat, "I am Kate.")
    await until(agent, lambda: "I am Kate." in texts(agent, chat))
    assert customer.texts == ["I am Kate."]

    await agent.chat.remove_from_conference(chat, KATE_ID)
    await until(kate, lambda: chat not in kate.interactions)
    await until(agent, lambda: ("Agent", "Kate") not in people(agent, chat))

    await agent.chat.invite_by_queue(chat, "chat-experts")
    await agent.chat.consult_by_queue(chat, "chat-experts")
    await agent.chat.cancel_consult(chat)

    given = await agent.media.transfer_agent("chat", chat, KATE_ID)
    assert given.id == chat
    await invited(kate, chat)
    await kate.chat.accept(chat, nickname="Kate")
    await until(kate, lambda: texts(kate, chat) == ["Hello?", "Offer ten.", "I am Kate."])
    await kate.chat.leave(chat, after_action=ea.AfterLeaving.FORCE_CLOSE)
    assert not customer.here
    await kate.media.complete("chat", chat)


@with_every_setting
async def test_asynchronous_chat_is_put_on_hold_and_resumed(
    emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    chat, customer = await chatting(emulator, agent, asynchronous=True)
    held = await agent.media.put_on_hold(chat, "chat-parked", added_properties={"Until": "tomorrow"})
    assert (held.is_held, held.user_data["Until"], held.chat and held.chat.is_async_mode) == (True, "tomorrow", True)
    customer.say("Good morning!")
    await until(agent, lambda: "Good morning!" in texts(agent, chat))
    assert (await agent.chat.resume(chat, "John")).is_held is False
    await agent.chat.send_message(chat, "Good morning to you!")
    await until(agent, lambda: customer.texts == ["Good morning to you!"])
    await agent.media.complete("chat", chat)


@pytest.mark.parametrize("setting", SETTINGS[:2], ids=setting_name)
async def test_supervisor_monitors_coaches_and_barges_in(
    emulator: Emulator, agent: ea.WorkspaceSession, sam: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    await sam.media.start_monitoring("chat", JOHN_ID)
    chat, customer = await chatting(emulator, agent)
    await until(sam, lambda: chat in sam.interactions and texts(sam, chat) == ["Hello?"])
    assert ("Supervisor", "Sam Okoro") not in people(agent, chat)
    with pytest.raises(ea.OperationFailed) as refused:
        await sam.chat.send_message(chat, "I am here")
    assert refused.value.error_code == 506
    await sam.media.switch_to_coach("chat", chat)
    await until(agent, lambda: ("Supervisor", "Sam Okoro") in people(agent, chat))
    await sam.chat.send_message(chat, "Offer ten.")
    await until(agent, lambda: "Offer ten." in texts(agent, chat))
    assert customer.texts == []
    await sam.media.switch_to_barge_in("chat", chat)
    await sam.chat.send_message(chat, "I am the boss.")
    await until(sam, lambda: customer.texts == ["I am the boss."])
    await sam.media.switch_to_monitor("chat", chat)
    await until(agent, lambda: ("Supervisor", "Sam Okoro") not in people(agent, chat))
    await sam.media.stop_monitoring("chat", JOHN_ID)
    await until(sam, lambda: chat not in sam.interactions)
    await agent.media.complete("chat", chat)


async def test_whispers_are_in_the_transcripts_of_agents_alone(
    emulator: Emulator, agent: ea.WorkspaceSession, kate: ea.WorkspaceSession
) -> None:
    chat, customer = await chatting(emulator, agent)
    await kate.media.not_ready("chat")
    await agent.chat.invite(chat, KATE_ID)
    await invited(kate, chat)
    await kate.chat.accept(chat)
    whisper = await agent.chat.send_message(chat, "psst", visibility=ea.Visibility.AGENT)
    assert whisper is not None
    assert whisper.visibility == "Agent"
    await until(kate, lambda: "psst" in texts(kate, chat))
    assert customer.texts == []


@pytest.mark.parametrize("names", ["nothing", "everything"])
async def test_chat_that_ended_while_sending_is_a_clear_error(
    emulator: Emulator, agent: ea.WorkspaceSession, names: Any
) -> None:
    emulator.switches.error_names = names
    chat, customer = await chatting(emulator, agent)
    customer.leave()
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.chat.send_message(chat, "Are you there?")
    assert refused.value.error_code == 506
    await agent.media.complete("chat", chat)
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.chat.send_message(chat, "Hello?")
    assert agent.health.pending == 0


async def test_refused_operation_fails_and_the_chat_goes_on(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    chat, customer = await chatting(emulator, agent)
    emulator.switches.refuse_next.append(Refusal("send-message", 1234, "Too long"))
    with pytest.raises(ea.OperationFailed, match="Too long"):
        await agent.chat.send_message(chat, "x" * 10_000)
    await agent.chat.send_message(chat, "short")
    await until(agent, lambda: customer.texts == ["short"])


async def test_several_chats_at_a_time_do_not_mix(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.echo_operation_id = False
    chats = [await chatting(emulator, agent, text=f"I am {number}") for number in range(3)]
    await asyncio.gather(
        *(
            agent.chat.send_message(chat, f"message {number} to {at}")
            for number in range(5)
            for at, (chat, _) in enumerate(chats)
        )
    )
    for at, (chat, customer) in enumerate(chats):
        expected = {f"message {number} to {at}" for number in range(5)}
        async with asyncio.timeout(WAIT):
            while not expected <= set(texts(agent, chat)):
                await asyncio.sleep(0.005)
        assert (set(customer.texts), texts(agent, chat)[0]) == (expected, f"I am {at}")


async def test_chats_arrive_at_a_rate_and_are_all_answered(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    """Twelve customers, three at a time, each with one question."""
    await agent.media.ready("chat")
    done = 0

    async with agent.events(
        ea.InteractionStateChanged, where=lambda e: e.interaction.state == "Invited"
    ) as invitations:
        arrivals = emulator.scenario.repeat(emulator.scenario.inbound_chat, rate=500, times=12)
        async with asyncio.timeout(WAIT):
            async for invitation in invitations:
                chat = invitation.interaction.id
                await agent.chat.accept(chat)
                await agent.chat.send_message(chat, "42.")
                await agent.media.complete("chat", chat)
                done += 1
                if done == 12:
                    break
    assert [customer.texts for customer in arrivals.recent] == [["42."]] * 12
    assert not agent.interactions
