"""The service itself through the real client: description, configuration, campaigns, tokens, feedback, notes."""

from __future__ import annotations

import logging

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault, Refusal
from engage_async.models.service import FieldType
from tests.end_to_end.agents import CLIENT_ID, engage_for

REDIRECT = "https://app.example/after"


async def test_description_and_version(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    info = await agent.documentation.version_info()
    assert (info.name, info.version) == ("engage-async emulator", ea.__version__)
    assert await agent.documentation.version() == info
    doc = await agent.documentation.swagger_doc()
    assert "/voice/calls/{id}/hold" in doc["paths"]
    emulator.switches.faults.append(Fault("/workspace/v3/doc", "html", message="A page"))
    assert "<h1>A page</h1>" in await agent.documentation.swagger_doc()


async def test_sections_of_the_configuration(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    whole = await agent.session.get_configuration(
        types=["settings", "actionCodes", "businessAttributes", "workspaceTransactions"]
    )
    assert await agent.session.get_settings() == whole.settings
    assert await agent.session.get_action_codes() == whole.action_codes
    assert await agent.session.get_business_attributes() == whole.business_attributes
    assert await agent.session.get_transactions() == whole.transactions
    assert whole.settings
    assert whole.transactions
    emulator.switches.faults.append(Fault("/workspace/v3/configuration/settings", "code", code=0))
    assert await agent.session.get_settings() == ()


async def test_campaigns(agent: ea.WorkspaceSession) -> None:
    campaign = await agent.campaigns.get_configuration("Spring_Campaign")
    assert campaign.name == "Spring_Campaign"
    first, second = campaign.calling_lists[0].fields
    assert (first.name, first.type, first.send_attribute) == ("FirstName", FieldType.VAR_CHAR, "FIRST_NAME")
    assert second.type == FieldType.INT
    with pytest.raises(ea.ApiError, match="Resource not found"):
        await agent.campaigns.get_configuration("Autumn_Campaign")


async def test_tokens_are_secret_and_good(
    emulator: Emulator, agent: ea.WorkspaceSession, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        exchange = await agent.security.get_exchange_token()
        cloud = await agent.security.get_pure_cloud_token()
    for token in (exchange, cloud):
        assert token.access_token.reveal() not in f"{token!r} {token} {caplog.text}"
    owner = emulator.oauth.owner(cloud.access_token.reveal())
    assert owner is not None
    assert (owner.user, exchange.expires_in) == ("JohnSmith", 300)
    emulator.switches.faults.append(Fault("/workspace/v3/security/exchange-token", "code", code=0))
    with pytest.raises(ea.MalformedResponse):
        await agent.security.get_exchange_token()


async def test_feedback(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    await agent.feedback.submit("Too grey", topic="colours", metadata={"screen": 3})
    (said,) = emulator.feedback
    assert (said.user, said.text, said.topic, said.metadata) == ("JohnSmith", "Too grey", "colours", {"screen": 3})
    with pytest.raises(ea.InvalidArgument, match="text"):
        await agent.feedback.submit("  ")
    assert len(emulator.feedback) == 1


async def test_notes_about_a_call(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    call = await agent.voice.make_call("5550001")
    await agent.voice.set_comment(call.id, "polite")
    await agent.voice.set_focus_time(call.id, 12.5)
    leg = emulator.centre.exchange.legs[call.id]
    assert (leg.call.comment, leg.focus_time) == ("polite", 12.5)
    emulator.switches.refuse_next.append(Refusal("set-comment", 58))
    with pytest.raises(ea.OperationFailed):
        await agent.voice.set_comment(call.id, "rude")
    assert leg.call.comment == "polite"


async def test_a_session_begun_by_start_is_initialized_with_its_cookies(emulator: Emulator) -> None:
    code = emulator.oauth.sign_in("JohnSmith", CLIENT_ID, REDIRECT, None)
    assert code is not None
    async with engage_for(emulator) as engage, engage.workspace() as agent:
        assert await agent.session.start(code, REDIRECT) == REDIRECT
        with pytest.raises(ea.Unauthorized):
            await agent.session.start(code, REDIRECT)
        with pytest.raises(ea.InvalidArgument, match="code"):
            await agent.session.start("", REDIRECT)
        user = (await agent.session.get_user_info()).user
        assert user is not None
        assert user.user_name == "JohnSmith"
