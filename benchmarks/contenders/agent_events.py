"""An agent on the emulator: events to a typed handler, or events that settle operations one by one; or a bare loop.

Parameters: the base URL, ``handler``, ``operations`` or ``loop``, how many events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import engage_async as ea
from benchmarks.contenders.reporting import clock, cpu, run, say
from engage_async.operation import Operation
from engage_async.protocol.completion import call_becomes
from engage_async.protocol.correlation import Expectation


async def main(url: str, way: str, count: int) -> None:
    done = asyncio.Event()
    seen = 0

    def one_more(_: object = None) -> None:
        nonlocal seen
        seen += 1
        if seen == count:
            done.set()

    async with (on_aiohttp if way == "loop" else ours)(url, way, count, one_more):
        await asyncio.sleep(0.1)
        used = cpu()
        say(user="JohnSmith")
        await done.wait()
        say(end=clock(), cpu=cpu() - used)


@asynccontextmanager
async def on_aiohttp(url: str, _way: str, _count: int, one_more: Callable[[], None]) -> AsyncIterator[None]:
    import aiohttp

    from benchmarks.contenders.wire import Agent

    def receive(message: dict[str, Any]) -> None:
        if message.get("data", {}).get("messageType") == "CallStateChanged":
            one_more()

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        agent = Agent(http, url)
        await agent.open("JohnSmith", "7001", receive)
        yield
        await agent.close()


@asynccontextmanager
async def ours(url: str, way: str, count: int, one_more: Callable[[object], None]) -> AsyncIterator[None]:
    options: dict[str, Any] = {"client_id": "engage-client", "client_secret": "engage-secret"}
    async with (
        ea.Engage(base_url=url, username="JohnSmith", password="password", **options) as engage,
        engage.workspace() as agent,
    ):
        if way == "handler":
            agent.on(ea.CallStateChanged)(one_more)
        else:
            for number in range(count):
                operation = pending(agent, number)
                operation.add_done_callback(one_more)
        yield


def pending(agent: ea.WorkspaceSession, number: int) -> Operation[Any]:
    """An operation that counts as sent and accepted, and that the event of call ``c<number>`` settles."""
    operation: Operation[Any] = Operation("voice.hold", str(number), _never, asyncio.get_running_loop())
    operation._perform = None
    rule = call_becomes("Held")({"call_id": f"c{number}"})
    expectation = Expectation("voice.hold", str(number), "voice", rule, 60.0)
    entry = agent._outcomes.register(operation, operation._course, expectation, lambda payload, _: payload)
    agent._outcomes.sending(entry)
    agent._outcomes.accept(entry, None)
    return operation


async def _never(_operation: object, _course: object) -> None:
    """Nothing is sent: the events alone are measured."""


if __name__ == "__main__":
    run(main)
