"""The fault bench: an emulator behind a proxy that breaks answers, agents, and what must be right afterwards.

Must live here: what the tests of faults share. Must not: tests, fixtures, the faults themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from attrs import define

import engage_async as ea
from engage_async.emulator import Emulator
from tests.adversity.fault_proxy import FaultProxy, fault_proxy
from tests.end_to_end.agents import CLIENT_ID, CLIENT_SECRET, PASSWORD, USERS

WAIT = 10.0
"""Seconds for what happens at once where nothing is wrong with the code under test."""

POLL = "/meta/connect"
OUTSIDE = "5550001"


@define
class Bench:
    """The emulator, and the proxy through which agents reach it."""

    emulator: Emulator
    proxy: FaultProxy

    @asynccontextmanager
    async def agent(self, user: str = "JohnSmith", **settings: Any) -> AsyncIterator[ea.WorkspaceSession]:
        """The user's session behind the proxy, with voice active; whole again when the block ends."""
        quick: dict[str, Any] = {
            "retry_first_delay": 0.01,
            "retry_longest_delay": 0.05,
            "error_grace": 0.05,
            "close_timeout": 2.0,
            "operation_timeout": WAIT,
            "poll_margin": 0.3,
        }
        async with (
            ea.Engage(
                base_url=self.proxy.base_url,
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                username=user,
                password=PASSWORD,
                **{**quick, **settings},
            ) as engage,
            engage.workspace(name=user) as session,
        ):
            await session.activate_channels(dn=USERS[user])
            yield session

    def times(self, ending: str) -> int:
        """How often a request whose path has this ending reached the emulator."""
        return sum(record.path.endswith(ending) for record in self.emulator.requests)


@asynccontextmanager
async def bench(**switches: Any) -> AsyncIterator[Bench]:
    """A bench whose emulator has these switches."""
    async with Emulator() as emulator:
        emulator.switches.answer_delay = 0.02
        for name, value in switches.items():
            assert hasattr(emulator.switches, name)
            setattr(emulator.switches, name, value)
        async with fault_proxy(urlsplit(emulator.base_url).port or 0) as proxy:
            yield Bench(emulator, proxy)


class Losses:
    """Every `EventsLost` of a session, from now on."""

    def __init__(self, agent: ea.WorkspaceSession) -> None:
        self.reasons: list[str] = []
        agent.on(ea.EventsLost)(self._lost)

    def _lost(self, event: ea.EventsLost) -> None:
        self.reasons.append(event.reason)

    @property
    def kinds(self) -> list[str]:
        """The reasons without their details."""
        return [reason.partition(":")[0] for reason in self.reasons]


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(0.002)


async def established(agent: ea.WorkspaceSession) -> ea.Call:
    """A call to an outside number that answers."""
    call = await agent.voice.make_call(OUTSIDE)
    return await agent.calls.until(call.id, ea.CallState.ESTABLISHED, timeout=WAIT)


async def is_whole(far: Bench, agent: ea.WorkspaceSession) -> None:
    """Events flow, state is the emulator's, subscriptions stand, and operations are completed by their events."""
    async with asyncio.timeout(WAIT):
        await agent.connected()
    assert agent.health.notifications.refused == ()
    assert agent.health.unreadable == 0
    for call_id in list(agent.calls):
        await agent.voice.release(call_id)
    await eventually(lambda: not agent.calls)
    call = await established(agent)
    assert (await agent.voice.hold(call.id)).state == ea.CallState.HELD
    assert list(agent.calls) == [call.id]
    assert (await agent.session.get_current_session()).raw["user"]["activeSession"]["dn"]["number"] == "7001"
    await agent.voice.release(call.id)
    await eventually(lambda: not agent.calls)
    assert agent.dn is not None
    turned = await (agent.voice.not_ready() if agent.dn.agent_state == "Ready" else agent.voice.ready())
    assert agent.dn.agent_state == turned.agent_state
    assert agent.health.pending == 0
