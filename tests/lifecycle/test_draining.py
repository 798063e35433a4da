"""Draining: no new operations, the pending ones to their end, with a deadline."""

from __future__ import annotations

import asyncio

import pytest

import engage_async as ea
from engage_async.emulator import Emulator
from tests.end_to_end.agents import engage_for
from tests.lifecycle.cancelling import WAIT, eventually


async def test_draining_waits_for_what_is_pending_and_takes_no_more(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.event_delay = 0.05
    early = agent.voice.not_ready()
    pending = await agent.voice.ready().accepted()
    draining = asyncio.create_task(agent.drain(timeout=WAIT))
    await asyncio.sleep(0)
    with pytest.raises(ea.SessionClosed, match=r"not_ready: .* draining"):
        agent.voice.not_ready()
    with pytest.raises(ea.SessionClosed, match="draining"):
        await early
    assert (await agent.session.get_user_info()).user is not None
    assert await draining == ()
    assert pending.result().agent_state == "Ready"
    assert await agent.drain(timeout=0) == ()


async def test_what_is_pending_at_the_deadline_is_named_and_fails_with_the_session(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with engage_for(emulator) as engage:
        async with engage.workspace() as agent:
            await agent.activate_channels(dn="7001")
            emulator.switches.event_delay = 60.0
            pending = await agent.voice.ready().accepted()
            (late,) = await agent.drain(timeout=0.02)
            assert late is pending
            assert not late.done()
        assert isinstance(pending.exception(), ea.SessionClosed)
    assert "1 operation(s) pending after draining" in caplog.text
    emulator.switches.event_delay = 0.0


async def test_cancelled_operations_are_not_waited_for(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.event_delay = 60.0
    pending = await agent.voice.ready().accepted()
    draining = asyncio.create_task(agent.drain(timeout=WAIT))
    await asyncio.sleep(0)
    pending.cancel()
    assert await draining == ()
    emulator.switches.event_delay = 0.0


async def test_a_whole_environment_drains_every_session(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        kates = engage.with_credentials(username="KateLewis", password="password")
        engage.with_credentials(username="PaulaHenry", password="password")  # never entered: nothing to drain
        engage.workspace()  # nor this
        async with kates, engage.workspace() as john, kates.workspace() as kate, engage.statistics() as stats:
            await john.activate_channels(dn="7001")
            await kate.activate_channels(dn="7002")
            emulator.switches.event_delay = 0.05
            johns, its = await john.voice.ready().accepted(), await kate.voice.ready().accepted()
            assert await engage.drain(timeout=WAIT) == ()
            assert johns.result().agent_state == its.result().agent_state == "Ready"
            for session in (john, kate):
                with pytest.raises(ea.SessionClosed, match="draining"):
                    session.voice.not_ready()
            assert stats.health.connected


async def test_a_session_that_closes_ends_the_draining(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage, engage.workspace() as agent:
        await agent.activate_channels(dn="7001")
        emulator.switches.event_delay = 60.0
        pending = await agent.voice.ready().accepted()
        draining = asyncio.create_task(agent.drain())
        await eventually(lambda: agent._draining)
        await agent.aclose()
        assert await draining == ()
        assert isinstance(pending.exception(), ea.SessionClosed)
    emulator.switches.event_delay = 0.0
