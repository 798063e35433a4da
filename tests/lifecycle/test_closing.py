"""Closing at an awkward moment: while connecting, in a poll, during a refresh, twice, from a handler, from a loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import agent_of, engage_for
from tests.lifecycle.cancelling import WAIT, connections, eventually, nothing_is_left


async def opened(session: ea.WorkspaceSession) -> BaseException | None:
    """How the opening ended."""
    try:
        async with session:
            await asyncio.Event().wait()
    except ea.EngageError as error:
        return error
    return None


async def asked_for(emulator: Emulator, part: str, count: int = 1) -> None:
    await eventually(lambda: sum(part in record.path for record in emulator.requests) >= count)


@pytest.mark.parametrize("closing", ["the session", "everything"])
@pytest.mark.parametrize("stuck", ["oauth/token", "initialize-workspace", "notifications", "current-session"])
async def test_closing_while_it_opens_ends_the_opening(emulator: Emulator, stuck: str, closing: str) -> None:
    emulator.switches.faults.append(Fault(f"*/{stuck}*", "silent", times=None))
    before = asyncio.all_tasks()
    async with engage_for(emulator, close_timeout=0.05) as engage:
        session = engage.workspace()
        opening = asyncio.create_task(opened(session))
        await asked_for(emulator, stuck)
        await (session if closing == "the session" else engage).aclose()
        async with asyncio.timeout(WAIT):
            assert isinstance(await opening, ea.SessionClosed)
    await nothing_is_left(emulator, before)


async def test_closing_during_a_poll_does_not_wait_for_it(emulator: Emulator) -> None:
    before = asyncio.all_tasks()
    async with engage_for(emulator) as engage, engage.workspace() as agent:
        await asked_for(
            emulator, "notifications", 4
        )  # a handshake, a subscription, the first poll and one that is held
        async with asyncio.timeout(emulator.switches.poll_timeout / 3):
            await agent.aclose()
    await nothing_is_left(emulator, before)


@pytest.mark.parametrize("fault", ["silent", "delay"])
async def test_closing_during_a_refresh_ends_whoever_waits_for_the_token(emulator: Emulator, fault: str) -> None:
    before = asyncio.all_tasks()
    async with engage_for(emulator, close_timeout=0.05) as engage, engage.workspace() as agent:
        emulator.expire_tokens()
        emulator.switches.faults.append(
            Fault("*/oauth/token", "silent", times=None)
            if fault == "silent"
            else Fault("*/oauth/token", "delay", delay=5.0, times=None)
        )
        asked = sum("oauth/token" in record.path for record in emulator.requests)
        waiting = [asyncio.create_task(engage.tokens.renew(await engage.tokens.bearer())) for _ in range(5)]
        reading = asyncio.create_task(agent.session.get_user_info())
        await asked_for(emulator, "oauth/token", asked + 1)
        await engage.aclose()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ea.SessionClosed] * 5
        await asyncio.gather(reading, return_exceptions=True)
    await nothing_is_left(emulator, before)


async def test_closing_everything_twice_at_once_waits_for_the_end_each_time(emulator: Emulator) -> None:
    engage = engage_for(emulator)
    await engage.__aenter__()
    agent = await engage.workspace().__aenter__()

    async def close() -> tuple[int, str]:
        await engage.aclose()
        return len(engage._sessions), repr(agent)

    ends = await asyncio.gather(close(), close(), close())
    assert {(left, shown.endswith("closed>")) for left, shown in ends} == {(0, True)}
    await engage.aclose()
    await agent.aclose()


async def test_a_closing_that_is_cancelled_goes_on(emulator: Emulator) -> None:
    before = asyncio.all_tasks()
    engage = engage_for(emulator)
    await engage.__aenter__()
    await engage.workspace().__aenter__()
    closing = asyncio.create_task(engage.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await nothing_is_left(emulator, before)
    assert emulator.requests[-1].path.endswith("/logout")
    assert not connections(emulator)


async def test_a_session_that_was_closed_before_it_was_opened_stays_closed(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        session = engage.workspace()
        await session.aclose()
        with pytest.raises(ea.SessionClosed):
            await session.__aenter__()
        assert not engage._sessions


@pytest.mark.parametrize("what", ["the session", "everything"])
async def test_a_handler_may_close_its_session_and_goes_on(emulator: Emulator, what: str) -> None:
    ended = asyncio.Event()
    async with engage_for(emulator, close_timeout=WAIT) as engage, engage.workspace() as agent:
        await agent.activate_channels(dn="7001")

        @agent.on(ea.CallStateChanged)
        async def leave(_: ea.CallStateChanged) -> None:
            await (agent if what == "the session" else engage).aclose()
            ended.set()

        emulator.centre.outside.call("5550001", "7001", {})
        async with asyncio.timeout(WAIT / 2):  # less than closing would wait for a handler
            await ended.wait()


async def test_an_agent_may_be_closed_while_another_goes_on(emulator: Emulator) -> None:
    async with agent_of(emulator) as john, engage_for(emulator, "KateLewis") as engage:
        async with engage.workspace() as kate:
            await kate.activate_channels(dn="7002")
            call = await kate.voice.make_call("7001")
            await john.calls.until(next(iter(john.calls)), "Ringing", timeout=WAIT)
            await john.voice.answer(next(iter(john.calls)))
            assert (await kate.calls.until(call.id, "Established", timeout=WAIT)).id == call.id
        assert (await john.voice.ready()).agent_state == "Ready"


# --- another loop -----------------------------------------------------------------------------------------------------


async def test_nothing_of_a_session_works_in_another_loop(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    call = await agent.voice.make_call("5550001")
    operation = agent.voice.hold(call.id)
    stream = agent.events(ea.EventsLost)

    async def listen() -> None:
        agent.on(ea.Event)(print)

    async def wait_for_the_operation() -> None:
        await operation

    for refused in (
        wait_for_the_operation,
        operation.accepted,
        stream.__anext__,
        listen,
        agent.connected,
        agent.drain,
        agent.aclose,
        agent.session.get_user_info,
        lambda: agent.wait_for(ea.Event),
        lambda: agent.calls.until(call.id, "Released"),
        lambda: agent.activate_channels(dn="7001"),
    ):
        with pytest.raises(ea.WrongEventLoop, match="another event loop"):
            await asyncio.to_thread(asyncio.run, _of(refused))
    assert (await operation).state == "Held"
    await agent.voice.release(call.id)


async def _of(work: Any) -> object:
    return await work()


async def test_nothing_of_an_environment_works_in_another_loop(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage, engage.workspace() as agent:

        async def open_another() -> None:
            async with engage.workspace():
                pass

        for refused in (engage.aclose, engage.drain, open_another):
            with pytest.raises(ea.WrongEventLoop, match="another event loop"):
                await asyncio.to_thread(asyncio.run, _of(refused))
        assert (await agent.session.get_user_info()).user is not None


def test_two_loops_one_after_the_other_each_with_an_environment_of_its_own() -> None:
    async def once() -> str:
        async with Emulator() as emulator, agent_of(emulator) as agent:
            return (await agent.voice.ready()).agent_state or ""

    assert [asyncio.run(once()) for _ in range(2)] == ["Ready", "Ready"]


# --- handlers ---------------------------------------------------------------------------------------------------------


async def test_a_handler_that_meets_a_cancelled_future_is_told_of_and_breaks_nothing(
    emulator: Emulator, agent: ea.WorkspaceSession, caplog: pytest.LogCaptureFixture
) -> None:
    given_up: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    given_up.cancel()
    heard: list[str] = []

    @agent.on(ea.EventUserEvent)
    def at_once(_: ea.EventUserEvent) -> None:
        heard.append("at once")
        given_up.result()

    @agent.on(ea.EventUserEvent)
    async def in_a_task(_: ea.EventUserEvent) -> None:
        heard.append("in a task")
        await given_up

    for _ in range(2):
        emulator.publish("JohnSmith", "/workspace/v3/voice", {"messageType": "EventUserEvent", "userData": {}})
    await eventually(lambda: len(heard) == 4)
    assert caplog.text.count("in_a_task failed on EventUserEvent") == 2
    assert caplog.text.count("at_once failed on EventUserEvent") == 2
    assert (await agent.voice.ready()).agent_state == "Ready"
    assert agent.health.connected


@pytest.mark.parametrize("error", [StopIteration, asyncio.CancelledError, ZeroDivisionError])
async def test_a_predicate_that_raises_tells_the_one_who_waits(
    emulator: Emulator, agent: ea.WorkspaceSession, error: type[BaseException]
) -> None:
    def wrong(_: ea.EventUserEvent) -> bool:
        raise error

    waiting = asyncio.create_task(agent.wait_for(ea.EventUserEvent, wrong, timeout=WAIT))
    stream = agent.events(ea.EventUserEvent, where=wrong)
    await asyncio.sleep(0)
    emulator.publish("JohnSmith", "/workspace/v3/voice", {"messageType": "EventUserEvent", "userData": {}})
    expected = ZeroDivisionError if error is ZeroDivisionError else RuntimeError
    with pytest.raises(expected):
        await waiting
    with pytest.raises(expected):
        await anext(stream)
    assert (await agent.voice.ready()).agent_state == "Ready"


async def test_a_progress_callback_that_raises_does_not_keep_the_session_from_opening(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    def wrong(percent: int) -> None:
        raise LookupError(f"at {percent}")

    async with asyncio.timeout(WAIT), engage_for(emulator) as engage, engage.workspace(on_progress=wrong) as agent:
        assert agent.user is not None
    assert "the callback on_progress failed" in caplog.text
