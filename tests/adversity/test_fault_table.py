"""The README's table "What happens when …" and the tests of faults say the same: each row names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
README = TESTS.parent.joinpath("README.md").read_text(encoding="utf-8")
SECTION = README.partition("## What happens when …\n")[2].partition("\n## ")[0]
ROWS = [line for line in SECTION.splitlines() if line.startswith("| ") and "**" not in line][1:]
OWN = sorted(Path(__file__).parent.glob("test_*.py"))


def names_in(paths: list[Path]) -> set[str]:
    return {
        name
        for path in paths
        if path != Path(__file__)
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_every_row_has_every_column_and_names_a_test_that_exists() -> None:
    assert len(ROWS) > 20
    existing = names_in(sorted(TESTS.rglob("test_*.py")))
    for row in ROWS:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 6, row
        assert all(cells), row
        named = re.findall(r"`(test_\w+)`", cells[-1])
        assert named, row
        assert set(named) <= existing, row


def test_every_test_of_a_fault_stands_behind_a_row() -> None:
    assert names_in(OWN) <= set(re.findall(r"`(test_\w+)`", SECTION))
