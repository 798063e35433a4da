"""User events by topic, over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from agent_wire import AgentWire, Event, Reply, agent_session

from engage_async.emulator import Emulator, Refusal

TOPIC = "1@Place_7001"


def pair(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "type": "int" if isinstance(value, int) else "str", "value": value}


def is_user_event(event: Event) -> bool:
    return event.get("messageType") == "EventUserEvent"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator) as agent:
        await agent.wire.subscribe("/workspace/v3/media/topics")
        yield agent


@pytest.fixture
async def kate(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator, "KateLewis") as agent:
        await agent.wire.subscribe("/workspace/v3/media/topics")
        yield agent


async def publish(agent: AgentWire, *content: dict[str, Any], operation_id: str = "op-1") -> Reply:
    body = {"operationId": operation_id, "data": {"eventContent": list(content)}}
    return await agent.ask("POST", f"media/topics/{TOPIC}/publish", json=body)


@pytest.mark.parametrize(
    ("request_type", "answer"),
    [
        ("RecordReject", "RecordRejectAcknowledge"),
        ("RecordProcessed", "RecordProcessedAcknowledge"),
        ("RequestRecordCancel", "RecordCancelAcknowledge"),
    ],
)
async def test_the_dialler_acknowledges(emulator: Emulator, john: AgentWire, request_type: str, answer: str) -> None:
    content = [pair("GSW_AGENT_REQ_TYPE", request_type), pair("GSW_RECORD_HANDLE", 12)]
    reply = await publish(john, *content)
    assert (reply.code, reply.body["operationId"]) == (1, "op-1")
    event = await john.hear(is_user_event)
    assert event["eventContent"] == [pair("GSW_RECORD_HANDLE", 12), pair("GSW_USER_EVENT", answer)]
    assert event["operationId"] == "op-1"
    emulator.switches.echo_operation_id = False
    await john.forget()
    await publish(john, *content)
    assert "operationId" not in await john.hear(is_user_event)


async def test_other_events_go_to_the_other_subscribers(john: AgentWire, kate: AgentWire) -> None:
    for agent in (john, kate):
        assert (await agent.post("media/topics/subscribe", {"topics": [TOPIC, "2@elsewhere"]})).code == 1
    await publish(john, pair("Hello", "world"))
    assert (await kate.hear(is_user_event))["eventContent"] == [pair("Hello", "world")]
    assert not [event for event in await john.hear_all() if is_user_event(event)]
    await kate.forget()
    assert (await kate.post("media/topics/unsubscribe", {"topics": [TOPIC]})).code == 1
    await publish(john, pair("Hello", "again"))
    assert not [event for event in await kate.hear_all() if is_user_event(event)]


async def test_refusals_come_as_error_events(emulator: Emulator, john: AgentWire) -> None:
    emulator.switches.refuse_next.append(Refusal("publish", 51))
    emulator.switches.error_names = "everything"
    await publish(john, pair("GSW_AGENT_REQ_TYPE", "RecordReject"), pair("GSW_RECORD_HANDLE", 12))
    error = await john.hear(lambda event: event.get("messageType") == "EventError")
    assert (error["error"]["errorCode"], error["operationId"]) == (51, "op-1")
    assert not [event for event in await john.hear_all() if is_user_event(event)]


async def test_malformed_requests_are_complained_about(john: AgentWire) -> None:
    assert (await john.post(f"media/topics/{TOPIC}/publish", {})).http == 400
    assert (await john.post(f"media/topics/{TOPIC}/publish", {"eventContent": {"a": "b"}})).http == 400
    assert (await john.post("media/topics/subscribe", {"topics": []})).http == 400
    assert (await john.post("media/topics/unsubscribe", {})).http == 400
