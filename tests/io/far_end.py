"""Real servers on real sockets, as small as a test needs them, and the session that talks to them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from aiohttp import web

from engage_async.config import Settings
from engage_async.io.delivery import TokenSource
from engage_async.io.http import HttpEngine, HttpSession
from engage_async.secret import Secret

LARGE = int(os.environ.get("LARGE_FILE_MEGABYTES", "32")) * 1024 * 1024
"""Bytes of a large file: many times what memory may hold of it, and few enough to be quick."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RawHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Every request goes to `handler`; gives the base URL."""
    runner = web.AppRunner(_application(handler), access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def raw_server(handler: RawHandler) -> AsyncIterator[str]:
    """Every connection goes to `handler`, and is closed after it."""
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handler(reader, writer)
        finally:
            connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def request_head(reader: asyncio.StreamReader) -> str:
    """Read one request, its body included; give its head."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            await reader.readexactly(int(value))
    return head


@contextlib.asynccontextmanager
async def session_of(
    settings: Settings, *, tokens: TokenSource | None = None, **engine_options: Any
) -> AsyncIterator[HttpSession]:
    """A session on an engine of its own."""
    engine = HttpEngine(settings, **engine_options)
    session = engine.session(tokens=tokens, name="test")
    try:
        yield session
    finally:
        await session.aclose()
        await engine.aclose()


@contextlib.contextmanager
def little_memory(limit: int = 8_000_000) -> Iterator[None]:
    """Fail when Python held more bytes than `limit` at any time in here."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit


class Tokens:
    """Numbered tokens: a renewal gives the next one, once for each stale one."""

    def __init__(self) -> None:
        self.number = 1
        self.renewals = 0

    def ready(self) -> Secret | None:
        """Nothing is at hand: each request asks."""
        return None

    async def bearer(self) -> Secret:
        """The token of now."""
        return Secret(f"token-{self.number}")

    async def renew(self, stale: Secret) -> Secret:
        """The next token, unless another caller had it made already."""
        if stale == Secret(f"token-{self.number}"):
            self.number += 1
            self.renewals += 1
        return await self.bearer()


def unused_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def quick(base_url: str, **options: object) -> Settings:
    """Settings whose repetitions do not make a test wait."""
    return Settings(base_url=base_url, **{"retry_first_delay": 0.001, "retry_longest_delay": 0.002, **options})  # type: ignore[arg-type]


def _application(handler: Handler) -> web.Application:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    return application
