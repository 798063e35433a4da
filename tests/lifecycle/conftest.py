"""An emulator, and an agent who works in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import engage_async as ea
from engage_async.emulator import Emulator
from tests.end_to_end.agents import agent_of


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        running.switches.answer_delay = 0.0
        running.switches.initialization_delay = 0.0
        yield running


@pytest.fixture
async def agent(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    """John Smith on DN 7001."""
    async with agent_of(emulator) as session:
        yield session
