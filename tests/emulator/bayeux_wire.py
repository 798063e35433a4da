"""A bare Bayeux client that does nothing by itself: every message is the test's.

Must live here: sending messages with one browser's cookies. Must not: tests, any rule of the protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from attrs import define, field

from engage_async.emulator import Emulator

USER = "JohnSmith"
VOICE, MEDIA, INITIALIZATION = "/workspace/v3/voice", "/workspace/v3/media", "/workspace/v3/initialization"
NOTIFICATIONS = "/workspace/v3/notifications"

Message = dict[str, Any]


@define
class Wire:
    """One browser: a connection pool, its cookies, and the headers and path of its notifications."""

    emulator: Emulator
    http: aiohttp.ClientSession
    cookies: dict[str, str] = field(factory=dict)
    client_id: str = ""
    notifications: str = NOTIFICATIONS
    headers: dict[str, str] = field(factory=dict)

    async def send(self, *messages: Any, path: str = "") -> list[Message]:
        """Send messages in one request and give the messages of the answer."""
        status, text = await self.post(json.dumps(messages), path=path)
        assert status == 200, text
        answer = json.loads(text)
        assert isinstance(answer, list)
        return answer

    async def post(self, body: str, *, path: str = "") -> tuple[int, str]:
        async with self.http.post(
            self.emulator.base_url + self.notifications + path,
            data=body.encode(),
            cookies=self.cookies,
            headers={"Content-Type": "application/json", **self.headers},
        ) as response:
            self.cookies.update({name: morsel.value for name, morsel in response.cookies.items()})
            return response.status, await response.text()

    async def handshake(self, **fields: Any) -> Message:
        (reply,) = await self.send(
            {"channel": "/meta/handshake", "supportedConnectionTypes": ["long-polling"], "version": "1.0", **fields},
            path="/handshake",
        )
        self.client_id = reply.get("clientId", "")
        return reply

    def message(self, channel: str, **fields: Any) -> Message:
        return {"channel": channel, "clientId": self.client_id, **fields}

    async def subscribe(self, *channels: str) -> list[Message]:
        one_or_many = channels[0] if len(channels) == 1 else list(channels)
        return await self.send(self.message("/meta/subscribe", subscription=one_or_many), path="/subscribe")

    async def connect(self, *, timeout: float | None = None, **fields: Any) -> list[Message]:
        """Poll; with `timeout` (seconds) as the client's advice."""
        if timeout is not None:
            fields["advice"] = {"timeout": round(timeout * 1000)}
        return await self.send(self.message("/meta/connect", connectionType="long-polling", **fields), path="/connect")

    @contextlib.asynccontextmanager
    async def polling(self, **fields: Any) -> AsyncIterator[asyncio.Task[list[Message]]]:
        """A poll that waits at the server when the block begins, and is answered (or has failed) when it ends."""
        session = next(each for each in self.emulator.delivery.bayeux.sessions() if each.id == self.client_id)
        poll = asyncio.create_task(self.connect(**fields))
        try:
            await until(lambda: session.resume is not None)
            yield poll
            await asyncio.wait([poll])
        finally:
            poll.cancel()


async def until(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = asyncio.get_running_loop().time() + 5
    while not true():
        assert asyncio.get_running_loop().time() < deadline, "it never came to hold"
        await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def browser(emulator: Emulator, *, user: str | None = USER) -> AsyncIterator[Wire]:
    """A browser in which a user has (or nobody has) a workspace session."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        wire = Wire(emulator, http)
        if user is not None:
            session = emulator.web_sessions.open(user)
            wire.cookies = {"WORKSPACE_SESSIONID": session.id, "AWSALB": session.node}
        yield wire


def events(messages: list[Message]) -> list[Any]:
    """The data of the events among the messages of an answer."""
    return [message["data"] for message in messages if "data" in message]


def reply(messages: list[Message], channel: str = "/meta/connect") -> Message:
    """The one reply on a meta channel."""
    (found,) = [message for message in messages if message["channel"] == channel]
    return found
