"""User events by topic through the real client, with everything that a service may or may not tell."""

from __future__ import annotations

import asyncio

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Refusal

TOPIC = "1@Place_7001"


def record(handle: int, kind: str = "RecordProcessed") -> dict[str, str | int]:
    return {"GSW_AGENT_REQ_TYPE": kind, "GSW_RECORD_HANDLE": handle}


@pytest.mark.parametrize("echo", [True, False], ids=["echo", "no echo"])
async def test_publish_settles_with_the_acknowledgement_of_its_record(
    emulator: Emulator, agent: ea.WorkspaceSession, echo: bool
) -> None:
    emulator.switches.echo_operation_id = echo
    operations = [agent.topics.publish(TOPIC, record(handle)) for handle in (12, 13, 14)]
    answers = await asyncio.gather(*reversed(operations))
    handles = [answer.user_data["GSW_RECORD_HANDLE"] for answer in answers if answer is not None]
    assert handles == [14, 13, 12]
    assert {operation.matched for operation in operations} == {"operation-id" if echo else "object"}
    sent = next(each for each in emulator.requests if each.path.endswith("/publish"))
    assert sent.path == f"/workspace/v3/media/topics/{TOPIC}/publish"


async def test_what_names_no_record_is_settled_by_acceptance(
    agent: ea.WorkspaceSession, kate: ea.WorkspaceSession
) -> None:
    await kate.topics.subscribe([TOPIC])
    async with kate.events(ea.EventUserEvent) as heard:
        operation = agent.topics.publish(TOPIC, {"Hello": "world"})
        assert await operation is None
        assert operation.matched == "reply"
        assert (await anext(heard)).user_data == {"Hello": "world"}
    await kate.topics.unsubscribe([TOPIC])


async def test_refused_and_unanswered_publications_fail(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.refuse_next.append(Refusal("publish", 51, "Not supported"))
    with pytest.raises(ea.OperationFailed, match="51 Not supported"):
        await agent.topics.publish(TOPIC, record(12))
    with pytest.raises(ea.OperationTimeout):
        await agent.topics.publish(TOPIC, record(12, "SomethingElse"), timeout=0.1)
    with pytest.raises(ea.InvalidArgument, match="topic"):
        await agent.topics.publish("", record(12))
    with pytest.raises(ea.InvalidArgument, match="topics must name at least one"):
        agent.topics.subscribe([])
