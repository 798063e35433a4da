"""The bare protocol, for contenders that have no client of their own: log in, open a session, poll.

Must live here: requests written by hand. Must not: anything of this package.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import aiohttp

BASIC = "Basic " + base64.b64encode(b"engage-client:engage-secret").decode()
FORM = {"Authorization": BASIC, "Content-Type": "application/x-www-form-urlencoded"}


def login_form(user: str) -> str:
    """The body of a token request."""
    return f"grant_type=password&username={user}&password=password"


class Agent:
    """One agent on bare aiohttp: cookies by hand (aiohttp's jar leaves those of an IP address out)."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http, self.url = http, url
        self.cookies: dict[str, str] = {}
        self.client = ""
        self.task: asyncio.Task[None] | None = None

    async def open(self, user: str, dn: str, receive: Callable[[dict[str, Any]], None]) -> None:
        """Log in, activate the DN, and poll from then on."""
        async with self.http.post(f"{self.url}/auth/v3/oauth/token", data=login_form(user), headers=FORM) as answer:
            token = (await answer.json())["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        await self.post("/workspace/v3/initialize-workspace", None, bearer)
        handshake = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
        self.client = (await self.notify([handshake]))[0]["clientId"]
        channels = ("initialization", "voice", "media")
        subscriptions = [
            {"channel": "/meta/subscribe", "clientId": self.client, "subscription": f"/workspace/v3/{name}"}
            for name in channels
        ]
        complete = asyncio.Event()

        def watch(message: dict[str, Any]) -> None:
            if message.get("data", {}).get("state") == "Complete":
                complete.set()
            receive(message)

        for message in await self.notify(subscriptions):
            watch(message)
        self.task = asyncio.create_task(self._poll(watch))
        await complete.wait()
        await self.post("/workspace/v3/activate-channels", {"data": {"dn": dn, "agentId": dn, "channels": ["voice"]}})

    async def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        """One request."""
        sent = {**(headers or {}), "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        async with self.http.post(self.url + path, json=body, headers=sent) as answer:
            for header in answer.headers.getall("Set-Cookie", ()):
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
            return json.loads(await answer.read())

    async def notify(self, messages: list[dict[str, Any]]) -> Any:
        """One Bayeux request."""
        return await self.post("/workspace/v3/notifications", messages)

    async def _poll(self, receive: Callable[[dict[str, Any]], None]) -> None:
        connect = [{"channel": "/meta/connect", "clientId": self.client, "connectionType": "long-polling"}]
        while True:
            for message in await self.notify(connect):
                receive(message)

    async def close(self) -> None:
        """Stop polling and log out."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        await self.post("/workspace/v3/logout", None)
