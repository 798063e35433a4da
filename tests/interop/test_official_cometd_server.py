"""The notification connection against the official CometD server: what works, and what gets lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from official_cometd import (
    LATER,
    MEDIA,
    VOICE,
    CometdServer,
    Node,
    cometd_server,
    connected,
    eventually,
)

from engage_async.errors import (
    SessionClosed,
    SubscriptionRefused,
)
from engage_async.io.notifications import LossReason, NotificationSettings
from engage_async.protocol.notices import Notice

pytestmark = pytest.mark.interop


@pytest.fixture
async def server(node: Node) -> AsyncIterator[CometdServer]:
    async with cometd_server(node) as server:
        yield server


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing worse than INFO may be logged."""
    caplog.set_level(logging.INFO)
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []


# --- What works -------------------------------------------------------------------------------------------------------


async def test_all_channels_are_subscribed_in_one_request_and_events_arrive(server: CometdServer, quiet: None) -> None:
    async with connected(server) as far:
        await server.say("publish", channel=VOICE, count=3)
        await server.say("publish", channel=MEDIA, count=1, **{"from": 3})
        await far.receives(4)
        requests = [seen["channels"] for seen in await server.say("requests")]
        assert requests[:3] == [["/meta/handshake"], ["/meta/subscribe"] * 2, ["/meta/connect"]]
        assert far.numbers == [0, 1, 2, 3]
        assert [notice.channel for notice in far.notices] == [VOICE] * 3 + [MEDIA]
        health = far.connection.health
        assert (health.state, health.ack, health.events, health.handshakes) == ("connected", True, 4, 1)
    assert far.states() == ["connecting", "connected", "closed"]


async def test_event_on_a_channel_never_subscribed_is_delivered(server: CometdServer, quiet: None) -> None:
    async with connected(server) as far:
        await server.say("deliver", channel="/workspace/v3/contacts", data={"messageType": "UcsMessage"})
        await far.receives(1)
        assert far.notices == [Notice("/workspace/v3/contacts", "UcsMessage", {"messageType": "UcsMessage"})]


@pytest.mark.parametrize("ack", [True, False])
async def test_burst_of_5000_events_arrives_whole_and_in_order(node: Node, quiet: None, ack: bool) -> None:
    async with cometd_server(node, ack=ack) as server, connected(server) as far:
        assert far.connection.health.ack is ack
        await server.say("publish", channel=VOICE, count=2500)
        await server.say("publish", channel=VOICE, count=2500, **{"from": 2500})
        await far.receives(5000)
        assert far.numbers == list(range(5000))
        assert far.recovered == []


async def test_events_between_two_polls_arrive_with_the_next(node: Node, quiet: None) -> None:
    async with cometd_server(node, interval=200) as server, connected(server) as far:
        for n in range(5):
            await server.say("publish", channel=VOICE, **{"from": n})
            await asyncio.sleep(0.05)
        await far.receives(5)
        assert far.numbers == [0, 1, 2, 3, 4]


async def test_close_ends_the_session_on_the_server(server: CometdServer, quiet: None) -> None:
    async with connected(server) as far:
        await eventually(server.holds_a_poll)
        await far.connection.close()
        await far.connection.close()
        assert await server.say("sessions") == []
        assert far.connection.health.state == "closed"
        with pytest.raises(SessionClosed):
            await far.connection.connected()


async def test_channel_added_later_is_subscribed_and_remembered(server: CometdServer) -> None:
    async with connected(server) as far:
        await far.connection.subscribe([LATER])
        await far.connection.unsubscribe([MEDIA])
        await server.say("publish", channel=LATER)
        await far.receives(1)
        await server.say("restart")
        await far.begins_session(2)
        [session] = await server.say("sessions")
        assert sorted(session["subscriptions"]) == sorted([VOICE, LATER])
        await server.say("publish", channel=LATER, **{"from": 1})
        await far.receives(2)


async def test_refused_later_subscription_raises_and_is_not_remembered(server: CometdServer) -> None:
    async with connected(server) as far:
        await server.say("refuse", channels=[LATER])
        with pytest.raises(SubscriptionRefused) as refused:
            await far.connection.subscribe([LATER])
        assert refused.value.channel == LATER
        await server.say("refuse", channels=[])
        await server.say("restart")
        await far.begins_session(2)
        [session] = await server.say("sessions")
        assert sorted(session["subscriptions"]) == sorted([VOICE, MEDIA])


# --- Loss -------------------------------------------------------------------------------------------------------------


async def test_answer_cut_in_its_body_loses_nothing_with_acknowledgements(server: CometdServer) -> None:
    async with connected(server) as far:
        for n in range(10):
            await eventually(server.holds_a_poll)
            await server.say("fault", kind="cut", channel="/meta/connect")
            await server.say("publish", channel=VOICE, count=1, **{"from": n * 10})
            await far.receives(n * 10 + 1)
            await eventually(server.faults_used)
            await server.say("publish", channel=VOICE, count=9, **{"from": n * 10 + 1})
            await far.receives(n * 10 + 10)
        assert far.numbers == list(range(100))
        assert far.recovered == []
        assert far.connection.health.handshakes == 1


async def test_answer_cut_in_its_body_without_acknowledgements_is_recovered(node: Node) -> None:
    async with cometd_server(node, ack=False) as server, connected(server) as far:
        await eventually(server.holds_a_poll)
        await server.say("fault", kind="cut", channel="/meta/connect")
        await server.say("publish", channel=VOICE)
        await far.receives(1)
        await eventually(server.faults_used)
        await server.say("publish", channel=VOICE, count=9, **{"from": 1})
        await far.recovers(1)
        assert far.recovered[0].kind == "response-lost"
        await far.connection.connected()
        await server.say("publish", channel=VOICE, **{"from": 10})
        await eventually(lambda: far.numbers[-1] == 10)
        assert far.connection.health.handshakes == 1


@pytest.mark.parametrize("down", [0, 700])
async def test_restarted_server_is_joined_again(server: CometdServer, down: int) -> None:
    async with connected(server) as far:
        await server.say("publish", channel=VOICE)
        await far.receives(1)
        await server.say("restart", down=down)
        await far.recovers(1)
        await far.connection.connected()
        assert [reason.kind for reason in far.recovered] == ["session-unknown"]
        [session] = await server.say("sessions")
        assert sorted(session["subscriptions"]) == sorted([VOICE, MEDIA])
        await server.say("publish", channel=MEDIA, count=5, **{"from": 1})
        await far.receives(6)
        assert far.numbers == [0, 1, 2, 3, 4, 5]
    assert far.states() == ["connecting", "connected", "reconnecting", "connected", "closed"]


async def test_expired_session_is_replaced(node: Node) -> None:
    async with cometd_server(node, timeout=300) as server, connected(server) as far:
        await server.say("expire")
        await far.recovers(1)
        assert far.recovered == [LossReason("session-unknown", "402::session_unknown")]
        await far.connection.connected()
        await server.say("publish", channel=VOICE)
        await far.receives(1)


async def test_disconnect_sent_by_the_server_is_a_loss(server: CometdServer) -> None:
    async with connected(server) as far:
        await eventually(server.holds_a_poll)
        await server.say("disconnect")
        await far.recovers(1)
        assert far.recovered[0].kind == "disconnected"
        await far.connection.connected()
        await server.say("publish", channel=VOICE)
        await far.receives(1)


async def test_events_are_delivered_while_recovery_runs_and_connected_waits_for_its_end(server: CometdServer) -> None:
    go_on = asyncio.Event()

    async def recover(reason: LossReason) -> None:
        await go_on.wait()

    async with connected(server, recover=recover) as far:
        await server.say("restart")
        await far.recovers(1)
        waiting = asyncio.create_task(far.connection.connected())
        for n in range(3):
            await server.say("publish", channel=VOICE, **{"from": n})
            await far.receives(n + 1)
        assert not waiting.done()
        assert far.states()[-1] == "reconnecting"
        go_on.set()
        await waiting
        assert far.states()[-1] == "connected"


async def test_recovery_that_fails_or_hangs_does_not_keep_the_connection_down(
    server: CometdServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def recover(reason: LossReason) -> None:
        if len(far.recovered) == 1:
            raise RuntimeError("no snapshot")
        await asyncio.Event().wait()

    settings = NotificationSettings(backoff_first=0.1, settled_after=0.0, recover_timeout=0.2)
    async with connected(server, recover=recover, settings=settings) as far:
        for n in (1, 2):
            await server.say("restart")
            await far.recovers(n)
            await far.connection.connected()
    assert len([record for record in caplog.records if record.exc_info]) == 2


async def test_second_loss_during_a_recovery_begins_another(server: CometdServer) -> None:
    async def recover(reason: LossReason) -> None:
        if len(far.recovered) == 1:
            await asyncio.Event().wait()

    async with connected(server, recover=recover) as far:
        await server.say("restart")
        await far.recovers(1)
        await server.say("restart")
        await far.recovers(2)
        await far.connection.connected()
