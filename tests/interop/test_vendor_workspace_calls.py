"""The vendor's workspace client (npm ``genesys-workspace-client-js`` 9.0.1) on the phone with agents of our client.

What it emits is compared with what our client hears, as the other party and as a second session of the same agent.
Where the client cannot do what its service does, the test says why, with the line of its source.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from official_cometd import Node, eventually
from vendor_workspace import VendorClient, Witness, emulator_for_vendor, plain, vendor_agent

import engage_async as ea
from engage_async.emulator import Emulator, Refusal
from engage_async.models.codec import unstructure
from tests.end_to_end.agents import agent_of

pytestmark = pytest.mark.interop

WAIT = 15.0
KATE, PAULA, OUTSIDE = "7002", "7003", "5550001"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with emulator_for_vendor() as emulator:
        yield emulator


@pytest.fixture
async def pair(node: Node, emulator: Emulator) -> AsyncIterator[tuple[VendorClient, Witness]]:
    async with vendor_agent(node, emulator) as pair:
        yield pair


@pytest.fixture
def john(pair: tuple[VendorClient, Witness]) -> VendorClient:
    """John Smith on DN 7001, with the vendor's client."""
    return pair[0]


@pytest.fixture
def witness(pair: tuple[VendorClient, Witness]) -> Witness:
    """John Smith's second session, with ours."""
    return pair[1]


@pytest.fixture
async def kate(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    """Kate Lewis on DN 7002, with our client."""
    async with agent_of(emulator, "KateLewis") as session:
        yield session


@pytest.fixture
async def paula(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    """Paula Henry on DN 7003, with our client."""
    async with agent_of(emulator, "PaulaHenry") as session:
        yield session


async def in_state(agent: ea.WorkspaceSession, state: str) -> ea.Call:
    """Wait until the agent has a call in this state."""
    await eventually(lambda: any(call.state == state for call in agent.calls.values()))
    return next(call for call in agent.calls.values() if call.state == state)


async def talk(john: VendorClient, other: ea.WorkspaceSession) -> str:
    """John calls another agent, who answers; gives the id of his call."""
    assert other.dn is not None
    await john.voice("makeCall", other.dn.number)
    await other.voice.answer((await in_state(other, "Ringing")).id)
    call: str = (await john.call("Established", phoneNumber=other.dn.number))["id"]
    return call


async def free(john: VendorClient, *calls: str) -> None:
    """Wait until the calls have ended."""
    for call in calls:
        await john.tells("CallStateChanged", id=call, state="Released")


async def test_call_between_two_agents_is_told_alike(
    john: VendorClient, witness: Witness, kate: ea.WorkspaceSession
) -> None:
    states: list[str] = []
    kate.on(ea.CallStateChanged)(lambda event: states.append(str(event.call.state)))
    call = await talk(john, kate)
    kates = await in_state(kate, "Established")
    mine = await john.call("Established")
    assert (mine["callUuid"], mine["ani"], mine["dnis"]) == (kates.call_uuid, kates.ani, kates.dnis)
    assert (mine["ani"], mine["dnis"], mine["callType"]) == ("7001", KATE, kates.call_type)
    assert ([each["number"] for each in mine["participants"]], kates.participants[0].number) == ([KATE], "7001")

    await john.voice("attachUserData", call, [{"key": "Note", "type": "str", "value": "one"}])
    await eventually(lambda: kate.calls[kates.id].user_data.get_all("Note") == ["one"])
    await john.voice("updateUserData", call, [{"key": "Note", "type": "str", "value": "two"}])
    await eventually(lambda: kate.calls[kates.id].user_data.get_all("Note") == ["two"])
    assert (await john.call("Established"))["userData"] == kate.calls[kates.id].user_data.wire()
    await kate.voice.attach_user_data(kates.id, {"From": "Kate"})
    await john.call("Established", userData=kate.calls[kates.id].user_data.wire())
    await john.voice("deleteUserDataPair", call, "Note")
    await eventually(lambda: "Note" not in kate.calls[kates.id].user_data)

    await john.voice("sendDTMF", call, "123#")
    await john.voice("holdCall", call)
    await john.call("Held", id=call)
    await john.voice("retrieveCall", call)
    await john.call("Established", id=call)
    await kate.voice.hold(kates.id)
    await kate.voice.retrieve(kates.id)
    assert states[:2] == ["Ringing", "Established"]

    for operation, state in (("start", "Recording"), ("pause", "Paused"), ("resume", "Recording"), ("stop", "Stopped")):
        await john.voice(f"{operation}Recording", call)
        await john.call("Established", recordingState=state)

    assert witness.session.calls[call].state == "Established"
    assert plain(unstructure(witness.session.calls[call])) == plain(await john.call("Established"))
    await john.voice("releaseCall", call)
    await free(john, call)
    await eventually(lambda: not kate.calls)
    await witness.agrees_with(john)
    assert witness.errors() == []


async def test_call_that_comes_in_is_answered(john: VendorClient, witness: Witness, kate: ea.WorkspaceSession) -> None:
    call = await kate.voice.make_call("7001")
    ringing = await john.call("Ringing", phoneNumber=KATE)
    await john.voice("answerCall", ringing["id"])
    established = await kate.calls.until(call.id, ea.CallState.ESTABLISHED, timeout=WAIT)
    assert established.call_uuid == (await john.call("Established"))["callUuid"]
    await kate.voice.release(call.id)
    await free(john, ringing["id"])
    await witness.agrees_with(john)


async def test_two_step_transfer_to_a_third_agent(
    john: VendorClient, witness: Witness, kate: ea.WorkspaceSession, paula: ea.WorkspaceSession
) -> None:
    call = await talk(john, kate)
    await john.voice("initiateTransfer", call, PAULA)
    consult = await john.call("Dialing", phoneNumber=PAULA)
    assert (consult["callType"], consult["parentConnId"]) == ("Consult", call)
    paulas = await paula.voice.answer((await in_state(paula, "Ringing")).id)
    await john.call("Established", id=consult["id"])
    await john.voice("alternateCalls", consult["id"], call)
    await john.call("Established", id=call)
    await john.voice("alternateCalls", call, consult["id"])
    await john.call("Held", id=call)
    await john.voice("completeTransfer", consult["id"], call)
    await free(john, call, consult["id"])
    await eventually(lambda: any(kate.calls[each].phone_number == PAULA for each in kate.calls))
    transferred = await in_state(paula, "Established")
    assert paulas.id in (transferred.id, transferred.previous_call_id)
    assert transferred.call_uuid == (await in_state(kate, "Established")).call_uuid
    await paula.voice.release(transferred.id)
    await witness.agrees_with(john)


async def test_call_that_is_transferred_to_it_changes_its_id(
    john: VendorClient, witness: Witness, kate: ea.WorkspaceSession
) -> None:
    first = await kate.voice.make_call(OUTSIDE)
    await kate.calls.until(first.id, ea.CallState.ESTABLISHED, timeout=WAIT)
    consult = await kate.voice.initiate_transfer(first.id, "7001")
    old = (await john.call("Ringing"))["id"]
    await john.voice("answerCall", old)
    await kate.calls.until(consult.id, ea.CallState.ESTABLISHED, timeout=WAIT)
    await kate.voice.complete_transfer(consult.id, parent_call_id=first.id)
    new = await john.call("Established", phoneNumber=OUTSIDE)
    assert (new["previousConnId"], new["id"] != old) == (old, True)
    assert (await john.tells("CallStateChanged", id=new["id"]))["previousConnId"] == old
    assert list(await john.say("calls")) == list(witness.session.calls) == [new["id"]]
    await john.voice("releaseCall", new["id"])
    await free(john, new["id"])
    await witness.agrees_with(john)


async def test_conference_with_two_agents(
    john: VendorClient, witness: Witness, kate: ea.WorkspaceSession, paula: ea.WorkspaceSession
) -> None:
    call = await talk(john, kate)
    await john.voice("initiateConference", call, PAULA)
    consult = await john.call("Dialing", phoneNumber=PAULA)
    await paula.voice.answer((await in_state(paula, "Ringing")).id)
    await john.call("Established", id=consult["id"])
    await john.voice("completeConference", consult["id"], call)
    await free(john, consult["id"])
    conference = await john.call("Established", id=call)
    assert {each["number"] for each in conference["participants"]} == {KATE, PAULA}
    await eventually(lambda: len((next(iter(kate.calls.values()))).participants) == 2)
    await john.voice("deleteFromConference", call, PAULA)
    await eventually(lambda: not paula.calls)
    assert [each["number"] for each in (await john.call("Established", id=call))["participants"]] == [KATE]
    await john.voice("singleStepConference", call, OUTSIDE)
    await eventually(lambda: {p.number for p in witness.session.calls[call].participants} == {KATE, OUTSIDE})
    await john.voice("clearCall", call)
    await free(john, call)
    await eventually(lambda: not kate.calls)
    await witness.agrees_with(john)


async def test_merge_reconnect_and_single_steps(
    john: VendorClient, witness: Witness, kate: ea.WorkspaceSession, paula: ea.WorkspaceSession
) -> None:
    call = await talk(john, kate)
    await john.voice("initiateTransfer", call, PAULA)
    consult = await john.call("Dialing", phoneNumber=PAULA)
    await john.voice("reconnectCall", consult["id"], call)
    await free(john, consult["id"])
    await john.call("Established", id=call)
    await eventually(lambda: not paula.calls)
    await john.voice("singleStepTransfer", call, PAULA)
    await free(john, call)
    await paula.voice.answer((await in_state(paula, "Ringing")).id)
    await paula.voice.release((await in_state(paula, "Established")).id)

    await john.voice("makeCall", OUTSIDE)
    first = await john.call("Established", phoneNumber=OUTSIDE)
    await john.voice("holdCall", first["id"])
    await john.call("Held", id=first["id"])
    second = await talk(john, kate)
    await john.voice("mergeCalls", second, first["id"])
    await eventually(lambda: {p.number for p in next(iter(kate.calls.values())).participants} == {"7001", OUTSIDE})
    assert [each["number"] for each in (await john.call("Established", id=second))["participants"]] == [KATE, OUTSIDE]
    await witness.agrees_with(john)


async def test_call_is_redirected_and_calls_are_forwarded(
    john: VendorClient, witness: Witness, kate: ea.WorkspaceSession, paula: ea.WorkspaceSession
) -> None:
    await kate.voice.make_call("7001")
    ringing = await john.call("Ringing")
    await john.voice("redirectCall", ringing["id"], PAULA)
    await free(john, ringing["id"])
    await paula.voice.answer((await in_state(paula, "Ringing")).id)
    await paula.voice.release((await in_state(paula, "Established")).id)

    await john.voice("setForward", PAULA)
    await john.tells("DnStateChanged", forwardTo=PAULA)
    await kate.voice.make_call("7001")
    await in_state(paula, "Ringing")
    assert not witness.session.calls
    await john.voice("cancelForward")
    await eventually(lambda: witness.session.dn is not None and witness.session.dn.forward_to is None)
    await witness.agrees_with(john)


async def test_agent_is_ready_and_not_ready(john: VendorClient, witness: Witness) -> None:
    for operation, arguments, state in (
        ("ready", (), {"agentState": "Ready"}),
        ("notReady", ("AfterCallWork",), {"agentState": "NotReady", "agentWorkMode": "AfterCallWork"}),
        ("notReady", (), {"agentState": "NotReady", "agentWorkMode": "AuxWork"}),
        ("dndOn", (), {"dnd": True}),
        ("dndOff", (), {"dnd": False}),
        ("logout", (), {"agentState": "LoggedOut"}),
        ("login", (), {"agentState": "NotReady"}),
    ):
        await john.voice(operation, *arguments)
        await john.tells("DnStateChanged", **state)
    await witness.agrees_with(john)
    assert await john.say("dn") == (await john.say("emitted"))[-1]["dn"]


async def test_reason_of_not_ready_is_put_where_nobody_reads_it(
    john: VendorClient, witness: Witness, emulator: Emulator
) -> None:
    """``notReady`` writes the reason beside ``data``, not into it (src/internal/voice-api.js:113): it gets lost."""
    await john.voice("notReady", "AfterCallWork", "Lunch")
    told = await john.tells("DnStateChanged", agentWorkMode="AfterCallWork")
    assert told["dn"]["reasons"] == []
    ours = await witness.session.voice.not_ready(work_mode=ea.AgentWorkMode.AUX_WORK, reason_code="Lunch")
    assert ours.reasons.get("ReasonCode") == "Lunch"
    told = await john.tells("DnStateChanged", agentWorkMode="AuxWork", reasons=ours.reasons.wire())
    await witness.agrees_with(john)


async def test_refused_call_is_heard_by_our_client_alone(
    john: VendorClient, witness: Witness, emulator: Emulator
) -> None:
    """The operation is resolved as accepted; the ``EventError`` is dropped (src/internal/voice-api.js:30)."""
    before = await john.say("emitted")
    await john.voice("makeCall", "not-a-number")
    await eventually(lambda: witness.errors() == [71])
    emulator.switches.refuse_next.append(Refusal("ready", 231))
    await john.voice("ready")
    await eventually(lambda: witness.errors() == [71, 231])
    await witness.agrees_with(john)
    assert await john.say("emitted") == before
    with pytest.raises(ea.OperationFailed) as refused:
        await witness.session.voice.make_call("not-a-number")
    assert refused.value.error_code == 71


async def test_request_that_lacks_something_is_rejected(john: VendorClient) -> None:
    refused = await john.say("call", group="voice", method="makeCall", args=[None])
    assert (refused["status"], refused["body"]["message"]) == (400, "Missing parameters: data.destination")
    unknown = await john.say("call", group="voice", method="holdCall", args=["0000000000000000"])
    assert (unknown["status"], unknown["body"]["status"]["message"]) == (500, "Resource not found")
    missing = await john.say("call", group="voice", method="holdCall", args=[])
    assert missing["fault"] == "Missing the required parameter 'id' when calling hold"


async def test_user_event_is_told_to_both(john: VendorClient, witness: Witness) -> None:
    await john.voice("sendUserEvent", [{"key": "gsipmwi", "type": "str", "value": "3"}], "")
    await john.tells("EventUserEvent")
    await witness.agrees_with(john)
    assert witness.told()[-1] == ("user", [{"key": "gsipmwi", "type": "str", "value": "3"}], "")


async def test_call_that_is_completed_stays_in_its_list(
    john: VendorClient, witness: Witness, kate: ea.WorkspaceSession
) -> None:
    """``Released`` takes the call out (src/internal/voice-api.js:56), and ``Completed``, which follows, puts it back in
    (src/internal/voice-api.js:61), for ever.
    """
    call = await talk(john, kate)
    await john.voice("releaseCall", call)
    assert (await john.call("Completed"))["id"] == call
    await witness.agrees_with(john)
    assert not witness.session.calls
