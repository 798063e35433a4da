"""Activating and deactivating channels: what becomes active, what is told, and what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from agent_wire import AgentWire, Reply, agent_browser, agent_session, dials, is_dn, is_media
from attrs import evolve
from bayeux_wire import USER

from engage_async.emulator import Emulator, Refusal
from engage_async.emulator.directory import Directory

KATE = "KateLewis"
ALL_MEDIA = ["chat", "email", "workitem", "outboundpreview"]


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


async def active_session(agent: AgentWire) -> Any:
    return (await agent.get("current-session")).data["user"]["activeSession"]


def refusal_of(reply: Reply) -> tuple[str, dict[str, Any]]:
    assert (reply.http, reply.code) == (500, 500), reply.body
    return reply.body["status"]["message"], reply.body["status"].get("detail", {})


# --- activate-channels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["event-first", "reply-first"])
async def test_channels_are_activated_at_once_and_their_states_told(
    emulator: Emulator, john: AgentWire, order: Literal["event-first", "reply-first"]
) -> None:
    emulator.switches.reply_order = order
    reply = await john.post("activate-channels", {"placeName": "Place_7001"})
    assert reply.data == {"channels": ["voice", *ALL_MEDIA]}
    dn = (await john.hear(is_dn))["dn"]
    assert dn.pop("timestamp") > 1_700_000_000_000
    assert dn == {
        "number": "7001",
        "switchName": "SIP_Switch",
        "agentId": "7001",
        "agentState": "NotReady",
        "agentWorkMode": "AuxWork",
        "available": False,
        "activity": "Idle",
        "dnd": False,
        "forwardTo": None,
        "reasons": [],
        "capabilities": ["ready", "not-ready", "dnd-on", "set-forward", "start-monitoring", "make-call", "logout"],
    }
    media = (await john.hear(is_media))["media"]["channels"]
    assert [(channel["name"], channel["state"]) for channel in media] == [(name, "NotReady") for name in ALL_MEDIA]
    assert john.types() == ["DnStateChanged", "ChannelStateChanged"]


async def test_only_the_channels_named_are_activated(john: AgentWire) -> None:
    assert (await john.post("activate-channels", {"dn": "7001", "channels": ["chat", "chat"]})).data == {
        "channels": ["chat"]
    }
    session = await active_session(john)
    assert (session["dn"], session["currentPlace"]) == (None, "Place_7001")
    assert [channel["name"] for channel in session["media"]["channels"]] == ["chat"]
    assert [event["messageType"] for event in await john.hear_all()] == ["ChannelStateChanged"]


@pytest.mark.parametrize("mode", ["AutoIn", "ManualIn"])
async def test_work_mode_of_the_activation_makes_the_agent_ready(john: AgentWire, mode: str) -> None:
    await john.post("activate-channels", {"dn": "7001", "agentWorkMode": mode})
    dn = (await john.hear(is_dn))["dn"]
    assert (dn["agentState"], dn["agentWorkMode"], dn["available"]) == ("Ready", mode, True)


async def test_every_resource_named_is_used(emulator: Emulator, john: AgentWire) -> None:
    resources = {
        "agentId": "johnsmith",
        "dn": "7101",
        "placeName": "Place_Shared",
        "queueName": "sales",
        "dynamicPhoneNumber": "+1 555 0100",
        "autoCompleteCall": False,
    }
    assert (await john.post("activate-channels", resources)).code == 0
    session = emulator.centre.agents.session(USER)
    assert session is not None
    assert (session.queue, session.phone) == ("sales", "+1 555 0100")
    assert "0100" not in repr(session)
    view = await active_session(john)
    assert (view["currentPlace"], view["autoCompleteCall"]) == ("Place_Shared", False)
    assert (view["dn"]["number"], view["dn"]["agentId"]) == ("7101", "johnsmith")
    call = dials(emulator, "7101", "5550001")
    emulator.centre.exchange.part(call)
    assert [each["state"] for each in (await active_session(john))["calls"]] == ["Released"]


async def test_activation_again_changes_nothing_and_tells_the_states_again(emulator: Emulator, john: AgentWire) -> None:
    await john.post("activate-channels", {"dn": "7001", "agentWorkMode": "AutoIn", "autoCompleteCall": False})
    emulator.centre.media.ready(USER)
    await john.forget()
    assert (await john.post("activate-channels", {"placeName": "Place_7001"})).code == 0
    assert (await john.hear(is_dn))["dn"]["agentState"] == "Ready"
    assert {channel["state"] for channel in (await john.hear(is_media))["media"]["channels"]} == {"Ready"}
    assert (await active_session(john))["autoCompleteCall"] is False


async def test_agent_logged_out_of_voice_is_logged_in_by_the_next_activation(
    emulator: Emulator, john: AgentWire
) -> None:
    await john.post("activate-channels", {"dn": "7001"})
    emulator.centre.exchange.log_out(emulator.centre.exchange.dns["7001"])
    assert (await active_session(john))["dn"]["agentState"] == "LoggedOut"
    await john.post("voice/activate", {"agentWorkMode": "ManualIn"})
    assert (await active_session(john))["dn"]["agentState"] == "Ready"


@pytest.mark.parametrize(
    ("path", "body", "complaint"),
    [
        ("activate-channels", b"", "Either placeName or dn"),
        ("activate-channels", b"{", "not JSON"),
        ("activate-channels", b"[" * 100_000, "not JSON"),
        ("activate-channels", b"[]", "must be an object"),
        ("activate-channels", b'{"data": []}', "data must be an object"),
        ("activate-channels", {}, "Either placeName or dn"),
        ("activate-channels", {"dn": 7001}, "data.dn"),
        ("activate-channels", {"dn": "7001", "placeName": ["x"]}, "data.placeName"),
        ("activate-channels", {"dn": "7001", "agentId": {}}, "data.agentId"),
        ("activate-channels", {"dn": "7001", "queueName": 1}, "data.queueName"),
        ("activate-channels", {"dn": "7001", "dynamicPhoneNumber": 1}, "data.dynamicPhoneNumber"),
        ("activate-channels", {"dn": "7001", "agentWorkMode": "AuxWork"}, "data.agentWorkMode"),
        ("activate-channels", {"dn": "7001", "autoCompleteCall": "yes"}, "data.autoCompleteCall"),
        ("activate-channels", {"dn": "7001", "channels": "voice"}, "data.channels"),
        ("activate-channels", {"dn": "7001", "channels": []}, "data.channels"),
        ("activate-channels", {"dn": "7001", "channels": ["voice", 1]}, "data.channels"),
        ("voice/activate", {"dn": False}, "data.dn"),
        ("media/activate", {}, "data.channels"),
        ("media/activate", {"channels": ["voice"]}, "data.channels"),
        ("media/activate", {"channels": ["chat"], "placeName": 1}, "data.placeName"),
    ],
)
async def test_malformed_request_is_answered_with_what_is_wrong(
    john: AgentWire, path: str, body: bytes | dict[str, Any], complaint: str
) -> None:
    content = body if isinstance(body, bytes) else json.dumps({"data": body}).encode()
    reply = await john.ask("POST", path, data=content, headers={"Content-Type": "application/json"})
    assert reply.http == 400
    assert reply.body.keys() == {"message"}
    assert complaint in reply.body["message"]
    assert await active_session(john) is None


@pytest.mark.parametrize(
    ("wanted", "message", "detail"),
    [
        ({"dn": "9999"}, "Resource not found", {"errorCode": 59, "dn": "9999"}),
        ({"dn": ""}, "Resource not found", {"errorCode": 59, "dn": ""}),
        ({"dn": "7001", "agentId": ""}, "Agent ID is missing", {"errorCode": 191}),
        ({"placeName": "Nowhere"}, "Resource not found", {"placeName": "Nowhere"}),
        ({"dn": "7001", "channels": ["voice", "fax"]}, "Resource not found", {"channel": "fax"}),
        ({"dn": "7001", "placeName": "Place_7002"}, "DN 7001 is not at the place named", {"placeName": "Place_7002"}),
        ({"dn": "7001", "agentId": "7002"}, "Agent ID is invalid", {"errorCode": 192, "agentId": "7002"}),
    ],
)
async def test_resources_that_do_not_fit_are_refused_and_nothing_is_activated(
    john: AgentWire, wanted: dict[str, Any], message: str, detail: dict[str, Any]
) -> None:
    assert refusal_of(await john.post("activate-channels", wanted)) == (message, detail)
    assert await active_session(john) is None
    assert await john.hear_all() == []


async def test_place_and_dn_of_another_agent_are_refused_until_they_are_free(
    emulator: Emulator, john: AgentWire, kate: AgentWire
) -> None:
    await kate.post("activate-channels", {"dn": "7100", "channels": ["chat"]})
    taken = ("Resource is already seized", {"errorCode": 42, "placeName": "Place_Shared"})
    for wanted in (
        {"placeName": "Place_Shared"},
        {"dn": "7100"},
        {"dn": "7101"},
        {"dn": "7100", "channels": ["email"]},
    ):
        assert refusal_of(await john.post("activate-channels", wanted)) == taken
    await kate.post("media/deactivate")
    assert (await john.post("activate-channels", {"dn": "7100"})).code == 0
    assert refusal_of(await kate.post("voice/activate", {})) == taken


async def test_agent_who_is_at_another_place_is_refused_until_there_is_no_channel_left(
    emulator: Emulator, john: AgentWire
) -> None:
    await john.post("activate-channels", {"dn": "7001", "channels": ["voice", "chat"]})
    elsewhere = ("Agent is signed in elsewhere", {"errorCode": 527, "placeName": "Place_7001"})
    async with agent_session(emulator) as other_desk:
        assert refusal_of(await other_desk.post("activate-channels", {"placeName": "Place_Shared"})) == elsewhere
        await john.post("voice/deactivate")
        assert refusal_of(await other_desk.post("activate-channels", {"dn": "7101"})) == elsewhere
        await john.post("media/deactivate")
        assert (await other_desk.post("activate-channels", {"dn": "7101"})).code == 0
        assert refusal_of(await other_desk.post("activate-channels", {"dn": "7100"}))[1]["errorCode"] == 527
        assert (await other_desk.post("activate-channels", {"placeName": "Place_Shared"})).code == 0
        assert (await active_session(john))["dn"]["number"] == "7101"


async def test_agents_beyond_the_voice_licences_are_refused() -> None:
    directory = evolve(Directory.load(), voice_licences=1)
    async with Emulator(directory=directory) as small, agent_session(small) as john, agent_session(small, KATE) as kate:
        assert (await john.post("activate-channels", {"dn": "7001"})).code == 0
        assert refusal_of(await kate.post("activate-channels", {"dn": "7002"})) == (
            "No more licenses",
            {"errorCode": 40},
        )
        assert await active_session(kate) is None
        assert (await kate.post("activate-channels", {"dn": "7002", "channels": ["chat"]})).code == 0
        assert (await john.post("activate-channels", {"dn": "7001"})).code == 0
        await john.post("voice/deactivate")
        assert (await kate.post("voice/activate", {})).code == 0


async def test_agent_without_a_login_id_is_refused_on_voice_alone() -> None:
    loaded = Directory.load()
    users = {**loaded.users, USER: evolve(loaded.users[USER], agent_login="")}
    async with Emulator(directory=evolve(loaded, users=users)) as emulator, agent_session(emulator) as john:
        wanted = {"dn": "7001", "channels": ["chat"]}
        assert refusal_of(await john.post("activate-channels", {"dn": "7001"})) == (
            "Agent ID is missing",
            {"errorCode": 191},
        )
        assert (await john.post("activate-channels", wanted)).code == 0
        assert (await john.post("voice/activate", {"agentId": "johnsmith"})).code == 0


async def test_refusal_set_by_the_switches_strikes_activations(emulator: Emulator, john: AgentWire) -> None:
    emulator.switches.refuse_next = [
        Refusal("activate-channels", 40),
        Refusal("activate", 58, "Out of service", times=2),
        Refusal("activate-channels", 9999),
    ]
    wanted = {"dn": "7001"}
    assert refusal_of(await john.post("activate-channels", wanted)) == ("No more licenses", {"errorCode": 40})
    assert refusal_of(await john.post("activate-channels", wanted))[0] == "Unspecified error"
    assert (await john.post("activate-channels", wanted)).code == 0
    assert refusal_of(await john.post("voice/activate", {})) == ("Out of service", {"errorCode": 58})
    assert refusal_of(await john.post("media/activate", {"channels": ["chat"]}))[0] == "Out of service"
    assert (await john.post("voice/activate", {})).code == 0


async def test_activation_before_the_initialization_is_complete_is_refused(emulator: Emulator) -> None:
    emulator.switches.initialization_delay = 30.0
    async with agent_browser(emulator) as john:
        await john.initialize()
        assert refusal_of(await john.post("activate-channels", {"dn": "7001"})) == (
            "The workspace is not initialized",
            {},
        )


# --- voice and media alone --------------------------------------------------------------------------------------------


async def test_voice_alone_needs_channels_that_were_activated_before(john: AgentWire) -> None:
    expected = "No channels have been activated in this session"
    assert refusal_of(await john.post("voice/activate", {"dn": "7001"}))[0] == expected
    assert refusal_of(await john.post("media/activate", {"channels": ["chat"]}))[0] == expected


@pytest.mark.parametrize("code", [0, 1])
async def test_voice_is_deactivated_and_activated_again_with_the_same_resources(
    emulator: Emulator, john: AgentWire, code: Literal[0, 1]
) -> None:
    emulator.switches.channel_reply_code = code
    await john.post("activate-channels", {"dn": "7101", "agentId": "johnsmith", "channels": ["voice"]})
    await john.forget()
    assert (await john.post("voice/deactivate")).code == code
    assert (await john.hear(is_dn))["dn"]["agentState"] == "LoggedOut"
    assert await active_session(john) is None
    assert (await john.post("voice/activate", {})).code == code
    dn = (await active_session(john))["dn"]
    assert (dn["number"], dn["agentId"], dn["agentState"]) == ("7101", "johnsmith", "NotReady")


@pytest.mark.parametrize("code", [0, 1])
async def test_media_are_deactivated_and_others_activated(
    emulator: Emulator, john: AgentWire, code: Literal[0, 1]
) -> None:
    emulator.switches.channel_reply_code = code
    await john.post("activate-channels", {"dn": "7001", "channels": ["voice", "chat", "email"]})
    await john.forget()
    assert (await john.post("media/deactivate")).code == code
    events = await john.hear_all()
    assert [[(c["name"], c["state"]) for c in event["media"]["channels"]] for event in events] == [
        [("chat", "LoggedOut")],
        [("email", "LoggedOut")],
    ]
    assert (await john.post("media/activate", {"channels": ["workitem"]})).code == code
    assert [channel["name"] for channel in (await active_session(john))["media"]["channels"]] == ["workitem"]


async def test_deactivation_of_what_is_not_active_is_done_and_tells_nothing(john: AgentWire) -> None:
    assert (await john.post("voice/deactivate")).code == 0
    assert (await john.post("media/deactivate")).code == 0
    assert await john.hear_all() == []


async def test_voice_that_is_deactivated_hangs_its_calls_up(
    emulator: Emulator, john: AgentWire, kate: AgentWire
) -> None:
    await john.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
    await kate.post("activate-channels", {"dn": "7002", "channels": ["voice"], "autoCompleteCall": False})
    dials(emulator, "7001", "7002")
    await john.post("voice/deactivate")
    assert (await kate.hear(lambda event: event.get("call", {}).get("state") == "Released"))["call"]["ani"] == "7001"
    await kate.post("voice/deactivate")
    states = [event["call"]["state"] for event in await kate.hear_all() if "call" in event]
    assert states == ["Ringing", "Released", "Completed"]
    assert emulator.centre.exchange.legs == {}


@pytest.mark.parametrize("path", ["activate-channels", "voice/activate", "media/activate", "voice/deactivate"])
async def test_request_without_a_session_is_forbidden(emulator: Emulator, path: str) -> None:
    async with agent_browser(emulator) as nobody:
        reply = await nobody.post(path, {"dn": "7001"})
        assert (reply.http, reply.body) == (403, {"status": {"code": 603, "message": "Unauthorized"}})
