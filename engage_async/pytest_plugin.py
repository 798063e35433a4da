"""For the tests of programs that use this package: the fixture ``engage_emulator``. It needs pytest-asyncio.

Must live here: fixtures that start and stop the emulator. Must not: anything that costs a test run without them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engage_async.emulator import Emulator

if find_spec("pytest_asyncio") is not None:
    import pytest_asyncio

    @pytest_asyncio.fixture
    async def engage_emulator() -> AsyncIterator[Emulator]:
        """A running emulator (see `engage_async.emulator.Emulator`): ``engage_emulator.base_url``, ``.switches`` …"""
        from engage_async.emulator import Emulator

        async with Emulator() as emulator:
            yield emulator
