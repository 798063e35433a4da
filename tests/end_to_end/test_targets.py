"""Targets through the real client: searching lazily, favourites, recents, missed calls."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from engage_async.models.targets import Target, TargetType
from tests.end_to_end.agents import agent_of

ADA = Target(type=TargetType.CUSTOM_CONTACT, first_name="Ada", last_name="Byron", numbers=("5550001", "5550002"))


def requests_of(emulator: Emulator, path: str = "/workspace/v3/targets") -> list[dict[str, str]]:
    return [record.query for record in emulator.requests if record.path == path]


async def test_search_pages_lazily_up_to_the_limit(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    names = []
    async for target in agent.targets.search("e", types=["agent"], sort="asc", page_size=3):
        names.append(target.name)
        if len(names) == 3:
            assert [query["limit"] for query in requests_of(emulator)] == ["3"]
    assert names == sorted(names)
    assert len(names) == 8
    assert [query["limit"] for query in requests_of(emulator)] == ["3", "6", "12"]
    emulator.requests.clear()
    limited = [target.name async for target in agent.targets.search("e", types=["agent"], sort="asc", limit=2)]
    assert limited == names[:2]
    assert requests_of(emulator) == [{"searchTerm": "e", "types": "agent", "sort": "asc", "limit": "2"}]


async def test_search_left_early_asks_for_no_more(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    async with agent.targets.search("e", types=["agent"], page_size=2) as found:
        async for _ in found:
            break
    assert [target async for target in found] == []
    assert len(requests_of(emulator)) == 1


async def test_targets_that_are_gone_meanwhile_are_the_end(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.centre.targets.queues = lambda: {f"queue-{n}": 0 for n in range(20)}
    found = agent.targets.search("queue", types=[TargetType.QUEUE], page_size=5)
    got = [await anext(found) for _ in range(5)]
    emulator.centre.targets.queues = lambda: {f"queue-{n}": 0 for n in range(5)}
    assert [target async for target in found] == []
    assert len(got) == 5


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        (TargetType.AGENT, 8),
        (TargetType.AGENT_GROUP, 1),
        (TargetType.SKILL, 3),
        (TargetType.ACD_QUEUE, 2),
        (TargetType.ROUTE_POINT, 2),
        (TargetType.INTERACTION_QUEUE, 8),
    ],
)
async def test_targets_of_every_type(
    emulator: Emulator, agent: ea.WorkspaceSession, kind: TargetType, count: int
) -> None:
    found = [target async for target in agent.targets.search("e", types=[kind])]
    assert (len(found), {target.type for target in found}) == (count, {kind})
    for target in found:
        assert target.dbid is not None
        assert (await agent.targets.get_target(kind, target.dbid)).name == target.name


async def test_availability_follows_the_agent(agent: ea.WorkspaceSession, kate: ea.WorkspaceSession) -> None:
    (target,) = (await agent.targets.get_targets("kate")).targets
    assert target.availability is not None
    voice = target.availability.channel("voice")
    assert voice is not None
    assert (voice.user_state.state, voice.available, target.number) == (ea.AgentState.NOT_READY, False, "7002")
    await kate.voice.ready()
    target = await agent.targets.get_target("agent", 102)
    voice = target.availability.channel("voice") if target.availability is not None else None
    assert voice is not None
    assert (voice.user_state.state, voice.available) == (ea.AgentState.READY, True)
    group = await agent.targets.get_target("agent-group", 201)
    assert group.availability is not None
    assert group.availability.ready_agents == 1
    queue = await agent.targets.get_target("acd-queue", 501)
    assert queue.availability is not None
    assert (queue.availability.waiting_calls, queue.number) == (0, "8001")


async def test_restrictions_go_to_the_service(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    found = await agent.targets.get_targets(
        "a",
        types=[TargetType.AGENT, "agent-group"],
        exclude_group=["Support"],
        restrict_to_group=["Sales"],
        exclude_from_group=["Support"],
        sort="asc",
        limit=10,
    )
    assert [target.name for target in found.targets] == ["John Smith", "Kate Lewis", "Sales"]
    assert found.total_matches == 3
    assert (await agent.targets.get_targets("Sales", match_type="exact")).total_matches == 1


async def test_favorites_are_saved_found_and_deleted(agent: ea.WorkspaceSession) -> None:
    (kate,) = (await agent.targets.get_targets("kate")).targets
    await agent.targets.save_personal_favorite(kate, "Desk")
    await agent.targets.save_personal_favorite(ADA, "Customers")
    first, second = (await agent.targets.get_personal_favorites()).targets
    assert (first.key, first.category, first.user_name) == (("agent", "102"), "Desk", "KateLewis")
    assert (second.name, second.numbers, second.category) == ("Ada Byron", ADA.numbers, "Customers")
    with pytest.raises(ea.ApiError, match="already"):
        await agent.targets.save_personal_favorite(first, "Desk")
    await agent.targets.save_personal_favorite(first, "Other", ignore_duplication=True)
    assert second.id is not None
    await agent.targets.delete_personal_favorite(second.type, second.id)
    assert [(t.name, t.category) for t in (await agent.targets.get_personal_favorites(limit=5)).targets] == [
        ("Kate Lewis", "Other")
    ]


async def test_recents_and_missed_calls(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    emulator.centre.outside.hang_up(emulator.centre.outside.call("5550001", "7001"))
    used = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
    await agent.targets.add_recent(Target(type=TargetType.AGENT, dbid=102), "chat", time=used)
    missed, kate = (await agent.targets.get_recent()).targets
    assert missed.recent is not None
    assert (missed.number, missed.recent.missed, missed.recent.acknowledged) == ("5550001", True, False)
    assert kate.recent is not None
    assert (kate.name, kate.recent.media, kate.recent.time) == ("Kate Lewis", "chat", used)
    await agent.targets.ack_recent_missed_calls()
    (missed,) = (await agent.targets.get_recent(limit=1)).targets
    assert missed.recent is not None
    assert missed.recent.acknowledged is True
    await agent.targets.add_recent(ADA, "voice")
    assert (await agent.targets.get_recent(limit=1)).targets[0].name == "Ada Byron"


async def test_what_is_no_target_is_refused_before_it_is_sent(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.InvalidArgument, match="'agnet' is none of agent, agent-group"):
        agent.targets.search("smith", types=["agnet"])
    with pytest.raises(ea.InvalidArgument, match="search_term"):
        await agent.targets.get_targets(" ")
    with pytest.raises(ea.InvalidArgument, match="limit must be an integer from 1 on"):
        await agent.targets.get_targets("smith", limit=0)
    with pytest.raises(ea.InvalidArgument, match="a list of strings"):
        agent.targets.search("smith", types="agent")
    with pytest.raises(ea.InvalidArgument, match="restrict_group"):
        await agent.targets.get_targets("smith", restrict_group="Sales")
    with pytest.raises(ea.InvalidArgument, match="an id, a name, a number"):
        await agent.targets.save_personal_favorite(Target(type=TargetType.AGENT), "Desk")
    with pytest.raises(ea.InvalidArgument, match="a time zone"):
        await agent.targets.add_recent(ADA, "voice", time=datetime(2026, 1, 5))  # noqa: DTZ001 - without a zone on purpose
    with pytest.raises(ea.InvalidArgument, match="media"):
        await agent.targets.add_recent(ADA, "")
    assert not [record for record in emulator.requests if "/targets" in record.path]


async def test_a_type_that_only_the_service_knows_can_be_asked_for(
    emulator: Emulator, agent: ea.WorkspaceSession
) -> None:
    with pytest.raises(ea.ApiError, match="no type of target"):
        await agent.targets.get_targets("smith", types=[TargetType("virtual-queue")])
    assert requests_of(emulator)[-1]["types"] == "virtual-queue"


async def test_an_unknown_target_is_an_api_error(emulator: Emulator, agent: ea.WorkspaceSession) -> None:
    with pytest.raises(ea.ServerFault, match="Resource not found"):
        await agent.targets.get_target("agent", 999)
    emulator.switches.faults.append(Fault("/workspace/v3/targets/agent/999", "code", code=0, message=""))
    with pytest.raises(ea.NotFound, match="holds no target"):
        await agent.targets.get_target("agent", 999)


async def test_a_failed_page_can_be_asked_for_again(emulator: Emulator) -> None:
    async with agent_of(emulator, retry_attempts=1) as agent:
        found = agent.targets.search("e", types=["agent"], page_size=4)
        first = [await anext(found) for _ in range(4)]
        emulator.switches.faults.append(Fault("/workspace/v3/targets", "status", status=503))
        with pytest.raises(ea.ServerFault):
            await anext(found)
        rest = [target async for target in found]
        assert len({target.key for target in (*first, *rest)}) == 8
