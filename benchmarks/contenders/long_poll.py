"""Long polling against the official CometD server: count events, or note how long each took.

Parameters: the contender, the port, how many events, and whether latencies are wanted. Says ``ready`` once subscribed,
and then when the last event had come.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.contenders.reporting import clock, cpu, run, say

VOICE = "/workspace/v3/voice"

Receive = Callable[[dict[str, Any]], None]
"""Is called with the call of every event."""


@asynccontextmanager
async def ours(port: int, receive: Receive) -> AsyncIterator[None]:
    """A session of this package; every event goes as a typed event to a handler."""
    import engage_async as ea
    from engage_async.io.http import HttpEngine
    from engage_async.sessions.service import ServiceSession

    settings = ea.Settings(base_url=f"http://localhost:{port}")
    engine = HttpEngine(settings)
    http = engine.session(tokens=None, name="bench")
    session = ServiceSession(http, settings, name="bench", path="/notifications", channels=(VOICE,))
    session._begin()

    @session.on(ea.CallStateChanged)
    def came(event: ea.CallStateChanged) -> None:
        receive({"id": event.call.id, "at": event.call.extra["at"]})

    await session._notifications.open(deadline=10)
    try:
        yield
    finally:
        await session.aclose()
        await engine.aclose()


@asynccontextmanager
async def aiocometd_ng(port: int, receive: Receive) -> AsyncIterator[None]:
    """The maintained fork of aiocometd as it comes."""
    library: Any = importlib.import_module("aiocometd_ng")
    url, way = f"http://localhost:{port}/notifications", library.ConnectionType.LONG_POLLING
    async with library.Client(url, way) as client:
        await client.subscribe(VOICE)

        async def read() -> None:
            async for message in client:
                receive(message["data"]["call"])

        task = asyncio.create_task(read())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


Post = Callable[[list[dict[str, Any]]], Any]


@asynccontextmanager
async def bare(post: Post, receive: Receive) -> AsyncIterator[None]:
    """A loop and nothing else: no recovery, no types, no checks."""
    handshake = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
    client = (await post([handshake]))[0]["clientId"]
    await post([{"channel": "/meta/subscribe", "clientId": client, "subscription": VOICE}])
    connect = {"channel": "/meta/connect", "clientId": client, "connectionType": "long-polling"}
    await post([{**connect, "advice": {"timeout": 0}}])

    async def poll() -> None:
        while True:
            for message in await post([connect]):
                if message["channel"] == VOICE:
                    receive(message["data"]["call"])

    task = asyncio.create_task(poll())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def bare_httpx(port: int, receive: Receive) -> AsyncIterator[None]:
    """The bare loop on httpx as it comes."""
    import httpx

    async with httpx.AsyncClient(timeout=60) as client:

        async def post(messages: list[dict[str, Any]]) -> Any:
            return (await client.post(f"http://localhost:{port}/notifications", json=messages)).json()

        async with bare(post, receive):
            yield


@asynccontextmanager
async def bare_aiohttp(port: int, receive: Receive) -> AsyncIterator[None]:
    """The bare loop on aiohttp as it comes."""
    import aiohttp

    async with aiohttp.ClientSession() as client:

        async def post(messages: list[dict[str, Any]]) -> Any:
            async with client.post(f"http://localhost:{port}/notifications", json=messages) as answer:
                return json.loads(await answer.read())

        async with bare(post, receive):
            yield


async def main(contender: str, port: int, count: int, latencies: bool) -> None:
    took: list[float] = []
    done = asyncio.Event()
    received = 0

    def receive(call: dict[str, Any]) -> None:
        nonlocal received
        received += 1
        if latencies:
            took.append(clock() - call["at"])
        if received == count:
            done.set()

    contenders = {
        "engage_async": ours,
        "aiocometd-ng": aiocometd_ng,
        "httpx loop": bare_httpx,
        "aiohttp loop": bare_aiohttp,
    }
    async with contenders[contender](port, receive):
        await asyncio.sleep(0.2)
        gc.collect()  # of what was imported: it would come at some moment, and hold up what comes then
        used = cpu()
        say(ready=True)
        await done.wait()
        say(end=clock(), cpu=cpu() - used, latencies=took)


if __name__ == "__main__":
    run(main)
