"""The server answers polls with errors, changes its mind, dies, repeats and mixes up events: what the agent sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import engage_async as ea
from engage_async.config import Settings
from engage_async.emulator import Fault
from engage_async.io.http import HttpEngine
from engage_async.io.tokens import TokenManager
from engage_async.protocol.requests import Request
from tests.adversity.bench import OUTSIDE, WAIT, Bench, Losses, bench, established, eventually, is_whole
from tests.end_to_end.agents import CLIENT_ID, CLIENT_SECRET, PASSWORD

VOICE = "/workspace/v3/voice"
POLLS = "*/notifications*"
ASK = Request(method="GET", path="/auth/v3/userinfo", timeout=WAIT)


@asynccontextmanager
async def with_a_hold_pending(far: Bench, agent: ea.WorkspaceSession) -> AsyncIterator[ea.Operation[ea.Call]]:
    """A hold that the server has accepted, and whose event comes only after the next poll has failed."""
    call = await established(agent)
    far.emulator.switches.event_delay = 0.3
    held = await agent.voice.hold(call.id).accepted()
    far.emulator.switches.event_delay = 0.0
    yield held
    far.proxy.abort()


@pytest.mark.parametrize(("status", "retry_after"), [(500, None), (502, None), (503, None), (401, None), (429, 1.0)])
async def test_polls_answered_with_an_error_for_a_while_lose_nothing_with_acknowledgement(
    status: int, retry_after: float | None, far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses = Losses(agent)
    async with with_a_hold_pending(far, agent) as held:
        fault = Fault(POLLS, "status", status=status, retry_after=retry_after)
        far.emulator.switches.faults.append(fault)
    assert (await held).state == ea.CallState.HELD
    assert held.matched == "operation-id"
    await agent.connected()
    assert (fault.times, losses.reasons, agent.health.notifications.handshakes) == (0, [], 1)
    await is_whole(far, agent)


async def test_a_forbidden_poll_begins_a_new_session_and_the_loss_is_told(
    far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses = Losses(agent)
    async with with_a_hold_pending(far, agent) as held:
        far.emulator.switches.faults.append(Fault(POLLS, "status", status=403))
    assert (await held).state == ea.CallState.HELD
    await eventually(lambda: losses.reasons)
    assert losses.reasons == ["forbidden: HTTP 403"]
    assert agent.health.notifications.handshakes == 2
    await is_whole(far, agent)


@pytest.mark.parametrize(
    ("strike", "kind"), [("drop_bayeux_sessions", "session-unknown"), ("disconnect_clients", "disconnected")]
)
async def test_a_session_that_is_ended_is_replaced_and_what_was_pending_is_settled(
    strike: str, kind: str, far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses = Losses(agent)
    call = await established(agent)
    far.emulator.switches.event_delay = WAIT
    held = await agent.voice.hold(call.id).accepted()
    made = await agent.ucs.create_contact({"LastName": "Babbage"}).accepted()
    far.emulator.switches.event_delay = 0.0
    getattr(far.emulator, strike)()
    assert (await held).state == ea.CallState.HELD
    assert held.matched == "snapshot"
    with pytest.raises(ea.OperationLost):
        await made
    assert losses.kinds == [kind]
    assert agent.health.notifications.handshakes == 2
    await is_whole(far, agent)


async def test_times_that_the_server_changes_are_kept_and_cost_nothing(far: Bench, agent: ea.WorkspaceSession) -> None:
    losses, switches = Losses(agent), far.emulator.switches
    call = await established(agent)
    for timeout, interval in ((0.05, 0.0), (0.05, 0.1), (30.0, 0.1), (0.0, 0.05), (30.0, 0.0)):
        switches.poll_timeout, switches.poll_interval = timeout, interval
        assert (await agent.voice.hold(call.id)).state == ea.CallState.HELD
        assert (await agent.voice.retrieve(call.id)).state == ea.CallState.ESTABLISHED
    assert (losses.reasons, agent.health.notifications.reconnects) == ([], 0)
    await is_whole(far, agent)


async def test_a_server_started_again_ends_what_was_pending_and_gets_its_session_back(
    far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses = Losses(agent)
    call = await established(agent)
    far.emulator.switches.event_delay = WAIT
    held = await agent.voice.hold(call.id).accepted()
    noted = await agent.ucs.create_contact({"LastName": "Babbage"}).accepted()
    far.emulator.switches.event_delay = 0.0
    await far.emulator.restart()
    with pytest.raises(ea.OperationError) as ended:
        await held
    assert isinstance(ended.value, ea.CallEnded | ea.OperationLost)
    with pytest.raises(ea.OperationLost):
        await noted
    await eventually(lambda: agent.health.connected and losses.kinds)
    assert agent.dn is not None
    assert agent.dn.agent_state not in ("LoggedOut", "Unknown")
    await is_whole(far, agent)


@pytest.mark.parametrize("switch", ["duplicate_events", "reorder_events", "push_unsubscribed"])
async def test_repeated_and_mixed_up_events_change_no_outcome(
    switch: str, far: Bench, agent: ea.WorkspaceSession
) -> None:
    losses = Losses(agent)
    setattr(far.emulator.switches, switch, True)
    for _ in range(3):
        call = await agent.voice.make_call(OUTSIDE)
        await agent.calls.until(call.id, ea.CallState.ESTABLISHED, timeout=WAIT)
        held, turned = await asyncio.gather(agent.voice.hold(call.id), agent.voice.ready())
        assert (held.id, held.state, turned.agent_state) == (call.id, ea.CallState.HELD, "Ready")
        assert (await agent.voice.retrieve(call.id)).state == ea.CallState.ESTABLISHED
        await agent.voice.release(call.id)
        await agent.voice.not_ready()
        await eventually(lambda: not agent.calls)
    setattr(far.emulator.switches, switch, False)
    assert losses.reasons == []
    await is_whole(far, agent)


@pytest.mark.parametrize("guess_errors", ["oldest", "none"])
async def test_an_error_for_what_was_given_up_is_not_passed_off_as_anothers(guess_errors: str, far: Bench) -> None:
    async with far.agent(guess_errors=guess_errors) as agent:
        far.emulator.switches.event_delay = 0.1
        for _ in range(2):
            given_up = await agent.voice.make_call("not-a-number").accepted()
            given_up.cancel()
            assert (await agent.voice.ready()).agent_state == "Ready", "an error of dialling is none of being ready"
            await agent.voice.not_ready()
        given_up = await agent.voice.make_call("not-a-number").accepted()
        given_up.cancel()
        call = agent.voice.make_call(OUTSIDE)
        if guess_errors == "oldest":
            with pytest.raises(ea.OperationFailed, match="matched by guess") as failed:
                await call
            assert failed.value.matched == "guess"
        else:
            assert (await call).state == ea.CallState.DIALING
        far.emulator.switches.event_delay = 0.0
        await eventually(lambda: agent.calls)
        await is_whole(far, agent)


async def test_events_of_other_sessions_settle_nothing(far: Bench, agent: ea.WorkspaceSession) -> None:
    call = await established(agent)
    far.emulator.switches.faults.append(Fault("*/hold", "silent"))
    held = asyncio.ensure_future(asyncio.wait_for(agent.voice.hold(call.id), WAIT))
    await eventually(lambda: far.times("/hold"))
    foreign: list[dict[str, Any]] = [
        {"messageType": "CallStateChanged", "call": {"id": "foreign", "state": "Held", "callUuid": "f"}},
        {"messageType": "CallStateChanged", "call": {"id": "foreign", "state": "Released"}},
        {"messageType": "EventError", "error": {"code": 59, "message": "No such call"}, "dn": "7002"},
        {"messageType": "CallStateChanged", "call": {"id": "g", "state": "Held"}, "operationId": "of-another"},
    ]
    async with agent.events(ea.Event) as events:
        for payload in foreign:
            far.emulator.publish("JohnSmith", VOICE, payload)
        for _ in foreign:
            await anext(events)
    assert not held.done()
    assert agent.calls[call.id].state == ea.CallState.ESTABLISHED
    far.emulator.publish(
        "JohnSmith", VOICE, {"messageType": "CallStateChanged", "call": {"id": call.id, "state": "Held"}}
    )
    assert (await held).id == call.id


async def test_a_clock_that_jumps_renews_a_token_too_often_at_worst() -> None:
    now = [1_000_000.0]
    async with bench() as far:
        settings = Settings(
            base_url=far.proxy.base_url,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            username="JohnSmith",
            password=PASSWORD,
        )
        engine = HttpEngine(settings, clock=lambda: now[0])
        tokens = TokenManager(settings, engine.session(tokens=None, name="tokens"), clock=lambda: now[0])
        session = engine.session(tokens=tokens, name="test")
        try:
            for jump, renewals in ((0.0, 1), (86_400.0, 2), (-200_000.0, 2), (0.0, 2), (400_000.0, 3)):
                now[0] += jump
                answers = await asyncio.gather(*(session.send(ASK) for _ in range(5)))
                assert {answer.http_status for answer in answers} == {200}
                assert far.times("/oauth/token") == renewals
            now[0] -= 200_000.0
            far.emulator.expire_tokens()  # here the clock says that the token is good, and the server that it is not
            assert (await session.send(ASK)).http_status == 200
            assert far.times("/oauth/token") == 4
        finally:
            await session.aclose()
            await tokens.aclose()
            await engine.aclose()
