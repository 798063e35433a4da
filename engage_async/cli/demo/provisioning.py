"""The part of an administrator: users imported from a file, with a progress bar.

Must live here: the story and the bar. Must not: single operations. It needs the emulator: it makes users.
"""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

import engage_async as ea
from engage_async.cli.demo.show import Show, Stage

__all__ = ["play"]

_USERS = 200


async def play(stage: Stage, show: Show) -> None:
    """Import users, one of whom cannot be."""
    if stage.emulator is None or stage.caller is None:
        raise ea.InvalidArgument("the provisioning part needs the embedded emulator")
    async with stage.engage(stage.caller) as engage, engage.provisioning() as provisioning:
        job = await show.step(
            "admin: send a file of users", provisioning.imports.users(_file(), filename="users.csv", every=0.1)
        )
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=show.console, transient=True
        ) as bars:
            bar = bars.add_task("importing", total=None)
            async for status in job:
                bars.update(bar, completed=status.done_count, total=status.total_count)
        result = await show.step("admin: … imported", _outcome(job), lambda r: r.data.succeed_count == _USERS)
        show.note(f"{len(result.errors)} row failed: {'; '.join(map(str, result.errors))}")


async def _outcome(job: ea.ImportJob) -> ea.PartialResult[ea.ImportStatus]:
    return await job


def _file() -> bytes:
    """Users, and one row without a name."""
    rows = ["userName,firstName,lastName,password"]
    rows += [f"demo{number},Demo,Number {number},Passw0rd-{number}" for number in range(_USERS)]
    return "\n".join([*rows, ",Nobody,Nameless,Passw0rd-0"]).encode()
