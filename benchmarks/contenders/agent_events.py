"""An agent of ours on the emulator: events to a typed handler, or events that settle operations one by one.

Parameters: the base URL, ``handler`` or ``operations``, how many events.
"""

from __future__ import annotations

import asyncio
from typing import Any

import engage_async as ea
from benchmarks.contenders.reporting import clock, cpu, run, say
from engage_async.operation import Operation
from engage_async.protocol.completion import call_becomes
from engage_async.protocol.correlation import Expectation


async def main(url: str, way: str, count: int) -> None:
    options: dict[str, Any] = {"client_id": "engage-client", "client_secret": "engage-secret"}
    async with (
        ea.Engage(base_url=url, username="JohnSmith", password="password", **options) as engage,
        engage.workspace() as agent,
    ):
        done = asyncio.Event()
        seen = 0

        def one_more(_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == count:
                done.set()

        if way == "handler":
            agent.on(ea.CallStateChanged)(one_more)
        else:
            loop = asyncio.get_running_loop()
            for number in range(count):
                operation: Operation[Any] = Operation("voice.hold", str(number), _never, loop)
                operation._perform = None  # it counts as sent
                rule = call_becomes("Held")({"call_id": f"c{number}"})
                expectation = Expectation("voice.hold", str(number), "voice", rule, 60.0)
                pending = agent._outcomes.register(
                    operation, operation._course, expectation, lambda payload, _: payload
                )
                agent._outcomes.sending(pending)
                agent._outcomes.accept(pending, None)
                operation.add_done_callback(one_more)
        await asyncio.sleep(0.1)
        used = cpu()
        say(user="JohnSmith")
        await done.wait()
        say(end=clock(), cpu=cpu() - used)


async def _never(_operation: object, _course: object) -> None:
    """Nothing is sent: the events alone are measured."""


if __name__ == "__main__":
    run(main)
