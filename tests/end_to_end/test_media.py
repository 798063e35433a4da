"""Channels and interactions through the real client, with everything that a service may or may not tell."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault, Refusal
from engage_async.emulator.interactions import Interaction
from tests.end_to_end.agents import SETTINGS, agent_of, setting_name

WAIT = 5.0
MB = 1024 * 1024
CONTACT = "0000AdaByron0001"
"""Somebody of the records that the emulator starts with."""

with_every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=setting_name)


def let_it(emulator: Emulator, setting: dict[str, Any]) -> None:
    for name, value in setting.items():
        setattr(emulator.switches, name, value)


async def offered(agent: ea.WorkspaceSession, interaction: Interaction) -> ea.Interaction:
    """An interaction that has arrived, as the agent is told of it."""
    async with asyncio.timeout(WAIT):
        while interaction.id not in agent.interactions:
            await agent.wait_for(ea.InteractionStateChanged, timeout=WAIT)
    return agent.interactions[interaction.id]


async def at_hand(emulator: Emulator, agent: ea.WorkspaceSession, **item: Any) -> str:
    """A work item that the agent has pulled from where it waited."""
    item_id = emulator.scenario.work_item(queue="waiting-room", **item).id
    assert (await agent.media.pull("workitem", item_id)).state == "Processing"
    return item_id


@pytest.fixture
async def sam(emulator: Emulator) -> AsyncIterator[ea.WorkspaceSession]:
    """Sam Okoro, a supervisor."""
    async with agent_of(emulator, "SamOkoro") as session:
        yield session


# --- channels ---------------------------------------------------------------------------------------------------------


@with_every_setting
async def test_channels_follow_what_the_agent_says(
    emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    media = agent.media
    assert (await media.ready("chat")).state == "Ready"
    lunch = await media.not_ready("chat", reason_code="Lunch", reason=ea.InteractionReason(system_name="lunch", code=3))
    assert (lunch.state, lunch.reasons["ReasonCode"], lunch.reasons["reason"]) == ("NotReady", "Lunch", 3)
    assert (await media.logout("chat")).state == "LoggedOut"
    for everything, names in (
        (media.ready_all(), ["email", "outboundpreview", "workitem"]),
        (media.not_ready_all(reason_code="Lunch"), ["email", "outboundpreview", "workitem"]),
        (media.dnd_on(), ["email", "outboundpreview", "workitem"]),
        (media.dnd_off(), ["email", "outboundpreview", "workitem"]),
        (media.logout_all(), ["email", "outboundpreview", "workitem"]),
    ):
        result = await everything
        result.raise_for_errors()
        assert sorted(channel.name for channel in result.data) == names
    assert {channel.state for channel in agent.channels.values()} == {"LoggedOut"}


@with_every_setting
async def test_channel_that_refuses_does_not_keep_the_others_from_it(
    emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    emulator.switches.refuse_next.append(Refusal("email/ready", 1234, "Not now"))
    result = await agent.media.ready_all()
    assert sorted(channel.name for channel in result.data) == ["chat", "outboundpreview", "workitem"]
    (error,) = result.errors
    assert isinstance(error, ea.ChannelRefused)
    assert (error.channel, error.code) == ("email", 1234)


async def test_operation_on_a_channel_that_is_logged_out_is_refused(agent: ea.WorkspaceSession) -> None:
    await agent.media.logout("email")
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.media.ready("email")
    assert refused.value.error_code == 187
    with pytest.raises(ea.ApiError, match="Resource not found"):
        await agent.media.ready("fax")


# --- interactions -----------------------------------------------------------------------------------------------------


@with_every_setting
async def test_work_item_is_accepted_worked_on_and_completed(
    emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    await agent.media.ready("workitem")
    item = emulator.scenario.work_item("Form A-12", user_data={"Segment": "Silver"})
    told = await offered(agent, item)
    assert (told.state, told.subject, told.capabilities) == ("Invited", "Form A-12", ("accept", "reject"))
    media, id_ = agent.media, item.id
    assert (await media.accept("workitem", id_)).state == "Processing"
    attached = await media.attach_user_data("workitem", id_, {"Segment": "Gold", "Count": 2})
    assert attached.user_data.get_all("Segment") == ["Silver", "Gold"]
    assert (await media.update_user_data("workitem", id_, {"Segment": "Iron"})).user_data["Segment"] == "Iron"
    assert "Count" not in (await media.delete_user_data("workitem", id_, ["Count"])).user_data
    assert (await media.set_comment("workitem", id_, "nearly done")).comment == "nearly done"
    await media.assign_contact("workitem", id_, CONTACT)
    assert agent.interactions[id_].contact_id == CONTACT
    added = await media.add_content("workitem", id_, comment="in the records", thread_id="thread-1")
    assert added.comment == "in the records"
    document = await media.add_document("workitem", id_, "doc-price-list", name="price list.txt")
    assert [each.id for each in document.attachments] == ["doc-price-list"]
    assert (await media.remove_attachment("workitem", id_, "doc-price-list")).attachments == ()
    assert (await media.complete("workitem", id_)).state == "Completed"
    assert (id_ in agent.interactions, agent.channels["workitem"].activity) == (False, "Idle")


@with_every_setting
async def test_interaction_goes_from_agent_to_agent_and_through_queues(
    emulator: Emulator, agent: ea.WorkspaceSession, kate: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    id_ = await at_hand(emulator, agent)
    given = await agent.media.transfer_agent("workitem", id_, "katelewis")
    assert (given.id, id_ in agent.interactions) == (id_, False)
    await offered(kate, emulator.centre.interactions.get(id_))
    rejected = await kate.media.reject("workitem", id_)
    assert (rejected.state, id_ in kate.interactions) == ("Revoked", False)
    assert (await kate.media.pull("workitem", id_, context=ea.PullContext.UNIVERSAL_QUEUE)).state == "Processing"
    placed = await kate.media.place_in_queue(
        "workitem", id_, "general", added_properties={"By": "Kate"}, deleted_properties={"Subject": ""}
    )
    assert (placed.state, placed.queue, dict(placed.user_data)) == ("Queued", "general", {"By": "Kate"})
    await agent.media.ready("workitem")
    assert (await offered(agent, emulator.centre.interactions.get(id_))).user_data["By"] == "Kate"
    await agent.media.accept("workitem", id_)
    assert (await agent.media.complete("workitem", id_)).state == "Completed"


@with_every_setting
async def test_interaction_is_created(emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any]) -> None:
    let_it(emulator, setting)
    first, second = await asyncio.gather(
        agent.media.create("workitem", subject="first", user_data={"n": 1}),
        agent.media.create("workitem", subject="second", user_data={"n": 2}),
    )
    assert (first.state, first.interaction_type, {first.subject, second.subject}) == (
        "Composing",
        "Outbound",
        {"first", "second"},
    )
    assert set(agent.interactions) == {first.id, second.id}


async def test_invitation_that_is_not_answered_is_revoked(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.switches.invitation_timeout = 0.05
    await agent.media.ready("workitem")
    item = emulator.scenario.work_item()
    await offered(agent, item)
    await agent.interactions.until(item.id, "Revoked", timeout=WAIT)
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.media.accept("workitem", item.id)
    assert refused.value.error_code == 165


async def test_outbound_preview_is_offered_with_its_record(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    await agent.media.ready("outboundpreview")
    preview = await offered(agent, emulator.scenario.outbound_preview("5551234", campaign="Autumn"))
    assert (preview.interaction_type, preview.user_data["GSW_CAMPAIGN_NAME"]) == ("Internal", "Autumn")
    assert (await agent.media.accept("outboundpreview", preview.id)).state == "Processing"


@pytest.mark.parametrize("names", ["nothing", "call", "everything"])
async def test_refusal_fails_the_operation_it_is_about(
    emulator: Emulator, agent: ea.WorkspaceSession, names: Any
) -> None:
    emulator.switches.error_names = names
    id_ = await at_hand(emulator, agent)
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.media.accept("workitem", id_)
    assert (refused.value.error_code, refused.value.error_message) == (43, "Object is already in requested state")
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.media.place_in_queue("workitem", id_, "nowhere")
    assert refused.value.error_code == 53
    with pytest.raises(ea.ServerFault, match="Resource not found"):
        await agent.media.complete("workitem", "no such interaction")
    assert agent.health.pending == 0


async def test_session_that_begins_again_finds_the_interactions(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    id_ = await at_hand(emulator, agent, subject="left behind")
    async with agent_of(emulator) as again:
        async with asyncio.timeout(WAIT):
            while id_ not in again.interactions:
                await asyncio.sleep(0.005)
        assert again.interactions[id_].subject == "left behind"


async def test_loss_of_notifications_is_made_good_from_the_session(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    id_ = await at_hand(emulator, agent)
    emulator.switches.faults.append(Fault("*/complete", "delay", delay=0.05))
    operation = await agent.media.attach_user_data("workitem", id_, {"a": "b"}).accepted()
    emulator.drop_bayeux_sessions()
    assert (await operation).id == id_
    assert (await agent.media.complete("workitem", id_)).state == "Completed"


# --- files ------------------------------------------------------------------------------------------------------------


@with_every_setting
async def test_file_goes_up_and_comes_down_with_its_name(
    emulator: Emulator, agent: ea.WorkspaceSession, setting: dict[str, Any], tmp_path: Path
) -> None:
    let_it(emulator, setting)
    id_ = await at_hand(emulator, agent)
    source = tmp_path / "Rechnung für Köln.pdf"
    source.write_bytes(bytes(range(256)) * 100)
    (attachment,) = (await agent.media.add_attachment("workitem", id_, source)).attachments
    assert (attachment.name, attachment.mime, attachment.size) == (source.name, "application/pdf", 25_600)
    async with await agent.media.get_attachment("workitem", id_, attachment.id) as file:
        assert (file.name, file.content_type, file.size) == (source.name, "application/octet-stream", 25_600)
        assert await file.save(tmp_path / "copy") == 25_600
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    assert (await agent.media.remove_attachment("workitem", id_, attachment.id)).attachments == ()
    with pytest.raises(ea.ServerFault, match="Resource not found"):
        await agent.media.get_attachment("workitem", id_, attachment.id)


async def test_large_file_goes_up_and_comes_down_in_constant_memory(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    """Both ends are in this process."""
    id_ = await at_hand(emulator, agent)
    piece, pieces = bytes(range(256)) * 4096, 48
    sent, seen, steps = hashlib.blake2b(), hashlib.blake2b(), list[ea.Progress]()
    came = 0

    async def source() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            sent.update(piece)
            yield piece

    tracemalloc.start()
    try:
        done = await agent.media.add_attachment("workitem", id_, source(), filename="film", progress=steps.append)
        async with await agent.media.get_attachment("workitem", id_, done.attachments[0].id) as file:
            async for chunk in file:
                seen.update(chunk)
                came += len(chunk)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (seen.digest(), steps[-1].done, came) == (sent.digest(), pieces * MB, pieces * MB)
    assert most < 16 * MB


async def test_source_that_fails_half_way_attaches_nothing(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    id_ = await at_hand(emulator, agent)

    async def source() -> AsyncIterator[bytes]:
        yield b"x" * MB
        raise OSError("the disk is gone")

    with pytest.raises(ea.UploadFailed):
        await agent.media.add_attachment("workitem", id_, source(), filename="half")
    assert agent.interactions[id_].attachments == ()
    assert not list(emulator.centre.documents.directory.iterdir())


async def test_attachment_that_vanishes_half_way_is_a_typed_error(
    emulator: Emulator, agent: ea.WorkspaceSession, tmp_path: Path
) -> None:
    id_ = await at_hand(emulator, agent)
    done = await agent.media.add_attachment("workitem", id_, b"x" * MB, filename="half")
    emulator.switches.faults.append(Fault("*/attachments/*", "cut"))
    async with await agent.media.get_attachment("workitem", id_, done.attachments[0].id) as file:
        with pytest.raises(ea.TransportError):
            await file.save(tmp_path / "half")


# --- supervisors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS[:2], ids=setting_name)
async def test_supervisor_follows_what_an_agent_does(
    emulator: Emulator, agent: ea.WorkspaceSession, sam: ea.WorkspaceSession, setting: dict[str, Any]
) -> None:
    let_it(emulator, setting)
    await sam.media.start_monitoring("workitem", "johnsmith", mode=ea.MediaMonitorMode.MONITOR)
    id_ = await at_hand(emulator, agent)
    watched = await offered(sam, emulator.centre.interactions.get(id_))
    assert (watched.state, watched.monitor_mode) == ("Processing", "Monitor")
    for switch, mode in (
        (sam.media.switch_to_coach, "Coach"),
        (sam.media.switch_to_barge_in, "Bargein"),
        (sam.media.switch_to_monitor, "Monitor"),
    ):
        await switch("workitem", id_)
        assert sam.interactions[id_].monitor_mode == mode
    await sam.media.stop_monitoring("workitem", "johnsmith")
    assert id_ not in sam.interactions
    with pytest.raises(ea.OperationFailed) as refused:
        await agent.media.start_monitoring("workitem", "samokoro")
    assert refused.value.error_code == 165
