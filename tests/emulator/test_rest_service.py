"""What the workspace service says of itself, its configuration, tokens and feedback, over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from agent_wire import AgentWire, agent_browser, agent_session, is_complete
from bayeux_wire import USER

import engage_async
from engage_async.emulator import Emulator
from engage_async.emulator.documented import documented_operations
from engage_async.emulator.rest_service import Feedback

REDIRECT = "https://app.example/after"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator) as agent:
        yield agent


async def test_description_names_every_operation_of_the_workspace(john: AgentWire) -> None:
    doc = (await john.get("doc")).body
    told = {(verb.upper(), doc["basePath"] + path) for path, verbs in doc["paths"].items() for verb in verbs}
    assert told == {(verb, path) for verb, path in documented_operations() if path.startswith("/workspace/v3/")}
    assert (doc["swagger"], len(told)) == ("2.0", 174)


async def test_info_needs_a_session(emulator: Emulator, john: AgentWire) -> None:
    for path in ("info", "version"):
        assert (await john.get(path)).body == {"name": "engage-async emulator", "version": engage_async.__version__}
    emulator.end_web_sessions(USER)
    reply = await john.get("info")
    assert (reply.http, reply.code) == (403, 603)


async def test_sections_of_the_configuration_have_paths_of_their_own(emulator: Emulator, john: AgentWire) -> None:
    whole = emulator.centre.directory.configuration
    for path, section in (
        ("settings", "settings"),
        ("action-codes", "actionCodes"),
        ("business-attributes", "businessAttributes"),
        ("transactions", "transactions"),
    ):
        assert (await john.get(f"configuration/{path}")).data == {section: whole[section]}


async def test_campaigns_come_without_a_status(john: AgentWire) -> None:
    reply = await john.get("campaigns/Spring_Campaign/configuration")
    assert (reply.http, reply.body.keys()) == (200, {"data"})
    assert reply.body["data"]["callingLists"][0]["fields"][0]["name"] == "FirstName"
    assert (await john.get("campaigns/None/configuration")).http == 500


async def test_exchange_token_is_an_assertion_for_an_access_token(emulator: Emulator, john: AgentWire) -> None:
    data = (await john.get("security/exchange-token")).data
    client, secret = next(iter(emulator.centre.directory.clients.items()))
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": data["access_token"]}
    form |= {"client_id": client, "client_secret": secret}
    token = (await john.ask("POST", "/auth/v3/oauth/token", data=form)).body["access_token"]
    found = emulator.oauth.owner(token)
    assert found is not None
    assert (found.user, data["expires_in"]) == (USER, 300)


async def test_pure_cloud_token_is_the_users(emulator: Emulator, john: AgentWire) -> None:
    data = (await john.get("security/pure-cloud-token")).data
    found = emulator.oauth.owner(data["access_token"])
    assert found is not None
    assert (found.user, data["token_type"], data["expires_in"]) == (USER, "bearer", 3600)


async def test_feedback_is_kept(emulator: Emulator, john: AgentWire) -> None:
    said = {"text": "Too grey", "topic": "colours", "metadata": {"screen": 3}}
    assert (await john.ask("POST", "feedback/submit", json=said)).code == 1
    assert (await john.ask("POST", "feedback/submit", json={"text": "Nice"})).code == 1
    assert list(emulator.feedback) == [
        Feedback(USER, "Too grey", "colours", {"screen": 3}),
        Feedback(USER, "Nice"),
    ]
    wrong: list[Any] = [{}, {"text": ""}, {"text": 1}, {"text": "a", "topic": 1}, {"text": "a", "metadata": []}]
    for body in wrong:
        assert (await john.ask("POST", "feedback/submit", json=body)).http == 400
    assert len(emulator.feedback) == 2


async def test_start_begins_a_session_that_can_be_initialized(emulator: Emulator) -> None:
    client = next(iter(emulator.centre.directory.clients))
    async with agent_browser(emulator) as agent:
        code = emulator.oauth.sign_in(USER, client, REDIRECT, None)
        assert code is not None
        reply = await agent.get("start", code=code, redirect_uri=REDIRECT)
        assert (reply.http, reply.headers["Location"]) == (302, REDIRECT)
        assert (await agent.get("userinfo")).data["user"]["userName"] == USER
        assert (await agent.ask("POST", "initialize-workspace")).code == 1
        await agent.listen()
        await agent.hear(is_complete)
        assert (await agent.get("start", code=code, redirect_uri=REDIRECT)).http == 403, "a code is good once"
        assert (await agent.get("start", code=code)).http == 400


async def test_without_session_token_and_code_nothing_is_initialized(emulator: Emulator) -> None:
    async with agent_browser(emulator) as agent:
        assert (await agent.ask("POST", "initialize-workspace")).http == 401
