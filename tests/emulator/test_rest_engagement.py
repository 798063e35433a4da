"""The emulator's Engagement API over HTTP: forms of requests and answers, and what is refused how."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from agent_wire import AgentWire, Reply, agent_browser, agent_session, is_dn

from engage_async.emulator import Emulator

KEY = {"x-api-key": "any"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        yield running


@pytest.fixture
async def shop(emulator: Emulator) -> AsyncIterator[AgentWire]:
    """A browser without any session."""
    async with agent_browser(emulator) as browser:
        yield browser


async def get(shop: AgentWire, path: str, **query: str) -> Reply:
    return await shop.ask("GET", f"/engagement/v3/{path}", query, headers=KEY)


async def post(shop: AgentWire, path: str, _headers: Mapping[str, str] = KEY, /, **body: Any) -> Reply:
    return await shop.ask("POST", f"/engagement/v3/{path}", headers=_headers, json=body)


async def book(shop: AgentWire, at: datetime | None = None, **more: Any) -> Reply:
    body = {"serviceName": "Callback_Anytime", "phoneNumber": "5550100", **more}
    return await post(shop, "callbacks/create", **body, **({} if at is None else {"desiredTime": at.isoformat()}))


def later(minutes: int = 30) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


# --- everybody --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["callbacks/availability/Callback_Anytime", "estimated-wait-time"])
async def test_api_key_is_needed_and_nothing_else(shop: AgentWire, path: str) -> None:
    reply = await shop.ask("GET", f"/engagement/v3/{path}", {"virtual-queues": "VQ_Anytime"})
    assert (reply.http, reply.body) == (403, {"message": "Forbidden"})
    reply = await get(shop, path, **{"virtual-queues": "VQ_Anytime"})
    assert reply.http == 200
    assert UUID.fullmatch(reply.body["status"].pop("corrId"))
    assert reply.body["status"] == {"code": 0, "message": "Successful"}


async def test_api_key_may_have_to_be_the_right_one(emulator: Emulator, shop: AgentWire) -> None:
    emulator.switches.require_api_key = "right"
    assert (await get(shop, "estimated-wait-time")).http == 403


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("callbacks/create", {"phoneNumber": "5550100"}, "serviceName"),
        ("callbacks/create", {"serviceName": "Callback_Anytime"}, "phoneNumber"),
        ("callbacks/create", {"serviceName": "Nonsense", "phoneNumber": "5550100"}, "No such service"),
        ("callbacks/create", {"serviceName": "Callback_Anytime", "phoneNumber": "me"}, "no telephone number"),
        ("callbacks/create", {"serviceName": "Callback_Never", "phoneNumber": "5550100"}, "closed"),
        ("callbacks/cancel", {}, "id"),
        ("callbacks/retrieve", {"id": 7}, "id must be a string"),
        ("call-in/requests/create", {}, "groupName"),
        ("call-in/requests/create", {"groupName": "Nonsense"}, "No such group"),
        ("statistics/operations/get-statistic-ex", {}, "data.statistics"),
    ],
)
async def test_request_that_cannot_be_done_is_told_why(
    shop: AgentWire, path: str, body: dict[str, Any], told: str
) -> None:
    reply = await post(shop, path, **body)
    assert (reply.http, reply.code) == (400, 400)
    assert told in reply.body["status"]["message"]
    assert UUID.fullmatch(reply.body["status"]["corrId"])


# --- callbacks --------------------------------------------------------------------------------------------------------


async def test_callback_is_booked_retrieved_and_cancelled(shop: AgentWire) -> None:
    at = later()
    booked = (await book(shop, at, userData={"Segment": "Gold"}, priority=7)).data["id"]
    view = (await post(shop, "callbacks/retrieve", id=booked)).data
    assert (view["callbackState"], view["phoneNumber"], view["id"]) == ("SCHEDULED", "5550100", booked)
    assert abs(datetime.fromisoformat(view["desiredTime"]) - at) < timedelta(milliseconds=1)
    assert "positionInQueue" not in view
    assert (await post(shop, "callbacks/cancel", id=booked)).data == {"id": booked}
    view = (await post(shop, "callbacks/retrieve", id=booked)).data
    assert (view["callbackState"], view["callbackReason"]) == ("COMPLETED", "CANCELLED")
    assert (await post(shop, "callbacks/cancel", id=booked)).http == 400


async def test_callback_that_waits_knows_its_place(emulator: Emulator, shop: AgentWire) -> None:
    async with agent_session(emulator) as agent:
        await agent.post("activate-channels", {"dn": "7001", "channels": ["voice"]})
        await agent.hear(is_dn)
        await book(shop)
        second = (await book(shop)).data["id"]
        view = (await post(shop, "callbacks/retrieve", id=second)).data
        assert (view["callbackState"], view["positionInQueue"], view["estimatedWaitTime"]) == ("QUEUED", 2, 180)


async def test_unknown_callback_is_not_found(shop: AgentWire) -> None:
    for path in ("callbacks/retrieve", "callbacks/cancel"):
        reply = await post(shop, path, id="nonsense")
        assert (reply.http, reply.code) == (404, 404)


async def test_full_slot_is_answered_with_others(shop: AgentWire) -> None:
    at = later()
    await book(shop, at), await book(shop, at)
    reply = await book(shop, at)
    assert (reply.http, reply.code) == (429, 429)
    slots = reply.body["data"]["slots"]
    assert len(slots) == 5
    assert set(slots.values()) == {"2"}
    assert (await book(shop, datetime.fromisoformat(next(iter(slots))))).code == 0


async def test_capacity_counts_for_a_callback_now_when_that_is_asked_for(shop: AgentWire) -> None:
    for _ in range(3):
        assert (await book(shop)).code == 0
    assert (await book(shop, alwaysCheckCapacity=True)).http == 429


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"desiredTime": "2020-01-01T00:00:00Z"}, "has passed"),
        ({"desiredTime": "2999-01-01T00:00:00"}, "must name its time zone"),
        ({"desiredTime": "tomorrow"}, "ISO 8601"),
        ({"priority": "high"}, "priority must be a number"),
        ({"userData": []}, "userData must be an object"),
        ({"pushTargets": [{"channel": "sms"}]}, "pushTargets"),
        ({"alwaysCheckCapacity": "yes"}, "alwaysCheckCapacity"),
    ],
)
async def test_callback_with_a_member_that_makes_no_sense_is_refused(
    shop: AgentWire, more: dict[str, Any], told: str
) -> None:
    reply = await book(shop, **more)
    assert reply.http == 400
    assert told in reply.body["status"]["message"]


# --- availability -----------------------------------------------------------------------------------------------------


async def test_slots_are_given_in_utc_and_in_the_time_zone_asked_for(shop: AgentWire) -> None:
    at = later(40)
    await book(shop, at), await book(shop, at)
    query = {"numberOfDays": "1", "timezone": "Asia/Tokyo"}
    data = (await get(shop, "callbacks/availability/Callback_Anytime", **query)).data
    assert (data["durationMin"], data["timezone"]) == (15, "Asia/Tokyo")
    for slot in data["slots"]:
        local = datetime.fromisoformat(slot["localTime"])
        assert local == datetime.fromisoformat(slot["utcTime"])
        assert local.utcoffset() == timedelta(hours=9)
        assert 0 < slot["capacity"] <= slot["total"] == 2
    busy = (await get(shop, "callbacks/availability/Callback_Anytime", **query, reportBusy="true")).data
    assert [slot["capacity"] for slot in busy["slots"]].count(0) == 1
    assert len(busy["slots"]) == len(data["slots"]) + 1


async def test_slots_are_limited_by_number_by_end_and_by_the_day(shop: AgentWire) -> None:
    path = "callbacks/availability/Callback_Anytime"
    start = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    begin = {"start": start.isoformat()}
    assert len((await get(shop, path, **begin, maxTimeSlots="3", numberOfDays="7")).data["slots"]) == 3
    end = {"end": (start + timedelta(hours=1)).isoformat()}
    assert len((await get(shop, path, **begin, **end)).data["slots"]) == 4
    assert len((await get(shop, path, **begin)).data["slots"]) == 48
    millis = {"startMS": str(int(start.timestamp() * 1000)), "endMS": str(int(start.timestamp() * 1000) + 900_000)}
    assert len((await get(shop, path, **millis)).data["slots"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2999-01-01T00:00:00Z", "startMS": "1"},
        {"end": "2999-01-01T00:00:00Z", "numberOfDays": "2"},
        {"endMS": "x"},
        {"startMS": "999999999999999"},
        {"timezone": "Mars/Olympus"},
        {"reportBusy": "maybe"},
    ],
)
async def test_availability_that_makes_no_sense_is_refused(shop: AgentWire, query: dict[str, str]) -> None:
    assert (await get(shop, "callbacks/availability/Callback_Anytime", **query)).http == 400


async def test_office_hours_are_told_in_seconds(shop: AgentWire) -> None:
    monday = "2999-01-07T15:00:00-05:00"
    assert (await get(shop, "callbacks/open-for/Callback_Sales", start=monday)).data == {"openFor": 7200}
    assert (await get(shop, "callbacks/open-for/Callback_Never")).data == {"openFor": 0}
    local = {"start": "2999-01-07T16:59:00", "timezone": "America/New_York"}
    assert (await get(shop, "callbacks/open-for/Callback_Sales", **local)).data == {"openFor": 60}
    assert (await get(shop, "callbacks/open-for/Nonsense")).http == 400


# --- waiting ----------------------------------------------------------------------------------------------------------


async def test_waiting_time_of_each_queue_is_told_in_each_mode(shop: AgentWire) -> None:
    await book(shop)
    queues = {"virtual-queues": "VQ_Anytime, VQ_Nonsense"}
    known, unknown = (await get(shop, "estimated-wait-time", **queues)).data
    assert (known["virtualQueue"], known["estimatedWaitTime"], known["resultCode"]) == ("VQ_Anytime", -1, 0)
    assert (unknown["virtualQueue"], unknown["resultCode"]) == ("VQ_Nonsense", 1)
    (known, _) = (await get(shop, "estimated-wait-time", **queues, mode="mode1")).data
    assert known["estimatedWaitTime"] == 180
    assert (await get(shop, "estimated-wait-time", **queues, mode="mode4")).http == 400
    assert (await get(shop, "estimated-wait-time")).http == 400


async def test_queue_status_says_what_to_offer(shop: AgentWire) -> None:
    await book(shop)
    assert (await get(shop, "callbacks/queue-status/VQ_Anytime")).data == {
        "ewt": -1, "offerImmediateCallback": True, "offerScheduledCallback": True
    }  # fmt: skip
    assert (await get(shop, "callbacks/queue-status/Nonsense")).http == 400


async def test_call_in_gives_a_number_and_a_code(shop: AgentWire) -> None:
    data = (await post(shop, "call-in/requests/create", groupName="CallIn_Sales", fromPhoneNumber="5550100")).data
    assert UUID.fullmatch(data["id"])
    assert (data["toPhoneNumber"], data["fromPhoneNumber"]) == ("+18005550101", "5550100")
    assert 1000 <= data["accessCode"] <= 9999


# --- statistics -------------------------------------------------------------------------------------------------------


async def test_statistics_are_as_old_as_the_request_allows(emulator: Emulator, shop: AgentWire) -> None:
    path = "statistics/operations/get-statistic-ex"
    wanted: dict[str, Any] = {
        "data": {"statistics": [{"name": "CallbacksWaiting", "objectId": "VQ_Anytime", "objectType": "Queue"}]}
    }

    async def waiting(cache_control: str) -> int:
        reply = await post(shop, path, {**KEY, "Cache-Control": cache_control}, **wanted)
        (entry,) = reply.data["statistics"]
        number: int = entry["value"]["longValue"]
        return number

    assert await waiting("max-age=60") == 0
    await book(shop)
    assert await waiting("max-age=60") == 0
    assert await waiting("max-age=1") == 0, "less than 15 seconds is not to be had"
    other: dict[str, Any] = {
        "data": {"statistics": [*wanted["data"]["statistics"], {**wanted["data"]["statistics"][0], "name": "X"}]}
    }
    reply = await post(shop, path, **other)
    assert [entry["value"] for entry in reply.data["statistics"]] == [{"longValue": 1}]
    assert [error["status"]["detail"]["name"] for error in reply.body["errors"]] == ["X"]
