"""The official CometD JavaScript client as a program, in the browser of an agent of the emulator.

Must live here: what the tests with that client share. Must not: tests, fixtures.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from attrs import mutable
from official_cometd import Node, NodeProgram, eventually

from engage_async.emulator import Emulator

NOTIFICATIONS = "/workspace/v3/notifications"

Message = dict[str, Any]


@mutable
class OfficialClient(NodeProgram):
    """The client's commands; see `cometd_client.js`."""

    emulator: Emulator

    async def sign_in(self, user: str) -> None:
        """Get an access token and open a workspace session with it, as any program must."""
        directory = self.emulator.centre.directory
        client, secret = next(iter(directory.clients.items()))
        tokens = self.emulator.oauth
        token = tokens.token(
            (client, secret), {"grant_type": "password", "username": user, "password": directory.users[user].password}
        )
        answer = await self.ask("initialize-workspace", headers={"Authorization": f"Bearer {token.access}"})
        assert answer == {"http": 200, "body": {"status": {"code": 1}}}
        assert {"WORKSPACE_SESSIONID", "AWSALB"} <= (await self.say("cookies")).keys()

    async def ask(self, path: str, data: Any = None, **more: Any) -> dict[str, Any]:
        """A REST request with the browser's cookies."""
        url = f"{self.emulator.base_url}/workspace/v3/{path}"
        answer: dict[str, Any] = await self.say(
            "request", url=url, **more, **({"json": {"data": data}} if data else {})
        )
        return answer

    async def configure(self, **options: Any) -> None:
        await self.say("configure", url=self.emulator.base_url + NOTIFICATIONS, **options)

    async def connect(self, *channels: str) -> str:
        """Shake hands, subscribe to channels and wait for the poll; gives the client id."""
        reply = await self.say("handshake")
        assert reply["successful"], reply
        for channel in channels:
            subscribed = await self.say("subscribe", channel=channel)
            assert subscribed["successful"], subscribed
        await self.polls()
        client_id: str = reply["clientId"]
        return client_id

    async def polls(self) -> None:
        """Wait until a poll of this client is suspended at the server."""

        async def polls() -> bool:
            client_id = (await self.say("state"))["clientId"]
            return any(each.id == client_id and each.resume for each in self.emulator.delivery.bayeux.sessions())

        await eventually(polls)

    async def receives(self, count: int) -> list[Message]:
        """Wait until the client has received so many events; gives them."""

        async def enough() -> bool:
            return bool(await self.say("count") >= count)

        await eventually(enough)
        received: list[Message] = await self.say("events")
        assert len(received) == count, received
        return received

    async def numbers(self, count: int) -> list[int]:
        return [event["data"]["n"] for event in await self.receives(count)]

    async def hears(self, channel: str, **fields: Any) -> Message:
        """Wait for a reply on a meta channel with these fields."""
        found: list[Message] = []

        async def heard() -> bool:
            metas = await self.say("metas")
            found.extend(m for m in metas if m["channel"] == channel and fields.items() <= m.items())
            return bool(found)

        await eventually(heard)
        return found[-1]

    async def status(self) -> str:
        status: str = (await self.say("state"))["status"]
        return status


@contextlib.asynccontextmanager
async def official_client(
    node: Node, emulator: Emulator, *, user: str | None = "JohnSmith", **options: Any
) -> AsyncIterator[OfficialClient]:
    """The client in a browser that has a session of the user (or none). `options` are its own."""
    async with node("cometd_client.js") as process:
        client = OfficialClient(process, emulator)
        assert await client.read() == {"ready": True}
        if user is not None:
            await client.sign_in(user)
        await client.configure(**options)
        yield client
