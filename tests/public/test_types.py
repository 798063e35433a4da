"""Programs that are right type-check; programs that are wrong do not."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

RIGHT = """
    from typing import assert_type
    import engage_async as ea

    async def program(agent: ea.WorkspaceSession) -> None:
        operation = agent.voice.make_call("5551212", user_data=[("a", "b"), ("a", 1)])
        assert_type(operation, ea.Operation[ea.Call])
        assert_type(await operation, ea.Call)
        assert_type(await operation.accepted(), ea.Operation[ea.Call])
        assert_type(operation.result(), ea.Call)
        assert_type(await agent.voice.ready(), ea.Dn)
        assert_type(await agent.calls.until("c", ea.CallState.HELD), ea.Call)
        assert_type(await agent.wait_for(ea.DnStateChanged), ea.DnStateChanged)
        async for event in agent.events(ea.CallStateChanged):
            assert_type(event.call.state, ea.CallState)
        async with agent.events(ea.CallStateChanged, where=lambda e: e.call.state == "Held") as stream:
            assert_type(await anext(stream), ea.CallStateChanged)

        @agent.on(ea.DnStateChanged)
        async def changed(event: ea.DnStateChanged) -> None:
            assert_type(event.dn, ea.Dn)
"""

WRONG = {
    "a call id that is a number": "agent.voice.hold(7)",
    "a destination left out": "agent.voice.make_call()",
    "user data of floats": 'agent.voice.attach_user_data("c", {"a": 1.5})',
    "a positional time-out": 'agent.voice.hold("c", 5.0)',
    "a state of something else": 'agent.calls.until("c", 3)',
    "a handler of another event": "@agent.on(ea.DnStateChanged)\n    def f(event: ea.CallStateChanged) -> None: ...",
    "a result used as another type": 'x: ea.Dn = await agent.voice.hold("c")',
    "a changed snapshot": 'agent.calls["c"].state = ea.CallState.HELD',
    "an unknown operation": 'agent.voice.teleport("c")',
    "an unknown overflow policy": 'agent.events(ea.Event, overflow="ignore")',
}


def mypy(source: str, folder: Path) -> tuple[int, str]:
    program = folder / "program.py"
    program.write_text(source, encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={folder.parent / 'cache'}", program],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    return checked.returncode, checked.stdout


@pytest.mark.timeout(180)
def test_a_right_program_type_checks(tmp_path: Path) -> None:
    code, told = mypy(textwrap.dedent(RIGHT), tmp_path)
    assert code == 0, told


@pytest.mark.timeout(180)
def test_each_wrong_line_is_found(tmp_path: Path) -> None:
    lines = [f"async def wrong_{n}(agent: ea.WorkspaceSession) -> None:\n    {w}" for n, w in enumerate(WRONG.values())]
    _, told = mypy("import engage_async as ea\n\n" + "\n\n".join(lines) + "\n", tmp_path)
    source = ("import engage_async as ea\n\n" + "\n\n".join(lines)).splitlines()
    wrong_lines = {int(line.split(":")[1]) for line in told.splitlines() if ": error:" in line}
    for number, name in enumerate(WRONG):
        start = source.index(f"async def wrong_{number}(agent: ea.WorkspaceSession) -> None:") + 1
        assert wrong_lines & {start + 1, start + 2}, f"{name} was not found:\n{told}"
