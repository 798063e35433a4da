"""Reporting through the real client: subscriptions, and values as they change."""

from __future__ import annotations

import asyncio
import logging
import math

import pytest

import engage_async as ea
from engage_async.api.workspace.reporting_values import ReportingValues
from engage_async.emulator import Emulator, Fault
from engage_async.models.statistics import Statistic, StatisticValue
from tests.end_to_end.agents import agent_of

STATE = Statistic("CurrentAgentState", "johnsmith", "Agent")
CALLS = Statistic("OutboundCalls", "johnsmith", "Agent")
GROUP = Statistic("AgentsReady", "Sales", "GroupAgents")
NONSENSE = Statistic("ShoeSize", "johnsmith", "Agent")

SUBSCRIPTIONS = "/workspace/v3/reporting/subscriptions"


def told(*values: StatisticValue) -> dict[str | None, object]:
    return {value.name: value.plain for value in values}


def methods(emulator: Emulator) -> list[str]:
    return [record.method for record in emulator.requests if record.path.startswith(SUBSCRIPTIONS)]


async def test_subscribe_peek_and_unsubscribe(agent: ea.WorkspaceSession) -> None:
    opened = await agent.reporting.subscribe([STATE, CALLS, NONSENSE])
    assert told(*opened.data.statistics) == {"CurrentAgentState": "NotReadyForNextCall", "OutboundCalls": 0}
    (refused,) = opened.errors
    assert isinstance(refused, ea.StatisticRefused)
    assert refused.statistic == NONSENSE
    await agent.voice.ready()
    own = opened.data.subscription_id
    assert told(*(await agent.reporting.peek(own)).statistics)["CurrentAgentState"] == "WaitForNextCall"
    other = (await agent.reporting.subscribe([GROUP])).data.subscription_id
    both = await agent.reporting.peek_multiple([own, other])
    assert [each.subscription_id for each in both] == [own, other]
    assert told(*both[1].statistics) == {"AgentsReady": 1}
    await agent.reporting.unsubscribe(own)
    with pytest.raises(ea.ApiError, match="Resource not found"):
        await agent.reporting.peek(own)


async def test_values_come_first_and_then_as_they_change(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with agent.reporting.values([STATE, CALLS], every=0.01) as values:
        first = [await anext(values), await anext(values)]
        assert told(*first) == {"CurrentAgentState": "NotReadyForNextCall", "OutboundCalls": 0}
        assert values.latest["CurrentAgentState", "Agent", "johnsmith"] is first[0]
        await agent.voice.ready()
        changed = await anext(values)
        assert told(changed) == {"CurrentAgentState": "WaitForNextCall"}
        call = await agent.voice.make_call("5550001")
        await agent.calls.until(call.id, "Established", timeout=5)
        seen: dict[str | None, object] = {}
        async for value in values:
            seen |= told(value)
            if seen == {"CurrentAgentState": "CallOutbound", "OutboundCalls": 1}:
                break
        assert told(*values.latest.values()) == seen
        assert len(values.latest) == 2
    assert methods(emulator)[0] == "POST"
    assert methods(emulator)[-1] == "DELETE"
    assert set(methods(emulator)[1:-1]) == {"GET"}


async def test_nothing_is_sent_before_it_is_entered_nor_while_nobody_waits(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    values = agent.reporting.values([STATE], every=0.001)
    assert methods(emulator) == []
    with pytest.raises(ea.SessionClosed, match="async with"):
        await anext(values)
    async with values:
        await asyncio.sleep(0.02)
        assert methods(emulator) == ["POST"]
    assert "closed" in repr(values)
    with pytest.raises(ea.SessionClosed, match="once"):
        await values.__aenter__()
    assert [value async for value in values] == []


async def test_statistics_that_there_are_not_are_told_and_the_others_go_on(agent: ea.WorkspaceSession) -> None:
    async with agent.reporting.values([NONSENSE, CALLS], every=60) as values:
        assert told(await anext(values)) == {"OutboundCalls": 0}
        assert [error.statistic for error in values.errors if isinstance(error, ea.StatisticRefused)] == [NONSENSE]


async def test_leaving_wakes_a_task_that_waits_in_it(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with agent.reporting.values([CALLS], every=3_600) as values:
        await anext(values)
        waiting = asyncio.ensure_future(_rest(values))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            await anext(values)
    assert await waiting == []
    assert methods(emulator) == ["POST", "DELETE"]


async def _rest(values: ReportingValues) -> list[StatisticValue]:
    return [value async for value in values]


async def test_a_subscription_that_the_server_forgot_is_opened_again(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    async with agent.reporting.values([STATE, CALLS], every=0.01) as values:
        first = values.subscription_id
        await anext(values)
        await anext(values)
        for session in list(emulator.web_sessions.of("JohnSmith")):
            emulator.reporting.forget(session)
        await agent.voice.ready()
        assert told(await anext(values)) == {"CurrentAgentState": "WaitForNextCall"}
        assert values.subscription_id != first
    assert methods(emulator).count("POST") == 2


async def test_an_error_is_raised_and_the_values_go_on_after_it(emulator: Emulator) -> None:
    async with agent_of(emulator, retry_attempts=1) as agent, agent.reporting.values([STATE], every=0.01) as values:
        await anext(values)
        emulator.switches.faults.append(Fault(f"{SUBSCRIPTIONS}/*", "malformed-json", method="GET"))
        with pytest.raises(ea.MalformedResponse):
            await anext(values)
        await agent.voice.ready()
        assert told(await anext(values)) == {"CurrentAgentState": "WaitForNextCall"}


async def test_a_subscription_that_cannot_be_closed_is_logged(
    emulator: Emulator, agent: ea.WorkspaceSession, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.switches.faults.append(Fault(f"{SUBSCRIPTIONS}/*", "code", method="DELETE", code=7, status=500))
    with caplog.at_level(logging.WARNING, "engage_async.reporting"):
        async with agent.reporting.values([CALLS]) as values:
            await anext(values)
    assert "could not be closed" in caplog.text


async def test_values_end_with_their_session(emulator: Emulator) -> None:
    async with agent_of(emulator) as agent:
        values = await agent.reporting.values([STATE], every=0.01).__aenter__()
        await anext(values)
        waiting = asyncio.ensure_future(_rest(values))
        await asyncio.sleep(0)
    with pytest.raises(ea.SessionClosed):
        await waiting
    await values.aclose()


@pytest.mark.parametrize("every", [0, -1, math.inf, math.nan, True, "5"])
async def test_intervals_that_make_no_sense_are_refused(agent: ea.WorkspaceSession, every: float) -> None:
    with pytest.raises(ea.InvalidArgument, match="every must be a positive number"):
        agent.reporting.values([STATE], every=every)


async def test_what_cannot_be_subscribed_to_is_refused(agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.InvalidArgument, match="at least one"):
        await agent.reporting.subscribe([])
    with pytest.raises(ea.InvalidArgument, match="definitions"):
        await agent.reporting.subscribe([Statistic(None, "johnsmith", "Agent", definition={"category": "x"})])
    with pytest.raises(ea.InvalidArgument, match="ids must name at least one"):
        await agent.reporting.peek_multiple([])
