"""Workbins and snapshots: the real client and the emulator's interactions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import agent_of

DRAFTS, PROGRESS = "2c678878-c54d-4660-b549-000000000001", "2c678878-c54d-4660-b549-000000000002"
SHARED = "2c678878-c54d-4660-b549-000000000004"


async def work_item(emulator: Emulator, agent: ea.WorkspaceSession, subject: str = "Form") -> str:
    """A work item that the agent has at hand."""
    item = emulator.scenario.work_item(subject, queue="waiting-room")
    await agent.media.pull("workitem", item.id)
    return item.id


def ids(workbin: ea.Workbin) -> list[str]:
    return [interaction.id for interaction in workbin.interactions]


# --- workbins ---------------------------------------------------------------------------------------------------------


async def test_workbins_hold_what_is_put_there_for_each_agent(
    emulator: Emulator, agent: ea.WorkspaceSession, kate: ea.WorkspaceSession
) -> None:
    workbins = {workbin.name: workbin for workbin in await agent.workbins.get_workbins()}
    assert workbins["email-draft-wb"].id == DRAFTS
    assert workbins["support-shared-wb"].type is ea.WorkbinType.AGENT_GROUP
    item = await work_item(emulator, agent)
    await agent.workbins.add_interaction(PROGRESS, item)
    content = await agent.workbins.get_content(PROGRESS)
    assert (ids(content), content.interactions[0].state, content.owner) == ([item], "InWorkbin", "JohnSmith")
    assert content.interactions[0].workbin_type_id == "email-in-progress-wb"
    assert (await agent.workbins.get_interaction_details(item)).agent_id == "JohnSmith"
    assert ids(await kate.workbins.get_content(PROGRESS)) == []
    assert ids(await kate.workbins.get_content(PROGRESS, owner_id="johnsmith")) == [item]
    contents = await kate.workbins.get_contents([PROGRESS, DRAFTS, "none"], owner_id="JohnSmith")
    assert {name: ids(workbin) for name, workbin in contents.items()} == {PROGRESS: [item], DRAFTS: []}


async def test_followed_workbin_keeps_up_with_what_comes_and_goes(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    before = await work_item(emulator, agent, "before")
    await agent.workbins.add_interaction(PROGRESS, before)
    async with agent.workbins.follow(PROGRESS) as workbin:
        first = workbin.content
        assert ids(first) == [before]
        item = await work_item(emulator, agent)
        await agent.workbins.add_interaction(PROGRESS, item)
        both = await workbin.until(lambda content: len(content.interactions) == 2, timeout=5)
        assert ids(both) == [before, item]
        await agent.media.pull("workitem", before)
        await workbin.until(lambda content: ids(content) == [item], timeout=5)
        assert ids(first) == [before], "what was handed out changed"
        assert {name: ids(content) for name, content in agent.workbins.followed.items()} == {PROGRESS: [item]}
    assert agent.workbins.followed == {}
    await agent.workbins.add_interaction(PROGRESS, before)
    assert ids(workbin.content) == [item], "it is followed no more"


async def test_followed_workbin_gives_each_content_to_its_reader(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    item = await work_item(emulator, agent)
    async with agent.workbins.follow(PROGRESS) as workbin:
        seen: list[list[str]] = []

        async def read() -> None:
            async for content in workbin:
                seen.append(ids(content))
                if item in seen[-1]:
                    await agent.media.pull("workitem", item)
                elif len(seen) > 1:
                    return

        reading = asyncio.create_task(read())
        await agent.workbins.add_interaction(PROGRESS, item)
        await asyncio.wait_for(reading, 5)
    assert seen == [[], [item], []]
    assert [content async for content in workbin] == []


async def test_part_of_another_agent_is_followed_apart_from_ones_own(
    emulator: Emulator, agent: ea.WorkspaceSession, kate: ea.WorkspaceSession
) -> None:
    async with agent.workbins.follow(PROGRESS) as mine, agent.workbins.follow(PROGRESS, owner_id="KateLewis") as hers:
        item, hers_item = await work_item(emulator, agent), await work_item(emulator, kate)
        await agent.workbins.add_interaction(PROGRESS, item)
        await kate.workbins.add_interaction(PROGRESS, hers_item)
        await hers.until(lambda content: ids(content) == [hers_item], timeout=5)
        await mine.until(lambda content: ids(content) == [item], timeout=5)
        await agent.media_management.move_to_workbin([item], PROGRESS, owner_id="KateLewis")
        await mine.until(lambda content: ids(content) == [], timeout=5)
        await hers.until(lambda content: set(ids(content)) == {hers_item, item}, timeout=5)


async def test_properties_of_what_lies_there_are_followed_on_request(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    item = await work_item(emulator, agent)
    await agent.workbins.add_interaction(SHARED, item)
    async with agent.workbins.follow(SHARED, notify_property_changes=True) as workbin:
        await agent.media_management.manage_user_data([item], updated={"Segment": "Gold"})
        content = await workbin.until(lambda content: content.interactions[0].user_data.get("Segment"), timeout=5)
    assert content.interactions[0].user_data["Segment"] == "Gold"


async def test_followed_workbin_is_read_again_after_a_loss(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    item = await work_item(emulator, agent)
    await agent.workbins.add_interaction(PROGRESS, item)
    async with agent.workbins.follow(PROGRESS) as workbin, agent.events(ea.EventsLost) as losses:
        emulator.drop_bayeux_sessions()
        emulator.centre.interactions.queue(emulator.centre.interactions.get(item), "waiting-room")
        await anext(losses)
        await workbin.until(lambda content: ids(content) == [], timeout=5)
        await agent.media.pull("workitem", item)
        await agent.workbins.add_interaction(PROGRESS, item)
        await workbin.until(lambda content: ids(content) == [item], timeout=5)


async def test_followed_workbin_that_is_gone_after_a_loss_says_why(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    async with agent.workbins.follow(PROGRESS) as workbin:
        contents = aiter(workbin)
        await anext(contents)
        emulator.switches.faults.append(Fault("*/workbins/*/subscribe", "code", code=17, message="gone", status=500))
        emulator.drop_bayeux_sessions()
        with pytest.raises(ea.ServerFault, match="gone"):
            await asyncio.wait_for(anext(contents), 5)


async def test_session_that_closes_ends_what_is_followed(emulator: Emulator) -> None:
    async with agent_of(emulator) as agent:
        workbin = await agent.workbins.follow(PROGRESS).__aenter__()
        reading = asyncio.create_task(workbin.until(lambda content: content.interactions, timeout=5))
        await asyncio.sleep(0)
    with pytest.raises(ea.SessionClosed):
        await reading
    await workbin.aclose()


async def test_workbin_that_there_is_not_cannot_be_followed(agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.ApiError, match="Resource not found"):
        async with agent.workbins.follow("none"):
            pass
    assert agent.workbins.followed == {}
    with pytest.raises(ea.SessionClosed, match="not followed"):
        agent.workbins.follow("none").content  # noqa: B018 - reading it is what raises
    async with agent.workbins.follow(PROGRESS) as workbin:
        with pytest.raises(ea.WaitTimeout):
            await workbin.until(lambda content: content.interactions, timeout=0.01)


async def test_plain_subscription_brings_events(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    item = await work_item(emulator, agent)
    async with agent.events(ea.WorkbinsMessage, where=lambda event: event.interaction is not None) as changes:
        await agent.workbins.subscribe(PROGRESS)
        await agent.workbins.add_interaction(PROGRESS, item)
        change = await anext(changes)
        assert (change.workbin_content_operation, change.operation) == (ea.ContentChange.ADD, "PlaceInWorkbin")
        assert change.workbin is not None
        assert (change.workbin.owner, change.interaction and change.interaction.id) == ("JohnSmith", item)
        await agent.workbins.unsubscribe(PROGRESS)
        await agent.workbins.subscribe_many([PROGRESS, DRAFTS])
        await agent.media_management.move_to_workbin([item], DRAFTS)
        moved = [await anext(changes), await anext(changes)]
        assert [event.workbin_content_operation for event in moved] == ["Remove", "Add"]
        await agent.workbins.unsubscribe_many([PROGRESS, DRAFTS])


async def test_interaction_that_is_not_ones_own_cannot_be_put_anywhere(
    emulator: Emulator, agent: ea.WorkspaceSession, kate: ea.WorkspaceSession
) -> None:
    item = await work_item(emulator, kate)
    with pytest.raises(ea.OperationFailed, match="165"):
        await agent.workbins.add_interaction(PROGRESS, item)
    with pytest.raises(ea.OperationFailed, match="No such interaction"):
        await agent.workbins.add_interaction(PROGRESS, "none")
    await kate.media_management.complete([item])
    with pytest.raises(ea.OperationFailed, match="has ended"):
        await kate.workbins.add_interaction(PROGRESS, item)


@pytest.mark.parametrize("echo", [True, False])
async def test_placing_is_settled_with_and_without_operation_ids(
    emulator: Emulator, agent: ea.WorkspaceSession, echo: bool
) -> None:
    emulator.switches.echo_operation_id = echo
    item = await work_item(emulator, agent)
    placing = agent.workbins.add_interaction(PROGRESS, item)
    await placing
    assert placing.matched == ("operation-id" if echo else "object")
    assert ids(await agent.workbins.get_content(PROGRESS)) == [item]


# --- snapshots --------------------------------------------------------------------------------------------------------


async def test_snapshot_pages_by_itself_and_is_released(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    items = [emulator.scenario.work_item(f"Form {n}", queue="waiting-room", user_data={"Rank": n}) for n in range(7)]
    condition = "MediaType='workitem' AND Rank >= 1"
    async with agent.media_management.snapshot(condition, order="Rank DESC", page_size=4) as found:
        first = await anext(found)
        assert (first.id, found.total) == (items[6].id, 6)
        assert [each.id async for each in found] == [item.id for item in reversed(items[1:6])]
    words = [record.path.rpartition("/")[2] for record in emulator.requests if "/media-management/" in record.path]
    assert words == ["get-snapshot", "get-snapshot-content", "release-snapshot"]


async def test_snapshot_that_is_left_early_is_released(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with agent.media_management.snapshot(page_size=1) as found:
        await anext(found)
    assert emulator.requests[-1].path.endswith("/release-snapshot")
    async with agent.media_management.snapshot(page_size=1) as unread:
        assert unread.given == 0
    assert emulator.requests[-1].path.endswith("/release-snapshot"), "a snapshot that was not taken is not released"


async def test_snapshot_stays_as_it_was_taken(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    item = emulator.scenario.work_item("Form", queue="waiting-room")
    taken = await agent.media_management.get_snapshot(condition="Subject='Form'")
    assert [each.id for each in taken.interactions] == [item.id]
    await agent.media_management.complete([item.id])
    later = await agent.media_management.get_snapshot_content(taken.id)
    assert [(each.id, each.state) for each in later.interactions] == [(item.id, "Completed")]
    await agent.media_management.release_snapshot(taken.id)
    with pytest.raises(ea.ApiError, match="Resource not found"):
        await agent.media_management.get_snapshot_content(taken.id)


NO_CONDITIONS = ["MediaType=", "1; DROP TABLE interactions", "NoSuchColumn=1", "Id IN (SELECT sql FROM sqlite_master)"]


@pytest.mark.parametrize("condition", NO_CONDITIONS)
async def test_condition_that_is_none_fails_with_what_is_wrong(agent: ea.WorkspaceSession, condition: str) -> None:
    with pytest.raises(ea.OperationFailed, match="not understood"):
        await agent.media_management.get_snapshot(condition=condition)


async def test_many_interactions_are_changed_moved_and_ended_at_once(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    items = [emulator.scenario.work_item(f"Form {n}", queue="waiting-room").id for n in range(3)]
    api = agent.media_management
    await api.manage_user_data(items[:2], added={"A": "1", "B": 2}, updated={"Subject": "Same"}, deleted=["Gone"])
    details = await api.get_details(items[1])
    assert (details.user_data["A"], details.user_data["B"], details.subject) == ("1", 2, "Same")
    await api.move_to_workbin(items, DRAFTS)
    assert set(ids(await agent.workbins.get_content(DRAFTS))) == set(items)
    await api.move_to_queue(items[:1], "general")
    assert (await api.get_details(items[0])).queue == "general"
    await api.cancel(items[1:2])
    await api.complete(items[2:])
    assert [emulator.centre.interactions.get(item).state for item in items[1:]] == ["Canceled", "Completed"]
    with pytest.raises(ea.OperationFailed, match="has ended"):
        await api.complete(items)
    assert not emulator.centre.interactions.get(items[0]).ended, "all or none"
    with pytest.raises(ea.OperationFailed, match="53"):
        await api.move_to_queue(items[:1], "no such queue")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda agent: agent.media_management.complete("i1"), "interactions must be a list of strings"),
        (lambda agent: agent.media_management.complete([]), "interactions must name at least one"),
        (lambda agent: agent.media_management.move_to_queue(["i1"], ""), "queue must be a non-empty string"),
        (lambda agent: agent.media_management.manage_user_data(["i1"], added={"A": 1.5}), "key/value list"),
        (lambda agent: agent.workbins.get_contents([]), "workbin_ids must name at least one"),
        (lambda agent: agent.workbins.add_interaction(PROGRESS, ""), "interaction_id must be a non-empty string"),
    ],
)
async def test_what_cannot_be_sent_is_refused(agent: ea.WorkspaceSession, call: Any, told: str) -> None:
    with pytest.raises(ea.InvalidArgument, match=told):
        call(agent)
