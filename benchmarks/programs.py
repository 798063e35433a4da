"""Programs under measurement and the servers they talk to: JSON lines in, JSON lines out.

Must live here: starting, talking to and ending a process, and what npm has to install. Must not: what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from attrs import frozen

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent
INTEROP = ROOT / "tests" / "interop"
_LONGEST_LINE = 64 * 1024 * 1024
_PATIENCE = 120.0


@frozen
class Program:
    """A process that answers in JSON, one value a line."""

    name: str
    process: asyncio.subprocess.Process

    async def read(self) -> Any:
        """The next value. Raises RuntimeError when the program ends or says nothing for two minutes."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(_PATIENCE):
                line = await self.process.stdout.readline()
        except TimeoutError:
            raise RuntimeError(f"{self.name} says nothing") from None
        if not line:
            raise RuntimeError(f"{self.name} ended early")
        return json.loads(line)

    async def say(self, command: str, **parameters: Any) -> Any:
        """Give a command, and its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"command": command, **parameters}).encode() + b"\n")
        answer = await self.read()
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer["result"]


@contextlib.asynccontextmanager
async def running(name: str, *command: str | Path, cwd: Path = ROOT) -> AsyncIterator[Program]:
    """Run a program until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        env={**os.environ, "NODE_NO_WARNINGS": "1", "PYTHONPATH": str(ROOT)},
    )
    try:
        yield Program(name, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def python(module: str, *arguments: object) -> tuple[str, ...]:
    """The command of a Python module of ours; the arguments as one JSON array."""
    return (sys.executable, "-m", module, json.dumps(arguments))


def node(script: str, *arguments: object) -> tuple[str, ...]:
    """The command of a Node program beside the contenders; the arguments as one JSON array."""
    return ("node", str(HERE / "contenders" / script), json.dumps(arguments))


@contextlib.asynccontextmanager
async def cometd_server() -> AsyncIterator[tuple[Program, int]]:
    """The official CometD server, and its port."""
    # aiocometd opens only when its first poll has timed out, so that must not take long.
    options = {"ack": False, "options": {"timeout": 2000, "maxInterval": 60000}}
    async with running("cometd-nodejs-server", "node", INTEROP / "cometd_server.js", json.dumps(options)) as server:
        yield server, (await server.read())["port"]


@contextlib.asynccontextmanager
async def emulator() -> AsyncIterator[tuple[Program, str]]:
    """The emulator, and its base URL."""
    async with running("emulator", *python("benchmarks.emulator_server")) as server:
        yield server, (await server.read())["base_url"]


async def install() -> None:
    """What the Node programs need, from the lock files."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("the JavaScript contenders need Node 20 and npm on the PATH")
    for folder in (HERE, INTEROP):
        lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
        if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
            process = await asyncio.create_subprocess_exec(npm, "ci", "--no-audit", "--no-fund", "--silent", cwd=folder)
            if await process.wait():
                raise RuntimeError(f"npm ci failed in {folder}")
