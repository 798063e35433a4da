"""``python -m benchmarks [TABLE …]``: measure, print, write JSON and charts, compare with an earlier run."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
from rich.console import Console

from benchmarks.figures import Table, compare, machine, save
from benchmarks.programs import HERE, install
from benchmarks.tables import TABLES

LATEST = HERE / "latest"

console = Console(width=120)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("tables", nargs=-1, type=click.Choice(list(TABLES)))
@click.option("--rounds", default=3, show_default=True, help="How often each contender runs.")
@click.option(
    "--json", "path", type=click.Path(path_type=Path), default=LATEST / "figures.json", help="Where figures go."
)
@click.option("--charts", type=click.Path(path_type=Path), default=LATEST, help="The folder for one SVG a table.")
@click.option("--compare", "earlier", type=click.Path(path_type=Path, exists=True), help="An earlier JSON.")
@click.option("--tolerance", default=0.25, show_default=True, help="How much worse a ratio may be.")
def main(
    tables: tuple[str, ...], rounds: int, path: Path, charts: Path, earlier: Path | None, tolerance: float
) -> None:
    """Measure the TABLES (all by default), side by side in one run."""
    console.print(f"{machine()}; medians of {rounds} rounds\n")
    measured = asyncio.run(_measure(tables or tuple(TABLES), rounds))
    for folder in (path.parent, charts):
        folder.mkdir(parents=True, exist_ok=True)
    save(measured, path)
    for table in measured:
        table.chart(charts)
    if earlier is not None and (worse := compare(measured, earlier, tolerance=tolerance)):
        console.print(*worse, sep="\n")
        sys.exit(1)


async def _measure(names: tuple[str, ...], rounds: int) -> list[Table]:
    await install()
    measured = []
    for name in names:
        table = await TABLES[name](rounds)
        table.show(console)
        measured.append(table)
    return measured


if __name__ == "__main__":
    main()
