"""Many agents in one process: memory, CPU, opening and closing. Parameters: contender, base URL, how many agents."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from benchmarks.contenders.reporting import cpu, memory, run, say

AT_ONCE = 50
IDLE = 2.0
BUSY = 2.0
WARM = 10


@asynccontextmanager
async def ours(url: str) -> AsyncIterator[Any]:
    import engage_async as ea

    opened: list[tuple[ea.Engage, ea.WorkspaceSession]] = []
    settings: dict[str, Any] = {"client_id": "engage-client", "client_secret": "engage-secret", "password": "password"}
    shared = ea.Engage(base_url=url, username="agent0", **settings)

    async def open_one(number: int) -> None:
        engage = shared.with_credentials(username=f"agent{number}", password="password")
        await engage.__aenter__()
        agent = await engage.workspace().__aenter__()
        await agent.activate_channels(dn=str(20_000 + number), channels=["voice"])
        opened.append((engage, agent))

    async def work() -> None:
        await spread([agent.voice.ready for _, agent in opened])

    async def close() -> None:
        await in_turn([engage.aclose() for engage, _ in opened])

    async with shared:
        yield open_one, work, close


@asynccontextmanager
async def loops(url: str) -> AsyncIterator[Any]:
    import aiohttp

    from benchmarks.contenders.wire import Agent

    agents = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:

        async def open_one(number: int) -> None:
            agent = Agent(http, url)
            await agent.open(f"agent{number}", str(20_000 + number), lambda _: None)
            agents.append(agent)

        async def work() -> None:
            await spread([partial(agent.post, "/workspace/v3/voice/ready", {"data": {}}) for agent in agents])

        async def close() -> None:
            await in_turn([agent.close() for agent in agents])

        yield open_one, work, close


async def spread(works: Sequence[Callable[[], Awaitable[object]]]) -> None:
    """Each of them once, one after the other begun, over `BUSY` seconds; then time for the last events."""

    async def one(number: int, work: Callable[[], Awaitable[object]]) -> None:
        await asyncio.sleep(number / len(works) * BUSY)
        await work()

    await asyncio.gather(*(one(number, work) for number, work in enumerate(works)))
    await asyncio.sleep(0.2)


async def in_turn(awaitables: list[Any]) -> None:
    """All of them, a bounded number at once."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(awaitable: Any) -> None:
        async with turn:
            await awaitable

    await asyncio.gather(*(one(awaitable) for awaitable in awaitables))


async def main(contender: str, url: str, count: int) -> None:
    async with (ours if contender == "engage_async" else loops)(url) as (open_one, work, close):
        await in_turn([open_one(count + number) for number in range(WARM)])  # imports, and whatever is made once
        gc.collect()
        before, began = memory(), time.perf_counter()
        await in_turn([open_one(number) for number in range(count - 1)])
        opening = time.perf_counter() - began
        gc.collect()
        used = memory() - before
        everybody = count - 1 + WARM
        idle = cpu()
        await asyncio.sleep(IDLE)
        idle = cpu() - idle
        busy = cpu()
        await work()
        busy = cpu() - busy
        began = time.perf_counter()
        await close()
        closing = time.perf_counter() - began
    say(
        **{
            "memory": used / (count - 1),
            "idle CPU": idle / IDLE / everybody * 1e6,
            "busy CPU": busy / everybody * 1e6,
            "opening": opening,
            "closing": closing,
        }
    )


if __name__ == "__main__":
    run(main)
