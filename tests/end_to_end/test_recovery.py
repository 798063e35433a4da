"""Notifications that break, sessions that are forgotten, tokens that end: what the agent sees."""

from __future__ import annotations

import asyncio

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault, Refusal
from tests.end_to_end.agents import agent_of

WAIT = 5.0


async def cut(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    """Every connection breaks; gives back when the client has seen it."""
    await emulator.cut_connections()
    async with asyncio.timeout(WAIT):
        while agent.health.connected:
            await asyncio.sleep(0)


async def works(agent: ea.WorkspaceSession) -> None:
    """The session is whole: an operation is completed by its event."""
    call = await agent.voice.make_call("5550001", timeout=WAIT)
    await agent.voice.release(call.id, timeout=WAIT)
    assert agent.health.pending == 0


async def test_a_forgotten_bayeux_session_is_replaced_and_the_loss_is_told(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    async with agent.events(ea.EventsLost) as losses:
        emulator.drop_bayeux_sessions()
        loss = await anext(losses)
    assert loss.reason
    await agent.connected()
    assert agent.health.notifications.handshakes == 2
    await works(agent)


async def test_what_the_current_session_proves_is_settled_and_the_rest_is_lost(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    call = await agent.voice.make_call("5550001")
    await agent.calls.until(call.id, "Established", timeout=WAIT)
    emulator.switches.event_delay = 60.0
    held = await agent.voice.hold(call.id, timeout=WAIT).accepted()
    noted = await agent.voice.send_user_event({"a": "b"}, timeout=WAIT).accepted()
    recording = agent.voice.start_recording("another-call", timeout=WAIT)
    emulator.switches.faults.append(Fault("*/start-recording", "silent"))
    lost = asyncio.ensure_future(asyncio.wait_for(recording, WAIT))
    await asyncio.sleep(0.01)
    emulator.switches.event_delay = 0.0
    emulator.drop_bayeux_sessions()
    assert (await held).state == "Held"
    assert held.matched == "snapshot"
    outcome = (await asyncio.gather(lost, return_exceptions=True))[0]
    assert isinstance(outcome, ea.OperationLost | ea.CallEnded)
    await asyncio.gather(noted, return_exceptions=True)
    assert noted.done()


async def test_a_call_that_ended_meanwhile_leaves_the_live_state(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    call = await agent.voice.make_call("5550001")
    await agent.calls.until(call.id, "Established", timeout=WAIT)
    waiting = asyncio.ensure_future(agent.calls.until(call.id, "Released", timeout=WAIT))
    await asyncio.sleep(0)
    emulator.switches.event_delay = 60.0
    emulator.centre.outside.hang_up(emulator.centre.outside.parties("5550001")[0])
    emulator.switches.event_delay = 0.0
    emulator.drop_bayeux_sessions()
    assert (await waiting).state in ("Released", "Completed")
    assert not agent.calls


async def test_a_server_sent_disconnect_is_survived(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.disconnect_clients()
    await agent.wait_for(ea.EventsLost, timeout=WAIT)
    await agent.connected()
    await works(agent)


async def test_cut_connections_lose_nothing_with_acknowledgement(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    assert agent.health.notifications.ack
    await cut(emulator, agent)
    pending = await agent.voice.ready(timeout=WAIT).accepted()
    assert (await pending).agent_state == "Ready"
    await agent.connected()
    await works(agent)


async def test_a_restarted_server_gets_the_session_again_with_its_channels(emulator: Emulator) -> None:
    async with agent_of(emulator, operation_timeout=WAIT) as agent:
        async with agent.events(ea.EventsLost) as losses:
            await emulator.restart()
            async with asyncio.timeout(10):
                await anext(losses)
        await agent.connected()
        async with asyncio.timeout(10):
            while not (agent.dn is not None and agent.dn.agent_state in ("NotReady", "Ready")):
                await asyncio.sleep(0.01)
        await works(agent)


async def test_an_ended_web_session_is_opened_again(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.end_web_sessions()
    await agent.wait_for(ea.EventsLost, timeout=WAIT)
    await agent.connected()
    async with asyncio.timeout(WAIT):
        while not (agent.dn is not None and agent.dn.agent_state in ("NotReady", "Ready")):
            await asyncio.sleep(0.01)
    await works(agent)


async def test_an_expired_token_is_renewed_once_for_all(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.expire_tokens()
    emulator.switches.faults.append(Fault("*/current-session", "status", status=401))
    tokens = [record for record in emulator.requests if record.path == "/auth/v3/oauth/token"]
    assert len(tokens) == 1
    assert (await agent.session.get_current_session()).user is not None
    tokens = [record for record in emulator.requests if record.path == "/auth/v3/oauth/token"]
    assert len(tokens) == 2
    await works(agent)


async def test_an_unauthorized_poll_renews_the_token_and_goes_on(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    await cut(emulator, agent)
    emulator.switches.faults.append(Fault("*/notifications*", "status", status=401))
    await agent.connected()
    await works(agent)
    assert len([r for r in emulator.requests if r.path == "/auth/v3/oauth/token"]) == 2


@pytest.mark.parametrize("kind", ["html", "empty", "malformed-json", "json-array", "close", "cut"])
async def test_a_poll_that_is_answered_badly_is_repeated(
    kind: str, emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    await cut(emulator, agent)
    emulator.switches.faults.append(Fault("*/notifications*", kind))  # type: ignore[arg-type]
    await works(agent)
    assert agent.health.connected


async def test_an_operation_waits_for_the_connection_and_says_when_it_was_not_sent(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.faults.append(Fault("*/notifications*", "status", status=503, times=None))
    await cut(emulator, agent)
    with pytest.raises(ea.OperationTimeout) as late:
        await agent.voice.ready(timeout=0.05)
    assert not late.value.sent
    emulator.switches.faults.clear()
    await works(agent)


async def test_an_operation_without_an_event_is_no_success_while_its_error_cannot_come(emulator: Emulator) -> None:
    """The grace stands still while notifications are interrupted: what was refused meanwhile is not a success."""
    async with agent_of(emulator, error_grace=0.3) as agent:
        call = await agent.voice.make_call("5550001")
        await agent.calls.until(call.id, "Established", timeout=WAIT)
        emulator.switches.event_delay = 0.2
        emulator.switches.refuse_next.append(Refusal("send-dtmf", 302))
        tones = await agent.voice.send_dtmf(call.id, "1", timeout=WAIT).accepted()
        emulator.switches.event_delay = 0.0
        unwell = Fault("*/notifications", "status", status=503, times=None)
        emulator.switches.faults.append(unwell)
        await cut(emulator, agent)
        await asyncio.sleep(3 * 0.3)
        assert not tones.done()
        emulator.switches.faults.remove(unwell)
        with pytest.raises(ea.OperationFailed) as refused:
            await tones
        assert refused.value.error_code == 302
        await agent.voice.release(call.id)
