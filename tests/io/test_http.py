from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import pytest
import respx
from aiohttp import web
from far_end import Tokens, quick, raw_server, request_head, serving, session_of, unused_port

from engage_async.config import Settings
from engage_async.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidArgument,
    MalformedResponse,
    NotSent,
    OutcomeUnknown,
    SessionClosed,
    WrongEventLoop,
)
from engage_async.io import failures
from engage_async.io.http import HttpEngine, HttpSession
from engage_async.protocol.redaction import RequestRecord, ResponseRecord
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Request
from engage_async.secret import Secret

GET = Request(method="GET", path="/a", repeat=Repeat.SAFE)
POST = Request(method="POST", path="/a", json={}, repeat=Repeat.ONCE)


# --- failures, over real sockets --------------------------------------------------------------------------------------


async def test_refused_connection_is_not_sent_and_is_told_in_plain_words() -> None:
    port = unused_port()
    async with session_of(quick(f"http://127.0.0.1:{port}", retry_attempts=2)) as session:
        with pytest.raises(NotSent) as caught:
            await session.send(POST)
    assert str(caught.value) == f"connection refused by 127.0.0.1:{port}"
    assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorError)


async def test_refused_connection_to_a_host_with_two_addresses_is_told_in_the_same_words() -> None:
    port = unused_port()
    async with session_of(quick(f"http://localhost:{port}", retry_attempts=1)) as session:
        with pytest.raises(NotSent, match=f"connection refused by localhost:{port}"):
            await session.send(POST)


async def test_unknown_host_is_not_sent() -> None:
    async with session_of(quick("https://nowhere.invalid", retry_attempts=1)) as session:
        with pytest.raises(NotSent, match=r"host name of nowhere.invalid:443 cannot be resolved"):
            await session.send(POST)


async def test_server_without_tls_is_not_sent() -> None:
    async def plain(_: web.Request) -> web.Response:
        return web.Response()

    async with serving(plain) as url, session_of(quick(url.replace("http:", "https:"), retry_attempts=1)) as session:
        with pytest.raises(NotSent, match="TLS"):
            await session.send(POST)


async def test_server_that_closes_before_answering_leaves_the_outcome_unknown() -> None:
    heads = []

    async def close_at_once(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        heads.append(await request_head(reader))

    async with raw_server(close_at_once) as url, session_of(quick(url)) as session:
        with pytest.raises(OutcomeUnknown, match="closed the connection without an answer"):
            await session.send(POST)
        assert len(heads) == 1
        with pytest.raises(OutcomeUnknown):
            await session.send(GET)
        assert len(heads) == 5


@pytest.mark.parametrize("method", ["DELETE", "PUT", "GET"])
async def test_nothing_is_repeated_below_us_when_a_kept_connection_breaks(method: str) -> None:
    heads = []

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await request_head(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        heads.append(await request_head(reader))

    async with raw_server(answer_once) as url, session_of(quick(url)) as session:
        once = Request(method=method, path="/a", repeat=Repeat.ONCE)
        await session.send(once)
        with pytest.raises(OutcomeUnknown):
            await session.send(once)
    assert len(heads) == 2


async def test_answer_cut_off_in_its_body_leaves_the_outcome_unknown() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()

    async with raw_server(cut) as url, session_of(quick(url)) as session:
        with pytest.raises(OutcomeUnknown, match="cut off in its body"):
            await session.send(POST)


async def test_answer_that_is_not_http_leaves_the_outcome_unknown() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head(reader)
        writer.write(b"ERROR: not a web server\r\n\r\n")
        await writer.drain()

    async with raw_server(garbage) as url, session_of(quick(url)) as session:
        with pytest.raises(OutcomeUnknown, match="not HTTP"):
            await session.send(POST)


async def test_silent_server_ends_in_a_read_time_out_with_unknown_outcome() -> None:
    async def silent(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async with serving(silent) as url, session_of(quick(url, read_timeout=0.05)) as session:
        with pytest.raises(OutcomeUnknown, match="did not answer in time"):
            await session.send(POST)


async def test_trickling_server_ends_at_the_requests_own_deadline() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with raw_server(trickle) as url, session_of(quick(url, connect_timeout=0.05)) as session:
        with pytest.raises(OutcomeUnknown, match=r"no complete answer .* in time"):
            await session.send(Request(method="POST", path="/a", timeout=0.1))
        with pytest.raises(OutcomeUnknown, match=r"no complete answer .* in time"):
            await session.post_messages("/notifications", [{}], read_timeout=0.05)


def foreign_exceptions() -> list[type[Exception]]:
    def of(module: Any) -> list[type[Exception]]:
        found = [getattr(module, name) for name in dir(module)]
        return [kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception)]

    return of(httpx) + of(aiohttp.client_exceptions)


def test_every_exception_of_httpx_and_aiohttp_has_a_meaning() -> None:
    names = {kind.__name__ for kind in foreign_exceptions()}
    assert names - failures.MEANINGS.keys() == set()
    assert failures.MEANINGS.keys() - names == {"OSError"}


def test_server_disconnect_is_an_unknown_outcome_although_the_transport_calls_it_a_connect_time_out() -> None:
    error = httpx.ConnectTimeout("as httpx_aiohttp maps it")
    error.__cause__ = aiohttp.ServerDisconnectedError()
    assert isinstance(failures.failure_of(error, "h:1"), OutcomeUnknown)
    assert isinstance(failures.failure_of(httpx.ConnectTimeout("really"), "h:1"), NotSent)


def test_an_exception_that_nobody_knows_is_not_explained_away() -> None:
    assert failures.failure_of(KeyError("a fault of ours"), "h:1") is None


# --- repetition -------------------------------------------------------------------------------------------------------


def answers(*statuses: int, headers: dict[str, str] | None = None) -> tuple[respx.Router, httpx.MockTransport]:
    router = respx.Router()
    router.route().side_effect = [httpx.Response(status, headers=headers, text="{}") for status in statuses]
    return router, httpx.MockTransport(router.async_handler)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("repeat", [Repeat.SAFE, Repeat.REPEATABLE])
async def test_busy_server_is_asked_again_where_the_operation_may_be_repeated(status: int, repeat: Repeat) -> None:
    router, transport = answers(status, status, 200)
    async with session_of(quick("https://h"), transport=transport) as session:
        assert (await session.send(Request(method="POST", path="/a", repeat=repeat))).http_status == 200
    assert router.calls.call_count == 3


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_busy_server_is_not_asked_again_for_what_must_happen_once(status: int) -> None:
    router, transport = answers(status)
    async with session_of(quick("https://h"), transport=transport) as session:
        assert (await session.send(POST)).http_status == status
    assert router.calls.call_count == 1


@pytest.mark.parametrize("repeat", Repeat)
async def test_429_is_an_answer_where_it_does_not_mean_throttling(repeat: Repeat) -> None:
    router, transport = answers(429, 503, 429, headers={"Retry-After": "0"})
    async with session_of(quick("https://h"), transport=transport) as session:
        request = Request(method="POST", path="/a", repeat=repeat, throttling=False)
        assert (await session.send(request)).http_status == 429
        assert router.calls.call_count == 1
        assert (await session.send(request)).http_status == (503 if repeat is Repeat.ONCE else 429)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 501])
async def test_other_errors_are_never_repeated(status: int) -> None:
    router, transport = answers(status)
    async with session_of(quick("https://h"), transport=transport) as session:
        assert (await session.send(GET)).http_status == status
    assert router.calls.call_count == 1


async def test_attempts_are_limited_and_the_last_answer_stands() -> None:
    router, transport = answers(503, 503, 502)
    async with session_of(quick("https://h", retry_attempts=3), transport=transport) as session:
        assert (await session.send(GET)).http_status == 502
    assert router.calls.call_count == 3


async def test_what_was_not_sent_is_repeated_even_when_it_must_happen_once() -> None:
    router = respx.Router()
    router.route().side_effect = [httpx.ConnectError("refused"), httpx.Response(200)]
    async with session_of(quick("https://h"), transport=httpx.MockTransport(router.async_handler)) as session:
        assert (await session.send(POST)).http_status == 200


@pytest.mark.parametrize(("first", "outcome"), [(httpx.ReadError("lost"), OutcomeUnknown), (httpx.Response(503), 503)])
async def test_what_may_have_been_carried_out_is_not_called_not_sent_when_it_cannot_be_sent_again(
    first: Any, outcome: Any
) -> None:
    router = respx.Router()
    router.route().side_effect = [first, *[httpx.ConnectError("refused")] * 3]
    transport = httpx.MockTransport(router.async_handler)
    async with session_of(quick("https://h", retry_attempts=4), transport=transport) as session:
        if isinstance(outcome, int):
            assert (await session.send(GET)).http_status == outcome
        else:
            with pytest.raises(outcome):
                await session.send(GET)
    assert router.calls.call_count == 4


async def test_a_request_that_is_no_longer_wanted_is_not_repeated() -> None:
    router, transport = answers(503, 200)
    request = Request(method="POST", path="/a", repeat=Repeat.REPEATABLE, again=lambda _: False)
    async with session_of(quick("https://h"), transport=transport) as session:
        assert (await session.send(request)).http_status == 503
    assert router.calls.call_count == 1


async def test_retry_after_is_waited_for() -> None:
    _, transport = answers(503, 200, headers={"Retry-After": "1"})
    async with session_of(quick("https://h"), transport=transport) as session:
        started = time.monotonic()
        assert (await session.send(GET)).http_status == 200
        assert time.monotonic() - started >= 1.0


async def test_retry_after_beyond_the_deadline_gives_the_answer_at_once() -> None:
    router, transport = answers(429, headers={"Retry-After": "Fri, 31 Dec 2099 23:59:59 GMT"})
    async with session_of(quick("https://h"), transport=transport) as session:
        answer = await session.send(Request(method="GET", path="/a", repeat=Repeat.SAFE, timeout=5))
    assert answer.http_status == 429
    assert router.calls.call_count == 1


# --- tokens and headers -----------------------------------------------------------------------------------------------


async def test_a_401_renews_the_token_once_and_repeats_once() -> None:
    seen = []

    async def protected(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.Response(status=200 if seen[-1] == "Bearer token-2" else 401)

    tokens = Tokens()
    async with serving(protected) as url, session_of(quick(url), tokens=tokens) as session:
        assert (await session.send(POST)).http_status == 200
        assert seen == ["Bearer token-1", "Bearer token-2"]
        tokens.number = 7
        assert (await session.send(POST)).http_status == 401
        assert seen[2:] == ["Bearer token-7", "Bearer token-8"]
        tokens.number = 1
        assert (await session.post_messages("/n", [{}], read_timeout=5)).http_status == 200
        assert seen[4:] == ["Bearer token-1", "Bearer token-2"]


async def test_token_and_key_are_sent_where_they_belong() -> None:
    seen: list[web.Request] = []

    async def note(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response()

    async with serving(note) as url:
        settings = quick(url, api_key="the-key", extra_headers={"X-Extra": "1"}, trace_headers=True)
        engine = HttpEngine(settings)
        with_token = engine.session(tokens=Tokens(), name="a")
        cookie_only = engine.session(tokens=Tokens(), name="b", bearer_on_notifications=False)
        await with_token.send(POST)
        await with_token.send(Request(method="POST", path="/a", authenticate=False))
        await with_token.post_messages("/n", [{}], read_timeout=5)
        await cookie_only.post_messages("/n", [{}], read_timeout=5)
        await engine.aclose()
    assert [request.headers.get("Authorization") for request in seen] == [
        "Bearer token-1",
        None,
        "Bearer token-1",
        None,
    ]
    assert {request.headers["x-api-key"] for request in seen} == {"the-key"}
    assert {request.headers["X-Extra"] for request in seen} == {"1"}
    assert len({request.headers["X-B3-TraceId"] for request in seen}) == 4
    assert all(len(r.headers["X-B3-TraceId"]) == 32 and len(r.headers["X-B3-SpanId"]) == 16 for r in seen)


async def test_a_token_that_does_not_come_in_time_is_not_sent() -> None:
    class Slow(Tokens):
        def ready(self) -> Secret | None:
            return None

        async def bearer(self) -> Secret:
            await asyncio.sleep(30)
            return Secret("late")

    async with session_of(quick("https://h"), tokens=Slow()) as session:
        with pytest.raises(NotSent, match="no access token in time"):
            await session.send(Request(method="POST", path="/a", timeout=0.02))


async def test_no_token_no_request() -> None:
    class Refused(Tokens):
        def ready(self) -> Secret | None:
            return None

        async def bearer(self) -> Secret:
            raise AuthenticationError("refused")

    router, transport = answers(200)
    async with session_of(quick("https://h"), tokens=Refused(), transport=transport) as session:
        with pytest.raises(AuthenticationError):
            await session.send(POST)
    assert router.calls.call_count == 0


# --- what is sent and read --------------------------------------------------------------------------------------------


async def test_path_query_and_body_arrive_as_they_are() -> None:
    lines = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await request_head(reader)).split("\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    path = "/a%2Fb%20c%3Fd%23e%25f%2B/%C3%A9;x=1/..%2F"
    query = {"q": "a b+c&d=é%/?", "empty": ""}
    async with raw_server(echo) as url, session_of(quick(url + "/prefix")) as session:
        await session.send(Request(method="GET", path=path, query=query))
    assert lines == [f"GET /prefix{path}?q=a%20b%2Bc%26d%3D%C3%A9%25/?&empty= HTTP/1.1"]


@pytest.mark.parametrize("path", ["/a/../b", "/a/%2e%2E/b", "/a/.", "a", "/a b", "/a?b", "/a#b", "/é", "/a\\..\\b"])
async def test_a_path_that_could_reach_another_operation_is_refused(path: str) -> None:
    async with session_of(quick("https://h"), transport=answers(200)[1]) as session:
        with pytest.raises(InvalidArgument):
            await session.send(Request(method="GET", path=path))


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": object()}, {"a": "\ud800"}])
async def test_a_body_that_json_cannot_express_is_refused(body: object) -> None:
    async with session_of(quick("https://h"), transport=answers(200)[1]) as session:
        with pytest.raises(InvalidArgument):
            await session.send(Request(method="POST", path="/a", json=body))


async def test_html_empty_and_badly_encoded_bodies_are_read_as_text() -> None:
    bodies = [b"<html>", b"", b'\xef\xbb\xbf{"a": 1}', b"\xff\xfe"]

    async def mislabelled(request: web.Request) -> web.Response:
        return web.Response(body=bodies[int(request.path[1:])], content_type="application/json")

    async with serving(mislabelled) as url, session_of(quick(url)) as session:
        texts = [(await session.send(Request(method="GET", path=f"/{n}"))).text for n in range(len(bodies))]
    assert texts == ["<html>", "", '{"a": 1}', "\ufffd\ufffd"]


async def test_a_redirect_is_given_back_and_not_followed() -> None:
    async def redirect(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://elsewhere/", "Set-Cookie": "a=b"})

    async with serving(redirect) as url, session_of(quick(url)) as session:
        answer = await session.send(GET)
    assert (answer.http_status, answer.headers["location"]) == (302, "https://elsewhere/")
    assert "set-cookie" not in answer.headers


def bomb(_: bytes) -> tuple[bytes, str]:
    return gzip.compress(b" " * 5_000_000), "gzip"


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b" " * 2000, None),
        (gzip.compress(b" " * 5_000_000), "gzip"),
        (zlib.compress(b" " * 5_000_000), "deflate"),
        (gzip.compress(gzip.compress(b" " * 5_000_000)), "gzip, gzip"),
        (b"not gzip at all", "gzip"),
    ],
)
async def test_a_body_beyond_the_limit_or_badly_compressed_is_malformed(body: bytes, coding: str | None) -> None:
    heads = []

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        label = f"Content-Encoding: {coding}\r\n" if coding else ""
        while True:
            heads.append(await request_head(reader))
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{label}\r\n".encode() + body)
            await writer.drain()

    async with raw_server(large) as url, session_of(quick(url, max_response_bytes=1000)) as session:
        for _ in range(2):
            with pytest.raises(MalformedResponse):
                await session.send(GET)
    assert len(heads) == 2


async def test_a_large_body_within_the_limit_arrives_decompressed() -> None:
    async def large(_: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"x" * 300_000), headers={"Content-Encoding": "gzip"})

    async with serving(large) as url, session_of(quick(url)) as session:
        assert (await session.send(GET)).text == "x" * 300_000


# --- cookies ----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def cookie_server() -> AsyncIterator[str]:
    async def cookies(request: web.Request) -> web.Response:
        response = web.json_response(dict(request.cookies))
        if (owner := request.query.get("for")) is not None:
            response.headers.add("Set-Cookie", f"WORKSPACE_SESSIONID={owner}; Path=/; Secure; HttpOnly")
            response.headers.add("Set-Cookie", "AWSALB=sticky; Path=/; Expires=Fri, 31 Dec 2099 23:59:59 GMT")
            response.headers.add("Set-Cookie", "BAYEUX_BROWSER=xyz; Path=/; SameSite=None; Secure")
        return response

    async with serving(cookies) as url:
        yield url


async def test_each_session_keeps_all_its_cookies_and_sees_no_others() -> None:
    async with cookie_server() as url:
        engine = HttpEngine(quick(url))
        sessions = [engine.session(tokens=None, name=name) for name in ("ann", "bob")]
        for session in sessions:
            await session.send(Request(method="GET", path="/v3/open", query={"for": session.name}))
        texts = [(await session.post_messages("/n", [{}], read_timeout=5)).text for session in sessions]
        third = await engine.session(tokens=None, name="third").send(GET)
        await engine.aclose()
    expected = '{{"WORKSPACE_SESSIONID": "{}", "AWSALB": "sticky", "BAYEUX_BROWSER": "xyz"}}'
    assert sorted(texts[0].strip("{}").split(", ")) == sorted(expected.format("ann").strip("{}").split(", "))
    assert '"bob"' in texts[1]
    assert third.text == "{}"


async def test_secure_cookies_stay_off_plain_http_unless_that_is_allowed() -> None:
    async with cookie_server() as url, session_of(quick(url, allow_insecure_cookies=False)) as session:
        await session.send(Request(method="GET", path="/", query={"for": "ann"}))
        assert (await session.send(GET)).text == '{"AWSALB": "sticky"}'


# --- life cycle -------------------------------------------------------------------------------------------------------


async def test_a_closed_session_or_engine_refuses() -> None:
    engine = HttpEngine(quick("https://h"), transport=answers(200, 200)[1])
    session, other = (engine.session(tokens=None, name=name) for name in "ab")
    await session.send(GET)
    await session.aclose()
    await session.aclose()
    with pytest.raises(SessionClosed):
        await session.send(GET)
    with pytest.raises(SessionClosed):
        await session.post_messages("/n", [], read_timeout=1)
    await engine.aclose()
    await engine.aclose()
    with pytest.raises(SessionClosed):
        await other.send(GET)


def test_a_session_refuses_another_event_loop() -> None:
    engine = HttpEngine(quick("https://h"), transport=answers(200, 200)[1])
    session = engine.session(tokens=None, name="a")
    asyncio.run(_send(session))
    with pytest.raises(WrongEventLoop):
        asyncio.run(_send(session))


async def _send(session: HttpSession) -> None:
    await session.send(GET)


async def test_a_cancelled_request_leaves_no_connection() -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await request_head(reader)
        arrived.set()
        assert await reader.read() == b""
        gone.set()

    async with raw_server(hold) as url, session_of(quick(url)) as session:
        task = asyncio.create_task(session.send(POST))
        await asyncio.wait_for(arrived.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(gone.wait(), 5)


async def test_closing_the_engine_ends_requests_in_flight() -> None:
    arrived = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await request_head(reader)
        arrived.set()
        await reader.read()

    async with raw_server(hold) as url:
        engine = HttpEngine(quick(url))
        task = asyncio.create_task(engine.session(tokens=None, name="a").send(POST))
        await asyncio.wait_for(arrived.wait(), 5)
        await engine.aclose()
        with pytest.raises(OutcomeUnknown):
            await asyncio.wait_for(task, 5)


def test_a_transport_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="transport"):
        HttpEngine(quick("https://h"), transport=object())


async def test_a_bad_certificate_file_is_named(tmp_path: Any) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("not a certificate")
    for setting in ("ca_file", "client_cert"):
        async with session_of(quick("https://h", **{setting: bad})) as session:
            with pytest.raises(ConfigurationError, match=setting):
                await session.send(GET)


async def test_a_proxy_is_used_and_its_password_is_in_no_error() -> None:
    lines = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await request_head(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()

    async with raw_server(proxy) as url:
        through = url.replace("http://", "http://joe:proxy-secret@")
        async with session_of(quick("http://127.0.0.1:9", proxy=through)) as session:
            assert (await session.send(GET)).text == "{}"
    assert lines[0].startswith("GET http://127.0.0.1:9/a HTTP/1.1")
    assert "Proxy-Authorization: Basic " in lines[0]
    port = unused_port()
    settings = quick("http://127.0.0.1:9", proxy=f"http://joe:proxy-secret@127.0.0.1:{port}", retry_attempts=1)
    async with session_of(settings) as session:
        with pytest.raises(NotSent, match=f"connection refused by 127.0.0.1:{port}") as caught:
            await session.send(GET)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# --- watching ---------------------------------------------------------------------------------------------------------


async def test_hooks_see_every_attempt_redacted_and_cannot_break_a_request(caplog: pytest.LogCaptureFixture) -> None:
    requests: list[RequestRecord] = []
    responses: list[ResponseRecord] = []

    async def on_request(record: RequestRecord) -> None:
        requests.append(record)

    def on_response(record: ResponseRecord) -> None:
        responses.append(record)
        raise RuntimeError("a hook that fails")

    _, transport = answers(503, 200, headers={"Retry-After": "0", "Set-Cookie": "a=cookie-secret"})
    settings = quick("https://h", api_key="key-secret")
    async with session_of(settings, transport=transport, on_request=on_request, on_response=on_response) as session:
        query = {"code": "code-secret", "limit": "5"}
        await session.send(Request(method="GET", path="/a", query=query, operation="x.y", repeat=Repeat.SAFE))
    assert [(r.method, r.path, r.query, r.operation, r.session, r.attempt) for r in requests] == [
        ("GET", "/a", ("code", "limit"), "x.y", "test", 1),
        ("GET", "/a", ("code", "limit"), "x.y", "test", 2),
    ]
    assert [(r.http_status, r.error) for r in responses] == [(503, None), (200, None)]
    assert responses[0].headers["retry-after"] == "0"
    assert all(r.elapsed >= 0 for r in responses)
    assert "secret" not in repr((requests, responses))
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


async def test_a_failure_is_told_to_hooks_and_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="engage_async")
    told: list[Callable[[], str] | str | None] = []
    port = unused_port()
    settings = quick(f"http://127.0.0.1:{port}", retry_attempts=1)
    async with session_of(settings, on_response=lambda record: told.append(record.error)) as session:
        with pytest.raises(NotSent):
            await session.send(GET)
    assert told == [f"connection refused by 127.0.0.1:{port}"]
    assert f"GET /a -> connection refused by 127.0.0.1:{port} in" in caplog.text


def test_one_tls_context_serves_all_sessions_and_verifies() -> None:
    engine = HttpEngine(Settings(base_url="https://h"))

    async def context() -> ssl.SSLContext:
        transport = engine.transport()
        verified: ssl.SSLContext = transport.ssl_context  # type: ignore[attr-defined]  # of our transport
        await engine.aclose()
        return verified

    assert asyncio.run(context()).verify_mode is ssl.CERT_REQUIRED
