"""The list of agents through the real client, and what a supervisor does to them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Refusal
from tests.end_to_end.agents import agent_of


@pytest.fixture
async def sam(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    """A supervisor."""
    async with agent_of(emulator, "SamOkoro") as session:
        yield session


async def test_users_page_by_page(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    names = [user.user_name async for user in agent.users.search(page_size=3)]
    assert names == sorted(names)
    assert len(names) == 8
    asked = [record.query for record in emulator.requests if record.path == "/workspace/v3/users"]
    assert asked == [{"limit": "3", "offset": offset} for offset in ("0", "3", "6")]
    assert [user.user_name async for user in agent.users.search("smith")] == ["JohnSmith"]
    assert [user.user_name async for user in agent.users.search(group_id=201, sort="desc", limit=1)] == ["SamOkoro"]


async def test_users_show_their_state_on_every_channel(agent: ea.WorkspaceSession, kate: ea.WorkspaceSession) -> None:
    await kate.voice.not_ready(reason_code="Lunch")
    found = await agent.users.get_users(search_term="kate", limit=5, offset=0)
    (user,) = found.users
    assert (found.total_matches, user.dbid, user.employee_id) == (1, 102, "katelewis")
    assert user.availability is not None
    voice = user.availability.channel("voice")
    assert voice is not None
    assert (voice.user_state.state, voice.user_state.reason, voice.phone_number) == ("NotReady", "Lunch", "7002")
    chat = user.availability.channel("chat")
    assert chat is not None
    assert chat.user_state.state == ea.AgentState.NOT_READY
    assert user.availability.channel("fax") is None


async def test_a_supervisor_changes_what_an_agent_does(agent: ea.WorkspaceSession, sam: ea.WorkspaceSession) -> None:
    async with agent.events(ea.DnStateChanged) as changes:
        await sam.users.set_voice_state(101, "ready")
        assert (await anext(changes)).dn.agent_state == "Ready"
        await sam.users.supervisor_remote_operation("not-ready", "JohnSmith", "7001")
        assert (await anext(changes)).dn.agent_state == "NotReady"
    async with agent.events(ea.ChannelStateChanged) as changes:
        await sam.users.set_channel_state(101, "chat", "ready")
        assert [channel.name for channel in (await anext(changes)).channels] == ["chat"]
        await sam.users.set_media_state(101, "ready")
        names = {channel.name for _ in range(3) for channel in (await anext(changes)).channels}
        assert names == {"email", "workitem", "outboundpreview"}


async def test_what_changes_nothing_is_settled_at_once(sam: ea.WorkspaceSession) -> None:
    operation = sam.users.set_voice_state(102, "ready")
    await operation
    assert operation.matched == "reply"


async def test_refusals_are_errors(emulator: Emulator, agent: ea.WorkspaceSession, sam: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.ApiError, match="Only supervisors may do this"):
        await agent.users.set_voice_state(107, "ready")
    with pytest.raises(ea.ApiError, match="Resource not found"):
        await sam.users.set_media_state(999, "ready")
    emulator.switches.refuse_next.append(Refusal("logout", 58, "Out of service"))
    with pytest.raises(ea.OperationFailed, match="58 Out of service"):
        await sam.users.set_voice_state(101, "logout")
    with pytest.raises(ea.InvalidArgument, match="limit"):
        await sam.users.get_users(limit=0)
    with pytest.raises(ea.InvalidArgument, match="dn"):
        await sam.users.supervisor_remote_operation("ready", "JohnSmith", "")
