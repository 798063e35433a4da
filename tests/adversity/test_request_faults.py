"""The network, or a gateway, breaks the reply to a request: the outcome, and whether the request took effect.

An operation that its event completes does not need its reply; a synchronous one has nothing else.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Fault, Refusal
from engage_async.outcomes import SENT_TWICE
from tests.adversity.bench import OUTSIDE, POLL, WAIT, Bench, Losses, bench, established, eventually, is_whole

BROKEN: list[tuple[Any, float]] = [
    ("cut", 0.0),
    ("cut", 0.1),
    ("cut", 0.9),
    ("reset", 0.1),
    ("reset", 0.9),
    ("half-close", 0.0),
    ("half-close", 0.9),
    ("garble", 0.0),
]
UNREADABLE: list[Any] = ["html", "empty", "malformed-json", "json-array", "no-code"]


@pytest.mark.parametrize(("kind", "part"), BROKEN)
async def test_a_broken_reply_does_not_fail_what_its_event_completes(
    kind: Any, part: float, far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses = Losses(agent)
    far.proxy.spoil(kind, "/make-call", part=part)
    far.proxy.spoil(kind, "/hold", part=part)
    call = await established(agent)
    assert (await agent.voice.hold(call.id)).state == ea.CallState.HELD
    assert far.times("/make-call") == 1
    assert losses.reasons == []
    assert agent.health.notifications.reconnects == 0
    await is_whole(far, agent)


@pytest.mark.parametrize(("kind", "part"), BROKEN)
async def test_a_broken_reply_leaves_a_synchronous_request_unknown_unless_it_may_be_repeated(
    kind: Any, part: float, far: Bench, agent: ea.WorkspaceSession
) -> None:
    far.proxy.spoil(kind, "/feedback", part=part)
    far.proxy.spoil(kind, "/current-session", part=part)
    with pytest.raises(ea.OutcomeUnknown):
        await agent.feedback.submit("Once only.")
    assert len(far.emulator.feedback) == 1
    asked = far.times("/current-session")
    assert (await agent.session.get_current_session()).user is not None
    assert far.times("/current-session") == asked + 2
    await is_whole(far, agent)


async def test_a_request_that_was_swallowed_is_repeated_or_times_out(far: Bench, agent: ea.WorkspaceSession) -> None:
    for path in ("/ready", "/make-call", "/feedback"):
        far.proxy.spoil("reset", path, part=0.0, swallow=True)
    assert (await agent.voice.ready()).agent_state == "Ready"
    with pytest.raises(ea.OperationTimeout) as late:
        await agent.voice.make_call(OUTSIDE, timeout=0.1)
    assert (late.value.sent, late.value.accepted) == (True, False)
    assert "may still take effect" in str(late.value)
    with pytest.raises(ea.OutcomeUnknown):
        await agent.feedback.submit("Never came.")
    assert (far.times("/ready"), far.times("/make-call"), len(far.emulator.feedback)) == (1, 0, 0)
    await is_whole(far, agent)


@pytest.mark.parametrize("part", [0.0, 0.9])
async def test_a_reply_that_stalls_ends_by_the_read_time_out_and_by_the_event_at_once(part: float, far: Bench) -> None:
    async with far.agent(read_timeout=0.2) as agent:
        far.proxy.spoil("stall", "/make-call", part=part)
        far.proxy.spoil("stall", "/feedback", part=part)
        assert (await agent.voice.make_call(OUTSIDE)).state == ea.CallState.DIALING
        with pytest.raises(ea.OutcomeUnknown):
            await agent.feedback.submit("Once only.")
        assert len(far.emulator.feedback) == 1
        await is_whole(far, agent)


@pytest.mark.parametrize("kind", ["trickle", "delay"])
async def test_a_slow_reply_is_a_reply(kind: Any, far: Bench, agent: ea.WorkspaceSession) -> None:
    slow = far.proxy.spoil(kind, "/current-session", seconds=0.2)
    far.proxy.spoil(kind, "/make-call", seconds=0.2)
    far.emulator.switches.event_delay = 0.1
    session, call = await asyncio.gather(agent.session.get_current_session(), agent.voice.make_call(OUTSIDE))
    assert (session.user is not None, call.state, slow.used) == (True, ea.CallState.DIALING, 1)
    far.emulator.switches.event_delay = 0.0
    await is_whole(far, agent)


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_an_unreadable_reply_is_outdone_by_the_event_that_comes_within_the_grace(kind: Any, far: Bench) -> None:
    async with far.agent(error_grace=WAIT) as agent:
        far.emulator.switches.event_delay = 0.05
        far.emulator.switches.faults.append(Fault("*/make-call", kind, carried_out=True))
        call = await agent.voice.make_call(OUTSIDE)
        assert (call.state, far.times("/make-call")) == (ea.CallState.DIALING, 1)
        far.emulator.switches.event_delay = 0.0
        await is_whole(far, agent)


async def test_an_unreadable_reply_is_the_outcome_when_no_event_comes(far: Bench, agent: ea.WorkspaceSession) -> None:
    far.proxy.spoil("corrupt", "/make-call")
    far.emulator.switches.event_delay = 0.2
    with pytest.raises(ea.MalformedResponse):
        await agent.voice.make_call(OUTSIDE)
    assert far.times("/make-call") == 1
    await eventually(lambda: agent.calls)  # it took effect, and its events are not lost
    far.emulator.switches.event_delay = 0.0
    far.proxy.spoil("corrupt", "/current-session")
    with pytest.raises(ea.MalformedResponse):
        await agent.session.get_current_session()
    await is_whole(far, agent)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_gateways_error_is_outdone_by_the_event_that_comes_within_the_grace(status: int, far: Bench) -> None:
    async with far.agent(error_grace=WAIT) as agent:
        far.emulator.switches.event_delay = 0.05
        far.emulator.switches.faults.append(Fault("*/make-call", "status", status=status, carried_out=True))
        call = await agent.voice.make_call(OUTSIDE)
        assert (call.state, far.times("/make-call")) == (ea.CallState.DIALING, 1)
        far.emulator.switches.event_delay = 0.0
        await is_whole(far, agent)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_in_trouble_is_asked_again_only_for_what_may_be_repeated(
    status: int, far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses = Losses(agent)
    faults = far.emulator.switches.faults
    faults += [Fault(f"*/{path}", "status", status=status, times=2) for path in ("make-call", "ready")]
    with pytest.raises(ea.ServerFault) as refused:
        await agent.voice.make_call(OUTSIDE)
    assert (refused.value.http_status, far.times("/make-call")) == (status, 1)
    if status == 500:
        with pytest.raises(ea.ServerFault):
            await agent.voice.ready()
    else:
        assert (await agent.voice.ready()).agent_state == "Ready"
    assert far.times("/ready") == (1 if status == 500 else 3)
    faults.clear()
    assert losses.reasons == []
    await is_whole(far, agent)


async def test_403_is_refused_at_once_and_401_renews_the_token_for_all_pending(
    far: Bench, agent: ea.WorkspaceSession
) -> None:
    faults = far.emulator.switches.faults
    faults += [Fault("*/ready", "status", status=403), Fault("*/make-call", "status", status=401)]
    with pytest.raises(ea.Unauthorized):
        await agent.voice.ready()
    assert (await agent.voice.make_call(OUTSIDE)).state == ea.CallState.DIALING
    assert (far.times("/ready"), far.times("/make-call"), far.times("/oauth/token")) == (1, 2, 2)
    await is_whole(far, agent)


@pytest.mark.parametrize("retry_after", [None, 0.0, 1.0])
async def test_a_throttled_request_is_repeated_as_the_server_asks_or_fails_with_the_time_to_wait(
    retry_after: float | None, far: Bench, agent: ea.WorkspaceSession
) -> None:
    faults = far.emulator.switches.faults
    faults += [Fault(f"*/{path}", "status", status=429, retry_after=retry_after) for path in ("make-call", "ready")]
    with pytest.raises(ea.RateLimited) as limited:
        await agent.voice.make_call(OUTSIDE)
    assert limited.value.retry_after == retry_after
    began = asyncio.get_running_loop().time()
    assert (await agent.voice.ready()).agent_state == "Ready"
    assert asyncio.get_running_loop().time() - began >= (retry_after or 0.0)
    assert (far.times("/make-call"), far.times("/ready")) == (1, 2)
    await is_whole(far, agent)


async def test_refused_connections_are_tried_again_and_then_not_sent(far: Bench, agent: ea.WorkspaceSession) -> None:
    call = await established(agent)
    pending = await agent.voice.hold(call.id).accepted()
    await far.proxy.refuse()
    with pytest.raises(ea.NotSent, match="refused"):
        await agent.feedback.submit("Not yet.")
    await far.proxy.accept()
    await agent.feedback.submit("Now.")
    assert [said.text for said in far.emulator.feedback] == ["Now."]
    assert (await pending).state == ea.CallState.HELD
    await is_whole(far, agent)


async def test_what_refuses_a_request_that_was_sent_twice_does_not_hide_that_the_first_took_effect() -> None:
    async with bench(ack_extension=False) as far, far.agent() as agent:
        losses, call = Losses(agent), await established(agent)
        far.proxy.spoil("cut", POLL)
        far.proxy.spoil("cut", "/hold")
        far.emulator.switches.faults.append(Fault("*/current-session", "delay", delay=0.3))
        held = agent.voice.hold(call.id)
        assert (await held).state == ea.CallState.HELD
        assert held.matched == "snapshot"
        assert far.times("/hold") == 2, "the second was refused: the call is held already"
        assert losses.kinds == ["response-lost"]
        await is_whole(far, agent)


async def test_a_refusal_of_a_request_that_was_sent_twice_says_that_the_first_may_have_taken_effect(
    far: Bench, agent: ea.WorkspaceSession
) -> None:
    call = await established(agent)
    far.emulator.switches.faults.append(Fault("*/hold", "close"))
    far.emulator.switches.refuse_next.append(Refusal("hold", 56))
    with pytest.raises(ea.OperationFailed) as failed:
        await agent.voice.hold(call.id)
    assert failed.value.error_code == 56
    assert SENT_TWICE in failed.value.__notes__
    far.emulator.switches.faults += [Fault("*/retrieve", "close"), Fault("*/retrieve", "code", code=7)]
    with pytest.raises(ea.ApiError) as refused:
        await agent.voice.retrieve(call.id)
    assert refused.value.code == 7
    assert SENT_TWICE in refused.value.__notes__
    await is_whole(far, agent)
