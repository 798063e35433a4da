"""The emulator's Bayeux server, message by message, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from bayeux_wire import INITIALIZATION, MEDIA, USER, VOICE, Wire, browser, events, reply, until

from engage_async.emulator import Emulator, Fault


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def wire(emulator: Emulator) -> AsyncIterator[Wire]:
    async with browser(emulator) as wire:
        await wire.handshake()
        yield wire


def publish(emulator: Emulator, *numbers: int, channel: str = VOICE) -> None:
    for number in numbers:
        emulator.publish(USER, channel, {"n": number})


async def test_handshake_gives_a_client_id_advice_in_milliseconds_and_a_browser_cookie(emulator: Emulator) -> None:
    emulator.switches.poll_timeout, emulator.switches.poll_interval = 12.5, 0.25
    async with browser(emulator) as wire:
        reply = await wire.handshake(id="7")
    assert reply["successful"] is True
    assert reply["id"] == "7"
    assert reply["supportedConnectionTypes"] == ["long-polling"]
    assert reply["advice"] == {"reconnect": "retry", "interval": 250, "timeout": 12500, "maxInterval": 10000}
    assert "ext" not in reply
    assert len(wire.client_id) == 32
    assert wire.cookies["BAYEUX_BROWSER"]


async def test_handshake_without_long_polling_is_refused(emulator: Emulator) -> None:
    async with browser(emulator) as wire:
        reply = await wire.handshake(supportedConnectionTypes=["websocket"])
    assert reply["successful"] is False
    assert reply["advice"] == {"reconnect": "none"}
    assert not list(emulator.delivery.bayeux.sessions())


async def test_first_connect_with_timeout_zero_is_answered_at_once(wire: Wire) -> None:
    async with asyncio.timeout(5):
        answer = await wire.connect(timeout=0)
    assert reply(answer)["successful"] is True
    assert reply(answer)["advice"]["timeout"] == 30000


async def test_waiting_poll_is_answered_by_an_event(emulator: Emulator, wire: Wire) -> None:
    await wire.subscribe(VOICE)
    async with wire.polling() as poll:
        publish(emulator, 1, 2)
    assert [message["channel"] for message in poll.result()] == [VOICE, VOICE, "/meta/connect"]
    assert events(poll.result()) == [{"n": 1}, {"n": 2}]
    assert "advice" not in reply(poll.result())


async def test_poll_without_events_ends_after_the_advised_time(emulator: Emulator) -> None:
    emulator.switches.poll_timeout = 0.05
    async with browser(emulator) as wire:
        await wire.handshake()
        async with wire.polling() as poll:
            pass
    assert poll.result() == [{"channel": "/meta/connect", "successful": True}]


async def test_events_between_polls_wait_for_the_next_one(emulator: Emulator, wire: Wire) -> None:
    await wire.subscribe(VOICE)
    publish(emulator, 1, 2, 3)
    assert events(await wire.connect()) == [{"n": 1}, {"n": 2}, {"n": 3}]


async def test_second_connect_ends_the_first(wire: Wire) -> None:
    async with wire.polling() as poll:
        assert reply(await wire.connect(timeout=0))["successful"] is True
    assert isinstance(poll.exception(), AssertionError)  # its answer was no Bayeux answer
    assert [record.status for record in wire.emulator.requests][-2:] == [500, 200]


async def test_only_subscribed_channels_are_delivered_unless_switched(emulator: Emulator, wire: Wire) -> None:
    await wire.subscribe(VOICE)
    publish(emulator, 1, channel=MEDIA)
    publish(emulator, 2)
    emulator.switches.push_unsubscribed = True
    publish(emulator, 3, channel=MEDIA)
    assert events(await wire.connect()) == [{"n": 2}, {"n": 3}]


async def test_unsubscribed_channel_is_silent(emulator: Emulator, wire: Wire) -> None:
    await wire.subscribe(VOICE, MEDIA)
    (answer,) = await wire.send(wire.message("/meta/unsubscribe", subscription=[VOICE]), path="/unsubscribe")
    assert answer["successful"] is True
    assert answer["subscription"] == [VOICE]
    publish(emulator, 1)
    publish(emulator, 2, channel=MEDIA)
    assert events(await wire.connect()) == [{"n": 2}]


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ("/workspace/v3/*", [VOICE, MEDIA]),
        ("/workspace/v3/media/*", [f"{MEDIA}/chat"]),
        ("/workspace/**", [VOICE, MEDIA, f"{MEDIA}/chat"]),
        ("/**", [VOICE, MEDIA, f"{MEDIA}/chat"]),
        ("/*", []),
        ("/workspace/v3/voice/**", []),
    ],
)
async def test_wildcard_hears_what_the_protocol_says(
    emulator: Emulator, wire: Wire, pattern: str, heard: list[str]
) -> None:
    await wire.subscribe(pattern)
    for channel in (VOICE, MEDIA, f"{MEDIA}/chat"):
        publish(emulator, 0, channel=channel)
    answer = await wire.connect(timeout=0)
    assert [message["channel"] for message in answer[:-1]] == heard


async def test_wildcards_can_be_denied_while_names_stay_allowed(emulator: Emulator, wire: Wire) -> None:
    emulator.switches.wildcard_subscriptions = False
    (denied,) = await wire.subscribe("/workspace/v3/**")
    assert denied["successful"] is False
    assert denied["error"].startswith("403:")
    (allowed,) = await wire.subscribe(VOICE)
    assert allowed["successful"] is True


@pytest.mark.parametrize("subscription", [None, 7, [], "voice", "/a//b", "/a/*/b", "/meta/connect", ["/a", None]])
async def test_subscription_that_cannot_be_is_refused(wire: Wire, subscription: object) -> None:
    (answer,) = await wire.send(wire.message("/meta/subscribe", subscription=subscription))
    assert answer["successful"] is False
    assert answer["error"].startswith("403:")


async def test_initialization_precedes_the_acknowledgement_of_a_late_subscription(emulator: Emulator) -> None:
    async with browser(emulator) as wire:
        publish(emulator, 1, 2, channel=INITIALIZATION)
        publish(emulator, 3)  # nobody hears this one, so it is lost
        await wire.handshake()
        answer = await wire.subscribe(INITIALIZATION, VOICE)
        assert [message["channel"] for message in answer] == [INITIALIZATION, INITIALIZATION, "/meta/subscribe"]
        assert events(answer) == [{"n": 1}, {"n": 2}]
        again = await wire.subscribe("/workspace/v3/**")
        assert events(again) == []


async def test_new_workspace_session_forgets_the_old_initialization(emulator: Emulator, wire: Wire) -> None:
    publish(emulator, 1, channel=INITIALIZATION)
    emulator.web_sessions.open(USER)
    assert events(await wire.subscribe(INITIALIZATION)) == []


async def test_batch_is_answered_in_order_in_one_response(wire: Wire) -> None:
    answer = await wire.send(
        wire.message("/meta/subscribe", subscription="/test", id="1"),
        wire.message("/test", data={"n": 1}, id="2"),
        wire.message("/service/test", data={"n": 2}, id="3"),
        wire.message("/meta/connect", id="4"),
    )
    assert events(answer) == [{"n": 1}]
    assert [message.get("id") for message in answer] == [None, "1", "2", "3", "4"]
    assert all(message["successful"] for message in answer[1:])


async def test_published_message_reaches_every_subscriber(emulator: Emulator, wire: Wire) -> None:
    async with browser(emulator, user="JaneDoe") as other:
        await other.handshake()
        await other.subscribe("/test")
        async with other.polling() as poll:
            await wire.send(wire.message("/test", data="é\ud83d\ude00"))
    assert events(poll.result()) == ["é\U0001f600"]


async def test_every_session_of_a_user_hears_and_no_other_users(emulator: Emulator, wire: Wire) -> None:
    async with browser(emulator) as tab, browser(emulator, user="JaneDoe") as other:
        for each in (tab, other):
            await each.handshake()
        for each in (wire, tab, other):
            await each.subscribe(VOICE)
        publish(emulator, 1)
        assert events(await wire.connect()) == [{"n": 1}]
        assert events(await tab.connect()) == [{"n": 1}]
        assert events(await other.connect(timeout=0)) == []


async def test_unknown_client_id_is_told_to_handshake(wire: Wire) -> None:
    wire.client_id = "0" * 32
    for channel in ("/meta/connect", "/meta/disconnect", "/meta/subscribe", "/test"):
        (answer,) = await wire.send(wire.message(channel, data=1, subscription=VOICE))
        assert answer["successful"] is False
        assert answer["error"] == "402::session_unknown"
        assert answer["advice"]["reconnect"] == "handshake"


@pytest.mark.parametrize("cookie", ["WORKSPACE_SESSIONID", "AWSALB", "BAYEUX_BROWSER"])
async def test_session_is_unknown_without_each_of_its_cookies(wire: Wire, cookie: str) -> None:
    del wire.cookies[cookie]
    assert reply(await wire.connect())["error"] == "402::session_unknown"


async def test_disconnect_ends_the_session_and_its_waiting_poll(wire: Wire) -> None:
    async with wire.polling() as poll:
        (answer,) = await wire.send(wire.message("/meta/disconnect"), path="/disconnect")
    assert answer["successful"] is True
    assert reply(poll.result())["advice"]["reconnect"] == "none"
    assert reply(await wire.connect())["error"] == "402::session_unknown"


async def test_session_without_polls_is_forgotten(emulator: Emulator) -> None:
    emulator.switches.session_expiry = 0.05
    async with browser(emulator) as wire:
        await wire.handshake()
        async with wire.polling() as poll:
            await asyncio.sleep(0.15)  # waiting polls keep a session, however long
            assert list(emulator.delivery.bayeux.sessions())
            emulator.delivery.bayeux.send(next(emulator.delivery.bayeux.sessions()), '{"channel":"/x","data":1}')
        assert events(poll.result()) == [1]
        await asyncio.sleep(0.1)
        assert reply(await wire.connect())["error"] == "402::session_unknown"


async def test_abandoned_session_is_swept_without_being_asked(emulator: Emulator) -> None:
    emulator.switches.session_expiry = 0.01
    async with browser(emulator) as wire:
        await wire.handshake()
    await until(lambda: not list(emulator.delivery.bayeux.sessions()))


async def test_handshake_without_workspace_session_is_said_goodbye_to_in_the_next_connect(emulator: Emulator) -> None:
    async with browser(emulator, user=None) as wire:
        assert (await wire.handshake())["successful"] is True
        answer = await wire.connect()
        assert [message["channel"] for message in answer] == ["/meta/disconnect", "/meta/connect"]
        assert reply(await wire.connect())["error"] == "402::session_unknown"


async def test_ended_workspace_session_ends_its_notifications(emulator: Emulator, wire: Wire) -> None:
    async with wire.polling() as poll:
        emulator.end_web_sessions(USER)
    assert reply(poll.result(), "/meta/disconnect")["successful"] is True
    assert (await wire.handshake())["successful"] is True
    assert reply(await wire.connect(), "/meta/disconnect")


async def test_acknowledged_messages_are_sent_until_acknowledged(emulator: Emulator) -> None:
    async with browser(emulator) as wire:
        assert (await wire.handshake(ext={"ack": True}))["ext"] == {"ack": True}
        await wire.subscribe(VOICE)
        publish(emulator, 1)
        first = await wire.connect(ext={"ack": 0})
        assert (events(first), reply(first)["ext"]) == ([{"n": 1}], {"ack": 1})
        publish(emulator, 2)
        again = await wire.connect(ext={"ack": 0})
        assert (events(again), reply(again)["ext"]) == ([{"n": 1}, {"n": 2}], {"ack": 2})
        third = await wire.connect(ext={"ack": 1}, timeout=0)
        assert (events(third), reply(third)["ext"]) == ([{"n": 2}], {"ack": 3})
        last = await wire.connect(ext={"ack": 3}, timeout=0)
        assert (events(last), reply(last)["ext"]) == ([], {"ack": 4})


async def test_with_acknowledgements_events_come_by_connect_only(emulator: Emulator) -> None:
    async with browser(emulator) as wire:
        await wire.handshake(ext={"ack": True})
        await wire.subscribe(VOICE)
        publish(emulator, 1)
        assert events(await wire.subscribe(MEDIA)) == []
        assert events(await wire.connect(ext={"ack": 0})) == [{"n": 1}]


async def test_cut_response_loses_events_only_without_acknowledgements(emulator: Emulator) -> None:
    for ext, after in ((None, [{"n": 2}]), ({"ack": True}, [{"n": 1}, {"n": 2}])):
        async with browser(emulator) as wire:
            await wire.handshake(ext=ext)
            await wire.subscribe(VOICE)
            emulator.switches.faults.append(Fault("*/notifications/connect", "cut"))
            publish(emulator, 1)
            with pytest.raises(aiohttp.ClientPayloadError):
                await wire.connect(ext={"ack": 0})
            publish(emulator, 2)
            assert events(await wire.connect(ext={"ack": 0})) == after


async def test_acknowledgements_can_be_withheld(emulator: Emulator) -> None:
    emulator.switches.ack_extension = False
    async with browser(emulator) as wire:
        assert "ext" not in await wire.handshake(ext={"ack": True})


async def test_event_for_a_poll_whose_client_went_away_is_kept(emulator: Emulator, wire: Wire) -> None:
    await wire.subscribe(VOICE)
    (session,) = emulator.delivery.bayeux.sessions()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wire.connect()
    await until(lambda: session.resume is None)
    publish(emulator, 1)
    assert events(await wire.connect()) == [{"n": 1}]


@pytest.mark.parametrize("body", ["", "{", "7", "null", '"x"', "[]", "[7]", "[[]]", "[NaN]", "[" * 100_000, "\x00"])
async def test_body_that_is_not_bayeux_gets_a_400(wire: Wire, body: str) -> None:
    status, _ = await wire.post(body)
    assert status == 400


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"channel": None},
        {"channel": 7},
        {"channel": []},
        {"channel": "x"},
        {"channel": "/meta/other"},
        {"channel": "/a/**", "data": 1},
        {"channel": "/a"},
        {"channel": "/meta/handshake"},
        {"channel": "/meta/handshake", "supportedConnectionTypes": 1, "ext": 1, "advice": 1},
    ],
)
async def test_message_that_cannot_be_understood_is_answered_unsuccessful(
    wire: Wire, message: dict[str, object]
) -> None:
    (answer,) = await wire.send({"clientId": wire.client_id, **message})
    assert answer["successful"] is False
    assert answer["error"]


@pytest.mark.parametrize(
    "odd", [{"ext": 1}, {"advice": []}, {"ext": {"ack": "1"}}, {"clientId": {}}, {"id": {"a": []}}]
)
async def test_odd_members_do_not_break_a_connect(wire: Wire, odd: dict[str, object]) -> None:
    answer = await wire.send(wire.message("/meta/connect", **odd), wire.message("/service/x", data=0))
    assert reply(answer)["channel"] == "/meta/connect"


async def test_lone_message_and_every_path_are_served(wire: Wire) -> None:
    for path in ("", "/handshake", "/connect", "/subscribe", "/unsubscribe", "/disconnect"):
        status, text = await wire.post(f'{{"channel":"/service/x","data":0,"clientId":"{wire.client_id}"}}', path=path)
        assert (status, text) == (200, '[{"channel":"/service/x","successful":true}]')


async def test_two_sessions_cannot_share_a_request(emulator: Emulator, wire: Wire) -> None:
    mine = wire.client_id
    await wire.handshake()
    answer = await wire.send(
        {"channel": "/service/x", "clientId": mine, "data": 0}, wire.message("/service/x", data=0)
    )  # fmt: skip
    assert [message["successful"] for message in answer] == [True, False]
