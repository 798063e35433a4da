"""The notification connection against the official CometD server: each fault known of other clients, one by one."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from official_cometd import (
    MEDIA,
    VOICE,
    CometdServer,
    Node,
    cometd_server,
    connected,
    connecting,
    eventually,
)

from engage_async.errors import (
    HandshakeRefused,
    MalformedResponse,
    NotSent,
    OutcomeUnknown,
    ServerFault,
    SessionClosed,
    SubscriptionRefused,
    Unauthorized,
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


async def test_first_connect_returns_at_once(node: Node, quiet: None) -> None:
    async with cometd_server(node, timeout=30000) as server, connecting(server) as far:
        began = time.monotonic()
        await far.connection.open(deadline=10)
        assert time.monotonic() - began < 2
        [first, *_] = await server.connects()
        assert first["advice"] == {"timeout": 0}


async def test_interval_is_milliseconds_honoured_on_success_and_merged(node: Node, quiet: None) -> None:
    async with cometd_server(node, timeout=50, interval=200) as server, connected(server):
        await server.say("advise", **{"/meta/connect": {"timeout": 50}})  # says nothing of the interval any more
        await asyncio.sleep(1.2)
        times = [seen["at"] for seen in await server.connects()]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times[1:])]
        assert len(gaps) >= 2
        assert all(230 <= gap < 700 for gap in gaps)


@pytest.mark.parametrize("verdict", ["none", "handshake"])
async def test_verdict_on_a_successful_connect_begins_a_new_session(server: CometdServer, verdict: str) -> None:
    async with connected(server) as far:
        await server.say("advise", **{"/meta/connect": {"reconnect": verdict}})
        await server.say("publish", channel=VOICE)
        await eventually(lambda: far.connection.health.handshakes >= 2)
        await server.say("advise")
        await eventually(lambda: far.connection.health.state == "connected")
        assert far.recovered[0] == LossReason("advised", f"reconnect: {verdict}")
        await server.say("publish", channel=VOICE, **{"from": 1})
        await far.receives(2)


async def test_failing_connect_is_repeated_with_backoff_and_restart_is_answered_at_once(server: CometdServer) -> None:
    async with connected(server) as far:
        await server.say("fault", kind="answer", status=503, body="", channel="/meta/connect", times=1000)
        await server.say("forget")
        await server.say("publish", channel=VOICE)
        await eventually(lambda: far.connection.health.state == "reconnecting")
        await asyncio.sleep(2)
        assert 3 <= len(await server.connects()) <= 8
        assert far.connection.health.last_error.startswith("ServerFault")
        await server.say("expire")
        await server.say("forget")
        await server.say("heal")
        await eventually(lambda: far.connection.health.state == "connected")
        unknown, handshake, *_ = await server.say("requests")
        assert (unknown["channels"], handshake["channels"]) == (["/meta/connect"], ["/meta/handshake"])
        assert handshake["at"] - unknown["at"] < 100


async def test_failing_handshake_is_repeated_with_backoff(server: CometdServer) -> None:
    async with connected(server) as far:
        await server.say("fault", kind="answer", status=503, body="", channel="/meta/handshake", times=1000)
        await server.say("expire")
        await server.say("forget")
        await server.say("restart")
        await asyncio.sleep(2)
        handshakes = [seen for seen in await server.say("requests") if seen["channels"] == ["/meta/handshake"]]
        assert 3 <= len(handshakes) <= 8
        await server.say("heal")
        await eventually(lambda: far.connection.health.state == "connected")
        assert [reason.kind for reason in far.recovered] == ["session-unknown"]


async def test_refused_handshakes_are_repeated_with_backoff_while_the_server_wants_it(server: CometdServer) -> None:
    async with connected(server) as far:
        await server.say("deny", advice={"reconnect": "handshake", "interval": 0})
        await server.say("forget")
        await server.say("restart")
        await asyncio.sleep(2)
        assert 4 <= len(await server.say("requests")) <= 10
        await server.say("deny", advice=None)
        await eventually(lambda: far.connection.health.state == "connected")


async def test_empty_answers_in_quick_succession_are_slowed_down(node: Node, quiet: None) -> None:
    async with cometd_server(node, timeout=0) as server, connected(server) as far:
        await asyncio.sleep(1.5)
        assert len(await server.connects()) <= 12
        await server.say("publish", channel=VOICE)
        await far.receives(1)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, '{"status": {"code": 500, "message": "boom"}}', "ServerFault"),
        (502, "<html>Bad gateway</html>", "ServerFault"),
        (503, "", "ServerFault"),
        (404, "nothing here", "NotFound"),
        (429, "{}", "RateLimited"),
        (200, "", "MalformedResponse"),
        (200, "<html>Please log in</html>", "MalformedResponse"),
        (200, '"text"', "MalformedResponse"),
        (200, "[]", "MalformedResponse"),
        (200, "[1, null, {}]", "MalformedResponse"),
        (302, "", "MalformedResponse"),
    ],
)
async def test_unusable_answer_is_told_by_type_and_the_poll_goes_on(
    server: CometdServer, status: int, body: str, error: str
) -> None:
    async with connected(server) as far:
        await server.say("fault", kind="answer", status=status, body=body, channel="/meta/connect", times=2)
        await server.say("publish", channel=VOICE, count=2)
        await eventually(lambda: far.connection.health.reconnects == 1)
        assert far.connection.health.last_error.startswith(error)
        await server.say("publish", channel=VOICE, count=2, **{"from": 2})
        await far.receives(4)
        assert far.numbers == [0, 1, 2, 3]
        assert far.connection.health.handshakes == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 503, "body": "<html>"}, ServerFault),
        ({"status": 401, "body": "", "times": 2}, Unauthorized),
        ({"status": 200, "body": "<html>"}, MalformedResponse),
        ({"status": 200, "body": ""}, MalformedResponse),
    ],
)
@pytest.mark.parametrize("channel", ["/meta/handshake", "/meta/subscribe", "/meta/connect"])
async def test_open_tells_an_unusable_answer_by_type(
    server: CometdServer, channel: str, fault: dict[str, Any], error: type[Exception]
) -> None:
    await server.say("fault", kind="answer", channel=channel, **fault)
    async with connecting(server) as far:
        with pytest.raises(error):
            await far.connection.open(deadline=10)
        assert far.connection.health.state == "closed"


async def test_silent_handshake_ends_by_its_own_time_out(server: CometdServer) -> None:
    await server.say("fault", kind="silent", channel="/meta/handshake")
    settings = NotificationSettings(meta_timeout=0.3)
    async with connecting(server, settings=settings) as far:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            await far.connection.open(deadline=10)
        assert time.monotonic() - began < 3


async def test_poll_that_is_never_answered_is_noticed(node: Node) -> None:
    async with cometd_server(node, timeout=500) as server, connected(server) as far:
        await eventually(server.holds_a_poll)
        await server.say("fault", kind="silent", channel="/meta/connect")
        await server.say("publish", channel=VOICE)
        await far.receives(1)
        began = time.monotonic()
        await eventually(lambda: far.connection.health.reconnects == 1)
        assert 0.5 < time.monotonic() - began < 4
        assert far.connection.health.last_error.startswith("OutcomeUnknown")
        await server.say("publish", channel=VOICE, **{"from": 1})
        await far.receives(2)
        assert far.connection.health.handshakes == 1


async def test_server_that_stands_still_is_noticed_and_joined_again(node: Node) -> None:
    async with cometd_server(node, timeout=500, maxInterval=60000) as server, connected(server) as far:
        server.process.send_signal(signal.SIGSTOP)  # its sockets stay open, and accept
        await eventually(lambda: far.states()[-1] == "reconnecting")
        await asyncio.sleep(1)
        server.process.send_signal(signal.SIGCONT)
        await far.connection.connected()
        await server.say("publish", channel=VOICE)
        await far.receives(1)


async def test_401_on_a_poll_renews_the_token_once_and_the_session_goes_on(server: CometdServer, quiet: None) -> None:
    async with connected(server) as far:
        await eventually(server.holds_a_poll)
        await server.say("fault", kind="answer", status=401, body="", channel="/meta/connect")
        await server.say("publish", channel=VOICE)
        await eventually(server.faults_used)
        await server.say("publish", channel=VOICE, **{"from": 1})
        await far.receives(2)
        used = [seen["authorization"] for seen in await server.connects()]
        assert (used[-1], used) == ("Bearer token-2", sorted(used))
        assert far.states() == ["connecting", "connected"]
        assert far.connection.health.handshakes == 1


async def test_401_on_polls_keeps_the_session_and_says_so(server: CometdServer) -> None:
    async with connected(server) as far:
        await server.say("fault", kind="answer", status=401, body="", channel="/meta/connect", times=4)
        await server.say("publish", channel=VOICE)
        await eventually(lambda: far.connection.health.state == "reconnecting")
        assert far.connection.health.last_error.startswith("Unauthorized")
        await eventually(lambda: far.connection.health.state == "connected")
        await server.say("publish", channel=VOICE, **{"from": 1})
        await far.receives(2)
        assert far.connection.health.handshakes == 1


async def test_403_on_a_poll_begins_a_new_session(server: CometdServer) -> None:
    async with connected(server) as far:
        await server.say("fault", kind="answer", status=403, body="", channel="/meta/connect")
        await server.say("publish", channel=VOICE)
        await eventually(lambda: far.connection.health.handshakes == 2)
        await eventually(lambda: far.connection.health.state == "connected")
        assert far.recovered == [LossReason("forbidden", "HTTP 403")]


async def test_receiver_that_raises_stops_nothing_and_is_logged_once(
    server: CometdServer, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(notices: Sequence[Notice]) -> None:
        raise RuntimeError("a receiver's own fault")

    async with connected(server, deliver=fail) as far:
        for n in range(5):
            await server.say("publish", channel=VOICE, **{"from": n})
            await far.receives(n + 1)
        assert far.connection.health.undelivered == 5
        assert far.connection.health.state == "connected"
    assert len([record for record in caplog.records if record.exc_info]) == 1


async def test_receiver_that_starts_requests_of_its_own_does_not_block(server: CometdServer, quiet: None) -> None:
    tasks: list[asyncio.Task[None]] = []

    def ask(notices: Sequence[Notice]) -> None:
        tasks.extend(asyncio.create_task(far.connection.subscribe([f"/later/{n.payload['n']}"])) for n in notices)

    async with connected(server, deliver=ask) as far:
        await server.say("publish", channel=VOICE, count=20)
        await far.receives(20)
        await asyncio.gather(*tasks)
        [session] = await server.say("sessions")
        assert len(session["subscriptions"]) == 22


async def test_close_never_hangs_whatever_is_under_way(server: CometdServer) -> None:
    for n in range(40):
        async with connecting(server) as far:
            opening = asyncio.create_task(far.connection.open(deadline=10))
            await asyncio.sleep(n * 0.001)
            await server.say("publish", channel=VOICE, count=10)
            async with asyncio.timeout(2):
                await far.connection.close()
            with contextlib.suppress(SessionClosed):
                await opening
            assert far.states()[-1:] in ([], ["closed"])


async def test_close_during_a_new_handshake(server: CometdServer) -> None:
    async with connected(server) as far:
        await server.say("fault", kind="silent", channel="/meta/handshake", times=100)
        await server.say("restart")
        await eventually(lambda: far.connection.health.state == "reconnecting")
        await asyncio.sleep(0.2)
        waiting = asyncio.create_task(far.connection.connected())
        async with asyncio.timeout(1):
            await far.connection.close()
        with pytest.raises(SessionClosed):
            await waiting


async def test_cancelled_waiters_lose_no_event(server: CometdServer, quiet: None) -> None:
    async with connected(server) as far:
        for n in range(100):
            waiting = asyncio.create_task(far.connection.subscribe([MEDIA]))
            await server.say("publish", channel=VOICE, count=10, **{"from": n * 10})
            waiting.cancel()
        await far.receives(1000)
        assert far.numbers == list(range(1000))


async def test_refused_subscription_after_a_new_handshake_is_reported_and_the_others_go_on(
    server: CometdServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(server) as far:
        await server.say("refuse", channels=[MEDIA])
        await server.say("restart")
        await far.begins_session(2)
        health = far.connection.health
        [refused] = health.refused
        assert isinstance(refused, SubscriptionRefused)
        assert refused.channel == MEDIA
        assert health.last_error.startswith(f"SubscriptionRefused: {MEDIA}: 403")
        assert any(told.refused == (refused,) and told.state == "reconnecting" for told in far.told)
        assert any(record.levelno == logging.WARNING and MEDIA in record.getMessage() for record in caplog.records)
        await server.say("publish", channel=VOICE)
        await far.receives(1)


async def test_refused_subscription_fails_open_and_leaves_no_session(server: CometdServer) -> None:
    await server.say("refuse", channels=[MEDIA])
    async with connecting(server) as far:
        with pytest.raises(SubscriptionRefused) as refused:
            await far.connection.open(deadline=10)
        assert refused.value.channel == MEDIA
        assert await server.say("sessions") == []


async def test_denied_handshake_fails_open(server: CometdServer) -> None:
    await server.say("deny", advice={"reconnect": "none"})
    async with connecting(server) as far:
        with pytest.raises(HandshakeRefused, match="403::handshake_denied"):
            await far.connection.open(deadline=10)


async def test_handshake_denied_for_good_closes_the_connection(server: CometdServer) -> None:
    async with connected(server) as far:
        await server.say("deny", advice={"reconnect": "none"})
        await server.say("restart")
        await eventually(lambda: far.connection.health.state == "closed")
        with pytest.raises(SessionClosed) as closed:
            await far.connection.connected()
        assert isinstance(closed.value.__cause__, HandshakeRefused)
        assert far.states()[-1] == "closed"


@pytest.mark.parametrize("channel", ["/meta/handshake", "/meta/subscribe", "/meta/connect"])
async def test_cancelled_open_leaves_nothing(server: CometdServer, channel: str) -> None:
    await server.say("fault", kind="silent", channel=channel)
    async with connecting(server) as far:
        opening = asyncio.create_task(far.connection.open(deadline=10))
        await asyncio.sleep(0.1)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        requests = len(await server.say("requests"))
        await asyncio.sleep(0.3)
        assert len(await server.say("requests")) == requests
        assert far.connection.health.state == "closed"


async def test_open_that_takes_too_long_leaves_nothing(server: CometdServer) -> None:
    await server.say("fault", kind="silent", channel="/meta/subscribe")
    async with connecting(server) as far:
        with pytest.raises(OutcomeUnknown):
            await far.connection.open(deadline=0.2)
        assert far.connection.health.state == "closed"


async def test_open_without_a_server_says_that_nothing_was_sent() -> None:
    with contextlib.closing(await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)) as listener:
        port = listener.sockets[0].getsockname()[1]
    nobody = CometdServer(process=None, port=port)  # type: ignore[arg-type]
    async with connecting(nobody) as far:
        with pytest.raises(NotSent):
            await far.connection.open(deadline=5)
