"""A task that is cancelled at any of its waits leaves nothing: no task, no connection, no pending operation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator
from tests.end_to_end.agents import engage_for
from tests.lifecycle.cancelling import WAIT, cancelled_at, eventually, nothing_is_left, tasks_since

MOST_WAITS = 400


async def an_agents_day(engage: ea.Engage) -> None:
    async with engage, engage.workspace() as agent:
        await agent.activate_channels(dn="7001", channels=["voice"])
        async with agent.events(ea.CallStateChanged) as changes:
            call = await agent.voice.make_call("5550001")
            await anext(changes)
        call = await agent.calls.until(call.id, "Established", timeout=WAIT)
        pending = await agent.voice.hold(call.id).accepted()
        await pending
        await agent.session.get_current_session()
        async with asyncio.TaskGroup() as group:
            group.create_task(agent.wait_for(ea.CallStateChanged, timeout=WAIT))
            group.create_task(outcome(agent.voice.retrieve(call.id)))
        assert await agent.drain(timeout=WAIT) == ()


async def a_wallboards_day(engage: ea.Engage) -> None:
    state = ea.Statistic("CurrentAgentState", "johnsmith", "Agent")
    async with engage, engage.statistics() as stats, stats.subscribe([state]) as values:
        await anext(values)
        await values.peek()


async def an_administrators_day(engage: ea.Engage) -> None:
    async with engage:
        await engage.tokens.bearer()
        await engage.tokens.forget()
        await engage.authentication.get_user_info()


DAYS: list[Callable[[ea.Engage], Coroutine[Any, Any, None]]] = [
    an_agents_day,
    a_wallboards_day,
    an_administrators_day,
]


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.__name__)
async def test_a_task_cancelled_at_any_wait_leaves_nothing(
    emulator: Emulator, day: Callable[[ea.Engage], Coroutine[Any, Any, None]], part: int
) -> None:
    before = asyncio.all_tasks()
    reached = 0
    for step in range(1 + part, MOST_WAITS, 4):
        engage = engage_for(emulator, close_timeout=WAIT)
        if not await cancelled_at(step, day(engage)):
            break
        reached += 1
        await nothing_is_left(emulator, before)
        assert engage._closed or engage._loop is None
        assert not engage._sessions
        emulator.end_web_sessions()
    else:
        pytest.fail("the day never ends")
    assert reached


async def hold_and_retrieve(agent: ea.WorkspaceSession, call_id: str) -> None:
    await agent.voice.hold(call_id)
    await agent.voice.retrieve(call_id)


async def wait_for_a_state(agent: ea.WorkspaceSession, call_id: str) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(agent.calls.until(call_id, "Held", timeout=WAIT))
        group.create_task(agent.wait_for(ea.CallStateChanged, timeout=WAIT))
        await agent.voice.hold(call_id)


@pytest.mark.parametrize("work", [hold_and_retrieve, wait_for_a_state], ids=lambda work: work.__name__)
async def test_an_operation_cancelled_at_any_wait_leaves_a_session_that_works(
    agent: ea.WorkspaceSession, work: Callable[[ea.WorkspaceSession, str], Coroutine[Any, Any, None]]
) -> None:
    call = await agent.voice.make_call("5550001")
    await agent.calls.until(call.id, "Established", timeout=WAIT)
    before = asyncio.all_tasks()
    step = 1
    while await cancelled_at(step, work(agent, call.id)):
        step += 1
        assert agent.health.pending == 0
        assert agent._outcomes.is_empty()
        await eventually(lambda: not tasks_since(before))
        assert not agent.calls._waiters._waiting
        if (await agent.session.get_current_session()).raw["user"]["activeSession"]["calls"][0]["state"] == "Held":
            await agent.calls.until(call.id, "Held", timeout=WAIT)
            await agent.voice.retrieve(call.id)
    assert step > 2
    if agent.calls[call.id].state == "Held":
        await agent.voice.retrieve(call.id)
    await agent.voice.release(call.id)


async def test_an_operation_that_was_accepted_stays_when_its_waiting_task_is_cancelled(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.event_delay = 0.1
    pending = await agent.voice.ready().accepted()

    async def waits() -> None:
        await pending

    waiting = asyncio.create_task(waits())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await pending).agent_state == "Ready"
    emulator.switches.event_delay = 0.0


async def test_a_group_whose_task_fails_cancels_the_others_operations(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.event_delay = 5.0

    async def a_group() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(outcome(agent.voice.send_user_event({"a": "b"})))
            await eventually(lambda: agent.health.pending == 20)
            raise LookupError("the program's own")

    with pytest.raises(ExceptionGroup) as failed:
        await a_group()
    assert failed.group_contains(LookupError)
    await eventually(lambda: agent.health.pending == 0)
    emulator.switches.event_delay = 0.0
    assert (await agent.voice.ready()).agent_state == "Ready"


async def test_a_group_of_operations_gives_each_its_own_outcome(agent: ea.WorkspaceSession) -> None:
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(outcome(agent.voice.make_call("5550100")))
        states = [group.create_task(outcome(agent.session.get_user_info())) for _ in range(5)]
        wrong = group.create_task(error_of(agent.voice.release("no-such-call")))
    call = calling.result()
    assert call.dnis == "5550100"
    assert {task.result().user.user_name for task in states} == {"JohnSmith"}
    assert isinstance(wrong.result(), ea.OperationFailed | ea.ApiError)
    await agent.voice.release(call.id)


async def outcome(work: Any) -> Any:
    return await work


async def error_of(work: Any) -> ea.EngageError | None:
    try:
        await work
    except ea.EngageError as error:
        return error
    return None
