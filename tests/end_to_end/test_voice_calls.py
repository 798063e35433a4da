"""Two and three agents on the phone, with everything that a service may or may not tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Refusal
from tests.end_to_end.agents import SETTINGS, agent_of, setting_name

WAIT = 5.0


@pytest.fixture
async def paula(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    async with agent_of(emulator, "PaulaHenry") as session:
        yield session


async def ringing(agent: ea.WorkspaceSession) -> ea.Call:
    """The agent's call that rings."""
    for call in agent.calls.values():
        if call.state == "Ringing":
            return call
    event = await agent.wait_for(ea.CallStateChanged, lambda e: e.call.state == "Ringing", timeout=WAIT)
    return event.call


async def talk(caller: ea.WorkspaceSession, callee: ea.WorkspaceSession) -> tuple[ea.Call, ea.Call]:
    """An established call between two agents, as each of them sees it."""
    dn = callee.dn
    assert dn is not None
    call = await caller.voice.make_call(dn.number)
    assert (call.state, call.dnis) == ("Dialing", dn.number)
    other = await callee.voice.answer((await ringing(callee)).id)
    assert other.state == "Established"
    return await caller.calls.until(call.id, ea.CallState.ESTABLISHED, timeout=WAIT), other


@pytest.mark.parametrize("setting", SETTINGS, ids=setting_name)
async def test_a_day_on_the_phone(
    setting: dict[str, object],
    emulator: Emulator,
    agent: ea.WorkspaceSession,
    kate: ea.WorkspaceSession,
    paula: ea.WorkspaceSession,
) -> None:
    for name, value in setting.items():
        setattr(emulator.switches, name, value)
    for each in (agent, kate, paula):
        assert (await each.voice.ready()).agent_state == "Ready"

    call, _ = await talk(agent, kate)
    attached = await agent.voice.attach_user_data(call.id, [("Note", "one"), ("Note", "two"), ("Count", 3)])
    assert attached.user_data.get_all("Note") == ["one", "two"]
    updated = await agent.voice.update_user_data(call.id, {"Note": "three"})
    assert updated.user_data.get_all("Note") == ["three"]
    assert "Note" not in (await agent.voice.delete_user_data_pair(call.id, "Note")).user_data
    assert (await agent.voice.hold(call.id)).state == "Held"
    assert (await agent.voice.retrieve(call.id)).state == "Established"
    await agent.voice.send_dtmf(call.id, "123#")
    assert (await agent.voice.start_recording(call.id)).recording_state == "Recording"
    assert (await agent.voice.pause_recording(call.id)).recording_state == "Paused"
    assert (await agent.voice.resume_recording(call.id)).recording_state == "Recording"
    assert (await agent.voice.stop_recording(call.id)).recording_state == "Stopped"

    consult = await agent.voice.initiate_transfer(call.id, "7003")
    assert (consult.call_type, consult.parent_call_id, consult.state) == ("Consult", call.id, "Dialing")
    paulas = await paula.voice.answer((await ringing(paula)).id)
    await agent.calls.until(consult.id, "Established", timeout=WAIT)
    assert (await agent.voice.alternate(consult.id, call.id)).id == call.id
    assert (await agent.voice.alternate(call.id, consult.id)).id == consult.id
    assert (await agent.voice.complete_transfer(consult.id, parent_call_id=call.id)).state in ("Released", "Completed")
    await agent.calls.until(call.id, "Released", timeout=WAIT)
    await agent.calls.until(consult.id, "Released", timeout=WAIT)
    assert not agent.calls
    transferred = next(iter(paula.calls.values()))
    assert {transferred.previous_call_id, transferred.id} & {paulas.id}
    await paula.voice.release(transferred.id)

    call, _ = await talk(agent, kate)
    consult = await agent.voice.initiate_conference(call.id, "7003")
    await paula.voice.answer((await ringing(paula)).id)
    await agent.calls.until(consult.id, "Established", timeout=WAIT)
    conference = await agent.voice.complete_conference(consult.id, parent_call_id=call.id)
    assert conference.id == call.id
    assert {p.number for p in conference.participants} == {"7002", "7003"}
    smaller = await agent.voice.delete_from_conference(call.id, "7003")
    assert {p.number for p in smaller.participants} == {"7002"}
    assert (await agent.voice.clear(call.id)).state in ("Released", "Completed")

    with pytest.raises(ea.OperationFailed) as refused:
        await agent.voice.make_call("not-a-number")
    assert refused.value.error_code == 71
    dn = await agent.voice.not_ready(work_mode=ea.AgentWorkMode.AUX_WORK, reason_code="Lunch")
    assert (dn.agent_state, dn.agent_work_mode) == ("NotReady", "AuxWork")
    assert dn.reasons.get("ReasonCode") == "Lunch"


async def test_reconnect_merge_and_single_steps(
    agent: ea.WorkspaceSession, kate: ea.WorkspaceSession, paula: ea.WorkspaceSession
) -> None:
    call, _ = await talk(agent, kate)
    consult = await agent.voice.initiate_transfer(call.id, "7003")
    await ringing(paula)
    assert (await agent.voice.reconnect(consult.id, call.id)).id == call.id
    assert agent.calls[call.id].state == "Established"

    grown = await agent.voice.single_step_conference(call.id, "5550001")
    assert "5550001" in {p.number for p in grown.participants}
    await agent.voice.clear(call.id)

    call, _ = await talk(agent, kate)
    assert (await agent.voice.single_step_transfer(call.id, "7003")).state in ("Released", "Completed")
    await paula.voice.answer((await ringing(paula)).id)
    await kate.voice.release(next(iter(kate.calls)))

    first = await agent.voice.make_call("5550001")
    await agent.calls.until(first.id, "Established", timeout=WAIT)
    await agent.voice.hold(first.id)
    second, _ = await talk(agent, kate)
    merged = await agent.voice.merge(second.id, first.id)
    assert len(merged.participants) >= 2 or merged.state in ("Released", "Completed")


async def test_redirect_forward_and_do_not_disturb(agent: ea.WorkspaceSession, kate: ea.WorkspaceSession) -> None:
    await agent.voice.make_call("7002")
    redirected = await kate.voice.redirect((await ringing(kate)).id, "5550001")
    assert redirected.state in ("Released", "Completed")
    await agent.voice.release(next(iter(agent.calls)))

    assert (await kate.voice.set_forward("5550001")).forward_to == "5550001"
    assert (await kate.voice.cancel_forward()).forward_to is None
    assert (await kate.voice.dnd_on()).dnd
    with pytest.raises(ea.OperationFailed) as rejected:
        await agent.voice.make_call("7002")
    assert rejected.value.error_code == 233
    assert not (await kate.voice.dnd_off()).dnd


async def test_supervisor_monitors_coaches_and_barges_in(
    emulator: Emulator, agent: ea.WorkspaceSession, kate: ea.WorkspaceSession
) -> None:
    async with agent_of(emulator, "SamOkoro") as sam:
        started = await sam.voice.start_monitoring("7001", mode=ea.MonitorMode.MUTE, scope=ea.MonitorScope.CALL)
        assert started.event_type == "MonitoringStarted"
        call, _ = await talk(agent, kate)
        monitored = next(iter(sam.calls.values()), None)
        if monitored is None:
            monitored = (await sam.wait_for(ea.CallStateChanged, timeout=WAIT)).call
        assert monitored.is_monitored_by_me
        assert (await sam.voice.answer(monitored.id)).state == "Established"
        for switch, mode in (
            (sam.voice.switch_to_coaching, "coach"),
            (sam.voice.switch_to_barge_in, "connect"),
            (sam.voice.switch_to_listen_in, "mute"),
        ):
            switched = await switch(monitored.id)
            assert switched.monitoring_info is not None
            assert str(switched.monitoring_info.monitor_mode).lower() == mode
        await agent.voice.release(call.id)
        assert (await sam.voice.stop_monitoring("7001")).event_type == "MonitoringStopped"


async def test_log_out_of_voice_and_in_again(agent: ea.WorkspaceSession) -> None:
    assert (await agent.voice.logout()).agent_state == "LoggedOut"
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.voice.ready()
    assert refused.value.error_code == 187
    assert (await agent.voice.login()).agent_state in ("LoggedIn", "NotReady", "Ready")
    assert await agent.voice.get_calls() == ()


async def test_a_released_call_is_completed_by_hand_when_so_activated(emulator: Emulator) -> None:
    async with agent_of(emulator, "OmarDiaz") as omar:
        await omar.activate_channels(dn="7004", auto_complete_call=False)
        call = await omar.voice.make_call("5550001")
        await omar.calls.until(call.id, "Established", timeout=WAIT)
        assert (await omar.voice.release(call.id)).state == "Released"
        assert (await omar.voice.complete(call.id, user_data={"Result": "Sold"})).state == "Completed"


@pytest.mark.parametrize(("number", "code"), [("5550002", 91), ("5550003", 232), ("5550004", 71), ("7001", 415)])
async def test_a_destination_that_the_switch_refuses(agent: ea.WorkspaceSession, number: str, code: int) -> None:
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.voice.make_call(number, timeout=WAIT)
    assert refused.value.error_code == code
    assert refused.value.error_message
    assert refused.value.matched in ("code", "sole")


async def test_a_rejected_call_ends(agent: ea.WorkspaceSession) -> None:
    call = await agent.voice.make_call("5550005")
    with pytest.raises(ea.CallEnded):
        await agent.calls.until(call.id, "Established", timeout=WAIT)


async def test_an_error_that_names_everything_is_matched_by_its_operation(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.error_names = "everything"
    emulator.switches.refuse_next.append(Refusal("hold", 56, "Invalid connection ID"))
    call = await agent.voice.make_call("5550001")
    await agent.calls.until(call.id, "Established", timeout=WAIT)
    async with agent.events(ea.EventError) as errors:
        with pytest.raises(ea.OperationFailed) as refused:
            await agent.voice.hold(call.id)
        published = await anext(errors)
    assert (refused.value.matched, refused.value.connection_id, refused.value.dn) == ("operation-id", call.id, "7001")
    assert (published.error_code, published.connection_id, published.dn) == (56, call.id, "7001")


async def test_an_error_that_names_nothing_fails_the_oldest_and_says_that_it_is_a_guess(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.echo_operation_id = False
    emulator.switches.refuse_next += [Refusal("hold", 50), Refusal("send-user-event", 50)]
    call = await agent.voice.make_call("5550001")
    await agent.calls.until(call.id, "Established", timeout=WAIT)
    outcomes = await asyncio.gather(
        agent.voice.hold(call.id), agent.voice.send_user_event({"a": "b"}), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [ea.OperationFailed] * 2
    assert {outcome.matched for outcome in outcomes if isinstance(outcome, ea.OperationFailed)} <= {"guess", "sole"}


async def test_without_guessing_such_an_error_fails_nothing(emulator: Emulator) -> None:
    async with agent_of(emulator, guess_errors="none", operation_timeout=0.3) as cautious:
        emulator.switches.echo_operation_id = False
        call = await cautious.voice.make_call("5550001")
        await cautious.calls.until(call.id, "Established", timeout=WAIT)
        emulator.switches.refuse_next.append(Refusal("attach-user-data", 50))
        both = (cautious.voice.attach_user_data(call.id, {"a": "b"}), cautious.voice.hold(call.id))
        attached, held = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(attached, ea.OperationTimeout)
        assert attached.accepted
        assert isinstance(held, ea.Call)


async def test_the_far_end_hangs_up_while_an_operation_is_pending(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    call = await agent.voice.make_call("5550001")
    await agent.calls.until(call.id, "Established", timeout=WAIT)
    pending = agent.voice.start_recording(call.id)
    emulator.switches.event_delay = 0.05
    emulator.centre.outside.hang_up(emulator.centre.outside.parties("5550001")[0])
    with pytest.raises(ea.OperationFailed):
        await pending
    assert call.id not in agent.calls


async def test_many_calls_at_once_find_their_own_events(emulator: Emulator) -> None:
    emulator.switches.echo_operation_id = False
    async with agent_of(emulator, "PaulaHenry") as paula, agent_of(emulator, "OmarDiaz") as omar:
        for number in range(5):
            outcomes = await asyncio.gather(
                paula.voice.make_call(f"555100{number}"), omar.voice.make_call(f"555200{number}")
            )
            assert [call.dnis for call in outcomes] == [f"555100{number}", f"555200{number}"]
            await asyncio.gather(paula.voice.release(outcomes[0].id), omar.voice.release(outcomes[1].id))


async def test_calls_are_marked_when_asked_for(emulator: Emulator) -> None:
    async with agent_of(emulator, mark_calls=True) as marking:
        emulator.switches.echo_operation_id = False
        operation = marking.voice.make_call("5550001", user_data={"Segment": "Gold"})
        call = await operation
        assert operation.matched == "operation-id"
        assert call.user_data["engage_async.operation"] == operation.id
        assert call.user_data["Segment"] == "Gold"
