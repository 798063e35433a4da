"""Much at once: bursts to slow readers, agents who come back together, a token that ends under many requests.

``ENGAGE_LOAD=full`` takes the full numbers; the default ones are as telling and take a second or two.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

import engage_async as ea
import engage_async.emulator
from engage_async.emulator import Emulator
from engage_async.errors import NotSent
from engage_async.protocol.backoff import Backoff
from engage_async.protocol.bayeux import Advice, ReconnectPolicy, Step
from engage_async.protocol.health import NotificationSettings
from engage_async.protocol.redaction import RequestRecord
from tests.adversity.bench import Bench, established, eventually
from tests.end_to_end.agents import engage_for

FULL = os.environ.get("ENGAGE_LOAD") == "full"
BURST = 100_000 if FULL else 5_000
AGENTS = 1_000 if FULL else 25
CONNECTIONS = 1_000
REQUESTS = 1_000
PATIENCE = 300.0 if FULL else 30.0
BUCKET = 0.1
VOICE = "/workspace/v3/voice"

pytestmark = pytest.mark.timeout(600 if FULL else 60)


class Numbered:
    """What a reader has seen of a burst of numbered events."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def take(self, event: ea.UnknownEvent) -> None:
        self.numbers.append(event.raw["n"])


async def burst(far: Bench, readers: Numbered) -> None:
    """All events at once, as fast as the emulator can, until a reader who keeps up has seen them all."""
    for n in range(BURST):
        far.emulator.publish("JohnSmith", VOICE, {"messageType": "Numbered", "n": n})
        if n % 1_000 == 0:
            await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        while len(readers.numbers) < BURST:
            await asyncio.sleep(0.01)


async def test_a_burst_costs_a_slow_reader_its_oldest_events_and_nobody_else_anything(
    far: Bench, agent: ea.WorkspaceSession, caplog: pytest.LogCaptureFixture
) -> None:
    quick, slow_handler, gate = Numbered(), Numbered(), asyncio.Event()
    call = await established(agent)
    agent.on(ea.UnknownEvent)(quick.take)

    @agent.on(ea.UnknownEvent)
    async def slow(event: ea.UnknownEvent) -> None:
        await gate.wait()
        slow_handler.take(event)

    limit = agent._settings.stream_limit
    async with agent.events(ea.UnknownEvent, limit=100) as stream:
        held, _ = await asyncio.gather(agent.voice.hold(call.id), burst(far, quick))
        assert held.state == ea.CallState.HELD
        assert quick.numbers == list(range(BURST))
        assert stream.dropped == BURST - 100
        assert [(await anext(stream)).raw["n"] for _ in range(100)] == list(range(BURST - 100, BURST))
    gate.set()
    await eventually(lambda: slow_handler.numbers[-1:] == [BURST - 1])
    assert len(slow_handler.numbers) <= limit + 1
    assert slow_handler.numbers == sorted(slow_handler.numbers)
    warnings = [each for each in caplog.records if "not read fast enough" in each.getMessage()]
    assert len(warnings) in (2, 3)  # one for each episode: the handler's first ends when it takes its first event
    assert (agent.health.notifications.reconnects, agent.health.notifications.undelivered) == (0, 0)
    assert (await agent.voice.retrieve(call.id)).state == ea.CallState.ESTABLISHED


async def test_a_burst_is_told_to_a_slow_reader_who_asks_to_be_told(far: Bench, agent: ea.WorkspaceSession) -> None:
    quick = Numbered()
    agent.on(ea.UnknownEvent)(quick.take)
    async with agent.events(ea.UnknownEvent, limit=100, overflow="raise") as stream:
        await burst(far, quick)
        assert [(await anext(stream)).raw["n"] for _ in range(100)] == list(range(100))
        with pytest.raises(ea.EventsDropped) as dropped:
            await anext(stream)
        assert dropped.value.count == stream.dropped == BURST - 100
        far.emulator.publish("JohnSmith", VOICE, {"messageType": "Numbered", "n": BURST})
        assert (await anext(stream)).raw["n"] == BURST
    assert quick.numbers == list(range(BURST + 1))
    assert agent.health.notifications.reconnects == 0


# --- Coming back ------------------------------------------------------------------------------------------------------


def histogram(title: str, moments: Iterable[float]) -> Counter[int]:
    """Give how many there were in each tenth of a second, and print it in at most twenty lines."""
    counts = Counter(int(moment / BUCKET) for moment in moments)
    first, last = min(counts), max(counts)
    width = -(-(last - first + 1) // 20)
    print(f"\n{title}: {counts.total()} in all, at most {max(counts.values())} in {BUCKET:g} s")  # noqa: T201 - for whoever runs it
    for start in range(first, last + 1, width):
        count = sum(counts[bucket] for bucket in range(start, start + width))
        print(f"  from {start * BUCKET:6.1f} s {count:6d} {'#' * round(100 * count / counts.total())}")  # noqa: T201 - for whoever runs it
    return counts


def policies(now: list[float]) -> list[ReconnectPolicy]:
    times = NotificationSettings()
    backoff, dice = Backoff(times.backoff_first, times.backoff_limit), Random(5).random
    return [
        ReconnectPolicy(backoff=backoff, settled=times.settled_after, dice=dice, clock=lambda: now[0])
        for _ in range(CONNECTIONS)
    ]


@pytest.mark.parametrize(("outage", "largest"), [(0.0, 0.45), (1.0, 0.2), (5.0, 0.08), (60.0, 0.02)])
def test_a_thousand_connections_spread_over_every_pause(outage: float, largest: float) -> None:
    """All break at the same moment; the largest share of them that comes back within any tenth of a second."""
    back = []
    for each in policies([0.0]):
        moment, acknowledged = 0.0, True
        while True:
            step = each.after_failed_connect(NotSent("refused"), Advice(), ended=False, acknowledged=acknowledged)
            assert step.step is Step.CONNECT
            moment += step.delay
            if moment > outage:
                break
        back.append(moment)
    counts = histogram(f"back after an outage of {outage:g} s", back)
    assert max(counts.values()) <= largest * CONNECTIONS
    assert max(back) <= outage + max(0.5, min(outage * 2.0 + 0.5, 30.0))


@pytest.mark.parametrize("advised", [True, False])
def test_a_goodbye_to_everybody_brings_nobody_back_at_the_same_moment(advised: bool) -> None:
    now, advice = [0.0], Advice(reconnect="handshake" if advised else "retry")
    each_one = policies(now)
    now[0] = 100.0
    steps = [
        each.after_connect({"successful": True}, advice, ended=not advised, events=0, took=1.0, at_once=False)
        for each in each_one
    ]
    assert {step.step for step in steps} == {Step.HANDSHAKE}
    counts = histogram("handshakes after a goodbye to all", (step.delay for step in steps))
    assert max(counts.values()) <= 0.25 * CONNECTIONS
    assert max(step.delay for step in steps) <= 0.5


def directory_of(agents: int, folder: Path) -> Path:
    """A directory file with so many agents, each with a place."""
    own = json.loads(Path(engage_async.emulator.__file__).with_name("directory.json").read_text(encoding="utf-8"))
    [model, *_] = own["users"]
    own["users"] = [
        {
            **model,
            "user_name": f"agent{n}",
            "employee_id": f"agent{n}",
            "agent_login": f"{20_000 + n}",
            "dbid": 10_000 + n,
            "email": f"agent{n}@example.com",
            "default_place": f"Place_{20_000 + n}",
        }
        for n in range(agents)
    ]
    own["places"] = [{"name": f"Place_{20_000 + n}", "dns": [f"{20_000 + n}"]} for n in range(agents)]
    path = folder / "directory.json"
    path.write_text(json.dumps(own), encoding="utf-8")
    return path


async def test_agents_come_back_after_a_restart_without_a_stampede(tmp_path: Path) -> None:
    sent: list[float] = []

    def note(record: RequestRecord) -> None:
        if record.path.endswith("/notifications"):
            sent.append(time.monotonic())

    async with Emulator(directory=directory_of(AGENTS, tmp_path)) as emulator, AsyncExitStack() as open_until_then:
        environment = await open_until_then.enter_async_context(engage_for(emulator, "agent0", on_request=note))
        agents: list[ea.WorkspaceSession] = []
        lost: Counter[str] = Counter()
        for n in range(AGENTS):
            user = await open_until_then.enter_async_context(
                environment.with_credentials(username=f"agent{n}", password="password")
            )
            session = await open_until_then.enter_async_context(user.workspace(name=f"agent{n}"))
            session.on(ea.EventsLost)(lambda event: lost.update([event.reason.partition(":")[0]]))
            agents.append(session)
        sent.clear()
        began = time.monotonic()
        await emulator.restart()
        async with asyncio.timeout(PATIENCE):
            for session in agents:
                while session.health.notifications.handshakes < 2:
                    await asyncio.sleep(0.01)
                await session.connected()
        counts = histogram(f"polls and handshakes of {AGENTS} agents", (moment - began for moment in sent))
        assert lost.total() == AGENTS
        assert len(sent) <= 10 * AGENTS
        assert max(counts.values()) <= max(0.5 * len(sent), 10)
        assert {session.health.pending for session in agents} == {0}
        assert all([(await session.session.get_current_session()).user is not None for session in agents])


# --- The token --------------------------------------------------------------------------------------------------------


async def test_a_token_that_ends_under_a_thousand_requests_is_renewed_once() -> None:
    paths: Counter[str] = Counter()

    def note(record: RequestRecord) -> None:
        paths[record.path.rpartition("/")[2]] += 1

    async with Emulator() as emulator, engage_for(emulator, on_request=note, max_connections=200) as engage:
        await engage.authentication.get_user_info()
        assert paths["token"] == 1
        asking = [asyncio.ensure_future(engage.authentication.get_user_info(timeout=PATIENCE)) for _ in range(REQUESTS)]
        await eventually(lambda: sum(task.done() for task in asking) >= REQUESTS // 10)
        emulator.expire_tokens()
        asked = sum(not task.done() for task in asking)
        assert asked > REQUESTS // 2
        async with asyncio.timeout(PATIENCE):
            users = await asyncio.gather(*asking)
        assert {user.username for user in users} == {"JohnSmith"}
        assert paths["token"] == 2
        assert paths["userinfo"] > REQUESTS + 1
