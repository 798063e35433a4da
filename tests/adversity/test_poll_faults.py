"""The network breaks an answer to the long poll, with operations pending: what the agent sees, and what is right after.

Each fault strikes the answer that carries the event of a pending operation.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import engage_async as ea
from tests.adversity.bench import POLL, WAIT, Bench, Losses, bench, established, eventually, is_whole

BROKEN: list[tuple[Any, float]] = [
    ("cut", 0.0),
    ("cut", 0.1),
    ("cut", 0.9),
    ("reset", 0.0),
    ("reset", 0.1),
    ("reset", 0.9),
    ("half-close", 0.0),
    ("half-close", 0.9),
    ("corrupt", 0.0),
    ("garble", 0.0),
]
"""Answers that never come whole; ``0.1`` breaks in the head, ``0.9`` in the body."""


@pytest.mark.parametrize(("kind", "part"), BROKEN)
async def test_a_broken_answer_loses_no_event_with_acknowledgement(
    kind: Any, part: float, far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses, call = Losses(agent), await established(agent)
    seen: list[ea.Event] = []
    agent.on(ea.CallStateChanged, ea.DnStateChanged)(seen.append)
    fault = far.proxy.spoil(kind, POLL, part=part)
    held, ready = await asyncio.gather(agent.voice.hold(call.id), agent.voice.ready())
    assert fault.used == 1
    assert (held.state, ready.agent_state) == (ea.CallState.HELD, "Ready")
    assert losses.reasons == []
    assert [event.call.state for event in seen if isinstance(event, ea.CallStateChanged)] == ["Held"]
    assert agent.health.notifications.handshakes == 1
    await eventually(lambda: agent.health.notifications.reconnects == 1)
    await is_whole(far, agent)


@pytest.mark.parametrize(("kind", "part"), BROKEN)
async def test_a_broken_answer_without_acknowledgement_is_told_and_settled_by_the_current_session(
    kind: Any, part: float
) -> None:
    async with bench(ack_extension=False) as far, far.agent() as agent:
        losses, call = Losses(agent), await established(agent)
        far.proxy.spoil(kind, POLL, part=part)
        held = agent.voice.hold(call.id)
        assert (await held).state == ea.CallState.HELD
        assert held.matched == "snapshot"
        assert losses.kinds == ["response-lost"]
        assert agent.calls[call.id].state == ea.CallState.HELD
        assert agent.health.notifications.handshakes == 1
        await is_whole(far, agent)


async def test_what_the_current_session_cannot_prove_is_lost_and_may_have_taken_effect() -> None:
    async with bench(ack_extension=False) as far, far.agent() as agent:
        losses = Losses(agent)
        far.proxy.spoil("cut", POLL)
        with pytest.raises(ea.OperationLost) as lost:
            await agent.ucs.create_contact({"LastName": "Babbage"})
        assert "does not prove" in str(lost.value)
        assert losses.kinds == ["response-lost"]
        await is_whole(far, agent)


@pytest.mark.parametrize("part", [0.0, 0.9])
async def test_a_poll_that_goes_silent_is_given_up_after_its_time_and_loses_nothing(part: float) -> None:
    async with bench(poll_timeout=0.2) as far, far.agent() as agent:
        losses, call = Losses(agent), await established(agent)
        far.proxy.spoil("stall", POLL, part=part)
        assert (await agent.voice.hold(call.id)).state == ea.CallState.HELD
        assert losses.reasons == []
        assert agent.health.notifications.handshakes == 1
        await is_whole(far, agent)


@pytest.mark.parametrize("kind", ["trickle", "delay"])
async def test_a_slow_answer_is_waited_for(kind: Any, far: Bench, agent: ea.WorkspaceSession) -> None:
    losses, call = Losses(agent), await established(agent)
    far.proxy.spoil(kind, POLL, seconds=0.2)
    held = agent.voice.hold(call.id)
    assert (await held).state == ea.CallState.HELD
    assert held.matched == "operation-id"
    assert losses.reasons == []
    assert agent.health.notifications.reconnects == 0
    await is_whole(far, agent)


async def test_while_connections_are_refused_operations_wait_and_say_that_they_were_not_sent(
    far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses, call = Losses(agent), await established(agent)
    sent = await agent.voice.hold(call.id).accepted()
    await far.proxy.refuse()
    await eventually(lambda: not agent.health.connected)
    assert agent.health.notifications.state == "reconnecting"
    with pytest.raises(ea.OperationTimeout) as late:
        await agent.voice.ready(timeout=0.1)
    assert not late.value.sent
    waiting = asyncio.ensure_future(asyncio.wait_for(agent.voice.ready(), WAIT))
    with pytest.raises(ea.NotSent):
        await agent.session.get_current_session()
    await far.proxy.accept()
    assert (await waiting).agent_state == "Ready"
    assert (await sent).state == ea.CallState.HELD
    assert losses.reasons == []
    assert agent.health.notifications.handshakes == 1
    await is_whole(far, agent)
