"""An emulator behind a proxy, and an agent who knows only the proxy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import engage_async as ea
from tests.adversity.bench import Bench, bench


@pytest.fixture
async def far() -> AsyncIterator[Bench]:
    async with bench() as found:
        yield found


@pytest.fixture
async def agent(far: Bench) -> AsyncIterator[ea.WorkspaceSession]:
    """John Smith on DN 7001."""
    async with far.agent() as session:
        yield session
