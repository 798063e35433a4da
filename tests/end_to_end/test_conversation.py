"""A chat as a conversation, and what an agent's session knows of its interactions through losses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.emulator.customers import ChatCustomer
from engage_async.emulator.switches import Refusal
from tests.end_to_end.agents import agent_of, engage_for

WAIT = 5.0
CHAT = "/workspace/v3/media/chat"


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    """John Smith, ready for chats."""
    async with agent_of(emulator) as session:
        await session.media.ready("chat", timeout=WAIT)
        yield session


async def offered(
    emulator: Emulator, agent: ea.WorkspaceSession, **arrives: Any
) -> tuple[ea.Conversation, ChatCustomer]:
    """A chat that is offered to the agent, and its customer."""
    async with agent.events(
        ea.InteractionStateChanged, where=lambda e: e.interaction.state == "Invited"
    ) as invitations:
        customer = emulator.scenario.inbound_chat(**arrives)
        async with asyncio.timeout(WAIT):
            invitation = await anext(invitations)
    return agent.chat(invitation.interaction.id, nickname="Johnny"), customer


async def settled(agent: ea.WorkspaceSession) -> None:
    """What was sent has its outcome."""
    async with asyncio.timeout(WAIT):
        while agent.health.pending:
            await asyncio.sleep(0.005)


# --- the conversation -------------------------------------------------------------------------------------------------


async def test_agent_and_customer_talk(emulator: Emulator, john: ea.WorkspaceSession) -> None:
    chat, customer = await offered(emulator, john, replies=["Since Monday.", "Bye!"], then_leaves=True)
    answers = iter(["How long?", "It is mended.", "Bye."])
    heard = []
    async with asyncio.timeout(WAIT), chat:
        assert chat.interaction.state == "Processing"
        assert (chat.me and chat.me.nickname) == "Johnny"
        async for message in chat:
            heard.append(message)
            if message.type == "ParticipantLeft":
                break
            if message.type == "Text" and message.sender and message.sender.type == "Customer":
                said = await chat.send(next(answers))
                assert said is not None
                assert (said.sender and said.sender.id) == (chat.me and chat.me.id)
        indexes = [message.index or 0 for message in heard]
        assert indexes == sorted(set(indexes))
        assert [m.text for m in heard if m.type == "Text"] == [
            "Hello?", "How long?", "Since Monday.", "It is mended.", "Bye!", "Bye.",
        ]  # fmt: skip
        assert [m.type for m in heard[:2]] == ["ParticipantJoined", "Text"], "what was said before is heard too"
        assert (await chat.leave(timeout=WAIT)).id == chat.id
    assert customer.texts == ["How long?", "It is mended.", "Bye."]
    assert (await chat.complete(timeout=WAIT)).state == "Completed"
    assert chat.messages == tuple(heard) + chat.messages[len(heard) :]
    assert not john.interactions


async def test_what_else_can_be_done_in_a_conversation(emulator: Emulator, john: ea.WorkspaceSession) -> None:
    chat, customer = await offered(emulator, john)
    async with chat:
        await chat.typing()
        await chat.typing(False, text="Well")
        page = await chat.send_url("https://shop.example/", timeout=WAIT)
        assert (page and page.text) == "https://shop.example/"
        note = await chat.notify("look", user_data={"page": 7}, timeout=WAIT)
        assert (note and note.user_data) == {"page": 7}
        whisper = await chat.send("only for us", visibility=ea.Visibility.AGENT, timeout=WAIT)
        assert (whisper and whisper.visibility) == "Agent"
        await chat.rename("John S.", timeout=WAIT)
        async with asyncio.timeout(WAIT):
            while not (chat.me and chat.me.nickname == "John S."):
                await asyncio.sleep(0.005)
    assert "only for us" not in customer.texts
    await settled(john)
    assert {m.type for m in customer.heard} >= {"TypingStarted", "TypingStopped", "PushUrl"}


async def test_two_agents_in_one_chat_see_the_same(
    emulator: Emulator, john: ea.WorkspaceSession, kate: ea.WorkspaceSession
) -> None:
    chat, _ = await offered(emulator, john)
    async with chat, kate.events(ea.InteractionStateChanged) as told, asyncio.timeout(WAIT):
        await kate.media.ready("chat")
        await chat.invite(employee_id(kate))
        await anext(told)
        async with kate.chat(chat.id, nickname="Kate") as other:
            await other.send("I can help.")
            async for message in chat:
                if message.text == "I can help.":
                    break
            assert [p.nickname for p in chat.participants] == ["Customer", "Johnny", "Kate"]
            await chat.remove(employee_id(kate))
            async for _message in other:
                pass
            assert other.over
            with pytest.raises(ea.InteractionEnded):
                await other.send("I am not here any more.")
        async for message in chat:
            if message.type == "ParticipantLeft":
                break
        assert [p.nickname for p in chat.participants] == ["Customer", "Johnny"]


def employee_id(agent: ea.WorkspaceSession) -> str:
    assert agent.user is not None
    assert agent.user.employee_id is not None
    return agent.user.employee_id


@pytest.mark.parametrize("where", ["agent", "queue"])
async def test_chat_that_is_given_away_is_over_here(
    emulator: Emulator, john: ea.WorkspaceSession, kate: ea.WorkspaceSession, where: str
) -> None:
    chat, _ = await offered(emulator, john)
    async with chat, asyncio.timeout(WAIT):
        if where == "agent":
            await kate.media.ready("chat")
            await chat.transfer(employee_id(kate))
        else:
            await chat.transfer(queue="chat-parked")
        assert [message.text async for message in chat if message.type == "Text"] == ["Hello?"]
        assert chat.over
    assert not john.interactions
    async with asyncio.timeout(WAIT):
        while where == "agent" and chat.id not in kate.interactions:
            await asyncio.sleep(0.005)


async def test_chat_that_was_put_on_hold_goes_on_when_it_is_resumed(
    emulator: Emulator, john: ea.WorkspaceSession
) -> None:
    chat, customer = await offered(emulator, john, asynchronous=True)
    async with asyncio.timeout(WAIT), chat:
        await chat.send("One moment.")
        await chat.hold("chat-parked")
        await chat.resume("Johnny")
        assert not chat.over
        customer.say("Still here?")
        async for message in chat:
            if message.text == "Still here?":
                break
        await chat.send("Yes.")


# --- its end ----------------------------------------------------------------------------------------------------------


async def test_chat_that_ended_takes_nothing_more(emulator: Emulator, john: ea.WorkspaceSession) -> None:
    chat, _ = await offered(emulator, john)
    async with chat:
        await chat.leave(after_action=ea.AfterLeaving.FORCE_CLOSE, message="Bye.", timeout=WAIT)
        sent = len(emulator.requests)
        for attempt in (
            lambda: chat.send("x"), lambda: chat.send_url("x"), chat.notify, lambda: chat.rename("x"), chat.leave,
            lambda: chat.invite("x"), lambda: chat.consult("x"), chat.cancel_consult, lambda: chat.remove("x"),
            lambda: chat.transfer("x"), lambda: chat.hold("x"), chat.typing,
        ):  # fmt: skip
            with pytest.raises(ea.InteractionEnded, match="is over for this agent") as ended:
                await attempt()
            assert ended.value.interaction_id == chat.id
        assert len(emulator.requests) == sent, "nothing was sent"
        assert [message.type async for message in chat][-1] == "ParticipantLeft"
    with pytest.raises(ea.InteractionEnded):
        async with john.chat(chat.id):
            pass


async def test_chat_that_ends_while_sending_fails_what_is_sent(emulator: Emulator, john: ea.WorkspaceSession) -> None:
    chat, _ = await offered(emulator, john)
    async with chat:
        emulator.switches.faults.append(Fault(f"{CHAT}/*/send-message", "code", code=1))
        sending = await chat.send("hello", timeout=WAIT).accepted()
        ended = {"id": chat.id, "mediatype": "chat", "state": "Completed"}
        emulator.publish("JohnSmith", CHAT, {"messageType": "InteractionStateChanged", "interaction": ended})
        with pytest.raises(ea.InteractionEnded, match="was completed before it could succeed"):
            await sending


async def test_failure_of_a_typing_notice_is_not_left_behind(
    emulator: Emulator, john: ea.WorkspaceSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "engage_async.sessions")
    chat, _ = await offered(emulator, john)
    async with chat:
        emulator.switches.refuse_next.append(Refusal("send-typing-started", 51, "Not here"))
        emulator.switches.reply_order = "reply-first"
        await chat.typing()
        async with asyncio.timeout(WAIT):
            while "chat.send_typing_started failed after it was accepted" not in caplog.text:
                await asyncio.sleep(0)


async def test_reading_ends_with_the_session(emulator: Emulator) -> None:
    async with agent_of(emulator) as john:
        await john.media.ready("chat", timeout=WAIT)
        chat, _ = await offered(emulator, john)
        await chat.__aenter__()
        reading = asyncio.create_task(last_of(chat))
        await asyncio.sleep(0)
    async with asyncio.timeout(WAIT):
        assert (await reading).type == "ParticipantJoined"
    with pytest.raises(ea.SessionClosed):
        await chat.send("x")


async def last_of(chat: ea.Conversation) -> ea.ChatMessage:
    return [message async for message in chat][-1]


# --- wrong use --------------------------------------------------------------------------------------------------------


async def test_conversation_in_what_is_no_chat_of_the_agent_is_refused(
    emulator: Emulator, john: ea.WorkspaceSession
) -> None:
    with pytest.raises(ea.InvalidArgument, match="no interaction 'nope'"):
        async with john.chat("nope"):
            pass
    await john.media.ready("email", timeout=WAIT)
    async with john.events(ea.InteractionStateChanged) as told:
        emulator.scenario.inbound_email()
        email = (await anext(told)).interaction
    with pytest.raises(ea.InvalidArgument, match="media type 'email'"):
        async with john.chat(email.id):
            pass
    with pytest.raises(ea.InvalidArgument, match="either an agent_id or a queue"):
        john.chat(email.id).transfer()


async def test_conversation_is_read_inside_of_it_and_by_one(emulator: Emulator, john: ea.WorkspaceSession) -> None:
    chat, _ = await offered(emulator, john)
    with pytest.raises(ea.SessionClosed, match="not open"):
        await anext(chat)
    async with chat:
        reading = asyncio.create_task(last_of(chat))
        while chat._waiter is None:
            await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            await anext(chat)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert repr(chat) == f"<Conversation {chat.id} open>"


async def test_reader_that_is_too_slow_is_told_how_much_it_missed(
    emulator: Emulator, john: ea.WorkspaceSession
) -> None:
    chat, _ = await offered(emulator, john, text=None)
    async with chat:
        sender = {"participantId": "c", "type": "Customer"}
        many = [{"index": n, "type": "Text", "text": str(n), "from": sender} for n in range(100, 10_120)]
        told = {"messageType": "MessageLogUpdated", "interactionId": chat.id, "messages": many}
        async with john.events(ea.MessageLogUpdated) as logs:
            emulator.publish("JohnSmith", CHAT, told)
            await anext(logs)
        with pytest.raises(ea.EventsDropped) as dropped:
            await anext(chat)
        assert dropped.value.count == 22, "twenty, and the two who had joined"
        assert (await anext(chat)).text == "120"


# --- losses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told_by", ["the current session", "the chat alone"])
async def test_what_was_said_while_notifications_were_lost_is_heard_all_the_same(
    emulator: Emulator, john: ea.WorkspaceSession, told_by: str
) -> None:
    if told_by == "the chat alone":
        emulator.switches.faults.append(Fault("*/current-session", "code", code=0, message=""))
    chat, customer = await offered(emulator, john)
    async with chat, asyncio.timeout(WAIT):
        async for message in chat:
            if message.text == "Hello?":
                break
        emulator.drop_bayeux_sessions()
        for word in ("one", "two"):
            customer.say(word)
        heard: list[ea.ChatMessage] = []
        async for message in chat:
            heard.append(message)
            if message.text == "two":
                break
        assert [message.text for message in heard if message.type == "Text"] == ["one", "two"]
        await john.connected()
        assert (await chat.send("I am back.")) is not None


async def test_interactions_that_are_gone_after_a_loss_leave_the_desk(
    emulator: Emulator, john: ea.WorkspaceSession
) -> None:
    chat, _ = await offered(emulator, john)
    gone = {"id": "gone", "mediatype": "chat", "state": "Processing", "subject": "What was it?"}
    async with chat, john.events(ea.InteractionStateChanged) as told, asyncio.timeout(WAIT):
        emulator.publish("JohnSmith", CHAT, {"messageType": "InteractionStateChanged", "interaction": gone})
        await anext(told)
        assert set(john.interactions) == {chat.id, "gone"}
        waiting = asyncio.create_task(john.interactions.until("gone", "Completed", timeout=WAIT))
        emulator.drop_bayeux_sessions()
        assert (await waiting).subject == "What was it?"
        assert set(john.interactions) == {chat.id}
        assert not chat.over


async def test_session_that_is_opened_later_knows_what_was_said_before(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage, asyncio.timeout(2 * WAIT):
        async with engage.workspace(log_out=False) as first:
            await first.activate_channels(dn="7001")
            await first.media.ready("chat")
            chat, customer = await offered(emulator, first)
            async with chat:
                await chat.send("One moment.")
        async with engage.workspace() as second, second.chat(chat.id) as again:
            customer.say("Still here?")
            async for message in again:
                if message.text == "Still here?":
                    break
            assert [m.text for m in again.messages if m.type == "Text"] == ["Hello?", "One moment.", "Still here?"]
            assert again.me is not None
            await again.send("Yes.")
    assert customer.texts == ["One moment.", "Yes."]
