"""The tables: what is measured, with which contenders, and what is wanted of ours.

Must live here: one function a table. Must not: processes (`programs`), figures (`figures`), contenders.
"""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from attrs import define, field

from benchmarks.contenders.reporting import clock
from benchmarks.figures import OURS, Aim, Figure, Table
from benchmarks.programs import cometd_server, emulator, node, python, running

JAVASCRIPT = "cometd (JavaScript)"
POLLERS = (OURS, JAVASCRIPT, "aiocometd-ng", "httpx loop", "aiohttp loop")
REQUESTERS = (OURS, "httpx", "httpx2", "aiohttp", "Genesys (Node)")
VOICE = "/workspace/v3/voice"
SESSION_METRICS = {
    "memory": "KB an agent",
    "idle CPU": "µs/s an agent",
    "busy CPU": "µs a request",
    "opening": "s",
    "closing": "s",
}


@define
class Rounds:
    """Values by case, contender and metric, gathered round by round."""

    _values: dict[tuple[str, str, str], list[float]] = field(factory=dict)
    _kinds: dict[str, tuple[str, str]] = field(factory=dict)

    def add(self, case: str, contender: str, metric: str, unit: str, value: float, *, better: str = "higher") -> None:
        """One value of one round."""
        self._values.setdefault((case, contender, metric), []).append(value)
        self._kinds[metric] = (unit, better)

    def figures(self) -> list[Figure]:
        """All of them, metric by metric."""
        metrics = list(self._kinds)
        keys = sorted(self._values, key=lambda key: metrics.index(key[2]))
        return [Figure(case, who, what, self._kinds[what][0], self._values[case, who, what], self._kinds[what][1])
                for case, who, what in keys]  # fmt: skip


def _poller(contender: str, port: int, count: int, *, latencies: bool) -> tuple[str, ...]:
    if contender == JAVASCRIPT:
        return node("long_poll.js", contender, port, count, latencies)
    return python("benchmarks.contenders.long_poll", contender, port, count, latencies)


async def events(rounds: int) -> Table:
    """Events per second, and CPU per event, from the official CometD server."""
    kept = Rounds()
    for _ in range(rounds):
        for case, count, size in (("20,000 small", 20_000, 0), ("5,000 of 1 KB", 5_000, 1_000)):
            for contender in POLLERS:
                async with (
                    cometd_server() as (server, port),
                    running(contender, *_poller(contender, port, count, latencies=False)) as program,
                ):
                    await program.read()
                    began = clock()
                    await server.say("publish", channel=VOICE, count=count, size=size, calls=True)
                    done = await program.read()
                    kept.add(case, contender, "events", "1/s", count / (done["end"] - began))
                    kept.add(case, contender, "CPU an event", "µs", done["cpu"] / count * 1e6, better="lower")
        async for case, contender, rate, cpu in _on_the_emulator():
            kept.add(case, contender, "events", "1/s", rate)
            kept.add(case, contender, "CPU an event", "µs", cpu, better="lower")
    aims = [Aim("20,000 small", "events", JAVASCRIPT, 1.2), Aim("5,000 of 1 KB", "events", JAVASCRIPT, 1.5)]
    return Table("events", "Events delivered to a typed handler", JAVASCRIPT, kept.figures(), aims)


async def _on_the_emulator() -> AsyncIterator[tuple[str, str, float, float]]:
    """A workspace session on the emulator: case, contender, events a second, CPU an event in µs."""
    small, large = "20,000 small, emulator", "5,000 of 1 KB, emulator"
    async with emulator() as (server, url):
        for case, contender, way, count, size in (
            (small, OURS, "handler", 20_000, 0),
            (small, "aiohttp loop", "loop", 20_000, 0),
            (large, OURS, "handler", 5_000, 1_000),
            (large, "aiohttp loop", "loop", 5_000, 1_000),
            ("5,000 that settle operations", OURS, "operations", 5_000, 0),
        ):
            command = python("benchmarks.contenders.agent_events", url, way, count)
            async with running(contender, *command) as program:
                user = (await program.read())["user"]
                began = clock()
                await server.say("publish", user=user, count=count, size=size)
                done = await program.read()
            yield case, contender, count / (done["end"] - began), done["cpu"] / count * 1e6


async def latency(rounds: int) -> Table:
    """From publishing to the handler."""
    kept = Rounds()
    for _ in range(rounds):
        for rate in (100, 1_000, 4_000):
            count = rate if rate > 100 else 2 * rate
            for contender in POLLERS:
                async with (
                    cometd_server() as (server, port),
                    running(contender, *_poller(contender, port, count, latencies=True)) as program,
                ):
                    await program.read()
                    await server.say("flow", channel=VOICE, count=count, rate=rate)
                    done = await program.read()
                    took, case = sorted(done["latencies"]), f"{rate:,}/s"
                    kept.add(case, contender, "p50", "ms", statistics.median(took) * 1e3, better="lower")
                    kept.add(case, contender, "p99", "ms", took[int(len(took) * 0.99)] * 1e3, better="lower")
                    kept.add(case, contender, "CPU an event", "µs", done["cpu"] / count * 1e6, better="lower")
    aims = [
        Aim("1,000/s", "p50", JAVASCRIPT, 1.0, at_most=True),
        Aim("1,000/s", "p99", JAVASCRIPT, 1.0, at_most=True),
        Aim("1,000/s", "p50", "aiohttp loop", 1.5, at_most=True),
        Aim("1,000/s", "p99", "aiohttp loop", 1.5, at_most=True),
        Aim("100/s", "CPU an event", JAVASCRIPT, 1.0, at_most=True),
    ]
    return Table("latency", "From publish to handler", JAVASCRIPT, kept.figures(), aims)


async def requests(rounds: int) -> Table:
    """Requests to the emulator by one agent, answered at once."""
    kept = Rounds()
    async with emulator() as (_, url):
        for _ in range(rounds):
            for at_once, count in ((1, 300), (50, 1_500), (500, 2_000)):
                for contender in REQUESTERS:
                    done = await _requester(contender, url, at_once, count)
                    if done is None:
                        continue
                    case = f"{at_once} at once"
                    kept.add(case, contender, "requests", "1/s", count / done["took"])
                    kept.add(case, contender, "CPU a request", "µs", done["cpu"] / count * 1e6, better="lower")
    aims = [
        *(Aim(f"{n} at once", "requests", "aiohttp", 0.4) for n in (1, 50, 500)),
        Aim("500 at once", "requests", "httpx", 5.0),
        *(Aim(f"{n} at once", "requests", "Genesys (Node)", 1.0) for n in (1, 50, 500)),
    ]
    return Table("requests", "GET current-session by one agent", "aiohttp", kept.figures(), aims)


async def _requester(contender: str, url: str, at_once: int, count: int) -> Any:
    if contender == "Genesys (Node)":
        command = node("requests.js", url, at_once, count)
    else:
        command = python("benchmarks.contenders.requests", contender, url, at_once, count)
    async with running(contender, *command) as program:
        return await program.read()


async def operations(rounds: int) -> Table:
    """Make-call until it is settled by its event, beside the bare round trips that it is made of."""
    kept = Rounds()
    async with emulator() as (_, url):
        for _ in range(rounds):
            for contender in (OURS, "aiohttp round trips", "Genesys (Node)"):
                if contender == "Genesys (Node)":
                    command = node("make_call.js", url, 200)
                else:
                    command = python("benchmarks.contenders.make_call", contender, url, 200)
                async with running(contender, *command) as program:
                    took = sorted((await program.read())["took"])
                kept.add("make-call", contender, "p50", "ms", statistics.median(took) * 1e3, better="lower")
                kept.add("make-call", contender, "p99", "ms", took[int(len(took) * 0.99)] * 1e3, better="lower")
    figures = kept.figures()
    p50 = {f.contender: f.median for f in figures if f.metric == "p50"}
    above = p50[OURS] - p50["aiohttp round trips"]
    note = f"{'✓' if above < 1 else '✗'} less than 1 ms above the bare round trips at p50: {above:.2f} ms"
    return Table("operations", "Make-call to settled", "aiohttp round trips", figures, notes=[note])


async def matching(rounds: int) -> Table:
    """What one event costs with many operations pending."""
    kept = Rounds()
    for _ in range(rounds):
        async with running(OURS, *python("benchmarks.contenders.matching")) as program:
            for case, value in (await program.read())["cases"].items():
                kept.add(case, OURS, "CPU an event", "µs", value, better="lower")
    figures = kept.figures()
    flat = [f.median for f in figures if f.case.endswith("pending")]
    ratio = max(flat) / min(flat)
    note = f"{'✓' if ratio <= 1.2 else '✗'} flat within 1.2 from 10 to 100,000 pending: {ratio:.2f}"
    return Table("matching", "Cost of one event", OURS, figures, notes=[note], base=figures[0].case)


async def sessions(rounds: int) -> Table:
    """Many agents in one process."""
    kept = Rounds()
    async with emulator() as (_, url):
        for _ in range(rounds):
            for count in (100, 300, 1_000):
                for contender in (OURS, "aiohttp loops"):
                    command = python("benchmarks.contenders.sessions", contender, url, count)
                    async with running(contender, *command) as program:
                        done = await program.read()
                    case = f"{count:,} agents"
                    for metric, unit in SESSION_METRICS.items():
                        kept.add(case, contender, metric, unit, done[metric], better="lower")
    figures = kept.figures()
    most = max(f.median for f in figures if f.contender == OURS and f.metric == "memory")
    note = f"{'✓' if most <= 60 else '✗'} at most 60 KB an idle agent: {most:.0f} KB"
    aims = [Aim(f"{n} agents", m, "aiohttp loops", 2.0, at_most=True)
            for n in ("100", "300", "1,000") for m in ("idle CPU", "busy CPU")]  # fmt: skip
    return Table("sessions", "Idle and lightly busy agents in one process", "aiohttp loops", figures, aims, [note])


async def imports(rounds: int) -> Table:
    """Importing."""
    kept = Rounds()
    for _ in range(3 * rounds):
        for module in (OURS, "httpx", "aiohttp", "openai"):
            async with running(module, *python("benchmarks.contenders.importing", module)) as program:
                done = await program.read()
            if done is not None:
                kept.add("import", module, "time", "ms", done["took"] * 1e3, better="lower")
                kept.add("import", module, "modules", "count", done["modules"], better="lower")
    figures = kept.figures()
    took = next(f.median for f in figures if f.contender == OURS and f.metric == "time")
    note = f"{'✓' if took <= 150 else '✗'} at most 150 ms: {took:.0f} ms"
    return Table("import", "Import", "httpx", figures, notes=[note])


TABLES: Mapping[str, Callable[[int], Awaitable[Table]]] = {
    "events": events,
    "latency": latency,
    "requests": requests,
    "operations": operations,
    "matching": matching,
    "sessions": sessions,
    "import": imports,
}
