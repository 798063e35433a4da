"""The demonstration: two agents on the phone, every outcome awaited, timed and checked.

Must live here: the story and how it is shown. Must not: anything that works only against the emulator.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from attrs import define, field, frozen
from rich.console import Console

import engage_async as ea
from engage_async.sessions.workspace import WorkspaceSession

_WAIT = 30.0


@frozen
class Stage:
    """Where the story plays, and who plays in it: agents as (user name, password, DN)."""

    base_url: str | None = None
    api_key: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    caller: tuple[str, str, str] | None = field(default=None, repr=False)
    callee: tuple[str, str, str] | None = field(default=None, repr=False)
    third_party: str = "5550001"
    refused: str = "not-a-number"
    reason: str = "Lunch"


class _WrongOutcomeError(Exception):
    """A step ended otherwise than it must."""


@define
class _Show:
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
        except (ea.EngageError, _WrongOutcomeError) as error:
            self._line("red", "✗", what, f"{type(error).__name__}: {error}", began)
            self.failed.append(what)
            raise
        self._line("green", "✓", what, _settled_by(awaited, result), began)
        self.green += 1
        return result

    async def refused(self, what: str, awaited: Awaitable[Any]) -> ea.OperationFailed:
        """Await an operation that must fail with its `EventError`."""

        async def expect() -> ea.OperationFailed:
            try:
                result = await awaited
            except ea.OperationFailed as error:
                return error
            raise _WrongOutcomeError(f"it should have been refused, and gave {result!r}")

        failure: ea.OperationFailed = await self.step(what, expect(), lambda error: error.error_code is not None)
        return failure

    def _line(self, colour: str, mark: str, what: str, how: str, began: float) -> None:
        took = time.perf_counter() - began
        self.spent += took
        self.console.print(f"[{colour}]{mark}[/{colour}] {what:<46} {how:<58} {took * 1000:7.1f} ms", soft_wrap=True)


def _checked(result: Any, check: Callable[[Any], bool]) -> Any:
    if not check(result):
        raise _WrongOutcomeError(f"unexpected outcome: {result!r}")
    return result


def _settled_by(awaited: Awaitable[Any], result: Any) -> str:
    if isinstance(result, ea.OperationFailed):
        return f"EventError {result.error_code} {result.error_message} ({result.matched})"
    if isinstance(awaited, ea.Operation) and awaited.event is not None:
        return f"{_named(awaited.event)} ({awaited.matched})"
    if isinstance(awaited, ea.Operation):
        return f"accepted, no error followed ({awaited.matched})"
    if isinstance(result, ea.Call):
        return f"call {result.id} is {result.state}"
    if isinstance(result, ea.Dn):
        return f"DN {result.number} is {result.agent_state}"
    return "done"


def _named(event: Mapping[str, Any]) -> str:
    name = str(event.get("messageType", "event"))
    call, dn = event.get("call"), event.get("dn")
    if isinstance(call, dict):
        kind = event.get("notificationType")
        return f"{name} {call.get('state')}" + (f" {kind}" if kind not in (None, "StateChange") else "")
    if isinstance(dn, dict):
        return f"{name} {dn.get('agentState')}"
    return f"{name} {event.get('state', event.get('eventType', ''))}".strip()


async def run_demo(stage: Stage, console: Console) -> bool:
    """Play it; whether every outcome was what it must be."""
    show = _Show(console)
    began = time.perf_counter()
    try:
        async with _agents(stage, show) as (anna, ben, number_of_ben):
            await _play(stage, show, anna, ben, number_of_ben)
        console.print(
            "[green]✓[/green] log out and close                              both sessions ended on the server"
        )
        show.green += 1
    except (ea.EngageError, _WrongOutcomeError) as error:
        if not show.failed:
            console.print(f"[red]✗ {type(error).__name__}: {error}[/red]", soft_wrap=True)
            show.failed.append(type(error).__name__)
    total = time.perf_counter() - began
    colour = "red" if show.failed else "green"
    console.print(f"[bold {colour}]{show.green} steps green, {len(show.failed)} failed, {total:.1f} s[/bold {colour}]")
    return not show.failed


@asynccontextmanager
async def _agents(stage: Stage, show: _Show) -> AsyncIterator[tuple[WorkspaceSession, WorkspaceSession, str]]:
    """Two agents logged in, each with an environment (and so a token) of its own."""
    async with AsyncExitStack() as stack:
        cast = {"caller": stage.caller, "callee": stage.callee}
        base_url, client_id, client_secret = stage.base_url, stage.client_id, stage.client_secret
        if base_url is None:
            from engage_async.emulator import Emulator

            emu = await stack.enter_async_context(Emulator())
            show.console.print(f"emulator on {emu.base_url}\n")
            base_url = emu.base_url
            client_id, client_secret = next(iter(emu.centre.directory.clients.items()))
            users = list(emu.centre.directory.users.values())
            for role, user in zip(cast, users, strict=False):
                cast[role] = (user.user_name, user.password, user.agent_login)
        sessions = []
        for role, agent in cast.items():
            if agent is None:
                raise ea.InvalidArgument(f"no {role} was named")
            engage = ea.Engage(
                base_url=base_url,
                api_key=stage.api_key,
                client_id=client_id,
                client_secret=client_secret,
                username=agent[0],
                password=agent[1],
            )
            await stack.enter_async_context(engage)
            session = engage.workspace(name=agent[0])
            opening = stack.enter_async_context(session)
            await show.step(f"{agent[0]}: initialize the workspace", opening, lambda s: s.user is not None)
            await show.step(
                f"{agent[0]}: activate channels on DN {agent[2]}",
                session.activate_channels(dn=agent[2]),
                lambda dn: dn is not None,
            )
            sessions.append((session, agent[2]))
        (anna, _), (ben, number_of_ben) = sessions
        yield anna, ben, number_of_ben


async def _play(stage: Stage, show: _Show, anna: WorkspaceSession, ben: WorkspaceSession, number_of_ben: str) -> None:
    await show.step("caller: ready", anna.voice.ready(), _agent_is("Ready"))
    await show.step("callee: ready", ben.voice.ready(), _agent_is("Ready"))

    call, bens = await _talk(show, anna, ben, number_of_ben)
    await show.step(
        "caller: attach user data",
        anna.voice.attach_user_data(call.id, {"Segment": "Gold"}),
        lambda c: c.user_data.get("Segment") == "Gold",
    )
    await show.step("caller: hold", anna.voice.hold(call.id), _call_is("Held"))
    await show.step("caller: retrieve", anna.voice.retrieve(call.id), _call_is("Established"))

    consult = await show.step(
        f"caller: consult {stage.third_party} about a transfer",
        anna.voice.initiate_transfer(call.id, stage.third_party),
        lambda c: c.parent_call_id == call.id,
    )
    await show.step(
        "caller: … who answers", anna.calls.until(consult.id, "Established", timeout=_WAIT), _call_is("Established")
    )
    await show.step("caller: complete the transfer", anna.voice.complete_transfer(consult.id, parent_call_id=call.id))
    await show.step("caller: … is off the call", _gone(anna, call.id), lambda gone: gone)
    transferred = next(iter(ben.calls), bens.id)
    await show.step("callee: release", ben.voice.release(transferred), _call_is("Released", "Completed"))

    call, bens = await _talk(show, anna, ben, number_of_ben)
    consult = await show.step(
        f"caller: consult {stage.third_party} about a conference",
        anna.voice.initiate_conference(call.id, stage.third_party),
    )
    await show.step(
        "caller: … who answers", anna.calls.until(consult.id, "Established", timeout=_WAIT), _call_is("Established")
    )
    await show.step(
        "caller: complete the conference",
        anna.voice.complete_conference(consult.id, parent_call_id=call.id),
        lambda c: len(c.participants) >= 2,
    )
    await show.step("caller: release", anna.voice.release(call.id), _call_is("Released", "Completed"))
    for remaining in list(ben.calls):
        await show.step("callee: release", ben.voice.release(remaining), _call_is("Released", "Completed"))

    await show.refused(f"caller: dial {stage.refused!r}, refused", anna.voice.make_call(stage.refused))
    await show.step(
        f"caller: not ready ({stage.reason})",
        anna.voice.not_ready(work_mode=ea.AgentWorkMode.AUX_WORK, reason_code=stage.reason),
        _agent_is("NotReady"),
    )


async def _talk(show: _Show, anna: WorkspaceSession, ben: WorkspaceSession, number: str) -> tuple[ea.Call, ea.Call]:
    """The caller dials the callee, who answers; the call as each of them sees it."""
    ringing = ben.events(ea.CallStateChanged, where=lambda event: event.call.state == "Ringing")
    async with ringing:
        call = await show.step(f"caller: make a call to {number}", anna.voice.make_call(number), _call_is("Dialing"))
        bens = await show.step("callee: … rings", _first_call(ringing), _call_is("Ringing"))
    await show.step("callee: answer", ben.voice.answer(bens.id), _call_is("Established"))
    await show.step(
        "caller: … is connected", anna.calls.until(call.id, "Established", timeout=_WAIT), _call_is("Established")
    )
    return call, bens


async def _first_call(stream: ea.EventStream[ea.CallStateChanged]) -> ea.Call:
    return (await anext(stream)).call


async def _gone(agent: WorkspaceSession, call_id: str) -> bool:
    await agent.calls.until(call_id, "Released", timeout=_WAIT)
    return call_id not in agent.calls


def _call_is(*states: str) -> Callable[[ea.Call], bool]:
    return lambda call: call.state in states


def _agent_is(state: str) -> Callable[[ea.Dn], bool]:
    return lambda dn: dn.agent_state == state
