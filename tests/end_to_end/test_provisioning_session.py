"""The life of a provisioning session: opened in either form, lost, opened again, closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import CLIENT_ID, engage_for

BASE = "/provisioning/v3"
HERE = "https://app.example/cb"
WAIT = 5.0


@pytest.fixture
async def provisioning(emulator: Emulator) -> AsyncIterator[ea.ProvisioningSession]:
    async with engage_for(emulator) as engage, engage.provisioning() as session:
        yield session


def a_code(emulator: Emulator, redirect_uri: str = HERE) -> str:
    """What the browser comes back with."""
    code = emulator.oauth.sign_in("JohnSmith", CLIENT_ID, redirect_uri, None)
    assert code is not None
    return code


def paths(emulator: Emulator) -> list[str]:
    return [record.path.removeprefix(BASE) for record in emulator.requests if record.path.startswith(BASE)]


async def test_a_session_opened_by_token_knows_who_it_is_and_logs_out_last(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        async with engage.provisioning(name="admin") as provisioning:
            assert (await provisioning.users.get_current()).user_name == "JohnSmith"
            assert provisioning.health.connected
            assert repr(provisioning) == "<ProvisioningSession admin open>"
            assert len(list(emulator.provisioning.web_sessions.of("JohnSmith"))) == 1
        assert list(emulator.provisioning.web_sessions.of("JohnSmith")) == []
        assert list(emulator.provisioning.delivery.bayeux.sessions()) == []
    sent = paths(emulator)
    assert sent[0] == "/initialize-provisioning"
    assert sent[-1] == "/logout"
    assert sent[-2].startswith("/notifications")


async def test_a_session_may_stay_on_the_server(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage, engage.provisioning(log_out=False):
        pass
    assert "/logout" not in paths(emulator)


async def test_a_session_is_opened_by_code_and_needs_no_token(emulator: Emulator) -> None:
    async with (
        ea.Engage(base_url=emulator.base_url) as engage,
        engage.provisioning(code=a_code(emulator), redirect_uri=HERE) as provisioning,
    ):
        assert (await provisioning.users.get_current()).user_name == "JohnSmith"
    assert not any(record.path.startswith("/auth") for record in emulator.requests)


@pytest.mark.parametrize("problem", ["spent", "unknown", "other redirect", "expired"])
async def test_a_code_that_is_no_good_is_told_as_that(emulator: Emulator, problem: str) -> None:
    code, redirect_uri = a_code(emulator), HERE
    if problem == "spent":
        assert emulator.user_of_code(code, HERE) == "JohnSmith"
    elif problem == "unknown":
        code = "no-such-code"
    elif problem == "other redirect":
        redirect_uri = "https://elsewhere.example/cb"
    else:
        emulator.oauth.expire_codes()
    async with ea.Engage(base_url=emulator.base_url) as engage:
        with pytest.raises(ea.Unauthorized, match="authorization code or its redirect URI") as refused:
            await engage.provisioning(code=code, redirect_uri=redirect_uri).__aenter__()
    assert code not in f"{refused.value} {refused.value!r}"
    assert refused.value.operation == "session.initialize_provisioning"


async def test_a_token_that_is_no_good_is_told_as_that(emulator: Emulator) -> None:
    async with ea.Engage(base_url=emulator.base_url, access_token="no-such-token") as engage:
        with pytest.raises((ea.Unauthorized, ea.AuthenticationError)) as refused:
            await engage.provisioning().__aenter__()
    assert "no-such-token" not in str(refused.value)


@pytest.mark.parametrize("options", [{"code": "c"}, {"redirect_uri": HERE}])
async def test_half_of_a_login_is_refused_before_anything_is_sent(emulator: Emulator, options: dict[str, Any]) -> None:
    async with engage_for(emulator) as engage:
        with pytest.raises(ea.InvalidArgument, match="belong together"):
            engage.provisioning(**options)
    assert not emulator.requests


async def test_a_session_of_the_other_form_of_login(provisioning: ea.ProvisioningSession) -> None:
    address = await provisioning.session.get_login("https://app.example/cb")
    assert "/auth/v3/oauth/authorize" in address
    with pytest.raises(ea.Unauthorized, match="init_provisioning"):
        await provisioning.session.init_provisioning()  # it was opened by token
    assert (await provisioning.users.get_current()).user_name == "JohnSmith"  # and is as it was
    with pytest.raises(ea.Unauthorized):
        await provisioning.session.login("JohnSmith", "wrong-passw0rd")
    await provisioning.session.login("KateLewis", "password")
    with pytest.raises(ea.Unauthorized):
        await provisioning.users.get_current()  # half of the other form
    await provisioning.session.init_provisioning()
    assert (await provisioning.users.get_current()).user_name == "KateLewis"


async def test_without_a_session_nothing_can_be_initialized_that_is_not_logged_in(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    await provisioning.session.get_logout()
    with pytest.raises(ea.Unauthorized):
        await provisioning.session.init_provisioning()


async def test_operations_before_opening_and_after_closing_are_refused(emulator: Emulator) -> None:
    async with engage_for(emulator) as engage:
        session = engage.provisioning()
        with pytest.raises(ea.SessionClosed, match="not open yet"):
            await session.users.get_current()
        async with session:
            operation = session.operations.get_users()
            await operation
        with pytest.raises(ea.SessionClosed):
            session.operations.get_users()
        with pytest.raises(ea.SessionClosed):
            await session.users.get_current()


async def test_a_lost_notification_session_is_replaced_and_says_so(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    emulator.switches.faults.append(Fault("*/operations/get-users", "code", code=1))
    pending = await provisioning.operations.get_users(timeout=WAIT).accepted()
    async with provisioning.events(ea.EventsLost) as losses:
        emulator.drop_bayeux_sessions()
        assert "session-unknown" in (await anext(losses)).reason
    with pytest.raises(ea.OperationLost):
        await pending
    await provisioning.connected()
    assert (await provisioning.operations.get_users()).total == 8
    assert paths(emulator).count("/initialize-provisioning") == 1


async def test_a_session_that_the_server_has_forgotten_is_opened_again(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    async with provisioning.events(ea.EventsLost) as losses:
        emulator.end_web_sessions()
        await anext(losses)
    await provisioning.connected()
    assert (await provisioning.users.get_current()).user_name == "JohnSmith"
    assert (await provisioning.operations.get_used_skills(timeout=WAIT)) is not None
    assert paths(emulator).count("/initialize-provisioning") == 2


async def test_a_restarted_server_is_found_again(emulator: Emulator, provisioning: ea.ProvisioningSession) -> None:
    async with provisioning.events(ea.EventsLost) as losses:
        await emulator.restart()
        await anext(losses)
    await provisioning.connected()
    assert (await provisioning.operations.get_users(timeout=WAIT)).total == 8


async def test_a_session_by_code_cannot_be_opened_again(emulator: Emulator) -> None:
    async with (
        ea.Engage(base_url=emulator.base_url, retry_first_delay=0.01, retry_longest_delay=0.02) as engage,
        engage.provisioning(code=a_code(emulator), redirect_uri=HERE) as provisioning,
    ):
        waiting = asyncio.ensure_future(provisioning.wait_for(ea.ProvisioningMessage, timeout=WAIT))
        await asyncio.sleep(0)
        emulator.end_web_sessions()
        with pytest.raises(ea.SessionClosed, match="code is spent"):
            await waiting
        with pytest.raises(ea.SessionClosed):
            await provisioning.users.get_current()


async def test_two_administrators_in_one_process_do_not_mix(emulator: Emulator) -> None:
    async with (
        engage_for(emulator) as john,
        engage_for(emulator, "KateLewis") as kate,
        john.provisioning() as first,
        kate.provisioning() as second,
    ):
        assert (await first.users.get_current()).user_name == "JohnSmith"
        assert (await second.users.get_current()).user_name == "KateLewis"
        async with second.events(ea.ProvisioningMessage) as heard:
            await first.operations.get_users()
            await second.operations.get_used_skills()
            assert (await anext(heard)).path == "/operations/get-used-skills"


async def test_a_browser_of_ones_own_may_speak_bayeux_beside_it(
    emulator: Emulator, provisioning: ea.ProvisioningSession
) -> None:
    shake = {
        "id": "1", "channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]
    }  # fmt: skip
    (answer,) = await provisioning.notifications.handshake([shake])
    assert answer["successful"]
    (gone,) = await provisioning.notifications.disconnect(
        [{"id": "2", "channel": "/meta/disconnect", "clientId": answer["clientId"]}]
    )
    assert gone["successful"]
    assert (await provisioning.operations.get_users()).total == 8
