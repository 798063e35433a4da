"""An agent's browser at the emulator: REST requests as the test says them, and every notification that comes.

Must live here: opening a session as a client must, requests, and waiting for events. Must not: tests, the package's
own client.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from attrs import Factory, define, frozen
from bayeux_wire import INITIALIZATION, MEDIA, USER, VOICE, Wire, browser

from engage_async.emulator import Emulator
from engage_async.emulator.calls import CallType, Leg

Event = dict[str, Any]


@frozen
class Reply:
    """The answer to a REST request; `body` is its JSON value (None for an empty one)."""

    http: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> Any:
        return self.body["status"]["code"]

    @property
    def data(self) -> Any:
        assert (self.http, self.code) == (200, 0), self.body
        return self.body["data"]


@define
class AgentWire:
    """One browser. `heard` is every event so far, oldest first, with the channel it came on."""

    wire: Wire
    heard: list[tuple[str, Event]] = Factory(list)

    async def get(self, path: str, **query: str) -> Reply:
        return await self.ask("GET", path, query)

    async def post(self, path: str, data: Any = None, **query: str) -> Reply:
        return await self.ask("POST", path, query, json=None if data is None else {"data": data})

    async def ask(self, method: str, path: str, query: dict[str, str] | None = None, **more: Any) -> Reply:
        base = self.wire.emulator.base_url + ("" if path.startswith("/") else "/workspace/v3/")
        async with self.wire.http.request(
            method, base + path, params=query, cookies=self.wire.cookies, allow_redirects=False, **more
        ) as response:
            for name, morsel in response.cookies.items():
                self.wire.cookies[name] = morsel.value
            body = await response.json(content_type=None) if await response.read() else None
            return Reply(response.status, body, dict(response.headers))

    async def initialize(self, user: str = USER, **query: str) -> Reply:
        """Open a session by an access token of the user."""
        bearer = {"Authorization": f"Bearer {await self.token(user)}"}
        return await self.ask("POST", "initialize-workspace", query, headers=bearer)

    async def token(self, user: str) -> str:
        directory = self.wire.emulator.centre.directory
        client, secret = next(iter(directory.clients.items()))
        form = {"grant_type": "password", "username": user, "password": directory.users[user].password}
        form |= {"client_id": client, "client_secret": secret}
        token: str = (await self.ask("POST", "/auth/v3/oauth/token", data=form)).body["access_token"]
        return token

    async def listen(self) -> None:
        """Begin to hear notifications."""
        assert (await self.wire.handshake())["successful"]
        self._keep(await self.wire.subscribe(INITIALIZATION, VOICE, MEDIA))

    async def hear(self, fits: Callable[[Event], object]) -> Event:
        """The first event that fits, of those heard or to come."""
        seen = 0
        while True:
            for _, event in self.heard[seen:]:
                if fits(event):
                    return event
            seen = len(self.heard)
            self._keep(await self.wire.connect(timeout=5))
            assert len(self.heard) > seen, f"it never came; heard: {self.types()}"

    async def hear_all(self) -> list[Event]:
        """Every event so far, with those that wait at the server."""
        self._keep(await self.wire.connect(timeout=0))
        return [event for _, event in self.heard]

    def types(self) -> list[str]:
        return [str(event.get("messageType")) for _, event in self.heard]

    async def forget(self) -> None:
        """Hear what waits at the server, and forget everything so far."""
        await self.hear_all()
        self.heard.clear()

    def _keep(self, messages: list[dict[str, Any]]) -> None:
        self.heard += [(message["channel"], message["data"]) for message in messages if "data" in message]


@contextlib.asynccontextmanager
async def agent_browser(emulator: Emulator) -> AsyncIterator[AgentWire]:
    """A browser without a session."""
    async with browser(emulator, user=None) as wire:
        yield AgentWire(wire)


@contextlib.asynccontextmanager
async def agent_session(emulator: Emulator, user: str = USER) -> AsyncIterator[AgentWire]:
    """A browser with an initialized session that listens; what it heard so far is forgotten."""
    async with agent_browser(emulator) as agent:
        assert (await agent.initialize(user)).code == 1
        await agent.listen()
        await agent.hear(is_complete)
        await agent.forget()
        yield agent


def is_complete(event: Event) -> bool:
    return event.get("state") == "Complete"


def is_dn(event: Event) -> bool:
    return event.get("messageType") == "DnStateChanged"


def is_media(event: Event) -> bool:
    return event.get("messageType") == "ChannelStateChanged"


def dials(emulator: Emulator, caller: str, called: str) -> Leg:
    """A call from a DN, as its telephone makes one; gives the caller's part of it."""
    exchange = emulator.centre.exchange
    call = exchange.new_call(caller, called, [], [])
    return exchange.dial(call, caller, exchange.reach(called, caller), CallType.INTERNAL)
