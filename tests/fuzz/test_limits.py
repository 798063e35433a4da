"""What is too large, too deep, or a compression bomb is refused with a typed error, and costs little memory."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from far_end import little_memory, quick, serving, session_of

import engage_async as ea
from engage_async.emulator import Emulator
from engage_async.errors import MalformedResponse
from engage_async.io.http import HttpSession
from engage_async.protocol.bayeux import read_response
from engage_async.protocol.envelope import read_reply
from engage_async.protocol.requests import Request
from tests.end_to_end.agents import engage_for

LIMIT = 1_000_000
HUGE = 100_000_000
GET = Request(method="GET", path="/a", operation="x.get")


def bomb(coding: str) -> bytes:
    """A hundred million bytes, as a hundred thousand."""
    piece = b"[" * 1_000_000
    if coding == "gzip":
        return gzip.compress(piece, 1) * (HUGE // len(piece))
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(piece) for _ in range(HUGE // len(piece))) + packer.flush()


@asynccontextmanager
async def answering(body: bytes, **headers: str) -> AsyncIterator[HttpSession]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async with serving(answer) as url, session_of(quick(url, max_response_bytes=LIMIT)) as session:
        yield session


@pytest.mark.parametrize("way", ["reply", "poll"])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_compression_bomb_is_refused_before_it_unfolds(way: str, coding: str) -> None:
    body = bomb(coding)
    assert len(body) < HUGE / 100
    async with answering(body, content_encoding=coding) as session:
        with little_memory(6 * LIMIT + 2 * len(body)), pytest.raises(MalformedResponse, match=f"{LIMIT} bytes"):
            await received(session, way)


@pytest.mark.parametrize("way", ["reply", "poll"])
async def test_an_endless_body_is_refused_at_the_limit(way: str) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 65536)
                sent += 65536
        except (ConnectionError, asyncio.CancelledError):
            return response

    async with serving(endless) as url, session_of(quick(url, max_response_bytes=LIMIT)) as session:
        with little_memory(8 * LIMIT), pytest.raises(MalformedResponse, match=f"{LIMIT} bytes"):
            await received(session, way)
    assert sent < 20 * LIMIT


async def received(session: HttpSession, way: str) -> Any:
    if way == "poll":
        return await session.post_messages("/n", [{}], read_timeout=20.0)
    return await session.send(GET)


@pytest.mark.parametrize(
    "text", ["[" * 500_000, "[" * 500_000 + "]" * 500_000, '{"a":' * 500_000, '{"a":[' * 300_000 + "0"]
)
def test_deep_nesting_is_malformed(text: str) -> None:
    with pytest.raises(MalformedResponse):
        read_reply(200, text, operation="x.get")
    with pytest.raises(MalformedResponse):
        read_reply(200, f'{{"status": {{"code": 0}}, "data": {text}}}', operation="x.get")
    try:
        response = read_response(200, text.encode())
    except MalformedResponse:
        return
    assert (list(response.notices), list(response.replies)) == ([], [])


def test_a_number_of_a_million_digits_costs_nothing() -> None:
    with pytest.raises(MalformedResponse):
        read_reply(200, f'{{"status": {{"code": {"9" * 1_000_000}}}}}', operation="x.get")


async def test_a_deep_or_large_event_within_the_limit_arrives_like_any_other() -> None:
    async with Emulator() as emulator, engage_for(emulator) as engage, engage.workspace() as agent:
        async with agent.events(ea.UnknownEvent) as events:
            for size, levels in ((10, 300), (500_000, 1)):
                value: Any = "x" * size
                for _ in range(levels):
                    value = [value]
                emulator.publish("JohnSmith", "/workspace/v3/voice", {"messageType": "Large", "value": value})
                event = await anext(events)
                assert len(json.dumps(event.raw)) > size + levels
        assert agent.health.notifications.malformed == 0
