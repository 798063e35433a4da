"""How the demonstration is shown: one line a step, with what was awaited, what settled it, and the time it took.

Must live here: the stage, and the steps on it. Must not: any part of the story.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, field, frozen
from rich.console import Console

import engage_async as ea

if TYPE_CHECKING:
    from engage_async.emulator import Emulator

__all__ = ["WAIT", "Show", "Stage", "WrongOutcomeError"]

F = TypeVar("F", bound=ea.EngageError)

WAIT = 30.0
"""Seconds that the story waits for anything."""


@frozen
class Stage:
    """Where the story plays, and who plays in it: agents as (user name, password, DN).

    `emulator` is the embedded one; None on a real service, where nobody can make a customer write.
    """

    base_url: str | None = None
    api_key: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    caller: tuple[str, str, str] | None = field(default=None, repr=False)
    callee: tuple[str, str, str] | None = field(default=None, repr=False)
    third_party: str = "5550001"
    refused: str = "not-a-number"
    reason: str = "Lunch"
    emulator: Emulator | None = field(default=None, repr=False)

    def engage(self, agent: tuple[str, str, str]) -> ea.Engage:
        """The environment of one agent, and so a token of its own."""
        return ea.Engage(
            base_url=self.base_url,
            api_key=self.api_key,
            client_id=self.client_id,
            client_secret=self.client_secret,
            username=agent[0],
            password=agent[1],
        )


class WrongOutcomeError(Exception):
    """A step ended otherwise than it must."""


@define
class Show:
    """Runs steps and prints one line for each."""

    console: Console
    green: int = 0
    failed: list[str] = field(factory=list)
    spent: float = 0.0

    async def step(self, what: str, awaited: Awaitable[Any], check: Callable[[Any], bool] = lambda _: True) -> Any:
        """Await one thing; what it gives must pass the check."""
        began = time.perf_counter()
        try:
            result = _checked(await awaited, check)
        except (ea.EngageError, WrongOutcomeError) as error:
            self._line("red", "✗", what, f"{type(error).__name__}: {error}", began)
            self.failed.append(what)
            raise
        self._line("green", "✓", what, _settled_by(awaited, result), began)
        self.green += 1
        return result

    def heading(self, part: str) -> None:
        """Begin a part."""
        self.console.print(f"\n[bold]{part}[/bold]")

    def note(self, told: str, *, done: str | None = None) -> None:
        """Say something; `done` makes it a step that went well."""
        if done is None:
            self.console.print(f"  {told}", soft_wrap=True)
            return
        self.green += 1
        self.console.print(f"[green]✓[/green] {done:<46} {told}", soft_wrap=True)

    def expect(self, what: str, holds: bool, told: str) -> None:
        """Something must hold that was not awaited."""
        if not holds:
            self.failed.append(what)
            raise WrongOutcomeError(f"{what}: {told}")
        self.note(told, done=what)

    async def refused(self, what: str, awaited: Awaitable[Any], error_type: type[F]) -> F:
        """Await something that must fail with this error."""

        async def expect() -> F:
            try:
                result = await awaited
            except error_type as error:
                return error
            raise WrongOutcomeError(f"it should have been refused, and gave {result!r}")

        failure: F = await self.step(what, expect())
        return failure

    def _line(self, colour: str, mark: str, what: str, how: str, began: float) -> None:
        took = time.perf_counter() - began
        self.spent += took
        self.console.print(f"[{colour}]{mark}[/{colour}] {what:<46} {how:<58} {took * 1000:7.1f} ms", soft_wrap=True)


def _checked(result: Any, check: Callable[[Any], bool]) -> Any:
    if not check(result):
        raise WrongOutcomeError(f"unexpected outcome: {result!r}")
    return result


def _settled_by(awaited: Awaitable[Any], result: Any) -> str:
    if isinstance(awaited, ea.Operation):
        told = _named(awaited.event) if awaited.event is not None else "accepted, no error followed"
        return f"{told} ({awaited.matched})"
    told = "done"
    match result:
        case ea.OperationFailed():
            told = f"EventError {result.error_code} {result.error_message} ({result.matched})"
        case ea.SlotFull():
            told = f"slot full; {len(result.slots)} others are proposed"
        case ea.Call():
            told = f"call {result.id} is {result.state}"
        case ea.Dn():
            told = f"DN {result.number} is {result.agent_state}"
        case ea.Interaction():
            told = f"{result.mediatype} {result.id} is {result.state}"
    return told


def _named(event: Mapping[str, Any]) -> str:
    name = str(event.get("messageType", "event"))
    call, dn = event.get("call"), event.get("dn")
    if isinstance(call, dict):
        kind = event.get("notificationType")
        return f"{name} {call.get('state')}" + (f" {kind}" if kind not in (None, "StateChange") else "")
    if isinstance(dn, dict):
        return f"{name} {dn.get('agentState')}"
    return f"{name} {event.get('state', event.get('eventType', ''))}".strip()
