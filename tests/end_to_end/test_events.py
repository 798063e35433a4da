"""Streams, handlers and waiting for an event, over a real long poll."""

from __future__ import annotations

import asyncio

import pytest

import engage_async as ea
from engage_async.emulator import Emulator

VOICE = "/workspace/v3/voice"
WAIT = 5.0


def user_event(emulator: Emulator, number: int) -> None:
    emulator.publish("JohnSmith", VOICE, {"messageType": "EventUserEvent", "userData": {"Number": number}})


async def until_received(agent: ea.WorkspaceSession, count: int) -> None:
    async with asyncio.timeout(WAIT):
        while agent.health.notifications.events < count:
            await asyncio.sleep(0.005)


async def test_a_stream_gives_its_types_in_order(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with agent.events(ea.EventUserEvent, where=lambda e: e.user_data["Number"] % 2 == 0) as stream:
        for number in range(10):
            user_event(emulator, number)
        got = [(await anext(stream)).user_data["Number"] for _ in range(5)]
    assert got == [0, 2, 4, 6, 8]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_slow_reader_loses_the_oldest_counted_and_warned_of_once(
    emulator: Emulator, agent: ea.WorkspaceSession, caplog: pytest.LogCaptureFixture
) -> None:
    before = agent.health.notifications.events
    async with agent.events(ea.EventUserEvent, limit=3) as stream:
        for number in range(10):
            user_event(emulator, number)
        await until_received(agent, before + 10)
        assert [(await anext(stream)).user_data["Number"] for _ in range(3)] == [7, 8, 9]
        assert stream.dropped == 7
    assert caplog.text.count("is not read fast enough") == 1


async def test_a_slow_reader_may_ask_to_be_told(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    before = agent.health.notifications.events
    async with agent.events(ea.EventUserEvent, limit=2, overflow="raise") as stream:
        for number in range(5):
            user_event(emulator, number)
        await until_received(agent, before + 5)
        assert [(await anext(stream)).user_data["Number"] for _ in range(2)] == [0, 1]
        with pytest.raises(ea.EventsDropped) as dropped:
            await anext(stream)
        assert dropped.value.count == 3
        user_event(emulator, 5)
        assert (await anext(stream)).user_data["Number"] == 5


async def test_a_reader_that_stands_still_does_not_stop_operations(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    async with agent.events(ea.Event, limit=1):
        for number in range(100):
            user_event(emulator, number)
        assert (await agent.voice.ready()).agent_state == "Ready"


async def test_waiting_for_one_event(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    waiting = asyncio.ensure_future(
        agent.wait_for(ea.EventUserEvent, lambda e: e.user_data["Number"] == 3, timeout=WAIT)
    )
    await asyncio.sleep(0)
    for number in range(5):
        user_event(emulator, number)
    assert (await waiting).user_data["Number"] == 3
    with pytest.raises(ea.WaitTimeout, match="EventUserEvent within"):
        await agent.wait_for(ea.EventUserEvent, timeout=0.01)
    failing = asyncio.ensure_future(agent.wait_for(ea.EventUserEvent, lambda _: 1 // 0 > 0, timeout=WAIT))
    await asyncio.sleep(0)
    user_event(emulator, 1)
    with pytest.raises(ZeroDivisionError):
        await failing


async def test_handlers_hear_every_event_and_cannot_break_anything(
    emulator: Emulator, agent: ea.WorkspaceSession, caplog: pytest.LogCaptureFixture
) -> None:
    direct: list[int] = []
    queued: list[int] = []
    done = asyncio.Event()

    @agent.on(ea.EventUserEvent)
    def at_once(event: ea.EventUserEvent) -> None:
        direct.append(event.user_data["Number"])
        raise RuntimeError("a handler's own fault")

    @agent.on(ea.EventUserEvent)
    async def in_a_task(event: ea.EventUserEvent) -> None:
        await asyncio.sleep(0)
        queued.append(event.user_data["Number"])
        if event.user_data["Number"] == 4:
            done.set()
        raise RuntimeError("a handler's own fault")

    for number in range(5):
        user_event(emulator, number)
    async with asyncio.timeout(WAIT):
        await done.wait()
    assert direct == queued == [0, 1, 2, 3, 4]
    assert caplog.text.count("a handler's own fault") >= 10
    assert agent.off(at_once)
    assert agent.off(in_a_task)
    assert not agent.off(at_once)
    user_event(emulator, 5)
    assert (await agent.voice.ready()).agent_state == "Ready"
    assert direct == [0, 1, 2, 3, 4]


async def test_a_handler_may_start_operations(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    answered: asyncio.Future[ea.Call] = asyncio.get_running_loop().create_future()

    @agent.on(ea.CallStateChanged)
    async def pick_up(event: ea.CallStateChanged) -> None:
        if event.call.state == "Ringing":
            answered.set_result(await agent.voice.answer(event.call.id))

    emulator.centre.outside.call("5550001", "7001", {"Segment": "Gold"})
    call = await asyncio.wait_for(answered, WAIT)
    assert (call.state, call.call_type, call.user_data["Segment"]) == ("Established", "Inbound", "Gold")


async def test_service_state_and_message_waiting_are_typed(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    mailbox = [{"key": "gsipmwi", "type": "kvlist", "value": [{"key": "Mailbox", "type": "str", "value": "7001"}]}]
    async with agent.events(ea.ServiceStateChanged, ea.EventUserEvent) as stream:
        emulator.publish(
            "JohnSmith",
            VOICE,
            {"messageType": "ServiceStateChanged", "serviceName": "VOICE", "serviceState": "UNAVAILABLE"},
        )
        emulator.publish("JohnSmith", VOICE, {"messageType": "EventUserEvent", "userData": mailbox})
        service, waiting = await anext(stream), await anext(stream)
    assert isinstance(service, ea.ServiceStateChanged)
    assert (service.service_name, service.service_state) == ("VOICE", "UNAVAILABLE")
    assert isinstance(waiting, ea.EventUserEvent)
    assert waiting.user_data["gsipmwi"]["Mailbox"] == "7001"


async def test_two_tasks_cannot_read_one_stream(agent: ea.WorkspaceSession) -> None:
    async with agent.events(ea.Event) as stream:
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="each one its own"):
            await anext(stream)
        first.cancel()


async def test_cancelling_a_reader_loses_nothing(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    got: list[int] = []
    async with agent.events(ea.EventUserEvent) as stream:
        for number in range(50):
            reader = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            user_event(emulator, number)
            await asyncio.sleep(0)
            reader.cancel()
            outcomes = await asyncio.gather(reader, return_exceptions=True)
            got += [outcome.user_data["Number"] for outcome in outcomes if isinstance(outcome, ea.EventUserEvent)]
        while len(got) < 50:
            got.append((await asyncio.wait_for(anext(stream), WAIT)).user_data["Number"])
    assert got == list(range(50))
