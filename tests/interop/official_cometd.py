"""The official CometD server as a program with switches, and a notification connection to it that remembers all.

Must live here: what the tests against that server share. Must not: tests, fixtures.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from random import Random
from typing import Any

from attrs import field, mutable

from engage_async.config import Settings
from engage_async.io.http import HttpEngine
from engage_async.io.notifications import Health, LossReason, NotificationConnection, NotificationSettings
from engage_async.protocol.notices import Notice
from engage_async.protocol.requests import Answer
from engage_async.secret import Secret

VOICE, MEDIA, LATER = "/workspace/v3/voice", "/workspace/v3/media", "/workspace/v3/workbins"

SETTINGS = NotificationSettings(
    meta_timeout=2.0, poll_margin=0.5, backoff_first=0.1, backoff_limit=1.0, settled_after=0.0, close_timeout=1.0
)


@mutable
class NodeProgram:
    """A program that takes commands and answers them, line by line."""

    process: asyncio.subprocess.Process

    async def say(self, command: str, **parameters: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"command": command, **parameters}).encode() + b"\n")
        answer = await self.read()
        assert "error" not in answer, answer["error"]
        return answer["result"]

    async def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer = json.loads(await self.process.stdout.readline())
        assert isinstance(answer, dict)
        return answer


@mutable
class CometdServer(NodeProgram):
    """The server's commands; see `cometd_server.js`."""

    port: int = 0

    async def connects(self) -> list[dict[str, Any]]:
        return [seen for seen in await self.say("requests") if seen["channels"] == ["/meta/connect"]]

    async def holds_a_poll(self) -> bool:
        return bool(await self.say("held"))

    async def faults_used(self) -> bool:
        return bool(await self.say("faults") == 0)


@mutable
class Far:
    """A connection under test, what it delivered, and all that it told."""

    connection: NotificationConnection
    notices: list[Notice] = field(factory=list)
    told: list[Health] = field(factory=list)
    recovered: list[LossReason] = field(factory=list)

    @property
    def numbers(self) -> list[int]:
        return [notice.payload["n"] for notice in self.notices]

    def states(self) -> list[str]:
        return [health.state for health in self.told]

    async def receives(self, count: int) -> None:
        await eventually(lambda: len(self.notices) >= count)

    async def recovers(self, count: int) -> None:
        await eventually(lambda: len(self.recovered) >= count)

    async def begins_session(self, count: int) -> None:
        await eventually(lambda: self.connection.health.handshakes >= count)
        await self.connection.connected()


async def eventually(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(15):
        while True:
            outcome = condition()
            if asyncio.iscoroutine(outcome):
                outcome = await outcome
            if outcome:
                return
            await asyncio.sleep(0.01)


class Tokens:
    """Tokens that are numbered, so that one sees on the wire which is used."""

    def __init__(self) -> None:
        self.number = 1

    def ready(self) -> Secret | None:
        """Nothing is at hand: each request asks."""
        return None

    async def bearer(self) -> Secret:
        return Secret(f"token-{self.number}")

    async def renew(self, stale: Secret) -> Secret:
        if stale.reveal() == f"token-{self.number}":
            self.number += 1
        return await self.bearer()


Node = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


@contextlib.asynccontextmanager
async def cometd_server(node: Node, *, ack: bool = True, **options: Any) -> AsyncIterator[CometdServer]:
    """The server on a free port. `options` are its own, in milliseconds."""
    async with node("cometd_server.js", json.dumps({"ack": ack, "options": options})) as process:
        server = CometdServer(process)
        server.port = (await server.read())["port"]
        yield server


@contextlib.asynccontextmanager
async def connecting(
    server: CometdServer,
    *,
    channels: Sequence[str] = (VOICE, MEDIA),
    settings: NotificationSettings = SETTINGS,
    deliver: Callable[[Sequence[Notice]], None] | None = None,
    recover: Callable[[LossReason], Any] | None = None,
) -> AsyncIterator[Far]:
    """A connection that is not open yet; closed at the end, with no task of it left."""
    engine = HttpEngine(Settings(base_url=f"http://127.0.0.1:{server.port}", connect_timeout=2))
    http = engine.session(tokens=Tokens(), name="test")

    async def post(messages: list[dict[str, Any]], headers: dict[str, str], read_timeout: float) -> Answer:
        return await http.post_messages("/notifications", messages, headers=headers, read_timeout=read_timeout)

    async def remember(reason: LossReason) -> None:
        far.recovered.append(reason)
        if recover is not None:
            await recover(reason)

    def receive(notices: Sequence[Notice]) -> None:
        far.notices.extend(notices)
        if deliver is not None:
            deliver(notices)

    def tell(health: Health) -> None:
        far.told.append(health)

    connection = NotificationConnection(
        post=post,
        channels=channels,
        deliver=receive,
        on_change=tell,
        recover=remember,
        settings=settings,
        name="test",
        random=Random(1),
    )
    far = Far(connection)
    try:
        yield far
    finally:
        await connection.close()
        await http.aclose()
        await engine.aclose()
        assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("engage-")] == []


@contextlib.asynccontextmanager
async def connected(server: CometdServer, **more: Any) -> AsyncIterator[Far]:
    async with connecting(server, **more) as far:
        await far.connection.open(deadline=10)
        yield far
