"""A browser at the emulator's Statistics API: requests as the test says them, and every update that comes.

Must live here: opening a session as a client must, requests, and waiting for updates. Must not: tests, the package's
own client.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from agent_wire import AgentWire, Reply
from attrs import Factory, define
from bayeux_wire import USER, browser

from engage_async.emulator import Emulator

BASE = "/statistics/v3"
SERVICE, UPDATES = f"{BASE}/service", f"{BASE}/updates"

Value = dict[str, Any]


@define
class StatisticsWire(AgentWire):
    """One browser. `updates` are the values so far, oldest first; `states` what the service said of itself."""

    updates: list[Value] = Factory(list)
    states: list[str] = Factory(list)

    async def send(self, method: str, path: str, body: Any = None, **query: str) -> Reply:
        more = {} if body is None else {"json": body}
        return await self.ask(method, f"{BASE}/{path}", query, headers=self.wire.headers, **more)

    async def create(self, subscription_id: str, *statistics: Value, **query: str) -> Reply:
        body = {"operationId": subscription_id, "data": {"statistics": list(statistics)}}
        return await self.send("POST", "subscriptions", body, **query)

    async def hear(self, fits: Callable[[Value], object]) -> Value:
        """The first value that fits, of those heard or to come."""
        seen = 0
        while True:
            for value in self.updates[seen:]:
                if fits(value):
                    return value
            seen = len(self.updates)
            await self.poll(5)

    async def poll(self, timeout: float = 0) -> None:
        """Hear what waits at the server, or what comes within so many seconds."""
        for message in await self.wire.connect(timeout=timeout):
            if message["channel"] == UPDATES:
                self.updates += message["data"]["data"]["statistics"]
            elif message["channel"] == SERVICE:
                self.states.append(message["data"]["data"]["serviceState"])


def statistic(statistic_id: str, name: str = "CurrentAgentState", object_id: str = "johnsmith", **more: Any) -> Value:
    return {"statisticId": statistic_id, "name": name, "objectId": object_id, "objectType": "Agent", **more}


@contextlib.asynccontextmanager
async def statistics_browser(emulator: Emulator, *, user: str | None = USER) -> AsyncIterator[StatisticsWire]:
    """A browser with the access token of a user (or none), and no session yet."""
    async with browser(emulator, user=None) as wire:
        wire.notifications = f"{BASE}/notifications"
        made = StatisticsWire(wire)
        if user is not None:
            wire.headers = {"Authorization": f"Bearer {await made.token(user)}"}
        yield made


@contextlib.asynccontextmanager
async def statistics_session(emulator: Emulator, *, user: str = USER) -> AsyncIterator[StatisticsWire]:
    """A browser with a session that listens."""
    async with statistics_browser(emulator, user=user) as made:
        assert (await made.wire.handshake())["successful"]
        await made.wire.subscribe(SERVICE, UPDATES)
        yield made
