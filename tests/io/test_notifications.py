"""The notification connection over a real socket, against an endpoint that says what no well-behaved server says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from random import Random
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from attrs import field, mutable

from engage_async.errors import (
    AuthenticationError,
    HandshakeRefused,
    MalformedResponse,
    OutcomeUnknown,
    SessionClosed,
    SubscriptionRefused,
)
from engage_async.io.notifications import Health, LossReason, NotificationConnection, NotificationSettings, PostResult
from engage_async.protocol.notices import Notice
from engage_async.protocol.requests import Answer

SETTINGS = NotificationSettings(
    meta_timeout=1.0, poll_margin=0.2, backoff_first=0.05, backoff_limit=0.2, close_timeout=0.3
)


def event(n: int, channel: str = "/voice") -> dict[str, Any]:
    return {"channel": channel, "data": {"messageType": "Numbered", "n": n}}


@mutable
class Endpoint:
    """A CometD endpoint for one client. `script` puts something else in the place of the answers to a channel.

    An entry is the list of messages to send, with ``...`` where the ordinary replies go; or a text to send as it is;
    or a coroutine function that answers the request itself. Each entry is used once.
    """

    script: dict[str, list[Any]] = field(factory=dict)
    requests: list[list[dict[str, Any]]] = field(factory=list)
    events: asyncio.Queue[dict[str, Any]] = field(factory=asyncio.Queue)
    advice: dict[str, Any] = field(factory=lambda: {"timeout": 500, "interval": 0, "reconnect": "retry"})
    sessions: int = 0
    url: str = ""

    def channels(self) -> list[str]:
        return [messages[0]["channel"] for messages in self.requests]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        messages = await request.json()
        self.requests.append(messages)
        waiting = self.script.get(messages[0]["channel"])
        scripted = waiting.pop(0) if waiting else [...]
        if isinstance(scripted, str):
            return web.Response(text=scripted)
        if not isinstance(scripted, list):
            answer = await scripted(request)
            assert isinstance(answer, web.StreamResponse)
            return answer
        ordinary = [reply for message in messages for reply in await self._reply(message)] if ... in scripted else []
        return web.json_response([part for entry in scripted for part in (ordinary if entry is ... else [entry])])

    async def _reply(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        reply = {"channel": message["channel"], "id": message["id"], "successful": True}
        if message["channel"] == "/meta/handshake":
            self.sessions += 1
            return [{**reply, "clientId": f"client-{self.sessions}", "version": "1.0", "advice": self.advice}]
        if message["channel"] == "/meta/connect" and "advice" not in message:
            with contextlib.suppress(TimeoutError):
                return [await asyncio.wait_for(self.events.get(), self.advice["timeout"] / 1000), reply]
        if message["channel"] in ("/meta/subscribe", "/meta/unsubscribe"):
            reply["subscription"] = message["subscription"]
        return [reply]


@mutable
class Far:
    connection: NotificationConnection
    notices: list[Notice] = field(factory=list)
    told: list[Health] = field(factory=list)
    recovered: list[LossReason] = field(factory=list)

    @property
    def numbers(self) -> list[int]:
        return [notice.payload["n"] for notice in self.notices]

    async def receives(self, *numbers: int) -> None:
        await eventually(lambda: self.numbers == list(numbers))


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while True:
            if condition():
                return
            await asyncio.sleep(0.005)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/notifications", endpoint.answer)
    async with TestServer(app) as server:
        endpoint.url = str(server.make_url("/notifications"))
        yield endpoint


@contextlib.asynccontextmanager
async def connecting(
    endpoint: Endpoint,
    *,
    before: Callable[[list[dict[str, Any]]], None] = lambda _messages: None,
    settings: NotificationSettings = SETTINGS,
    channels: Sequence[str] = ("/voice", "/media"),
    recovery: Callable[[], Awaitable[Any]] | None = None,
) -> AsyncIterator[Far]:
    """A connection that is not open yet; closed at the end, with no task of it left. `before` may fail a request."""

    async def post(messages: list[dict[str, Any]], headers: dict[str, str], read_timeout: float) -> PostResult:
        before(messages)
        try:
            timeout = aiohttp.ClientTimeout(sock_read=read_timeout)
            async with http.post(endpoint.url, json=messages, headers=headers, timeout=timeout) as response:
                return Answer(response.status, {}, await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise OutcomeUnknown("no complete answer") from error

    async def recover(reason: LossReason) -> None:
        far.recovered.append(reason)
        if recovery is not None:
            await recovery()

    def extend(notices: Sequence[Notice]) -> None:
        far.notices.extend(notices)

    def tell(health: Health) -> None:
        far.told.append(health)

    async with aiohttp.ClientSession() as http:
        connection = NotificationConnection(
            post=post,
            channels=channels,
            deliver=extend,
            on_change=tell,
            recover=recover,
            settings=settings,
            name="test",
            random=Random(1),
        )
        far = Far(connection)
        try:
            yield far
        finally:
            await connection.close()
            assert names() == []


@contextlib.asynccontextmanager
async def connected(endpoint: Endpoint, **more: Any) -> AsyncIterator[Far]:
    async with connecting(endpoint, **more) as far:
        await far.connection.open(deadline=5)
        yield far


def names() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("engage-")]


async def test_one_named_task_runs_while_open_and_none_after(endpoint: Endpoint) -> None:
    async with connected(endpoint) as far:
        assert names() == ["engage-notifications:test"]
        await far.connection.close()
        assert names() == []
        assert endpoint.channels()[-1] == "/meta/disconnect"


async def test_events_in_any_answer_are_delivered_also_before_the_acknowledgement(endpoint: Endpoint) -> None:
    endpoint.script = {
        "/meta/handshake": [[event(0), ..., event(1)]],
        "/meta/subscribe": [[event(2, "/never/subscribed"), ..., event(3)]],
        "/meta/connect": [[event(4), ...]],
        "/meta/disconnect": [[event(6), ...]],
    }
    async with connected(endpoint) as far:
        assert far.numbers == [0, 1, 2, 3, 4]
        endpoint.events.put_nowait(event(5))
        await far.receives(0, 1, 2, 3, 4, 5)
        await far.connection.close()
        assert far.numbers == [0, 1, 2, 3, 4, 5, 6]


async def test_malformed_messages_are_left_out_counted_and_warned_of_once(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    bad = [None, 7, {}, {"channel": 3}, {"channel": "/voice", "data": "text"}, {"channel": "/meta/subscribe"}]
    endpoint.script["/meta/connect"] = [[...], [event(0), *bad, event(1), ...], [*bad, event(2), ...]]
    async with connected(endpoint) as far:
        await far.receives(0, 1, 2)
        assert (far.connection.health.malformed, far.connection.health.state) == (12, "connected")
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


async def test_lone_object_is_taken_as_a_message(endpoint: Endpoint) -> None:
    endpoint.script["/meta/handshake"] = [json.dumps({"channel": "/meta/handshake", "id": "0", "successful": True,
                                                      "clientId": "lone"})]  # fmt: skip
    async with connected(endpoint):
        assert endpoint.requests[1][0]["clientId"] == "lone"


async def test_acknowledgements_are_sent_only_when_the_server_agreed(endpoint: Endpoint) -> None:
    async with connected(endpoint) as far:
        assert endpoint.requests[0][0]["ext"] == {"ack": True}
        await eventually(lambda: endpoint.channels().count("/meta/connect") == 2)
        assert all("ext" not in messages[0] for messages in endpoint.requests[1:])
        assert not far.connection.health.ack


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"successful": True}, MalformedResponse),
        ({"successful": True, "clientId": 7}, MalformedResponse),
        ({"successful": "true", "clientId": "c"}, MalformedResponse),
        ({"successful": False, "error": "403::no"}, HandshakeRefused),
        ({"successful": True, "clientId": "c", "advice": {"reconnect": "none"}}, HandshakeRefused),
        ({"successful": False, "advice": "text", "error": {"x": 1}}, HandshakeRefused),
    ],
)
async def test_handshake_reply_that_gives_no_session_fails_open(
    endpoint: Endpoint, reply: dict[str, Any], error: type[Exception]
) -> None:
    endpoint.script["/meta/handshake"] = [[{"channel": "/meta/handshake", "id": "0", **reply}]]
    async with connecting(endpoint) as far:
        with pytest.raises(error):
            await far.connection.open(deadline=5)
        assert far.connection.health.state == "closed"
        assert far.told[-1].state == "closed"


async def test_session_that_the_server_ends_in_the_first_connect_fails_open(endpoint: Endpoint) -> None:
    endpoint.script["/meta/connect"] = [[{"channel": "/meta/disconnect"}, ...]]
    async with connecting(endpoint) as far:
        with pytest.raises(HandshakeRefused, match="disconnected by the server"):
            await far.connection.open(deadline=5)


async def test_subscription_without_a_reply_counts_as_refused(endpoint: Endpoint) -> None:
    granted = {"channel": "/meta/subscribe", "id": "1", "successful": True, "subscription": "/voice"}
    endpoint.script["/meta/subscribe"] = [[granted]]
    async with connecting(endpoint) as far:
        with pytest.raises(SubscriptionRefused, match="/media: no reply"):
            await far.connection.open(deadline=5)


async def test_answer_that_trickles_for_ever_is_given_up(endpoint: Endpoint) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.02)
        return response

    endpoint.script["/meta/handshake"] = [trickle]
    async with connecting(endpoint, settings=NotificationSettings(meta_timeout=0.1)) as far:
        with pytest.raises(OutcomeUnknown, match=r"no complete answer in 0\.2 s"):
            await far.connection.open(deadline=5)


@pytest.mark.parametrize("failure", [AuthenticationError("no token"), RuntimeError("a fault of ours"), TimeoutError()])
async def test_failure_before_anything_is_sent_does_not_end_the_poll(endpoint: Endpoint, failure: Exception) -> None:
    failures = [failure, failure]

    def before(messages: list[dict[str, Any]]) -> None:
        if messages[0]["channel"] == "/meta/connect" and "advice" not in messages[0] and failures:
            raise failures.pop()
        if failures == [failure] and messages[0]["channel"] == "/meta/connect":
            raise failures.pop()

    async with connected(endpoint, before=before) as far:
        await eventually(lambda: far.connection.health.reconnects == 1)
        assert far.connection.health.last_error
        endpoint.events.put_nowait(event(0))
        await far.receives(0)
        assert far.connection.health.handshakes == 1


async def test_close_is_bounded_when_the_server_does_not_answer_the_goodbye(endpoint: Endpoint) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1)
        return web.Response()

    endpoint.script["/meta/disconnect"] = [silent]
    async with connected(endpoint) as far:
        async with asyncio.timeout(0.8):
            await far.connection.close()


async def test_close_from_two_tasks_at_once(endpoint: Endpoint) -> None:
    async with connected(endpoint) as far:
        await asyncio.gather(far.connection.close(), far.connection.close())
        assert endpoint.channels().count("/meta/disconnect") == 1


async def test_connection_is_opened_once_and_never_again(endpoint: Endpoint) -> None:
    async with connecting(endpoint) as far:
        with pytest.raises(SessionClosed):
            await far.connection.connected()
        await far.connection.open(deadline=5)
        with pytest.raises(SessionClosed):
            await far.connection.open(deadline=5)
        assert far.connection.health.state == "connected"


@pytest.mark.parametrize("channel", ["/meta/handshake", "/meta/subscribe", "/meta/connect"])
async def test_close_while_opening_ends_open_and_the_task(endpoint: Endpoint, channel: str) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1)
        return web.Response()

    endpoint.script[channel] = [silent]
    async with connecting(endpoint) as far:
        opening = asyncio.create_task(far.connection.open(deadline=5))
        await eventually(lambda: channel in endpoint.channels())
        await far.connection.close()
        assert names() == []
        with pytest.raises(SessionClosed):
            await opening


async def test_failed_new_subscription_request_begins_another_session(endpoint: Endpoint) -> None:
    async with connected(endpoint) as far:
        endpoint.script["/meta/subscribe"] = ["<html>", "<html>"]
        endpoint.script["/meta/connect"] = [[{"channel": "/meta/disconnect"}, ...]]
        endpoint.events.put_nowait(event(0))
        await eventually(lambda: far.connection.health.handshakes == 4)
        await eventually(lambda: far.connection.health.state == "connected")
        assert [reason.kind for reason in far.recovered] == ["disconnected"]
        endpoint.events.put_nowait(event(1))
        await far.receives(0, 1)


async def test_answer_lost_during_a_recovery_begins_another_in_its_place(endpoint: Endpoint) -> None:
    endpoint.script["/meta/connect"] = [[...], "<html>", [...], "<html>"]
    ends: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("ended")

    async with connected(endpoint, recovery=hang) as far:
        await eventually(lambda: len(far.recovered) == 2)
        assert [reason.kind for reason in far.recovered] == ["response-lost"] * 2
        assert ends == ["ended"]
        assert sorted(names()) == ["engage-notifications:test", "engage-notifications:test:recovery"]
        endpoint.events.put_nowait(event(0))
        await far.receives(0)
        assert far.connection.health.state == "reconnecting"
    assert ends == ["ended", "ended"]


async def test_nothing_of_an_event_reaches_the_log_above_debug(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    secret = {"channel": "/voice", "data": {"messageType": "M", "n": 0, "phone": "5551212"}}
    endpoint.script["/meta/connect"] = [
        [...],
        [secret, ...],
        "5551212",
        [secret, {"channel": 7, "data": "5551212"}, ...],
    ]
    async with connected(endpoint) as far:
        await far.receives(0, 0)
    assert caplog.records
    assert "5551212" not in caplog.text


async def test_health_tells_the_age_of_the_last_answer(endpoint: Endpoint) -> None:
    async with connecting(endpoint) as far:
        before = far.connection.health
        await far.connection.open(deadline=5)
        await asyncio.sleep(0.1)
        after = far.connection.health
        assert before.last_answer_age is None
        assert after.last_answer_age is not None
        assert 0.1 <= after.last_answer_age < 2


def test_a_connection_needs_no_event_loop_before_it_is_opened() -> None:
    async def post(messages: list[dict[str, Any]], headers: dict[str, str], read_timeout: float) -> PostResult:
        return Answer(200, {}, b"[]")

    connection = NotificationConnection(post=post, channels=["/voice"], deliver=lambda _notices: None)

    async def use() -> None:
        with pytest.raises(MalformedResponse):
            await connection.open(deadline=1)

    asyncio.run(use())
    assert connection.health.state == "closed"
