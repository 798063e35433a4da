"""Media channels: one, all at once with those that refuse, and media types that only this deployment has."""

from __future__ import annotations

import asyncio

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.emulator.switches import Refusal

WAIT = 5.0
MEDIA = "/workspace/v3/media"
CHANNELS = {"chat", "email", "workitem", "outboundpreview"}


def error_on(emulator: Emulator, mediatype: str | None, code: int, message: str) -> None:
    channel = f"{MEDIA}/{mediatype}" if mediatype else MEDIA
    error = {"errorCode": code, "errorMessage": message}
    emulator.publish("JohnSmith", channel, {"messageType": "EventError", "error": error})


def report(emulator: Emulator, **states: str) -> None:
    channels = [{"name": name, "state": state} for name, state in states.items()]
    emulator.publish("JohnSmith", MEDIA, {"messageType": "ChannelStateChanged", "media": {"channels": channels}})


async def test_agent_is_ready_and_not_ready_on_one_channel(agent: ea.WorkspaceSession) -> None:
    ready = await agent.media.ready("chat", timeout=WAIT)
    assert (ready.name, ready.state) == ("chat", ea.AgentState.READY)
    lunch = await agent.media.not_ready("chat", reason_code="Lunch", timeout=WAIT)
    assert lunch.reasons == {"ReasonCode": "Lunch"}
    assert agent.channels["chat"] == lunch
    assert (await agent.media.logout("chat", timeout=WAIT)).state == "LoggedOut"


async def test_all_channels_at_once(agent: ea.WorkspaceSession) -> None:
    for operation, state in (
        (agent.media.ready_all(timeout=WAIT), "Ready"),
        (agent.media.not_ready_all(reason_code="Lunch", timeout=WAIT), "NotReady"),
        (agent.media.logout_all(timeout=WAIT), "LoggedOut"),
    ):
        result = await operation
        assert {channel.name: str(channel.state) for channel in result.data} == dict.fromkeys(CHANNELS, state)
        assert result.raise_for_errors() == result.data


async def test_do_not_disturb_for_all(agent: ea.WorkspaceSession) -> None:
    on = await agent.media.dnd_on(timeout=WAIT)
    assert [channel.dnd for channel in on.data] == [True] * 4
    off = await agent.media.dnd_off(timeout=WAIT)
    assert [channel.dnd for channel in off.data] == [False] * 4


async def test_only_channels_with_the_agent_on_them_are_waited_for(agent: ea.WorkspaceSession) -> None:
    await agent.media.logout("workitem", timeout=WAIT)
    operation = agent.media.not_ready_all(timeout=WAIT)
    assert {channel.name for channel in (await operation).data} == CHANNELS - {"workitem"}


async def test_channel_that_refuses_is_told_beside_those_that_do_it(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.refuse_next.append(Refusal("chat/ready", 166, "No licence"))
    result = await agent.media.ready_all(timeout=WAIT)
    assert {channel.name for channel in result.data} == CHANNELS - {"chat"}
    (refused,) = result.errors
    assert isinstance(refused, ea.ChannelRefused)
    assert (refused.channel, refused.code) == ("chat", 166)
    assert str(refused) == "status code 166: chat: No licence"
    assert refused.detail["messageType"] == "EventError"
    with pytest.raises(ea.PartialFailure) as failure:
        result.raise_for_errors()
    assert failure.value.exceptions == (refused,)
    assert agent.channels["chat"].state == "NotReady"


async def test_channel_that_says_nothing_is_told_at_the_deadline(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    emulator.switches.faults.append(Fault(f"{MEDIA}/ready", "code", code=1))
    operation = await agent.media.ready_all(timeout=0.3).accepted()
    report(emulator, chat="Ready", email="Ready")
    error_on(emulator, "workitem", 50, "Unrecognised")
    result = await operation
    assert [channel.name for channel in result.data] == ["chat", "email"]
    told = {error.channel: str(error) for error in result.errors if isinstance(error, ea.ChannelRefused)}
    assert told == {
        "workitem": "status code 50: workitem: Unrecognised",
        "outboundpreview": "status code -1: outboundpreview: not Ready in time; it is NotReady",
    }
    assert operation.state == "succeeded"


async def test_refusal_of_all_is_an_error(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.refuse_next.append(Refusal("ready", 54))
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.media.ready_all(timeout=WAIT)
    assert refused.value.error_code == 54


async def test_without_any_report_it_times_out(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.faults.append(Fault(f"{MEDIA}/ready", "code", code=1))
    with pytest.raises(ea.OperationTimeout):
        await agent.media.ready_all(timeout=0.05)


async def test_reply_that_says_it_all_gives_the_channels(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.faults.append(Fault(f"{MEDIA}/ready", "code", code=0))
    result = await agent.media.ready_all(timeout=WAIT)
    assert ({channel.name for channel in result.data}, result.errors) == (CHANNELS, ())


async def test_media_type_of_this_deployment_alone_is_heard(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with agent.events(ea.InteractionStateChanged) as told, asyncio.timeout(WAIT):
        report(emulator, **{"fax": "Ready", "no such/name": "Ready", "*": "Ready"})
        fax = {"id": "f1", "mediatype": "fax", "state": "Invited"}
        while "f1" not in agent.interactions:  # until the subscription is there
            emulator.publish(
                "JohnSmith", f"{MEDIA}/fax", {"messageType": "InteractionStateChanged", "interaction": fax}
            )
            await asyncio.sleep(0.01)
        assert (await anext(told)).channel == f"{MEDIA}/fax"
        assert (await agent.interactions.until("f1", "Invited")).mediatype == "fax"


# --- bad input --------------------------------------------------------------------------------------------------------


async def test_arguments_that_cannot_be_sent_are_refused_at_once(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    media, email, chat = agent.media, agent.email, agent.chat
    sent = len(emulator.requests)
    for attempt, told in (
        (lambda: media.ready(""), "mediatype must be a non-empty id"),
        (lambda: media.ready("../voice", reason="Lunch"), "reason must be an InteractionReason, not str"),  # type: ignore[arg-type]
        (lambda: media.accept("email", " "), "interaction_id must be a non-empty id"),
        (lambda: media.accept("email", ".."), "interaction_id"),
        (lambda: media.accept("email", "i1", extensions=7), "key/value list"),  # type: ignore[arg-type]
        (lambda: media.attach_user_data("email", "i1", {"a": 1.5}), "a string, an integer"),  # type: ignore[dict-item]
        (lambda: media.delete_user_data("email", "i1", "key"), "must be a list of strings"),
        (lambda: media.delete_user_data("email", "i1", []), "at least one"),
        (lambda: media.delete_user_data("email", "i1", ["a"], form="other"), "one of client, simulator"),  # type: ignore[arg-type]
        (lambda: media.place_in_queue("email", "i1", ""), "queue must be a non-empty string"),
        (lambda: media.add_attachment("email", "i1", b"x"), "needs a filename"),
        (lambda: media.add_attachment("email", "i1", 7), "must be a path"),  # type: ignore[arg-type]
        (lambda: media.add_attachment("email", "i1", b"x", filename="a", content_type="x"), "content type"),
        (lambda: email.reply("i1", queue="q", from_address=""), "from_address must be a non-empty string"),
        (lambda: email.send("i1", queue="q", from_address="a", to="a"), "to must be a list of strings"),
        (lambda: chat.send_message("i1", ""), "message must be a non-empty string"),
        (lambda: chat.invite("i1", None), "agent_id must be a non-empty string"),  # type: ignore[arg-type]
        (lambda: chat.resume("i1", ""), "nickname must be a non-empty string"),
        (lambda: media.ready("chat", timeout=0), "timeout must be a positive number"),
    ):
        with pytest.raises(ea.InvalidArgument, match=told):
            attempt()
    assert len(emulator.requests) == sent


async def test_ids_cannot_change_the_path(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.ApiError):
        await agent.media.complete("email", "../../voice/ready?x=", timeout=WAIT)
    assert emulator.requests[-1].path.endswith("/media/email/interactions/../../voice/ready?x=/complete")
    assert agent.dn is not None
    assert agent.dn.agent_state != "Ready"


@pytest.mark.parametrize(("mediatype", "interaction_id"), [("fax", "i1"), ("email", "i1")])
async def test_unknown_media_type_and_interaction_are_refused_by_the_server(
    agent: ea.WorkspaceSession, mediatype: str, interaction_id: str
) -> None:
    with pytest.raises(ea.ApiError, match="Resource not found"):
        await agent.media.accept(mediatype, interaction_id, timeout=WAIT)
    assert agent.health.pending == 0
