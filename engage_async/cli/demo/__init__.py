"""The demonstration: an agent's day, a wallboard, a shop and an administrator; every outcome awaited, timed, checked.

Must live here: which parts there are, and who enters the stage. Must not: the parts themselves.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from attrs import evolve
from rich.console import Console

import engage_async as ea
from engage_async.cli.demo import contacts, engagement, media, provisioning, statistics, voice
from engage_async.cli.demo.show import Show, Stage, WrongOutcomeError

__all__ = ["PARTS", "Stage", "run_demo"]

PARTS = ("voice", "media", "contacts", "statistics", "engagement", "provisioning")
ON_A_REAL_SERVICE = ("voice",)
"""Parts that need nobody but the agents."""


async def run_demo(stage: Stage, console: Console, parts: Sequence[str] = PARTS) -> bool:
    """Play the parts; whether every outcome was what it must be."""
    show = Show(console)
    began = time.perf_counter()
    try:
        async with _set_up(stage, show) as ready:
            await _play(ready, show, parts)
        show.note("both sessions ended on the server", done="log out and close")
    except (ea.EngageError, WrongOutcomeError) as error:
        if not show.failed:
            console.print(f"[red]✗ {type(error).__name__}: {error}[/red]", soft_wrap=True)
            show.failed.append(type(error).__name__)
    total = time.perf_counter() - began
    colour = "red" if show.failed else "green"
    console.print(f"[bold {colour}]{show.green} steps green, {len(show.failed)} failed, {total:.1f} s[/bold {colour}]")
    return not show.failed


async def _play(stage: Stage, show: Show, parts: Sequence[str]) -> None:
    """Each part with its heading, in the order in which they are listed."""
    async with _agents(stage, show) as (anna, ben, number_of_ben):
        plays = {
            "voice": lambda: voice.play(stage, show, anna, ben, number_of_ben),
            "media": lambda: media.play(stage, show, anna),
            "contacts": lambda: contacts.play(show, anna),
            "statistics": lambda: statistics.play(stage, show, anna),
            "engagement": lambda: engagement.play(stage, show),
            "provisioning": lambda: provisioning.play(stage, show),
        }
        for part in PARTS:
            if part in parts:
                show.heading(part)
                await plays[part]()


@asynccontextmanager
async def _set_up(stage: Stage, show: Show) -> AsyncIterator[Stage]:
    """The stage as it is, or one on the embedded emulator."""
    if stage.base_url is not None:
        yield stage
        return
    from engage_async.emulator import Emulator

    async with Emulator() as emulator:
        show.console.print(f"emulator on {emulator.base_url}\n")
        directory = emulator.centre.directory
        client_id, client_secret = next(iter(directory.clients.items()))
        caller, callee = [(u.user_name, u.password, u.agent_login) for u in list(directory.users.values())[:2]]
        yield evolve(
            stage,
            base_url=emulator.base_url,
            api_key=stage.api_key or "demo",
            client_id=client_id,
            client_secret=client_secret,
            caller=caller,
            callee=callee,
            emulator=emulator,
        )


@asynccontextmanager
async def _agents(stage: Stage, show: Show) -> AsyncIterator[tuple[ea.WorkspaceSession, ea.WorkspaceSession, str]]:
    """Two agents logged in, each with an environment (and so a token) of its own."""
    async with AsyncExitStack() as stack:
        sessions = []
        for role, agent in {"caller": stage.caller, "callee": stage.callee}.items():
            if agent is None:
                raise ea.InvalidArgument(f"no {role} was named")
            engage = await stack.enter_async_context(stage.engage(agent))
            session = engage.workspace(name=agent[0])
            opening = stack.enter_async_context(session)
            await show.step(f"{agent[0]}: initialize the workspace", opening, lambda s: s.user is not None)
            await show.step(
                f"{agent[0]}: activate channels on DN {agent[2]}",
                session.activate_channels(dn=agent[2]),
                lambda dn: dn is not None,
            )
            sessions.append(session)
        yield sessions[0], sessions[1], stage.callee[2] if stage.callee is not None else ""
