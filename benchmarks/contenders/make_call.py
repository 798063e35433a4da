"""Make-call until it is settled, one after the other. Parameters: contender, base URL, how many."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks.contenders.reporting import run, say

NUMBER = "5550001"


async def ours(url: str, count: int) -> list[float]:
    import engage_async as ea

    took = []
    async with (
        ea.Engage(
            base_url=url,
            client_id="engage-client",
            client_secret="engage-secret",
            username="JohnSmith",
            password="password",
        ) as engage,
        engage.workspace() as agent,
    ):
        await agent.activate_channels(dn="7001", channels=["voice"])
        for _ in range(count):
            began = time.perf_counter()
            call = await agent.voice.make_call(NUMBER)
            took.append(time.perf_counter() - began)
            await agent.voice.release(call.id)
    return took


async def round_trips(url: str, count: int) -> list[float]:
    """The same requests and the same poll on bare aiohttp: the reply, and the first event after it was sent."""
    import aiohttp

    from benchmarks.contenders.wire import Agent

    dialing: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def receive(message: dict[str, Any]) -> None:
        call = message.get("data", {}).get("call", {})
        if call.get("state") == "Dialing" and not dialing.done():
            dialing.set_result(call["id"])

    took = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        agent = Agent(http, url)
        await agent.open("JohnSmith", "7001", receive)
        for _ in range(count):
            dialing = asyncio.get_running_loop().create_future()
            began = time.perf_counter()
            await agent.post("/workspace/v3/voice/make-call", {"data": {"destination": NUMBER}})
            call_id = await dialing
            took.append(time.perf_counter() - began)
            await agent.post(f"/workspace/v3/voice/calls/{call_id}/release", {"data": {}})
        await agent.close()
    return took


async def main(contender: str, url: str, count: int) -> None:
    say(took=await (ours if contender == "engage_async" else round_trips)(url, count))


if __name__ == "__main__":
    run(main)
