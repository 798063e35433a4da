"""Opening, keeping and closing an agent's session."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.io.tokens import MemoryTokenStore
from tests.end_to_end.agents import agent_of, engage_for

WAIT = 5.0


def paths(emulator: Emulator) -> list[str]:
    return [record.path for record in emulator.requests if not record.path.endswith("/notifications")]


async def test_initialization_gives_the_user_and_the_configuration_and_tells_its_progress(emulator: Emulator) -> None:
    told: list[int] = []
    async with engage_for(emulator) as engage, engage.workspace(on_progress=told.append) as agent:
        assert agent.user is not None
        assert (agent.user.user_name, agent.user.agent_login, agent.user.dbid) == ("JohnSmith", "7001", 101)
        assert agent.configuration is not None
        lunch = next(code for code in agent.configuration.action_codes if code.name == "Lunch")
        assert (lunch.code, lunch.type) == ("OutToLunch", "NotReady")
        assert [code.name for code in lunch.sub_codes] == ["Short", "Long"]
        assert agent.dn is None
        assert agent.health.connected
    assert told[-1] == 100
    assert told == sorted(told)


async def test_a_failed_initialization_raises_and_leaves_nothing(emulator: Emulator) -> None:
    emulator.switches.initialization = "failed"
    async with engage_for(emulator) as engage:
        with pytest.raises(ea.OperationFailed, match=r"initialize_workspace: \d+ \w+") as failed:
            await engage.workspace().__aenter__()
        assert failed.value.error_message
        assert repr(engage).endswith("0 session(s)>")


async def test_an_initialization_without_events_is_asked_for(emulator: Emulator) -> None:
    emulator.switches.initialization = "silent"
    async with engage_for(emulator, initialization_timeout=1.0) as engage, engage.workspace() as agent:
        assert agent.user is not None
        assert agent.user.user_name == "JohnSmith"


async def test_an_initialization_that_never_ends_times_out(emulator: Emulator) -> None:
    emulator.switches.initialization_delay = 60.0
    async with engage_for(emulator, initialization_timeout=0.2) as engage:
        with pytest.raises(ea.OperationTimeout) as late:
            await engage.workspace().__aenter__()
    assert late.value.accepted


async def test_channels_default_to_the_users_place(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage, engage.workspace() as agent:
        dn = await agent.activate_channels(channels=["voice", "chat"])
        assert dn is not None
        assert (dn.number, dn.agent_id) == ("7001", "7001")
        assert agent.channels["chat"].state in ("NotReady", "Ready")


async def test_a_place_that_is_taken_is_refused(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with engage_for(emulator, "KateLewis") as engage, engage.workspace() as kate:
        with pytest.raises(ea.ApiError) as refused:
            await kate.activate_channels(dn="7001")
        assert refused.value.message
        assert kate.dn is None


async def test_voice_and_media_are_activated_and_deactivated_by_themselves(agent: ea.WorkspaceSession) -> None:
    await agent.session.deactivate_voice()
    assert agent.dn is None or agent.dn.agent_state == "LoggedOut"
    await agent.session.activate_voice(dn="7001", agent_id="7001")
    await agent.session.deactivate_media()
    await agent.session.activate_media(["chat"])
    assert agent.channels["chat"].state in ("NotReady", "Ready")


async def test_looking_up_the_session_and_its_surroundings(agent: ea.WorkspaceSession) -> None:
    await agent.voice.make_call("5550001")
    session = await agent.session.get_current_session()
    assert session.user is not None
    assert session.user.active_session is not None
    assert session.user.active_session.dn is not None
    assert session.user.active_session.dn.number == "7001"
    assert [call.dnis for call in session.user.active_session.calls] == ["5550001"]
    configuration = await agent.session.get_configuration(types=["actionCodes", "agentGroups"])
    assert configuration.action_codes
    assert [group.name for group in configuration.agent_groups] == ["Sales", "Support"]
    assert [device.number for device in await agent.session.get_devices_for_place("Place_Shared")] == ["7100", "7101"]
    assert await agent.session.get_business_attribute_hierarchy(301)
    await agent.session.auth_keep_alive()
    info = await agent.session.get_user_info()
    assert info.user is not None
    assert info.user.user_name == "JohnSmith"


async def test_closing_disconnects_and_then_logs_out(emulator: Emulator) -> None:
    async with agent_of(emulator) as agent:
        await agent.voice.make_call("5550001")
    assert emulator.requests[-1].path == "/workspace/v3/logout"
    assert emulator.requests[-1].user == "JohnSmith"
    assert emulator.requests[-2].path.startswith("/workspace/v3/notifications")
    assert not emulator.centre.exchange.legs
    assert emulator.centre.exchange.dn_of("JohnSmith") is None


async def test_a_session_may_leave_its_agent_logged_in(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        async with engage.workspace(log_out=False) as agent:
            await agent.activate_channels(dn="7001")
        assert "/workspace/v3/logout" not in paths(emulator)


async def test_an_agent_who_was_logged_in_already_is_caught_up_with(emulator: Emulator) -> None:
    async with agent_of(emulator) as first:
        call = await first.voice.make_call("5550001")
        async with engage_for(emulator) as engage, engage.workspace(log_out=False) as second:
            assert second.dn is not None
            assert second.dn.number == "7001"
            assert call.id in second.calls
            await second.voice.release(call.id)
        await first.calls.until(call.id, "Released", timeout=WAIT)


async def test_pending_operations_fail_when_the_session_closes(emulator: Emulator) -> None:
    emulator.switches.faults.append(Fault("*/ready", "silent"))
    async with engage_for(emulator) as engage:
        async with engage.workspace() as agent:
            await agent.activate_channels(dn="7001")
            pending = agent.voice.ready()
            waiting = asyncio.ensure_future(outcome_of(pending))
            await asyncio.sleep(0.05)
        assert isinstance(await waiting, ea.SessionClosed)
        with pytest.raises(ea.SessionClosed):
            agent.voice.ready()
        with pytest.raises(ea.SessionClosed):
            await agent.session.get_current_session()
        with pytest.raises(ea.SessionClosed):
            agent.events(ea.Event)


async def outcome_of(operation: ea.Operation[ea.Dn]) -> ea.Dn | BaseException:
    try:
        return await operation
    except ea.EngageError as error:
        return error


async def test_closing_twice_and_from_several_tasks_is_fine(emulator: Emulator) -> None:
    engage = engage_for(emulator)
    async with engage:
        agent = await engage.workspace().__aenter__()
        await asyncio.gather(*(agent.aclose() for _ in range(3)))
        await agent.aclose()
    await engage.aclose()


async def test_streams_and_waiters_end_with_the_session(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        async with engage.workspace() as agent:
            stream = agent.events(ea.Event)
            waiting = asyncio.ensure_future(agent.wait_for(ea.EventUserEvent))
            await asyncio.sleep(0)
        async with asyncio.timeout(WAIT):
            left = [event async for event in stream]
        assert left == []
        with pytest.raises(ea.SessionClosed):
            await waiting


async def test_keep_alive_is_sent_while_the_session_lives(emulator: Emulator) -> None:
    async with agent_of(emulator, keep_alive_interval=0.05):
        async with asyncio.timeout(WAIT):
            while paths(emulator).count("/workspace/v3/auth-keep-alive") < 2:
                await asyncio.sleep(0.01)


def note(seen: list[str], event: ea.CallStateChanged) -> None:
    seen.append(event.call.dnis or "")


async def test_several_agents_of_one_environment_and_of_several_never_mix(emulator: Emulator) -> None:
    users = ["JohnSmith", "KateLewis", "PaulaHenry", "OmarDiaz"]
    async with contextlib.AsyncExitStack() as stack:
        agents = [await stack.enter_async_context(agent_of(emulator, user)) for user in users]
        seen: dict[str, list[str]] = {user: [] for user in users}
        for user, agent in zip(users, agents, strict=True):
            agent.on(ea.CallStateChanged)(partial(note, seen[user]))
        calls = await asyncio.gather(*(a.voice.make_call(f"55500010{n}") for n, a in enumerate(agents)))
        for number, (user, agent, call) in enumerate(zip(users, agents, calls, strict=True)):
            assert list(agent.calls) == [call.id]
            assert set(seen[user]) == {f"55500010{number}"}
            await agent.voice.release(call.id)


async def test_two_sessions_of_one_environment_have_cookies_of_their_own(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage, engage.workspace() as one, engage.workspace(log_out=False) as two:
        assert one.user == two.user
        assert len(list(emulator.web_sessions.of("JohnSmith"))) == 2
        await two.aclose()
        assert (await one.session.get_current_session()).user is not None


async def test_a_token_is_shared_by_sessions_and_through_a_store(emulator: Emulator) -> None:
    store = MemoryTokenStore()
    for _ in range(2):
        async with (
            ea.Engage(
                base_url=emulator.base_url,
                client_id="engage-client",
                client_secret="engage-secret",
                username="JohnSmith",
                password="password",
                token_store=store,
            ) as engage,
            engage.workspace(),
            engage.workspace(log_out=False),
        ):
            pass
    assert paths(emulator).count("/auth/v3/oauth/token") == 1


async def test_a_session_is_opened_once_and_belongs_to_its_loop(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        session = engage.workspace()
        with pytest.raises(ea.SessionClosed, match="not open yet"):
            session.voice.ready()
        async with session:
            with pytest.raises(ea.SessionClosed, match="once"):
                await session.__aenter__()

            def elsewhere() -> None:
                with pytest.raises(ea.WrongEventLoop):
                    asyncio.run(session.session.get_current_session())
                with pytest.raises(ea.WrongEventLoop):
                    asyncio.run(session.aclose())

            await asyncio.to_thread(elsewhere)


async def test_an_environment_must_be_entered(emulator: Emulator) -> None:
    engage = engage_for(emulator)
    with pytest.raises(ea.SessionClosed, match="async with"):
        engage.workspace()
    async with engage:
        with pytest.raises(ea.SessionClosed):
            await engage.__aenter__()
    with pytest.raises(ea.SessionClosed):
        engage.workspace()


async def test_a_session_can_be_opened_by_authorization_code_without_any_token(emulator: Emulator) -> None:
    code = emulator.oauth.sign_in("JohnSmith", "engage-client", "https://app.example/cb", None)
    async with (
        ea.Engage(base_url=emulator.base_url) as engage,
        engage.workspace(code=code, redirect_uri="https://app.example/cb") as agent,
    ):
        assert agent.user is not None
        assert agent.user.user_name == "JohnSmith"
        assert await agent.activate_channels(dn="7001") is not None
    assert "/auth/v3/oauth/token" not in paths(emulator)


async def test_many_users_share_the_connections_of_one_environment(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        users = ["JohnSmith", "KateLewis", "PaulaHenry"]
        others = [engage.with_credentials(username=user, password="password") for user in users]
        async with contextlib.AsyncExitStack() as stack:
            for other in others:
                await stack.enter_async_context(other)
            agents = [await stack.enter_async_context(other.workspace()) for other in others]
            assert [agent.user and agent.user.user_name for agent in agents] == users
            await others[0].aclose()
            assert (await agents[1].session.get_current_session()).user is not None
        left_open = engage.with_credentials(username="KateLewis", password="password")
        await left_open.__aenter__()
        kate = await left_open.workspace().__aenter__()
        with pytest.raises(ea.ConfigurationError, match=r"user_name: is not a credential; did you mean username"):
            engage.with_credentials(user_name="KateLewis")
    with pytest.raises(ea.SessionClosed):
        kate.voice.ready()
