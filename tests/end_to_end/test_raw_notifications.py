"""A Bayeux client of the user's own on the session's endpoints, beside the session's connection."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.emulator.switches import FaultKind

HANDSHAKE = {"id": "1", "channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
VOICE = "/workspace/v3/voice"


async def shake_hands(agent: ea.WorkspaceSession) -> str:
    (reply,) = await agent.notifications.handshake([HANDSHAKE])
    assert reply["successful"]
    client_id: str = reply["clientId"]
    return client_id


def message(channel: str, client_id: str, **more: Any) -> dict[str, Any]:
    return {"id": "2", "channel": f"/meta/{channel}", "clientId": client_id, **more}


def connect(client_id: str, **advice: int) -> dict[str, Any]:
    return message("connect", client_id, connectionType="long-polling", **({"advice": advice} if advice else {}))


async def test_another_client_lives_beside_the_session(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    own = await shake_hands(agent)
    (reply,) = await agent.notifications.subscribe([message("subscribe", own, subscription=VOICE)])
    assert (reply["successful"], reply["subscription"]) == (True, VOICE)
    await agent.notifications.connect([connect(own, timeout=0)])
    async with agent.events(ea.DnStateChanged) as heard:
        poll = asyncio.ensure_future(agent.notifications.connect([connect(own)]))
        await agent.voice.ready()
        answers = await poll
        assert (await anext(heard)).dn.agent_state == "Ready"
    (event,) = [each for each in answers if each["channel"] == VOICE]
    assert event["data"]["dn"]["agentState"] == "Ready"
    (reply,) = await agent.notifications.unsubscribe([message("unsubscribe", own, subscription=VOICE)])
    assert reply["successful"]
    (reply,) = await agent.notifications.disconnect([message("disconnect", own)])
    assert reply["successful"]
    assert agent.health.connected
    assert len([record for record in emulator.requests if record.path.endswith("/notifications/disconnect")]) == 1


async def test_a_refusal_is_an_answer(agent: ea.WorkspaceSession) -> None:
    (reply,) = await agent.notifications.connect([connect("unknown", timeout=0)])
    assert reply["successful"] is False
    assert reply["error"].startswith("402")
    assert agent.health.connected


async def test_messages_of_any_kind_go_to_the_endpoint_itself(agent: ea.WorkspaceSession) -> None:
    own = await shake_hands(agent)
    subscription = message("subscribe", own, subscription=VOICE)
    replies = await agent.notifications.post([subscription, connect(own, timeout=0)])
    assert [reply["channel"] for reply in replies] == ["/meta/subscribe", "/meta/connect"]
    await agent.notifications.post([message("disconnect", own)])


async def test_faults_are_typed(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    path = "/workspace/v3/notifications/handshake"
    faults: dict[FaultKind, type[ea.EngageError]] = {
        "status": ea.ServerFault,
        "malformed-json": ea.MalformedResponse,
        "close": ea.OutcomeUnknown,
    }
    for kind, error in faults.items():
        emulator.switches.faults.append(Fault(path, kind))
        with pytest.raises(error):
            await agent.notifications.handshake([HANDSHAKE])
    emulator.switches.faults.append(Fault(path, "json-array"))
    with pytest.raises(ea.MalformedResponse, match="array of Bayeux messages"):
        await agent.notifications.handshake([HANDSHAKE])
    own = await shake_hands(agent)
    with pytest.raises(ea.OutcomeUnknown):
        await agent.notifications.connect([connect(own, timeout=60_000)], timeout=0.05)


@pytest.mark.parametrize("messages", [[], {"channel": "/meta/handshake"}, "text", [object()]])
async def test_what_is_no_list_of_messages_is_refused(agent: ea.WorkspaceSession, messages: Any) -> None:
    with pytest.raises(ea.InvalidArgument):
        await agent.notifications.handshake(messages)
