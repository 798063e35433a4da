"""Operations that a loss overtakes: one not sent in time stays unsent, one that may have succeeded has not failed."""

from __future__ import annotations

import asyncio

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import agent_of, engage_for
from tests.lifecycle.cancelling import WAIT, eventually


async def test_an_operation_whose_time_is_over_before_notifications_flow_is_never_sent(emulator: Emulator) -> None:
    async with agent_of(emulator) as agent:
        emulator.switches.faults.append(Fault("*/notifications*", "status", times=None))
        await emulator.cut_connections()
        await eventually(lambda: not agent.health.connected)
        with pytest.raises(ea.OperationTimeout) as late:
            await agent.voice.ready(timeout=0.05)
        assert not late.value.sent
        emulator.switches.faults.clear()
        async with asyncio.timeout(WAIT):
            await agent.connected()
        await agent.session.get_user_info()
        assert not [record for record in emulator.requests if record.path.endswith("/ready")]


async def test_an_operation_whose_call_is_gone_after_a_loss_is_lost_since_it_may_have_succeeded(
    emulator: Emulator,
) -> None:
    async with engage_for(emulator) as engage, engage.workspace() as agent:
        await agent.activate_channels(dn="7001")
        call = await agent.voice.make_call("5550001")
        await agent.calls.until(call.id, "Established", timeout=WAIT)
        emulator.switches.event_delay = 60.0
        held = await agent.voice.hold(call.id, timeout=WAIT).accepted()
        emulator.switches.event_delay = 0.0
        emulator.end_web_sessions()
        with pytest.raises(ea.OperationLost, match="does not prove its outcome"):
            await held
        async with asyncio.timeout(WAIT):
            await agent.connected()
        assert agent.health.outcomes["lost"] == 1
        assert agent.health.outcomes["ended"] == 0
