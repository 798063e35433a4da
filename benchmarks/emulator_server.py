"""The emulator as a program: many agents, commands on standard input."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engage_async.emulator import Emulator

AGENTS = 1_010


def many_agents(folder: Path, count: int = AGENTS) -> Path:
    """A directory file with agents ``agent0`` … on DNs ``20000`` …, beside those that come with the package."""
    import engage_async.emulator

    given = json.loads(Path(engage_async.emulator.__file__).with_name("directory.json").read_text(encoding="utf-8"))
    for number in range(count):
        dn = str(20_000 + number)
        place = f"Bench_{dn}"
        given["places"].append({"name": place, "dns": [dn]})
        given["users"].append(
            {
                "user_name": f"agent{number}",
                "password": "password",
                "employee_id": f"bench{number}",
                "agent_login": dn,
                "dbid": 100_000 + number,
                "first_name": "Bench",
                "last_name": str(number),
                "default_place": place,
            }
        )
    path = folder / "directory.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    return path


async def serve() -> None:
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        async with Emulator(directory=many_agents(Path(folder))) as emulator:
            emulator.switches.answer_delay = None
            emulator.switches.session_expiry = 120.0
            emulator.switches.secure_cookies = False  # for the Node client, which keeps them back from plain http

            def publish(user: str, count: int, size: int = 0) -> None:
                filler = {"filler": "x" * size} if size else {}
                for number in range(count):
                    call = {"id": f"c{number}", "state": "Held", **filler}
                    emulator.publish(user, "/workspace/v3/voice", {"messageType": "CallStateChanged", "call": call})

            def switch(name: str, value: Any) -> None:
                setattr(emulator.switches, name, value)

            commands: dict[str, Callable[..., None]] = {"publish": publish, "switch": switch}
            _say({"base_url": emulator.base_url})
            while line := await reader.readline():
                request = json.loads(line)
                commands[request.pop("command")](**request)
                _say({"result": None})


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve())
