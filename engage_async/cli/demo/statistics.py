"""The part of a wallboard: statistics as they change, in a live table, for some seconds.

Must live here: the story and the table. Must not: single operations.
"""

from __future__ import annotations

import asyncio
import contextlib

from rich.live import Live
from rich.table import Table

import engage_async as ea
from engage_async.cli.demo.show import Show, Stage

__all__ = ["play"]

_SECONDS = 2.0


async def play(stage: Stage, show: Show, anna: ea.WorkspaceSession) -> None:
    """What the agents do, while one of them becomes ready and not ready."""
    user = anna.user
    agent_id = (user and user.employee_id) or ""
    wanted = [
        ea.Statistic("CurrentAgentState", agent_id, "Agent"),
        ea.Statistic("TotalReadyTime", agent_id, "Agent"),
        ea.Statistic("NoSuchStatistic", agent_id, "Agent"),
    ]
    who = stage.caller
    if who is None:
        raise ea.InvalidArgument("no agent was named")
    async with stage.engage(who) as engage, engage.statistics() as board, board.subscribe(wanted) as values:
        show.note(f"{len(values.errors)} statistic cannot be opened: {'; '.join(map(str, values.errors))}")
        table = _Wallboard()
        with Live(table.drawn(), console=show.console, transient=not show.console.is_terminal) as live:
            reading = asyncio.create_task(_follow(values, table, live), name="demo-wallboard")
            await show.step("agent: ready, as the wallboard shows", anna.voice.ready())
            await asyncio.sleep(_SECONDS / 2)
            await show.step("agent: not ready", anna.voice.not_ready())
            await asyncio.sleep(_SECONDS / 2)
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
    show.expect("wallboard: values came", table.updates > 0, f"{table.updates} updates")


async def _follow(values: ea.Subscription, table: _Wallboard, live: Live) -> None:
    async for value in values:
        if isinstance(value, ea.StatisticValue):
            table.take(value)
            live.update(table.drawn())


class _Wallboard:
    """The newest value of each statistic."""

    def __init__(self) -> None:
        self.updates = 0
        self._rows: dict[str, tuple[str, str]] = {}

    def take(self, value: ea.StatisticValue) -> None:
        """One update."""
        self.updates += 1
        self._rows[str(value.name)] = (str(value.object_id), str(value.plain))

    def drawn(self) -> Table:
        """The table as it is now."""
        table = Table("statistic", "object", "value", title=f"wallboard, {self.updates} updates")
        for name, (about, value) in self._rows.items():
            table.add_row(name, about, value)
        return table
