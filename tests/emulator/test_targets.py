"""Targets of the contact centre without HTTP: what there is, how available it is, what agents keep."""

from __future__ import annotations

from typing import Any

import pytest
from voice_floor import ANSWERS, JOHN, KATE, PAULA, Floor

from engage_async.emulator.target_lists import KeptTarget, TargetRefused
from engage_async.emulator.targets import KINDS, TargetQuery


def search(floor: Floor, term: str, **more: Any) -> list[str]:
    return [view["name"] for view in floor.centre.targets.search(TargetQuery(term, **more))]


def agent(floor: Floor, name: str) -> dict[str, Any]:
    return floor.centre.targets.agent(floor.centre.directory.users[name])


def test_there_are_targets_of_every_kind_but_contacts() -> None:
    floor = Floor()
    floor.centre.targets.queues = lambda: {"email-inbound": 3, "general": 0}
    found = {kind: floor.centre.targets.search(TargetQuery("", kinds=(kind,))) for kind in KINDS}
    assert {kind: len(views) for kind, views in found.items()} == {
        "agent": 8,
        "agent-group": 2,
        "skill": 5,
        "acd-queue": 2,
        "route-point": 2,
        "interaction-queue": 2,
        "custom-contact": 0,
    }
    for kind, views in found.items():
        for view in views:
            assert floor.centre.targets.find(kind, str(view["DBID"])) == view
    assert found["interaction-queue"][0]["availability"] == {"waitingInteractions": 3}
    assert (found["acd-queue"][0]["number"], found["acd-queue"][0]["switchName"]) == ("8001", "SIP_Switch")


@pytest.mark.parametrize(
    ("term", "more", "found"),
    [
        ("smith", {}, ["John Smith"]),
        ("smi", {"exact": True}, []),
        ("JOHN smith", {"exact": True}, ["John Smith"]),
        ("johnsmith", {"exact": True, "members": ("userName",)}, ["John Smith"]),
        ("john", {"members": ("lastName",)}, []),
        ("7001", {}, ["John Smith"]),
        ("sales", {}, ["Sales", "Sales_Queue"]),
        ("s", {"kinds": ("agent-group",), "not_groups": ("Sales",)}, ["Support"]),
        ("s", {"kinds": ("agent-group",), "only_groups": ("Sales",)}, ["Sales"]),
        ("h", {"kinds": ("agent",), "from_groups": ("Sales",), "not_from_groups": ("Support",)}, ["John Smith"]),
    ],
)
def test_search_finds_by_term_and_restrictions(term: str, more: dict[str, Any], found: list[str]) -> None:
    assert search(Floor(JOHN), term, **more) == found


def test_an_agents_availability_follows_the_dn_and_the_calls() -> None:
    floor = Floor(JOHN, KATE)
    (voice,) = agent(floor, JOHN)["availability"]["channels"]
    assert voice == {
        "name": "voice",
        "available": True,
        "activity": "Idle",
        "userState": {"state": "Ready", "workMode": "AutoIn", "reason": None},
        "phoneNumber": "7001",
        "switchName": "SIP_Switch",
    }
    floor.ask(JOHN, "not-ready", reasonCode="Lunch")
    (voice,) = agent(floor, JOHN)["availability"]["channels"]
    assert (voice["available"], voice["userState"]["state"], voice["userState"]["reason"]) == (
        False,
        "NotReady",
        "Lunch",
    )
    floor.dial(KATE, "7001")
    (voice,) = agent(floor, JOHN)["availability"]["channels"]
    assert voice["activity"] == "ReceivingCall"
    assert agent(floor, PAULA)["availability"]["channels"] == []
    assert agent(floor, PAULA)["number"] is None


def test_groups_and_skills_count_the_agents_who_are_available() -> None:
    floor = Floor(JOHN, KATE, PAULA)
    targets = floor.centre.targets

    def ready(kind: str, dbid: str) -> int:
        view = targets.find(kind, dbid)
        assert view is not None
        count: int = view["availability"]["readyAgents"]
        return count

    assert [ready("agent-group", "201"), ready("agent-group", "202"), ready("skill", "401")] == [3, 1, 3]
    floor.ask(JOHN, "not-ready")
    floor.dial(KATE, ANSWERS)
    assert [ready("agent-group", "201"), ready("agent-group", "202"), ready("skill", "402")] == [1, 1, 0]


def test_favorites_are_kept_by_reference_and_contacts_as_told() -> None:
    floor = Floor(JOHN, KATE)
    lists = floor.centre.target_lists
    lists.save(JOHN, lists.read({"type": "agent", "id": "102"}), "Colleagues", again=False)
    contact = lists.read({"firstName": "Ada", "lastName": "Byron", "numbers": ["5550001"]})
    lists.save(JOHN, contact, "Customers", again=False)
    kate, ada = lists.favorites(JOHN)
    assert (kate["id"], kate["category"], kate["name"]) == ("102", "Colleagues", "Kate Lewis")
    assert kate["availability"]["channels"][0]["available"] is True
    assert (ada["type"], ada["name"], ada["number"]) == ("custom-contact", "Ada Byron", "5550001")
    assert lists.favorites(KATE) == []
    found = floor.centre.targets.search(TargetQuery("byron", kinds=("custom-contact",)), lists.contacts(JOHN))
    assert found == [ada]
    lists.delete(JOHN, "custom-contact", contact.id)
    assert [view["id"] for view in lists.favorites(JOHN)] == ["102"]


def test_a_favorite_twice_an_unknown_target_and_one_that_is_not_there_are_refused() -> None:
    lists = Floor().centre.target_lists
    target = lists.read({"type": "skill", "DBID": 401})
    lists.save(JOHN, target, "One", again=False)
    with pytest.raises(TargetRefused, match="already"):
        lists.save(JOHN, target, "Two", again=False)
    lists.save(JOHN, target, "Two", again=True)
    assert [view["category"] for view in lists.favorites(JOHN)] == ["Two"]
    with pytest.raises(TargetRefused, match="not found"):
        lists.read({"type": "agent", "id": "999"})
    with pytest.raises(TargetRefused, match="not found"):
        lists.delete(JOHN, "agent", "102")


def test_recents_are_newest_first_and_each_target_once_for_a_medium() -> None:
    lists = Floor().centre.target_lists
    kate, sales = KeptTarget("agent", "102"), KeptTarget("agent-group", "201")
    for target, media, stamp in ((kate, "voice", 1), (sales, "voice", 2), (kate, "chat", 3), (kate, "voice", 4)):
        lists.add(JOHN, target, {"media": media, "timeStamp": stamp})
    assert [(view["id"], view["recentInformation"]["timeStamp"]) for view in lists.recents(JOHN)] == [
        ("102", 4),
        ("102", 3),
        ("201", 2),
    ]
    for number in range(150):
        lists.add(JOHN, KeptTarget("custom-contact", str(number)), {"media": "voice", "timeStamp": number + 10})
    assert len(lists.recents(JOHN)) == 100


def test_missed_calls_are_recents_until_they_are_acknowledged_and_after() -> None:
    floor = Floor(JOHN, KATE)
    floor.outside.hang_up(floor.outside.call(ANSWERS, "7002"))
    floor.clock.advance(60)
    call = floor.dial(JOHN, "7002")
    floor.ask(JOHN, "release", call)
    lists = floor.centre.target_lists
    by_john, by_customer = lists.recents(KATE)
    assert (by_john["type"], by_john["name"]) == ("agent", "John Smith")
    assert (by_customer["type"], by_customer["number"]) == ("custom-contact", ANSWERS)
    marks = [view["recentInformation"] for view in (by_john, by_customer)]
    assert [(mark["media"], mark["missed"], mark["acknowledged"]) for mark in marks] == [("voice", True, False)] * 2
    assert marks[0]["timeStamp"] == marks[1]["timeStamp"] + 60_000
    lists.acknowledge(KATE)
    assert [view["recentInformation"]["acknowledged"] for view in lists.recents(KATE)] == [True, True]
    assert lists.recents(JOHN) == []
