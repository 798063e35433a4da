"""The official CometD server behind the proxy: its answers break, and no event is lost or comes twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import evolve
from node_programs import node, node_modules
from official_cometd import SETTINGS, VOICE, CometdServer, Far, Node, cometd_server, connected, eventually

from tests.adversity.bench import POLL
from tests.adversity.fault_proxy import FaultProxy, fault_proxy

__all__ = ["node", "node_modules"]

pytestmark = pytest.mark.interop

QUICK = evolve(SETTINGS, backoff_first=0.02, backoff_limit=0.2)
BURSTS, EACH = 6, 50


@asynccontextmanager
async def behind_a_proxy(node: Node, **options: Any) -> AsyncIterator[tuple[CometdServer, FaultProxy, Far]]:
    """The server, a proxy in front of it, and a connection through the proxy."""
    async with cometd_server(node, **options) as server, fault_proxy(server.port) as proxy:
        seen = CometdServer(server.process, port=proxy.port)
        async with connected(seen, settings=QUICK) as far:
            await eventually(server.holds_a_poll)
            yield server, proxy, far


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("cut", 0.0),
        ("cut", 0.05),
        ("cut", 0.9),
        ("reset", 0.05),
        ("reset", 0.9),
        ("half-close", 0.9),
        ("corrupt", 0.0),
        ("garble", 0.0),
        ("trickle", 0.0),
        ("delay", 0.0),
    ],
)
async def test_no_event_of_a_burst_is_lost_or_doubled_when_answers_break(kind: Any, part: float, node: Node) -> None:
    async with behind_a_proxy(node) as (server, proxy, far):
        faults = []
        for burst in range(BURSTS):
            faults.append(proxy.spoil(kind, POLL, part=part, seconds=0.05))
            await server.say("publish", channel=VOICE, count=EACH, **{"from": burst * EACH})
            await far.receives((burst + 1) * EACH)
        assert [fault.used for fault in faults] == [1] * BURSTS
        assert far.numbers == list(range(BURSTS * EACH))
        assert far.recovered == []
        await far.connection.connected()
        assert (far.connection.health.handshakes, far.connection.health.malformed) == (1, 0)


@pytest.mark.parametrize(("kind", "part"), [("cut", 0.9), ("reset", 0.0), ("corrupt", 0.0)])
async def test_a_broken_answer_without_acknowledgement_is_told_once_for_each(
    kind: Any, part: float, node: Node
) -> None:
    async with behind_a_proxy(node, ack=False) as (server, proxy, far):
        for n in range(0, 6, 2):
            await eventually(server.holds_a_poll)
            proxy.spoil(kind, POLL, part=part)
            await server.say("publish", channel=VOICE, **{"from": n})
            await far.recovers(n // 2 + 1)
            await far.connection.connected()
            await server.say("publish", channel=VOICE, **{"from": n + 1})
            await far.receives(n // 2 + 1)
        assert [reason.kind for reason in far.recovered] == ["response-lost"] * 3
        assert far.numbers == [1, 3, 5]
        assert far.connection.health.handshakes == 1


async def test_a_connection_that_goes_dead_is_noticed_and_loses_nothing(node: Node) -> None:
    async with behind_a_proxy(node, timeout=200) as (server, proxy, far):
        proxy.spoil("stall", POLL, part=0.0)
        await server.say("publish", channel=VOICE, count=EACH)
        await far.receives(EACH)
        assert far.numbers == list(range(EACH))
        assert (far.recovered, far.connection.health.handshakes) == ([], 1)


async def test_answers_that_stay_unreadable_end_in_a_new_session(node: Node) -> None:
    async with behind_a_proxy(node) as (server, proxy, far):
        fault = proxy.spoil("corrupt", POLL, times=5)
        await server.say("publish", channel=VOICE, count=EACH)
        await far.recovers(1)
        await far.begins_session(2)
        assert (fault.used, [reason.kind for reason in far.recovered]) == (5, ["unreadable"])
        await server.say("publish", channel=VOICE, count=EACH, **{"from": EACH})
        await far.receives(EACH)
        assert far.numbers == list(range(EACH, 2 * EACH))
