"""The official CometD JavaScript client drives the emulator's Bayeux server, in the browser of an agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from official_client import NOTIFICATIONS, OfficialClient, official_client
from official_cometd import Node, eventually

from engage_async.emulator import Emulator, Fault

pytestmark = pytest.mark.interop

JOHN, KATE = "JohnSmith", "KateLewis"
BASE = "/workspace/v3"
INITIALIZATION, VOICE, MEDIA, CHAT = (f"{BASE}/{name}" for name in ("initialization", "voice", "media", "media/chat"))


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        emulator.switches.poll_timeout = 5.0
        yield emulator


@pytest.fixture
async def client(node: Node, emulator: Emulator) -> AsyncIterator[OfficialClient]:
    async with official_client(node, emulator) as client:
        yield client


def publish(emulator: Emulator, *numbers: int, channel: str = VOICE, user: str = JOHN) -> None:
    for n in numbers:
        emulator.publish(user, channel, {"messageType": "Numbered", "n": n})


def sessions(emulator: Emulator) -> list[str]:
    return [session.id for session in emulator.delivery.bayeux.sessions()]


# --- sessions ---------------------------------------------------------------------------------------------------------


async def test_handshake_opens_a_session_and_the_client_follows_its_advice(
    emulator: Emulator, client: OfficialClient
) -> None:
    emulator.switches.poll_interval = 0.01
    client_id = await client.connect()
    assert sessions(emulator) == [client_id]
    state = await client.say("state")
    assert (state["status"], state["clientId"], state["transport"]) == ("connected", client_id, "long-polling")
    assert state["advice"] == {
        "reconnect": "retry", "interval": 10, "timeout": 5000, "maxInterval": 10_000
    }  # fmt: skip
    assert "BAYEUX_BROWSER" in await client.say("cookies")
    assert (await client.say("posts"))[:2] == [["/meta/handshake"], ["/meta/connect"]]


@pytest.mark.parametrize("typed", [True, False])
async def test_messages_are_taken_at_the_base_path_and_at_one_for_each_kind(
    node: Node, emulator: Emulator, typed: bool
) -> None:
    async with official_client(node, emulator, appendMessageTypeToURL=typed) as client:
        await client.connect(VOICE)
        publish(emulator, 1)
        assert await client.numbers(1) == [1]
        await client.say("disconnect")
    paths = {path for path in (record.path for record in emulator.requests) if path.startswith(NOTIFICATIONS)}
    kinds = ("/handshake", "/connect", "/", "/disconnect") if typed else ("",)
    assert paths == {NOTIFICATIONS + kind for kind in kinds}


async def test_client_that_prefers_web_sockets_falls_back_to_long_polling(node: Node, emulator: Emulator) -> None:
    async with official_client(node, emulator, websocket=True) as client:
        assert not (await client.say("handshake"))["successful"]
        await client.hears("/meta/handshake", successful=True)
        await client.polls()
        assert (await client.say("state"))["transport"] == "long-polling"
        assert (await client.say("subscribe", channel=VOICE))["successful"]
        publish(emulator, 1)
        assert await client.numbers(1) == [1]


async def test_client_without_a_workspace_session_is_said_goodbye_to(node: Node, emulator: Emulator) -> None:
    async with official_client(node, emulator, user=None) as client:
        assert (await client.say("handshake"))["successful"]
        await client.hears("/meta/disconnect")
        assert await client.status() == "disconnected"
        assert sessions(emulator) == []


async def test_every_message_needs_the_api_key_where_there_is_one(node: Node, emulator: Emulator) -> None:
    async with official_client(node, emulator) as client:
        emulator.switches.require_api_key = "key-1"
        refused = await client.say("handshake")
        assert (refused["successful"], refused["httpCode"]) == (False, 403)
        assert sessions(emulator) == []
    emulator.switches.require_api_key = None
    async with official_client(node, emulator, requestHeaders={"x-api-key": "key-1"}) as client:
        emulator.switches.require_api_key = "key-1"
        await client.connect(VOICE)
        publish(emulator, 1)
        assert await client.numbers(1) == [1]


async def test_disconnect_ends_the_session_and_its_poll(emulator: Emulator, client: OfficialClient) -> None:
    await client.connect(VOICE)
    assert (await client.say("disconnect"))["successful"]
    assert (await client.status(), sessions(emulator)) == ("disconnected", [])
    again = await client.connect()
    assert sessions(emulator) == [again]


# --- subscriptions ----------------------------------------------------------------------------------------------------


async def test_events_arrive_on_the_channels_subscribed_until_they_are_unsubscribed(
    emulator: Emulator, client: OfficialClient
) -> None:
    await client.connect(VOICE)
    publish(emulator, 1, channel=MEDIA)
    publish(emulator, 2)
    assert await client.receives(1) == [
        {"subscription": VOICE, "channel": VOICE, "data": {"messageType": "Numbered", "n": 2}}
    ]
    reply = await client.say("unsubscribe", channel=VOICE)
    assert (reply["successful"], reply["subscription"]) == (True, VOICE)
    publish(emulator, 3)
    assert (await client.say("subscribe", channel=MEDIA))["successful"]
    publish(emulator, 4, channel=MEDIA)
    assert await client.numbers(2) == [2, 4]


async def test_wildcards_match_one_level_or_all(node: Node, emulator: Emulator) -> None:
    emulator.switches.initialization = "silent"
    async with official_client(node, emulator) as client:
        await client.connect(f"{BASE}/*", f"{BASE}/**")
        publish(emulator, 1)
        publish(emulator, 2, channel=CHAT)
        received = await client.receives(3)
        assert sorted((event["subscription"], event["data"]["n"]) for event in received) == [
            (f"{BASE}/*", 1),
            (f"{BASE}/**", 1),
            (f"{BASE}/**", 2),
        ]


async def test_wildcards_are_refused_where_the_server_grants_none(emulator: Emulator, client: OfficialClient) -> None:
    emulator.switches.wildcard_subscriptions = False
    await client.connect(VOICE)
    reply = await client.say("subscribe", channel="/**")
    assert (reply["successful"], reply["error"]) == (False, "403:/**:subscription_denied")
    publish(emulator, 1)
    assert await client.numbers(1) == [1]


async def test_agents_hear_what_is_theirs(node: Node, emulator: Emulator, client: OfficialClient) -> None:
    await client.connect(VOICE)
    async with official_client(node, emulator, user=KATE) as kate:
        await kate.connect(VOICE)
        publish(emulator, 1, user=KATE)
        publish(emulator, 2, user=JOHN)
        assert (await kate.numbers(1), await client.numbers(1)) == ([1], [2])


async def test_burst_arrives_whole_and_in_order(emulator: Emulator, client: OfficialClient) -> None:
    await client.connect(VOICE)
    publish(emulator, *range(2_000))
    assert await client.numbers(2_000) == list(range(2_000))


# --- what the client sends --------------------------------------------------------------------------------------------


async def test_publication_is_acknowledged_and_reaches_its_subscribers(
    node: Node, emulator: Emulator, client: OfficialClient
) -> None:
    await client.connect("/room")
    async with official_client(node, emulator, user=KATE) as kate:
        await kate.connect("/room")
        reply = await client.say("publish", channel="/room", data={"n": 7})
        assert (reply["channel"], reply["successful"]) == ("/room", True)
        assert (await client.numbers(1), await kate.numbers(1)) == ([7], [7])


async def test_publication_to_a_service_channel_is_acknowledged_alone(
    emulator: Emulator, client: OfficialClient
) -> None:
    await client.connect("/service/**", VOICE)
    assert (await client.say("publish", channel="/service/echo", data={"n": 1}))["successful"]
    publish(emulator, 2)
    assert await client.numbers(1) == [2]


async def test_publication_to_a_pattern_is_refused(client: OfficialClient) -> None:
    await client.connect()
    reply = await client.say("publish", channel="/room/*", data={"n": 1})
    assert (reply["successful"], reply["error"]) == (False, "400::channel_invalid")


async def test_batch_is_carried_out_in_order_and_in_one_request(emulator: Emulator, client: OfficialClient) -> None:
    await client.connect()
    await client.say("forget")
    replies = await client.say(
        "batch",
        subscriptions=["/room", MEDIA],
        publications=[{"channel": "/room", "data": {"n": n}} for n in (1, 2)],
    )
    assert [(reply["channel"], reply["successful"]) for reply in replies] == [
        ("/meta/subscribe", True),
        ("/meta/subscribe", True),
        ("/room", True),
        ("/room", True),
    ]
    assert await client.numbers(2) == [1, 2]
    assert ["/meta/subscribe", "/meta/subscribe", "/room", "/room"] in await client.say("posts")
    publish(emulator, 3, channel=MEDIA)
    assert await client.numbers(3) == [1, 2, 3]


# --- loss -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ack", [True, False])
async def test_answer_that_is_cut_loses_its_events_only_without_acknowledgements(
    node: Node, emulator: Emulator, ack: bool
) -> None:
    async with official_client(node, emulator, ack=ack) as client:
        await client.connect(VOICE)
        emulator.switches.faults.append(Fault("*/connect", "cut"))
        publish(emulator, 1, 2)
        await client.hears("/meta/connect", successful=False)
        await client.polls()
        publish(emulator, 3)
        assert await client.numbers(3 if ack else 1) == ([1, 2, 3] if ack else [3])
        assert len(sessions(emulator)) == 1


async def test_acknowledgements_are_not_negotiated_with_a_server_that_has_none(node: Node, emulator: Emulator) -> None:
    emulator.switches.ack_extension = False
    async with official_client(node, emulator, ack=True) as client:
        await client.connect(VOICE)
        publish(emulator, 1)
        assert await client.numbers(1) == [1]
        assert all(meta.get("ext") is None for meta in await client.say("metas"))


async def test_session_that_the_server_forgot_is_replaced_at_once(emulator: Emulator, client: OfficialClient) -> None:
    old = await client.connect(VOICE, MEDIA)
    emulator.drop_bayeux_sessions()
    refused = await client.hears("/meta/connect", successful=False)
    assert (refused["error"], refused["advice"]["reconnect"]) == ("402::session_unknown", "handshake")
    await client.hears("/meta/subscribe", subscription=MEDIA)
    await client.polls()
    (new,) = sessions(emulator)
    assert new != old
    publish(emulator, 1)
    publish(emulator, 2, channel=MEDIA)
    assert await client.numbers(2) == [1, 2]


async def test_session_that_expired_while_the_client_was_cut_off_is_replaced(
    emulator: Emulator, client: OfficialClient
) -> None:
    old = await client.connect(VOICE)
    emulator.switches.session_expiry = 0.1
    publish(emulator, 1)
    await client.receives(1)
    await client.polls()
    emulator.switches.faults.append(Fault("*/connect", "close", times=None))
    await emulator.cut_connections()
    await eventually(lambda: old not in sessions(emulator))
    emulator.switches.session_expiry = 10.0
    emulator.switches.faults.clear()
    refused = await client.hears("/meta/connect", error="402::session_unknown")
    assert refused["advice"]["reconnect"] == "handshake"
    await client.polls()
    publish(emulator, 2)
    assert await client.numbers(2) == [1, 2]


@pytest.mark.parametrize("kind", ["status", "html", "empty", "malformed-json", "close"])
async def test_client_comes_back_to_its_session_after_an_answer_that_is_none(
    emulator: Emulator, client: OfficialClient, kind: Any
) -> None:
    session = await client.connect(VOICE)
    emulator.switches.faults.append(Fault("*/connect", kind, times=2))
    publish(emulator, 1)
    await eventually(lambda: not emulator.switches.faults)
    await client.polls()
    publish(emulator, 2)
    assert await client.numbers(2) == [1, 2]
    await client.hears("/meta/connect", successful=False)
    assert (await client.status(), sessions(emulator)) == ("connected", [session])


async def test_restarted_server_wants_a_new_workspace_session(emulator: Emulator, client: OfficialClient) -> None:
    await client.connect(VOICE)
    await emulator.restart()
    await client.hears("/meta/disconnect")
    assert await client.status() == "disconnected"
    await client.sign_in(JOHN)
    await client.connect()
    publish(emulator, 1)
    assert await client.numbers(1) == [1]


# --- a day at work ----------------------------------------------------------------------------------------------------


async def test_agent_hears_the_initialization_the_channels_and_the_goodbye(
    emulator: Emulator, client: OfficialClient
) -> None:
    await client.connect(INITIALIZATION, VOICE, MEDIA)

    async def complete() -> bool:
        return any(event["data"].get("state") == "Complete" for event in await client.say("events"))

    await eventually(complete)
    await client.say("forget")
    assert (await client.ask("activate-channels", {"dn": "7001", "channels": ["voice", "chat"]}))["http"] == 200
    voice, media = await client.receives(2)
    assert (voice["channel"], voice["data"]["dn"]["agentState"]) == (VOICE, "NotReady")
    assert (media["channel"], media["data"]["media"]["channels"][0]["name"]) == (MEDIA, "chat")
    assert (await client.ask("logout"))["body"] == {"status": {"code": 0}}
    await client.hears("/meta/disconnect")
    assert [event["data"]["messageType"] for event in await client.receives(4)][2:] == [
        "DnStateChanged",
        "ChannelStateChanged",
    ]
    assert (await client.status(), sessions(emulator)) == ("disconnected", [])
    assert "WORKSPACE_SESSIONID" not in await client.say("cookies")
