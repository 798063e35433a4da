"""Reporting subscriptions over a socket: values that follow what agents do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from agent_wire import AgentWire, Reply, agent_session
from bayeux_wire import USER

from engage_async.emulator import Emulator


def statistic(name: str, object_id: str = "johnsmith", object_type: str = "Agent") -> dict[str, str]:
    return {"name": name, "objectId": object_id, "objectType": object_type}


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.switches.answer_delay = 0.01
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator) as agent:
        await agent.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
        yield agent


async def subscribe(agent: AgentWire, *statistics: dict[str, str]) -> Reply:
    return await agent.post("reporting/subscriptions", {"statistics": list(statistics)})


def told(data: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"]["stringValue"] for each in data["statistics"]}


async def test_values_follow_what_the_agent_does(emulator: Emulator, john: AgentWire) -> None:
    wanted = [statistic(name) for name in ("CurrentAgentState", "OutboundCalls", "AverageHandlingTime")]
    opened = (await subscribe(john, *wanted, statistic("AgentsReady", "Sales", "GroupAgents"))).data
    assert opened["subscriptionId"] == opened["operationId"]
    assert told(opened) == {
        "CurrentAgentState": "NotReadyForNextCall",
        "OutboundCalls": "0",
        "AverageHandlingTime": "0",
        "AgentsReady": "0",
    }
    path = f"reporting/subscriptions/{opened['subscriptionId']}"
    await john.post("voice/ready", {})
    assert told((await john.get(path)).data)["AgentsReady"] == "1"
    await john.post("voice/make-call", {"destination": "5550001"})
    await john.hear(lambda event: event.get("call", {}).get("state") == "Established")
    values = (await john.get(path)).data
    assert told(values)["CurrentAgentState"] == "CallOutbound"
    (calls,) = (each for each in values["statistics"] if each["name"] == "OutboundCalls")
    assert calls["value"]["intValue"] == 1
    assert calls["value"]["timestamp"] <= calls["timestamp"]
    again = (await john.get(path)).data["statistics"]
    assert [each["value"] for each in again] == [each["value"] for each in values["statistics"]]
    assert {each["statisticId"] for each in again} == {each["statisticId"] for each in opened["statistics"]}


async def test_statistics_that_there_are_not_come_as_errors_beside_the_others(john: AgentWire) -> None:
    reply = await subscribe(john, statistic("InboundCalls"), statistic("ShoeSize"), statistic("InboundCalls", "nobody"))
    assert (reply.code, told(reply.body["data"])) == (0, {"InboundCalls": "0"})
    assert [error["status"]["detail"] for error in reply.body["errors"]] == [
        statistic("ShoeSize"),
        statistic("InboundCalls", "nobody"),
    ]


async def test_several_subscriptions_are_peeked_at_once(john: AgentWire) -> None:
    ids = [(await subscribe(john, statistic(name))).data["subscriptionId"] for name in ("InboundCalls", "MissedCalls")]
    data = (await john.get("reporting/subscriptions", ids=",".join([*ids, "unknown"]))).data
    assert [told(each) for each in data["subscriptions"]] == [{"InboundCalls": "0"}, {"MissedCalls": "0"}]
    assert (await john.get("reporting/subscriptions")).http == 400


async def test_a_closed_subscription_is_gone(emulator: Emulator, john: AgentWire) -> None:
    own = (await subscribe(john, statistic("InboundCalls"))).data["subscriptionId"]
    (session,) = emulator.web_sessions.of(USER)
    assert emulator.reporting.count(session) == 1
    assert (await john.ask("DELETE", f"reporting/subscriptions/{own}")).code == 0
    assert emulator.reporting.count(session) == 0
    assert (await john.get(f"reporting/subscriptions/{own}")).http == 500
    assert (await john.ask("DELETE", f"reporting/subscriptions/{own}")).http == 500


async def test_subscriptions_end_with_their_session_and_are_its_own(emulator: Emulator, john: AgentWire) -> None:
    own = (await subscribe(john, statistic("InboundCalls"))).data["subscriptionId"]
    async with agent_session(emulator, "KateLewis") as kate:
        assert (await kate.get(f"reporting/subscriptions/{own}")).http == 500
    (session,) = emulator.web_sessions.of(USER)
    await john.post("logout")
    assert emulator.reporting.count(session) == 0


@pytest.mark.parametrize(
    "data", [None, {}, {"statistics": []}, {"statistics": [{}]}, {"statistics": [{"name": "InboundCalls"}]}]
)
async def test_malformed_subscriptions_are_complained_about(john: AgentWire, data: Any) -> None:
    assert (await john.post("reporting/subscriptions", data)).http == 400
