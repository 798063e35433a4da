"""Figures, and what is made of them: medians, spreads, ratios, tables, JSON, charts.

Must live here: how measurements are kept and shown. Must not: measuring.
"""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen
from rich.console import Console
from rich.table import Table as RichTable

OURS = "engage_async"


@frozen
class Figure:
    """What one contender did in one case: a value per round. `better` says which way is good."""

    case: str
    contender: str
    metric: str
    unit: str
    values: Sequence[float]
    better: str = "higher"

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return min(self.values), max(self.values)


@frozen
class Aim:
    """What is wanted of ours in one case: `ours` against `against`, at least or at most `ratio`."""

    case: str
    metric: str
    against: str
    ratio: float
    at_most: bool = False


@frozen
class Table:
    """The figures of one table. `against` is the contender that ratios are taken to."""

    name: str
    title: str
    against: str
    figures: Sequence[Figure]
    aims: Sequence[Aim] = ()
    notes: Sequence[str] = field(factory=tuple)
    base: str | None = None
    """The case that all others are compared with; None compares within each case."""

    def reference(self, figure: Figure) -> Figure | None:
        """The figure that this one is compared with."""
        return self._find(self.base or figure.case, figure.metric, self.against)

    def ratio(self, figure: Figure) -> float | None:
        """This figure in terms of the reference's; None where there is none."""
        reference = self.reference(figure)
        return figure.median / reference.median if reference is not None and reference.median else None

    def verdicts(self) -> list[str]:
        """What became of each aim."""
        return [self._verdict(aim) for aim in self.aims]

    def _verdict(self, aim: Aim) -> str:
        ours, other = self._find(aim.case, aim.metric, OURS), self._find(aim.case, aim.metric, aim.against)
        what = f"{aim.case}, {aim.metric}: {'at most' if aim.at_most else 'at least'} {aim.ratio:g} × {aim.against}"
        if ours is None or other is None or not other.median:
            return f"– {what}: not measured"
        got = ours.median / other.median
        return f"{'✓' if (got <= aim.ratio) is aim.at_most or got == aim.ratio else '✗'} {what}: {got:.2f}"

    def _find(self, case: str, metric: str, contender: str) -> Figure | None:
        return next((f for f in self.figures if (f.case, f.metric, f.contender) == (case, metric, contender)), None)

    def show(self, console: Console) -> None:
        """Print it."""
        shown = RichTable(title=self.title, title_justify="left")
        for column in ("case", "contender", "metric"):
            shown.add_column(column)
        for column in ("median", "spread", f"ratio to {self.against}"):
            shown.add_column(column, justify="right")
        last = ""
        for figure in self.figures:
            ratio, (low, high) = self.ratio(figure), figure.spread
            style = "bold" if figure.contender == OURS else None
            shown.add_row(
                figure.case if figure.case != last else "",
                figure.contender,
                f"{figure.metric} ({figure.unit})",
                f"{figure.median:,.4g}",
                f"{low:,.4g} – {high:,.4g}",
                "" if ratio is None else f"{ratio:.2f}",
                style=style,
            )
            last = figure.case
        console.print(shown)
        for line in (*self.notes, *self.verdicts()):
            console.print(line)
        console.print()

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        rows = [
            {
                "case": f.case,
                "contender": f.contender,
                "metric": f.metric,
                "unit": f.unit,
                "better": f.better,
                "median": f.median,
                "low": f.spread[0],
                "high": f.spread[1],
                "ratio": self.ratio(f),
            }
            for f in self.figures
        ]
        return {"title": self.title, "against": self.against, "rows": rows, "aims": [*self.notes, *self.verdicts()]}

    def chart(self, folder: Path) -> Path:
        """Draw the first metric of the table, one group of bars a case, as SVG."""
        import matplotlib as mpl

        mpl.use("svg")
        from matplotlib import pyplot

        metric = self.figures[0].metric
        figures = [f for f in self.figures if f.metric == metric]
        cases, contenders = (
            list(dict.fromkeys(f.case for f in figures)),
            list(dict.fromkeys(f.contender for f in figures)),
        )
        drawing, axes = pyplot.subplots(figsize=(8, 0.9 + 0.28 * len(figures)))
        for at, contender in enumerate(contenders):
            mine = [next((f for f in figures if (f.case, f.contender) == (c, contender)), None) for c in cases]
            places = [case + at * 0.8 / len(contenders) for case in range(len(cases))]
            axes.barh(places, [f.median if f else 0 for f in mine], 0.75 / len(contenders), label=contender)
        axes.set_yticks([case + 0.35 for case in range(len(cases))], cases)
        axes.invert_yaxis()
        axes.set_xlabel(f"{metric} ({figures[0].unit}; {figures[0].better} is better)")
        axes.legend(fontsize="small")
        axes.set_title(self.title, fontsize="medium")
        drawing.tight_layout()
        path = folder / f"{self.name}.svg"
        mpl.rcParams["svg.hashsalt"] = "engage"
        drawing.savefig(path, metadata={"Date": None})
        pyplot.close(drawing)
        return path


def machine() -> str:
    """What this was measured on, without naming it."""
    import os

    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def save(tables: Iterable[Table], path: Path) -> None:
    """Write figures as JSON."""
    content = {"machine": machine(), "tables": {table.name: table.plain() for table in tables}}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def compare(tables: Iterable[Table], earlier: Path, *, tolerance: float) -> list[str]:
    """Where a ratio of ours is worse than in an earlier run by more than the tolerance (0.25: a quarter)."""
    before = json.loads(earlier.read_text(encoding="utf-8"))["tables"]
    worse = []
    for table in tables:
        rows = {(r["case"], r["contender"], r["metric"]): r for r in before.get(table.name, {}).get("rows", ())}
        for figure in table.figures:
            old, new = rows.get((figure.case, figure.contender, figure.metric)), table.ratio(figure)
            if figure.contender != OURS or not old or not old["ratio"] or not new:
                continue
            change = new / old["ratio"] if figure.better == "lower" else old["ratio"] / new
            if change > 1 + tolerance:
                worse.append(f"{table.name}: {figure.case}, {figure.metric}: ratio {old['ratio']:.2f} became {new:.2f}")
    return worse
