"""Whom the client talks to, and what it takes along: TLS, redirects, cookies, the bearer token."""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from aiohttp import web
from certificates import Authority
from far_end import Tokens, quick, request_head, serving, session_of

import engage_async as ea
from engage_async.config import Settings
from engage_async.config_checks import is_loopback
from engage_async.emulator import Emulator
from engage_async.errors import NotSent
from engage_async.io.http import HttpEngine, HttpSession
from engage_async.io.token_store import StoredToken
from engage_async.protocol.redaction import SHOWN_HEADERS
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.requests import Request
from engage_async.secret import Secret

GET = Request(method="GET", path="/a", operation="x.get", repeat=Repeat.SAFE)

# --- TLS --------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def tls_server(context: ssl.SSLContext) -> AsyncIterator[tuple[int, list[str]]]:
    """A server on 127.0.0.1: its port, and the heads of what arrived."""
    heads: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heads.append(await request_head(reader))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], heads
    finally:
        server.close()
        await server.wait_closed()


async def test_a_server_of_a_trusted_authority_is_talked_to(tmp_path: Path) -> None:
    authority = Authority.made(tmp_path)
    async with tls_server(authority.server(tmp_path, "127.0.0.1")) as (port, heads):
        settings = quick(f"https://127.0.0.1:{port}", ca_file=authority.file, retry_attempts=1)
        async with session_of(settings, tokens=Tokens()) as session:
            assert (await session.send(GET)).http_status == 200
    assert "authorization: bearer token-1" in heads[0].lower()


@pytest.mark.parametrize("wrong", ["unknown authority", "another authority", "another host", "expired"])
async def test_nothing_is_sent_to_a_server_that_cannot_prove_who_it_is(wrong: str, tmp_path: Path) -> None:
    authority = Authority.made(tmp_path)
    trusted = Authority.made(tmp_path, "another") if wrong == "another authority" else authority
    host = "host.example" if wrong == "another host" else "127.0.0.1"
    async with tls_server(authority.server(tmp_path, host, expired=wrong == "expired")) as (port, heads):
        ca_file = None if wrong == "unknown authority" else trusted.file
        settings = quick(f"https://127.0.0.1:{port}", ca_file=ca_file, retry_attempts=1)
        async with session_of(settings, tokens=Tokens()) as session:
            with pytest.raises(NotSent, match="certificate"):
                await session.send(GET)
            with pytest.raises(NotSent, match="certificate"):
                await session.post_messages("/notifications", [{}], read_timeout=1.0)
    assert heads == []


@pytest.mark.parametrize("base_url", ["https://cloud.example", "HTTPS://cloud.example", "hTTps://cloud.example"])
@pytest.mark.parametrize("proxy", [None, "http://proxy.example:3128", "HTTP://proxy.example:3128"])
async def test_verification_is_on_however_the_address_is_written(base_url: str, proxy: str | None) -> None:
    engine = HttpEngine(Settings(base_url=base_url, proxy=proxy))
    context: ssl.SSLContext = engine.transport().ssl_context  # type: ignore[attr-defined]  # of our transport
    await engine.aclose()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_no_setting_turns_verification_off() -> None:
    names = {attribute.name for attribute in attrs.fields(Settings)}
    assert not {name for name in names if any(word in name for word in ("verify", "ssl", "tls", "insecure_t", "trust"))}
    unknown: Any
    for unknown in ({"verify": False}, {"verify_ssl": False}, {"ssl": False}, {"trust_env": True}):
        with pytest.raises(TypeError):
            Settings(base_url="https://cloud.example", **unknown)
        with pytest.raises(ea.ConfigurationError):
            Settings.from_env(
                {"ENGAGE_BASE_URL": "https://cloud.example", f"ENGAGE_{next(iter(unknown)).upper()}": "0"}
            )


@pytest.mark.parametrize(
    "url", ["http://cloud.example", "HTTP://cloud.example", "http://127.0.0.1.example", "http://localhost.example",
            "http://0.0.0.0", "http://[::]", "http://2130706433", "http://127.0.0.1@cloud.example"],
)  # fmt: skip
def test_plain_http_to_another_machine_needs_to_be_allowed(url: str) -> None:
    with pytest.raises(ea.ConfigurationError, match="base_url"):
        Settings(base_url=url)


# --- redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("verb", ["GET", "POST", "download", "poll"])
async def test_no_redirect_takes_token_key_and_cookies_to_another_host(status: int, verb: str) -> None:
    taken: list[web.Request] = []

    async def elsewhere(request: web.Request) -> web.Response:
        taken.append(request)
        return web.Response()

    async with serving(elsewhere) as other:

        async def redirect(_: web.Request) -> web.Response:
            answer = web.Response(status=status, headers={"Location": f"{other}/taken"})
            answer.set_cookie("WORKSPACE_SESSIONID", "one")
            return answer

        async with serving(redirect) as url, session_of(quick(url, api_key="key"), tokens=Tokens()) as session:
            for _ in range(2):  # the second time with the cookie
                assert (await exchange(session, verb)) == status
    assert taken == []


async def exchange(session: HttpSession, verb: str) -> int:
    if verb == "poll":
        return (await session.post_messages("/a", [{}], read_timeout=2.0)).http_status
    if verb == "download":
        return (await session.open(GET)).http_status
    return (await session.send(Request(method=verb, path="/a", operation="x"))).http_status


# --- cookies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", ["", "; Domain=127.0.0.1", "; Domain=.example", "; Domain=localhost"])
async def test_cookies_of_one_session_never_reach_another_one_of_the_same_connections(domain: str) -> None:
    sent: dict[str, set[str]] = {}

    async def answer(request: web.Request) -> web.Response:
        name = request.headers["x-who"]
        sent.setdefault(name, set()).add(request.headers.get("cookie", ""))
        return web.Response(headers={"Set-Cookie": f"SESSION=of-{name}; Path=/{domain}"})

    async with serving(answer) as url:
        engine = HttpEngine(quick(url))
        sessions = {name: engine.session(tokens=None, name=name) for name in ("ann", "bob", "cyd")}

        async def work(name: str) -> None:
            for _ in range(5):
                await sessions[name].send(Request(method="GET", path="/a", headers={"x-who": name}))
                await sessions[name].post_messages("/n", [{}], read_timeout=5, headers={"x-who": name})

        await asyncio.gather(*map(work, sessions))
        await engine.aclose()
    for name, cookies in sent.items():
        assert cookies <= {"", f"SESSION=of-{name}"}
    assert "example" in domain or "localhost" in domain or all(len(cookies) == 2 for cookies in sent.values())


async def test_agents_of_one_environment_have_cookies_of_their_own() -> None:
    async with (
        Emulator() as emulator,
        ea.Engage(
            base_url=emulator.base_url, client_id="engage-client", client_secret="engage-secret", username="JohnSmith",
            password="password",
        ) as john,
        john.with_credentials(username="KateLewis", password="password") as kate,
        john.workspace() as first,
        kate.workspace() as second,
        john.statistics() as third,
    ):  # fmt: skip
        assert first.user is not None
        assert second.user is not None
        assert (first.user.user_name, second.user.user_name) == ("JohnSmith", "KateLewis")
        assert third.is_open
        owners = {user: {one.id for one in emulator.web_sessions.of(user)} for user in ("JohnSmith", "KateLewis")}
        assert all(len(ids) == 1 for ids in owners.values())
        assert owners["JohnSmith"].isdisjoint(owners["KateLewis"])


# --- what is shown, kept, and listened on -----------------------------------------------------------------------------


def test_no_header_that_may_hold_a_secret_is_among_those_shown() -> None:
    assert SHOWN_HEADERS.isdisjoint(
        {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "location", "www-authenticate"}
    )


async def test_a_token_file_is_its_owners_from_its_first_moment(tmp_path: Path) -> None:
    file = tmp_path / "token.json"
    store = ea.FileTokenStore(file)
    before = os.umask(0)
    try:
        for text in ("first-token", "second-token"):
            await store.save(StoredToken(access_token=Secret(text)))
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert os.listdir(tmp_path) == ["token.json"]
    finally:
        os.umask(before)
    for mode in (0o644, 0o640, 0o604, 0o620):
        file.chmod(mode)
        with pytest.raises(ea.ConfigurationError, match="600") as refused:
            await store.load()
        assert "second-token" not in str(refused.value)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "192.0.2.7", "emulator.example", "127.0.0.1@x", "localhost.x"])
def test_the_emulator_refuses_to_listen_to_the_network(host: str) -> None:
    with pytest.raises(ea.ConfigurationError, match="loopback"):
        Emulator(host=host)


async def test_the_emulator_listens_on_this_machine_alone() -> None:
    assert "loopback interface only" in " ".join((Emulator.__doc__ or "").split())
    async with Emulator() as emulator:
        assert is_loopback(emulator.base_url)
        assert emulator.base_url.startswith("http://127.0.0.1:")
