"""The targets group over a socket: searching, favourites, recents, missed calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from agent_wire import AgentWire, agent_session
from bayeux_wire import USER
from voice_floor import ANSWERS

from engage_async.emulator import Emulator

KATE = "KateLewis"
ADA = {"type": "custom-contact", "firstName": "Ada", "lastName": "Byron", "numbers": ["5550001"]}


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def john(emulator: Emulator) -> AsyncIterator[AgentWire]:
    async with agent_session(emulator) as agent:
        yield agent


def named(data: dict[str, Any]) -> list[str]:
    return [target["name"] for target in data["targets"]]


async def test_search_gives_the_first_matches_and_counts_all(john: AgentWire) -> None:
    data = (await john.get("targets", searchTerm="e", types="agent", sort="asc", limit="3")).data
    assert (named(data), data["totalMatches"]) == (["Ingrid Berg", "John Smith", "Kate Lewis"], 8)
    data = (await john.get("targets", searchTerm="e", types="agent", limit="1")).data
    assert named(data) == ["Sam Okoro"], "descending unless told otherwise"
    everything = (await john.get("targets", searchTerm="s", limit="0")).data
    assert everything["targets"] == []
    assert everything["totalMatches"] == 10


async def test_search_takes_restrictions(john: AgentWire) -> None:
    sales = (
        await john.get("targets", searchTerm="a", types="agent-group,agent", restrictToGroup="Sales", sort="asc")
    ).data
    assert named(sales) == ["John Smith", "Kate Lewis", "Paula Henry", "Sales", "Sam Okoro"]
    exact = (await john.get("targets", searchTerm="Sales", matchType="exact")).data
    assert named(exact) == ["Sales"]
    by_login = (await john.get("targets", searchTerm="kate", filterName="lastName")).data
    assert named(by_login) == []
    queues = (await john.get("targets", searchTerm="inbound", types="queue", sort="asc")).data
    assert named(queues) == ["chat-inbound", "email-inbound", "workitem-inbound"]
    assert {queue["type"] for queue in queues["targets"]} == {"interaction-queue"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"searchTerm": " "},
        {"searchTerm": "a", "types": "agnet"},
        {"searchTerm": "a", "sort": "up"},
        {"searchTerm": "a", "matchType": "some"},
        {"searchTerm": "a", "limit": "-1"},
        {"searchTerm": "a", "limit": "many"},
        {"searchTerm": "a", "filterName": "shoeSize"},
    ],
)
async def test_search_that_makes_no_sense_is_complained_about(john: AgentWire, query: dict[str, str]) -> None:
    reply = await john.get("targets", **query)
    assert (reply.http, reply.body.keys()) == (400, {"message"})


async def test_one_target_by_type_and_id(john: AgentWire) -> None:
    (kate,) = (await john.get("targets/agent/102")).data["targets"]
    assert (kate["userName"], kate["DBID"], kate["availability"]) == (KATE, 102, {"channels": []})
    assert (await john.get("targets/agent/999")).http == 500
    assert (await john.get("targets/colleague/102")).http == 400


async def test_favorites_are_saved_listed_found_and_deleted(john: AgentWire) -> None:
    assert (await john.post("targets/personal-favorites/save", {"target": ADA, "category": "Customers"})).code == 0
    kate = {"type": "agent", "DBID": 102}
    assert (await john.post("targets/personal-favorites/save", {"target": kate, "category": "Desk"})).code == 0
    data = (await john.get("targets/personal-favorites")).data
    assert [(target["name"], target["category"]) for target in data["targets"]] == [
        ("Ada Byron", "Customers"),
        ("Kate Lewis", "Desk"),
    ]
    assert len((await john.get("targets/personal-favorites", limit="1")).data["targets"]) == 1
    assert named((await john.get("targets", searchTerm="byron")).data) == ["Ada Byron"]
    again = await john.post("targets/personal-favorites/save", {"target": kate, "category": "Desk"})
    assert (again.http, again.body["status"]["message"]) == (500, "The target is a personal favorite already")
    anyway = {"target": kate, "category": "Other", "ignoreDuplication": True}
    assert (await john.post("targets/personal-favorites/save", anyway)).code == 0
    assert (await john.post("targets/personal-favorites/delete/agent/102")).code == 0
    assert (await john.post("targets/personal-favorites/delete/agent/102")).http == 500
    assert named((await john.get("targets/personal-favorites")).data) == ["Ada Byron"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"target": ADA},
        {"target": "Ada", "category": "c"},
        {"target": {**ADA, "numbers": "5550001"}, "category": "c"},
        {"target": {**ADA, "type": "friend"}, "category": "c"},
        {"target": ADA, "category": "c", "ignoreDuplication": "yes"},
    ],
)
async def test_malformed_favorites_are_complained_about(john: AgentWire, data: dict[str, Any]) -> None:
    assert (await john.post("targets/personal-favorites/save", data)).http == 400


async def test_recents_hold_what_was_used_and_what_was_missed(emulator: Emulator, john: AgentWire) -> None:
    await john.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
    emulator.centre.outside.hang_up(emulator.centre.outside.call(ANSWERS, "7001"))
    used = {"target": {"type": "agent", "id": "102"}, "recentInformation": {"media": "chat", "timeStamp": 1}}
    assert (await john.post("targets/recents/add", used)).code == 0
    missed, kate = (await john.get("targets/recents")).data["targets"]
    assert (missed["number"], missed["recentInformation"]["missed"]) == (ANSWERS, True)
    assert (kate["name"], kate["recentInformation"]) == ("Kate Lewis", {"media": "chat", "timeStamp": 1})
    assert (await john.post("targets/recents/ack-missed-calls")).code == 0
    missed, _ = (await john.get("targets/recents")).data["targets"]
    assert missed["recentInformation"]["acknowledged"] is True
    assert emulator.centre.target_lists.recents(KATE) == []
    for wrong in (
        {"target": ADA},
        {**used, "recentInformation": {"timeStamp": "now"}},
        {**used, "recentInformation": 1},
    ):
        assert (await john.post("targets/recents/add", wrong)).http == 400
    unknown = {**used, "target": {"type": "agent", "id": "999"}}
    assert (await john.post("targets/recents/add", unknown)).http == 500


async def test_targets_need_a_session(emulator: Emulator, john: AgentWire) -> None:
    emulator.end_web_sessions(USER)
    assert (await john.get("targets", searchTerm="a")).http == 403
