"""Software from npm, installed on first use from the lock file beside this one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

HERE = Path(__file__).parent

_LONGEST_LINE = 16 * 1024 * 1024

NodeProgram = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the installed packages; installs them when the lock file is newer."""
    lock, stamp = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        npm = shutil.which("npm")
        assert npm, "the interop tests need Node 20 and npm on the PATH"
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return HERE / "node_modules"


@pytest.fixture
def node(node_modules: Path) -> NodeProgram:
    """Run a Node program of this folder as a context manager; it is ended, and its exit awaited, at the end.

    Standard input, output and error are pipes (error goes into output). Arguments after the script are its own.
    """
    assert node_modules.is_dir()

    @contextlib.asynccontextmanager
    async def run(script: str, *args: str) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            "node", str(HERE / script), *args,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "NODE_NO_WARNINGS": "1"}, limit=_LONGEST_LINE,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()

    return run
