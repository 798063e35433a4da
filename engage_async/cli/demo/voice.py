"""The part on the phone: calls, transfer, conference, a refused destination.

Must live here: the story. Must not: anything that works only against the emulator.
"""

from __future__ import annotations

from collections.abc import Callable

import engage_async as ea
from engage_async.cli.demo.show import WAIT, Show, Stage

__all__ = ["play"]


async def play(
    stage: Stage, show: Show, anna: ea.WorkspaceSession, ben: ea.WorkspaceSession, number_of_ben: str
) -> None:
    """Two agents' day on the phone."""
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
        "caller: … who answers", anna.calls.until(consult.id, "Established", timeout=WAIT), _call_is("Established")
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
        "caller: … who answers", anna.calls.until(consult.id, "Established", timeout=WAIT), _call_is("Established")
    )
    await show.step(
        "caller: complete the conference",
        anna.voice.complete_conference(consult.id, parent_call_id=call.id),
        lambda c: len(c.participants) >= 2,
    )
    await show.step("caller: release", anna.voice.release(call.id), _call_is("Released", "Completed"))
    for remaining in list(ben.calls):
        await show.step("callee: release", ben.voice.release(remaining), _call_is("Released", "Completed"))

    await show.refused(
        f"caller: dial {stage.refused!r}, refused", anna.voice.make_call(stage.refused), ea.OperationFailed
    )
    await show.step(
        f"caller: not ready ({stage.reason})",
        anna.voice.not_ready(work_mode=ea.AgentWorkMode.AUX_WORK, reason_code=stage.reason),
        _agent_is("NotReady"),
    )


async def _talk(
    show: Show, anna: ea.WorkspaceSession, ben: ea.WorkspaceSession, number: str
) -> tuple[ea.Call, ea.Call]:
    """The caller dials the callee, who answers; the call as each of them sees it."""
    ringing = ben.events(ea.CallStateChanged, where=lambda event: event.call.state == "Ringing")
    async with ringing:
        call = await show.step(f"caller: make a call to {number}", anna.voice.make_call(number), _call_is("Dialing"))
        bens = await show.step("callee: … rings", _first_call(ringing), _call_is("Ringing"))
    await show.step("callee: answer", ben.voice.answer(bens.id), _call_is("Established"))
    await show.step(
        "caller: … is connected", anna.calls.until(call.id, "Established", timeout=WAIT), _call_is("Established")
    )
    return call, bens


async def _first_call(stream: ea.EventStream[ea.CallStateChanged]) -> ea.Call:
    return (await anext(stream)).call


async def _gone(agent: ea.WorkspaceSession, call_id: str) -> bool:
    await agent.calls.until(call_id, "Released", timeout=WAIT)
    return call_id not in agent.calls


def _call_is(*states: str) -> Callable[[ea.Call], bool]:
    return lambda call: call.state in states


def _agent_is(state: str) -> Callable[[ea.Dn], bool]:
    return lambda dn: dn.agent_state == state
