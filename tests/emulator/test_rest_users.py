"""The list of agents over a socket, and what a supervisor does to them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from agent_wire import AgentWire, agent_session, is_dn, is_media

from engage_async.emulator import Emulator, Refusal

SAM, JOHN = "SamOkoro", "JohnSmith"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def sam(emulator: Emulator) -> AsyncIterator[AgentWire]:
    """A supervisor."""
    async with agent_session(emulator, SAM) as agent:
        yield agent


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator) as agent:
        await agent.post("activate-channels", {"dn": "7001", "channels": ["voice", "chat", "email"]})
        await agent.hear(is_media)
        await agent.forget()
        yield agent


async def test_users_are_listed_page_by_page(sam: AgentWire) -> None:
    data = (await sam.get("users", limit="3", offset="2")).data
    assert [user["userName"] for user in data["users"]] == ["KateLewis", "MeiTanaka", "OmarDiaz"]
    assert data["totalMatches"] == 8
    assert [u["userName"] for u in (await sam.get("users", sort="desc", limit="1")).data["users"]] == [SAM]
    assert (await sam.get("users", offset="8")).data == {"users": [], "totalMatches": 8}


async def test_users_are_found_by_name_and_group(sam: AgentWire, john: AgentWire) -> None:
    (found,) = (await sam.get("users", searchTerm="smith")).data["users"]
    assert (found["DBID"], found["employeeId"], found["statistics"]) == (101, "johnsmith", [])
    channels = {channel["name"]: channel["userState"]["state"] for channel in found["availability"]["channels"]}
    assert channels == {"voice": "NotReady", "chat": "NotReady", "email": "NotReady"}
    assert (await sam.get("users", groupId="201")).data["totalMatches"] == 4
    assert (await sam.get("users", groupId="999")).data["totalMatches"] == 0
    for wrong in ({"groupId": "x"}, {"sort": "up"}, {"limit": "-2"}):
        assert (await sam.get("users", **wrong)).http == 400


async def test_supervisor_changes_an_agents_voice_state_and_the_agent_is_told(sam: AgentWire, john: AgentWire) -> None:
    assert (await sam.post("users/101/voice/ready")).code == 1
    assert (await john.hear(is_dn))["dn"]["agentState"] == "Ready"
    assert (await sam.post("users/101/voice/ready")).code == 0, "nothing changed"
    remote = {"userName": JOHN, "dn": "7001"}
    assert (await sam.post("supervisor/voice/logout", remote)).code == 1
    await john.hear(lambda event: is_dn(event) and event["dn"]["agentState"] == "LoggedOut")
    assert (await sam.post("supervisor/voice/ready", remote)).code == 0, "who is logged out cannot be made ready"
    assert not [event for event in await sam.hear_all() if is_dn(event)]


async def test_supervisor_changes_media_channels(sam: AgentWire, john: AgentWire) -> None:
    assert (await sam.post("users/101/media/chat/ready")).code == 1
    told = (await john.hear(is_media))["media"]["channels"]
    assert [(channel["name"], channel["state"]) for channel in told] == [("chat", "Ready")]
    assert (await sam.post("users/101/media/not-ready")).code == 1, "of chat"
    assert (await sam.post("users/101/media/not-ready")).code == 0
    assert (await sam.post("users/101/media/logout")).code == 1
    assert (await sam.post("users/102/media/ready")).code == 0, "who is not there"


async def test_only_supervisors_may(sam: AgentWire, john: AgentWire) -> None:
    for path in ("users/107/voice/ready", "users/107/media/ready", "users/107/media/chat/ready"):
        reply = await john.post(path)
        assert (reply.http, reply.body["status"]["message"]) == (500, "Only supervisors may do this")


async def test_unknown_agents_operations_and_channels_are_refused(sam: AgentWire, john: AgentWire) -> None:
    for path, http in (
        ("users/999/voice/ready", 500),
        ("users/999/media/ready", 500),
        ("users/101/media/fax/ready", 500),
        ("users/101/voice/dance", 400),
        ("users/101/media/chat/dance", 400),
    ):
        assert (await sam.post(path)).http == http, path
    assert (await sam.post("supervisor/voice/ready", {"userName": JOHN, "dn": "7002"})).http == 500
    assert (await sam.post("supervisor/voice/ready", {"userName": "Nobody", "dn": "7001"})).http == 500
    assert (await sam.post("supervisor/voice/ready", {"userName": JOHN})).http == 400
    assert (await sam.post("supervisor/voice/sing", {"userName": JOHN, "dn": "7001"})).http == 400


async def test_refusals_strike_the_supervisor(emulator: Emulator, sam: AgentWire, john: AgentWire) -> None:
    emulator.switches.refuse_next.append(Refusal("ready", 58))
    assert (await sam.post("users/101/voice/ready")).code == 1
    error = await sam.hear(lambda event: event.get("messageType") == "EventError")
    assert error["error"]["errorCode"] == 58
    assert not [event for event in await john.hear_all() if is_dn(event)]
