"""Look-ups in a workspace session, and its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from agent_wire import AgentWire, agent_browser, agent_session, dials, is_dn
from bayeux_wire import MEDIA, USER, VOICE, reply

from engage_async.emulator import Emulator

KATE = "KateLewis"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator) as agent:
        yield agent


@pytest.fixture
async def kate(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator, KATE) as agent:
        yield agent


# --- look-ups ---------------------------------------------------------------------------------------------------------


async def test_current_session_shows_place_dn_calls_channels_and_services(emulator: Emulator, john: AgentWire) -> None:
    emulator.switches.answer_delay = None
    await john.post("activate-channels", {"dn": "7001", "channels": ["voice", "chat"]})
    call = dials(emulator, "7001", "5550001")
    data = (await john.get("current-session")).data
    assert data["pending-login-async"]["state"] == "Complete"
    session = data["user"]["activeSession"]
    assert session.pop("calls") == emulator.centre.exchange.calls_of(USER)
    assert [each["id"] for each in emulator.centre.exchange.calls_of(USER)] == [call.id]
    dn, media = session.pop("dn"), session.pop("media")["channels"]
    assert (dn["number"], dn["activity"]) == ("7001", "InitiatingCall")
    assert [(channel["name"], channel["state"], channel["interactions"]) for channel in media] == [
        ("chat", "NotReady", [])
    ]
    assert session == {
        "autoCompleteCall": True,
        "currentPlace": "Place_7001",
        "services": [
            {"serviceName": "VOICE", "serviceState": "AVAILABLE"},
            {"serviceName": "IXN", "serviceState": "AVAILABLE"},
        ],
        "agentReserved": 0,
    }


async def test_user_info_is_the_user_alone(john: AgentWire) -> None:
    data = (await john.get("userinfo")).data
    assert data == {"user": (await john.get("current-session")).data["user"]}
    assert (data["user"]["employeeId"], data["user"]["activeSession"]) == ("johnsmith", None)
    await john.post("activate-channels", {"dn": "7001"})
    assert (await john.get("userinfo")).data["user"]["activeSession"]["currentPlace"] == "Place_7001"


async def test_configuration_gives_what_is_asked_for(emulator: Emulator, john: AgentWire) -> None:
    whole = emulator.centre.directory.configuration
    assert (await john.get("configuration")).data == {
        name: whole[name] for name in ("actionCodes", "agentGroups", "settings")
    }
    asked = await john.get("configuration", types="workspaceTransactions, businessAttributes")
    assert asked.data == {name: whole[name] for name in ("transactions", "businessAttributes")}
    for types in ("transactions", "", "settings,,agentGroups"):
        wrong = await john.get("configuration", types=types)
        assert (wrong.http, wrong.body.keys()) == (400, {"message"})


async def test_devices_of_a_place_tell_on_request_who_uses_them(john: AgentWire) -> None:
    await john.post("activate-channels", {"dn": "7101", "channels": ["voice"], "agentWorkMode": "AutoIn"})
    path = "configuration/places/Place_Shared/dns"
    bare = [{"number": "7100", "switchName": "SIP_Switch"}, {"number": "7101", "switchName": "SIP_Switch"}]
    assert (await john.get(path)).data == {"devices": bare}
    assert (await john.get(path, placeStatus="false")).data == {"devices": bare}
    assert (await john.get(path, placeStatus="true")).data["devices"] == [
        bare[0] | {"agentId": None, "agentState": "LoggedOut", "agentWorkMode": "Unknown"},
        bare[1] | {"agentId": "7001", "agentState": "Ready", "agentWorkMode": "AutoIn"},
    ]
    assert (await john.get(path, placeStatus="perhaps")).http == 400
    unknown = await john.get("configuration/places/No%20where/dns")
    assert (unknown.http, unknown.body["status"]) == (
        500,
        {"code": 500, "message": "Resource not found", "detail": {"placeName": "No where"}},
    )


async def test_business_attribute_comes_with_the_tree_of_its_values(john: AgentWire) -> None:
    data = (await john.get("configuration/business-attribute/301")).data
    assert (data["name"], [value["name"] for value in data["values"]]) == ("DispositionCode", ["Sold", "NotSold"])
    assert [value["name"] for value in data["values"][0]["values"]] == ["SoldNow", "SoldLater"]
    unknown = await john.get("configuration/business-attribute/999")
    assert unknown.body["status"]["detail"] == {"id": 999}
    for number in ("Language", "-1", "٣٠١"):
        assert (await john.get(f"configuration/business-attribute/{number}")).http == 400


async def test_keep_alive_is_answered_with_nothing(john: AgentWire) -> None:
    answer = await john.get("auth-keep-alive")
    assert (answer.http, answer.body) == (200, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "current-session"),
        ("GET", "userinfo"),
        ("GET", "configuration"),
        ("GET", "configuration/places/Place_7001/dns"),
        ("GET", "configuration/business-attribute/301"),
        ("GET", "auth-keep-alive"),
        ("POST", "logout"),
        ("GET", "logout"),
    ],
)
async def test_request_without_a_session_is_forbidden(emulator: Emulator, method: str, path: str) -> None:
    async with agent_browser(emulator) as nobody:
        answer = await nobody.ask(method, path)
        assert (answer.http, answer.body) == (403, {"status": {"code": 603, "message": "Unauthorized"}})


# --- the end ----------------------------------------------------------------------------------------------------------


async def test_logout_ends_calls_channels_and_the_session(emulator: Emulator, john: AgentWire, kate: AgentWire) -> None:
    await john.post("activate-channels", {"dn": "7001", "channels": ["voice", "chat"]})
    await kate.post("activate-channels", {"dn": "7002", "channels": ["voice"]})
    dials(emulator, "7001", "7002")
    await john.forget()
    async with john.wire.polling() as poll:
        answer = await john.post("logout")
    assert answer.body == {"status": {"code": 0}}
    told = [(each["channel"], each["data"]) for each in poll.result() if "data" in each]
    assert [(channel, data["messageType"]) for channel, data in told][-2:] == [
        (VOICE, "DnStateChanged"),
        (MEDIA, "ChannelStateChanged"),
    ]
    assert [data["call"]["state"] for _, data in told if "call" in data] == ["Released", "Completed"]
    assert told[-2][1]["dn"]["agentState"] == told[-1][1]["media"]["channels"][0]["state"] == "LoggedOut"
    assert reply(poll.result(), "/meta/disconnect")["successful"]
    await kate.hear(lambda event: event.get("call", {}).get("state") == "Completed")
    assert john.wire.cookies["WORKSPACE_SESSIONID"] == ""
    assert (await john.get("current-session")).http == 403
    assert not emulator.centre.agents.is_active(USER)
    assert emulator.centre.agents.session(USER) is None


async def test_logout_leaves_other_sessions_of_the_agent_without_channels(emulator: Emulator, john: AgentWire) -> None:
    await john.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
    async with agent_session(emulator) as other_tab:
        await john.post("logout")
        assert (await other_tab.hear(is_dn))["dn"]["agentState"] == "LoggedOut"
        data = (await other_tab.get("current-session")).data
        assert data["user"]["activeSession"] is None


@pytest.mark.parametrize("target", ["https://desktop.example/bye?x=1", None])
async def test_logout_of_a_browser_sends_it_on(emulator: Emulator, john: AgentWire, target: str | None) -> None:
    await john.post("activate-channels", {"dn": "7001"})
    query: dict[str, Any] = {} if target is None else {"redirect_uri": target}
    answer = await john.get("logout", **query)
    assert answer.http == 302
    assert answer.headers["Location"] == (target or f"{emulator.base_url}/auth/v3/sign-out")
    assert (await john.get("current-session")).http == 403
    assert not emulator.centre.agents.is_active(USER)


async def test_logout_to_what_is_no_uri_is_malformed_and_ends_nothing(john: AgentWire) -> None:
    assert (await john.get("logout", redirect_uri="https://desktop.example/\r\nSet-Cookie: a=b")).http == 400
    assert (await john.get("current-session")).http == 200


async def test_place_of_an_agent_who_logged_out_is_free(john: AgentWire, kate: AgentWire) -> None:
    await john.post("activate-channels", {"placeName": "Place_Shared"})
    await john.post("logout")
    assert (await kate.post("activate-channels", {"placeName": "Place_Shared"})).code == 0


async def test_agent_outlives_a_restart_of_the_gateway(emulator: Emulator, john: AgentWire) -> None:
    await john.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
    await emulator.restart()
    assert (await john.get("current-session")).http == 403
    async with agent_session(emulator) as again:
        data = (await again.get("current-session")).data
        assert data["user"]["activeSession"]["dn"]["agentState"] == "NotReady"
