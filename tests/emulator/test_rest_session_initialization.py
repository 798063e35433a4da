"""How a workspace session begins: log-in, the two ways to initialize, and what is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from agent_wire import AgentWire, Event, agent_browser, agent_session, dials, is_complete, is_dn, is_media
from bayeux_wire import INITIALIZATION, MEDIA, USER, VOICE, until

from engage_async.emulator import Emulator

BACK = "https://desktop.example/back?app=1"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def agent(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_browser(emulator) as agent:
        yield agent


def states(events: list[tuple[str, Event]]) -> list[tuple[str, str, Any]]:
    return [
        (event["messageType"].removeprefix("WorkspaceInitialization"), event["state"], event.get("progress"))
        for channel, event in events
        if channel == INITIALIZATION
    ]


def percent(number: int) -> dict[str, int]:
    return {"percentComplete": number}


async def pending_login(agent: AgentWire) -> Any:
    return (await agent.get("current-session")).data["pending-login-async"]


async def sign_in(agent: AgentWire, *, user: str = USER, **query: str) -> dict[str, str]:
    """Go the way of a browser from ``login`` back to the program; gives what the program then knows."""
    to_login = await agent.get("login", redirect_uri=BACK, **query)
    assert to_login.http == 302
    page = urlsplit(to_login.headers["Location"])
    assert to_login.headers["Location"].startswith(agent.wire.emulator.base_url)
    back = await agent.get(page.path, **{k: v[0] for k, v in parse_qs(page.query).items()}, username=user)
    assert back.headers["Location"].startswith(BACK)
    came = {name: values[0] for name, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}
    assert came.pop("app") == "1"
    return came | {"redirect_uri": BACK}


# --- by token ---------------------------------------------------------------------------------------------------------


async def test_reply_is_code_1_with_the_cookies_of_a_new_session(agent: AgentWire) -> None:
    reply = await agent.initialize()
    assert (reply.http, reply.body) == (200, {"status": {"code": 1}})
    assert {"WORKSPACE_SESSIONID", "AWSALB"} <= agent.wire.cookies.keys()


async def test_progress_and_completion_are_told_with_the_user_and_the_configuration(
    emulator: Emulator, agent: AgentWire
) -> None:
    await agent.initialize()
    await agent.listen()
    complete = await agent.hear(is_complete)
    assert states(agent.heard) == [
        ("Progress", "Executing", percent(50)),
        ("Progress", "Executing", percent(100)),
        ("Complete", "Complete", None),
    ]
    assert complete["data"]["user"] == {
        "userName": "JohnSmith",
        "employeeId": "johnsmith",
        "agentLogin": "7001",
        "defaultPlace": "Place_7001",
        "firstName": "John",
        "lastName": "Smith",
        "dbid": 101,
        "userProperties": emulator.centre.directory.users[USER].user_properties,
        "activeSession": None,
    }
    assert complete["data"]["configuration"] == emulator.centre.directory.configuration
    assert complete["submittedAt"].endswith("Z")
    assert (complete["executionTime"], complete["actualWaitTime"]) == (0, 0)


async def test_outcome_is_told_to_who_subscribes_late(emulator: Emulator, agent: AgentWire) -> None:
    await agent.initialize()
    await until(lambda: begun(emulator) == ["Complete"])
    await agent.listen()
    assert (await agent.hear(is_complete))["data"]["user"]["userName"] == USER
    assert begun(emulator) == ["Complete"]


async def test_current_session_tells_how_far_it_is(emulator: Emulator, agent: AgentWire) -> None:
    emulator.switches.initialization_delay = 0.05
    await agent.initialize()
    login = await pending_login(agent)
    assert login.pop("submittedAt").endswith("Z")
    assert login == {"state": "NotStarted", "actualWaitTime": 0}
    await until(lambda: begun(emulator) == ["Executing"])
    assert (await pending_login(agent))["state"] == "Executing"
    await until(lambda: begun(emulator) == ["Complete"])
    assert (await pending_login(agent))["state"] == "Complete"


async def test_failure_is_told_and_stays_in_the_current_session(emulator: Emulator, agent: AgentWire) -> None:
    emulator.switches.initialization = "failed"
    await agent.initialize()
    await agent.listen()
    failed = await agent.hear(lambda event: event.get("state") == "Failed")
    assert states(agent.heard) == [("Progress", "Executing", percent(50)), ("Complete", "Failed", None)]
    errors = failed["data"]["errors"]
    assert {pair["key"]: pair["value"] for pair in errors} == {
        "statusCode": 500,
        "message": "The workspace could not be initialized",
    }
    login = await pending_login(agent)
    assert (login["state"], login["errors"]) == ("Failed", errors)
    refusal = await agent.post("activate-channels", {"dn": "7001"})
    assert (refusal.http, refusal.body["status"]["message"]) == (500, "The workspace is not initialized")


async def test_silent_initialization_is_known_to_the_current_session_alone(
    emulator: Emulator, agent: AgentWire
) -> None:
    emulator.switches.initialization = "silent"
    await agent.initialize()
    await agent.listen()
    await until(lambda: begun(emulator) == ["Complete"])
    assert await agent.hear_all() == []
    assert (await pending_login(agent))["state"] == "Complete"


async def test_initialization_ends_with_its_session(emulator: Emulator, agent: AgentWire) -> None:
    emulator.switches.initialization_delay = 0.01
    await agent.initialize()
    (session,) = emulator.web_sessions.of(USER)
    emulator.end_web_sessions()
    async with agent_session(emulator) as other:
        await other.hear_all()
    lost = emulator.initializations.of(session)
    assert lost is not None
    assert lost.state == "NotStarted"


async def test_sessions_of_one_user_are_initialized_each_for_itself(emulator: Emulator, agent: AgentWire) -> None:
    async with agent_session(emulator) as first:
        await agent.initialize()
        assert agent.wire.cookies["WORKSPACE_SESSIONID"] != first.wire.cookies["WORKSPACE_SESSIONID"]
        await agent.listen()
        await agent.hear(is_complete)
        await first.hear(is_complete)
        assert (await pending_login(first))["state"] == "Complete"


async def test_session_that_the_request_still_names_ends(emulator: Emulator, agent: AgentWire) -> None:
    await agent.initialize()
    old = dict(agent.wire.cookies)
    await agent.initialize()
    assert len(list(emulator.web_sessions.of(USER))) == 1
    agent.wire.cookies = old
    assert (await agent.get("current-session")).http == 403


async def test_optimized_initialization_has_plain_objects_and_little_configuration(agent: AgentWire) -> None:
    await agent.initialize(optimize_config="true")
    await agent.listen()
    data = (await agent.hear(is_complete))["data"]
    assert data["user"]["userProperties"] == {"interaction-workspace": {"login.voice.prompt-queue": "false"}}
    assert data["configuration"] == {
        "agentGroups": [
            {"DBID": 201, "name": "Sales", "settings": {"TServer": {"gvm_mailbox": "9876"}}},
            {"DBID": 202, "name": "Support", "settings": {}},
        ]
    }


@pytest.mark.parametrize("token", [None, "Bearer nonsense", "Basic am9objpzbWl0aA==", "Bearer"])
async def test_request_without_a_good_token_is_unauthorized(agent: AgentWire, token: str | None) -> None:
    reply = await agent.ask("POST", "initialize-workspace", headers={"Authorization": token} if token else {})
    assert reply.http == 401
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    assert (reply.body["error"] == "invalid_token") is (token == "Bearer nonsense")
    assert agent.wire.cookies == {}


async def test_expired_token_is_unauthorized(emulator: Emulator, agent: AgentWire) -> None:
    token = await agent.token(USER)
    emulator.expire_tokens()
    reply = await agent.ask("POST", "initialize-workspace", headers={"Authorization": f"Bearer {token}"})
    assert (reply.http, reply.body["error"]) == (401, "invalid_token")


async def test_token_of_no_user_opens_no_session(agent: AgentWire) -> None:
    form = {"grant_type": "client_credentials", "client_id": "engage-client", "client_secret": "engage-secret"}
    token = (await agent.ask("POST", "/auth/v3/oauth/token", data=form)).body["access_token"]
    reply = await agent.ask("POST", "initialize-workspace", headers={"Authorization": f"Bearer {token}"})
    assert (reply.http, reply.code) == (403, 603)


# --- by code ----------------------------------------------------------------------------------------------------------


async def test_login_leads_through_the_login_page_to_a_code_that_opens_a_session(agent: AgentWire) -> None:
    came = await sign_in(agent, user="KateLewis")
    assert came.keys() == {"code", "redirect_uri"}
    assert (await agent.post("initialize-workspace", **came)).code == 1
    assert (await agent.get("userinfo")).data["user"]["userName"] == "KateLewis"
    agent.wire.cookies.clear()
    assert (await agent.post("initialize-workspace", **came)).http == 403


async def test_code_comes_with_the_state_that_login_included(agent: AgentWire) -> None:
    came = await sign_in(agent, include_state="true")
    wrong = await agent.post("initialize-workspace", **{**came, "state": "guessed"})
    assert (wrong.http, wrong.code) == (403, 603)
    assert (await agent.post("initialize-workspace", **came)).code == 1
    again = await sign_in(agent)
    assert (await agent.post("initialize-workspace", **again, state=came["state"])).http == 403


async def test_login_hands_type_and_locale_on(agent: AgentWire) -> None:
    reply = await agent.get("login", redirect_uri=BACK, type="workspace", locale="fr-fr")
    query = parse_qs(urlsplit(reply.headers["Location"]).query)
    assert (query["type"], query["locale"], query["redirect_uri"]) == (["workspace"], ["fr-fr"], [BACK])


async def test_code_is_good_for_its_redirect_uri_only(agent: AgentWire) -> None:
    came = await sign_in(agent)
    reply = await agent.post("initialize-workspace", code=came["code"], redirect_uri="https://elsewhere.example/")
    assert (reply.http, reply.code) == (403, 603)


@pytest.mark.parametrize(
    ("method", "path", "query", "complaint"),
    [
        ("GET", "login", {}, "redirect_uri"),
        ("GET", "login", {"redirect_uri": BACK, "include_state": "maybe"}, "include_state"),
        ("POST", "initialize-workspace", {"code": "c"}, "redirect_uri"),
        ("POST", "initialize-workspace", {"optimize_config": "1"}, "optimize_config"),
    ],
)
async def test_malformed_request_is_answered_with_what_is_wrong(
    agent: AgentWire, method: str, path: str, query: dict[str, str], complaint: str
) -> None:
    reply = await agent.ask(method, path, query)
    assert reply.http == 400
    assert reply.body.keys() == {"message"}
    assert complaint in reply.body["message"]


# --- an agent who comes back ------------------------------------------------------------------------------------------


async def test_agent_whose_cookie_session_was_lost_finds_channels_and_calls_again(emulator: Emulator) -> None:
    async with agent_session(emulator) as before:
        assert (await before.post("activate-channels", {"dn": "7001", "channels": ["voice", "chat"]})).code == 0
        call = dials(emulator, "7001", "5550001")
    emulator.end_web_sessions()
    async with agent_browser(emulator) as after:
        await after.initialize()
        await after.listen()
        complete = await after.hear(is_complete)
        assert complete["data"]["user"]["activeSession"]["currentPlace"] == "Place_7001"
        recovered = await after.hear(lambda event: event.get("notificationType") == "CallRecovered")
        assert recovered["call"]["id"] == call.id
        assert (await after.hear(is_dn))["dn"]["number"] == "7001"
        assert [each["name"] for each in (await after.hear(is_media))["media"]["channels"]] == ["chat"]
        assert [channel for channel, _ in after.heard if channel != INITIALIZATION] == [VOICE, VOICE, MEDIA]


def begun(emulator: Emulator) -> list[str]:
    """The states of the initializations of the user's sessions."""
    found = [emulator.initializations.of(session) for session in emulator.web_sessions.of(USER)]
    return [each.state for each in found if each is not None]
