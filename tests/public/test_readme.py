"""The README's programs are compiled, and its first one runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def inside_a_coroutine(program: str) -> str:
    return "async def _program():\n" + "".join(f"    {line}\n" for line in program.splitlines())


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_every_program_is_python(program: str) -> None:
    source = program if "asyncio.run(" in program else inside_a_coroutine(program)
    compile(source, "README.md", "exec")


def test_the_first_program_runs_as_it_stands() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAMS[0]], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Established" in done.stdout
    assert "71 Invalid Called DN" in done.stdout


def test_names_of_the_package_in_the_readme_exist() -> None:
    import engage_async as ea

    named = set(re.findall(r"\bea\.([A-Za-z]\w+)", README))
    assert named
    assert sorted(name for name in named if not hasattr(ea, name)) == []
