"""The Engagement API against single replies: what is sent, what each reply becomes, what is refused before sending."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

import engage_async as ea
from engage_async.api.engagement.results import slot_full
from engage_async.protocol.envelope import Reply, Status
from engage_async.protocol.moments import coming_moment, moment

BASE = "https://gws.example/engagement/v3"
SOON = datetime(2999, 6, 1, 12, 30, tzinfo=UTC)
CORR = {"corrId": "0c5f5e2e-6ed2-4d37-9a0c-1f0c5d0e9f11"}


def replying(router: respx.Router, **settings: Any) -> ea.Engage:
    return ea.Engage(
        base_url="https://gws.example",
        retry_first_delay=0.01,
        retry_longest_delay=0.02,
        transport=httpx.MockTransport(router.async_handler),
        **{"api_key": "key", **settings},
    )


def done(data: Any, code: int = 0) -> httpx.Response:
    return httpx.Response(200, json={"status": {"code": code, "message": "Successful", **CORR}, "data": data})


def sent(route: respx.Route) -> Any:
    return json.loads(route.calls.last.request.content)


# --- what is sent -----------------------------------------------------------------------------------------------------


async def test_only_the_api_key_is_sent_and_no_token_is_asked_for() -> None:
    router = respx.Router()
    route = router.get(f"{BASE}/callbacks/queue-status/VQ%20One").mock(return_value=done({"ewt": 12}))
    async with replying(router, client_id="c", client_secret="s", username="u", password="p") as engage:
        status = await engage.engagement.queue_status.query("VQ One")
        assert engage.engagement is engage.engagement
    assert (status.ewt, status.offer_immediate_callback) == (12.0, None)
    request = route.calls.last.request
    assert request.headers["x-api-key"] == "key"
    assert not {"authorization", "cookie"} & set(request.headers)


async def test_without_an_api_key_it_is_not_to_be_had() -> None:
    async with replying(respx.Router(), api_key=None) as engage:
        with pytest.raises(ea.ConfigurationError, match="api_key"):
            _ = engage.engagement


async def test_callback_is_sent_plain_with_its_time_in_utc() -> None:
    router = respx.Router()
    route = router.post(f"{BASE}/callbacks/create").mock(return_value=done({"id": "cb-1", "more": 1}))
    berlin = SOON.astimezone(ZoneInfo("Europe/Berlin"))
    async with replying(router) as engage:
        callback = await engage.engagement.callbacks.create(
            "Sales",
            "+49 30 555",
            desired_time=berlin,
            inbound_vq="VQ",
            survey_rp="RP",
            user_data={"Segment": "Gold"},
            push_targets=[{"channel": "sms", "target": "555"}],
            always_check_capacity=True,
        )
    assert (callback.id, callback.extra) == ("cb-1", {"more": 1})
    assert sent(route) == {
        "serviceName": "Sales",
        "phoneNumber": "+49 30 555",
        "desiredTime": "2999-06-01T12:30:00.000Z",
        "inboundVQ": "VQ",
        "surveyRP": "RP",
        "userData": {"Segment": "Gold"},
        "pushTargets": [{"channel": "sms", "target": "555"}],
        "alwaysCheckCapacity": True,
    }


async def test_availability_is_asked_for_in_utc_and_given_with_time_zones() -> None:
    router = respx.Router()
    slots = [
        {"utcTime": "2999-06-01T12:30:00.000Z", "localTime": "2999-06-01T14:30:00.000+02:00", "capacity": 2, "total": 3}
    ]
    route = router.get(f"{BASE}/callbacks/availability/Sales").mock(
        return_value=done({"slots": [*slots, "nonsense"], "durationMin": 15, "timezone": "Europe/Berlin"})
    )
    async with replying(router) as engage:
        availability = await engage.engagement.availability.query(
            "Sales", start=SOON, number_of_days=2, timezone="Europe/Berlin", report_busy=True, max_time_slots=5
        )
    assert dict(route.calls.last.request.url.params) == {
        "start": "2999-06-01T12:30:00.000Z",
        "numberOfDays": "2",
        "timezone": "Europe/Berlin",
        "maxTimeSlots": "5",
        "reportBusy": "true",
    }
    (slot,) = availability.slots
    assert slot.utc_time == SOON == slot.local_time
    assert slot.local_time is not None
    assert slot.local_time.utcoffset() == timedelta(hours=2)
    assert (slot.capacity, slot.total, availability.duration_min) == (2, 3, 15)


async def test_wait_times_are_an_array_and_queues_a_comma_separated_list() -> None:
    router = respx.Router()
    entry = {"virtualQueue": "VQ1", "estimatedWaitTime": 30, "message": "ok", "resultCode": 0}
    route = router.get(f"{BASE}/estimated-wait-time").mock(return_value=done([entry, None]))
    async with replying(router) as engage:
        (time,) = await engage.engagement.estimated_wait_time.get(
            ["VQ1", "VQ2"], mode="mode3", include_calls_on_hold=False
        )
    assert dict(route.calls.last.request.url.params) == {
        "virtual-queues": "VQ1,VQ2",
        "mode": "mode3",
        "include-calls-on-hold": "false",
    }
    assert (time.virtual_queue, time.estimated_wait_time, time.result_code) == ("VQ1", 30.0, 0)


async def test_statistics_say_how_old_they_may_be() -> None:
    router = respx.Router()
    value = {"name": "S", "objectId": "o", "objectType": "Agent", "value": {"longValue": 1}}
    route = router.post(f"{BASE}/statistics/operations/get-statistic-ex").mock(
        return_value=done({"statistics": [value]})
    )
    async with replying(router) as engage:
        statistics = engage.engagement.statistics
        result = await statistics.get_values([ea.Statistic("S", "o", "Agent")], max_age=60)
        assert [each.plain for each in result.raise_for_errors()] == [1]
        assert route.calls.last.request.headers["cache-control"] == "max-age=60"
        await statistics.get_values([ea.Statistic("S", "o", "Agent")])
        assert "cache-control" not in route.calls.last.request.headers
    assert sent(route) == {"data": {"statistics": [{"objectId": "o", "objectType": "Agent", "name": "S"}]}}


@pytest.mark.parametrize("code", [0, 200])
async def test_success_is_code_0_or_the_http_status(code: int) -> None:
    router = respx.Router()
    router.get(f"{BASE}/callbacks/open-for/Sales").mock(return_value=done({"openFor": 3600}, code))
    async with replying(router) as engage:
        assert await engage.engagement.availability.open_for("Sales") == 3600


# --- what is refused before it is sent --------------------------------------------------------------------------------


async def test_bad_arguments_are_refused_and_nothing_is_sent() -> None:
    router = respx.Router()
    naive, past = SOON.replace(tzinfo=None), datetime(2020, 1, 1, tzinfo=UTC)
    anything: Any = "VQ"
    async with replying(router) as engage:
        here = engage.engagement
        calls: list[tuple[Callable[[], Any], str]] = [
            (lambda: here.callbacks.create("Sales", "555", desired_time=naive), "must have a time zone"),
            (lambda: here.callbacks.create("Sales", "555", desired_time=past), "must lie ahead"),
            (lambda: here.callbacks.create("Sales", "555", desired_time=anything), "must be a datetime"),
            (lambda: here.callbacks.create("", "555"), "service_name"),
            (lambda: here.callbacks.create("Sales", " "), "phone_number"),
            (lambda: here.callbacks.retrieve(""), "id must be"),
            (lambda: here.availability.query("Sales", start=naive), "start must have a time zone"),
            (lambda: here.availability.query("Sales", start=SOON, start_ms=1), "start and start_ms"),
            (lambda: here.availability.query("Sales", end_ms=1, number_of_days=2), "end_ms and number_of_days"),
            (lambda: here.estimated_wait_time.get(anything), "a list of names"),
            (lambda: here.estimated_wait_time.get([]), "at least one"),
            (lambda: here.estimated_wait_time.get(["a,b"]), "without commas"),
            (lambda: here.statistics.get_values([ea.Statistic("S", "o", "t")], max_age=14), "from 15 on"),
            (lambda: here.statistics.get_values([]), "at least one"),
            (lambda: here.call_in.request(""), "group_name"),
        ]  # fmt: skip
        for call, told in calls:
            with pytest.raises(ea.InvalidArgument, match=told):
                await call()
    assert not router.calls


@given(st.datetimes(timezones=st.timezones() | st.just(UTC) | st.just(timezone(timedelta(hours=14)))))
def test_moment_is_the_same_moment_when_it_is_read_back(value: datetime) -> None:
    try:
        text = moment("start", value)
    except ea.InvalidArgument:
        assert value.year in (1, 9999)
        return
    assert text is not None
    assert text.endswith("Z")
    assert abs(datetime.fromisoformat(text) - value.astimezone(UTC)) < timedelta(milliseconds=1)


def test_moment_that_must_come_is_compared_with_the_clock() -> None:
    assert moment("start", None) is None
    assert coming_moment("start", None) is None
    assert coming_moment("start", SOON, SOON - timedelta(seconds=1)) == "2999-06-01T12:30:00.000Z"
    with pytest.raises(ea.InvalidArgument, match="has passed"):
        coming_moment("start", SOON, SOON)


# --- errors -----------------------------------------------------------------------------------------------------------


async def test_full_slot_is_its_own_error_with_the_slots_that_are_proposed_and_is_not_repeated() -> None:
    router = respx.Router()
    proposed = {"2999-06-01T13:00:00.000Z": "2", "2999-06-01T12:45:00.000Z": "many", "nonsense": "1"}
    body = {"status": {"code": 429, "message": "slot is full", **CORR}, "data": {"slots": proposed}}
    route = router.post(f"{BASE}/callbacks/create").mock(
        return_value=httpx.Response(429, json=body, headers={"Retry-After": "0"})
    )
    async with replying(router) as engage:
        with pytest.raises(ea.SlotFull) as caught:
            await engage.engagement.callbacks.create("Sales", "555", desired_time=SOON)
    assert route.call_count == 1
    error = caught.value
    assert (error.code, error.message, error.detail, error.http_status) == (429, "slot is full", CORR, 429)
    assert not isinstance(error, ea.RateLimited)
    assert [(slot.utc_time, slot.capacity) for slot in error.slots] == [
        (SOON + timedelta(minutes=15), None),
        (SOON + timedelta(minutes=30), 2),
    ]


@pytest.mark.parametrize("body", [{"message": "Too Many Requests"}, "", "<html>", [1], {"status": "busy"}])
async def test_429_of_a_gateway_is_throttling_and_no_full_slot(body: Any) -> None:
    router = respx.Router()
    text = body if isinstance(body, str) else json.dumps(body)
    route = router.post(f"{BASE}/callbacks/create").mock(return_value=httpx.Response(429, text=text))
    async with replying(router) as engage:
        with pytest.raises(ea.RateLimited):
            await engage.engagement.callbacks.create("Sales", "555")
    assert route.call_count == 1


async def test_throttled_reading_is_repeated() -> None:
    router = respx.Router()
    route = router.get(f"{BASE}/callbacks/queue-status/VQ").mock(
        side_effect=[httpx.Response(429, json={"message": "Too Many Requests"}), done({"ewt": 1})]
    )
    async with replying(router) as engage:
        assert (await engage.engagement.queue_status.query("VQ")).ewt == 1.0
    assert route.call_count == 2


async def test_error_keeps_the_correlation_id() -> None:
    router = respx.Router()
    body = {"status": {"code": 40404, "message": "no such callback", **CORR}}
    router.post(f"{BASE}/callbacks/retrieve").mock(return_value=httpx.Response(404, json=body))
    async with replying(router) as engage:
        with pytest.raises(ea.NotFound) as caught:
            await engage.engagement.callbacks.retrieve("cb-1")
    assert (caught.value.code, caught.value.detail, caught.value.operation) == (40404, CORR, "callbacks.retrieve")


@pytest.mark.parametrize("data", [None, [], {"slots": []}, {"slots": None}, "x", {"slots": [{"utcTime": 1}, 7]}])
def test_full_slot_without_readable_proposals_proposes_nothing_or_what_can_be_read(data: Any) -> None:
    raw = {"status": {"code": 429}, "data": data}
    error = slot_full(Reply(Status(429), data=data, http_status=429, raw=raw), "callbacks.create")
    assert isinstance(error, ea.SlotFull)
    assert all(slot.utc_time is not None for slot in error.slots)


async def test_proposals_in_the_form_of_an_availability_are_read_too() -> None:
    data = {"slots": [{"utcTime": "2999-06-01T12:30:00Z", "capacity": 4}]}
    raw = {"status": {"code": 429}, "data": data}
    error = slot_full(Reply(Status(429), data=data, http_status=429, raw=raw), "callbacks.create")
    assert isinstance(error, ea.SlotFull)
    assert [(slot.utc_time, slot.capacity) for slot in error.slots] == [(SOON, 4)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=30), inner, max_size=4),
    max_leaves=10,
)


@given(json_values | st.fixed_dictionaries({"slots": json_values}))
def test_no_proposal_breaks_the_reading(data: Any) -> None:
    error = slot_full(Reply(Status(429), data=data, http_status=429, raw={"status": {}, "data": data}), "x")
    assert isinstance(error, ea.SlotFull)
    assert list(error.slots) == sorted(error.slots, key=lambda slot: slot.utc_time or SOON)


async def test_replies_that_are_none_are_said_to_be_that() -> None:
    router = respx.Router()
    router.get(f"{BASE}/callbacks/queue-status/VQ").mock(return_value=httpx.Response(200, text="<html>"))
    router.post(f"{BASE}/callbacks/retrieve").mock(return_value=done(["a list"]))
    router.post(f"{BASE}/call-in/requests/create").mock(return_value=done({"id": 7, "accessCode": "x"}))
    async with replying(router) as engage:
        with pytest.raises(ea.MalformedResponse):
            await engage.engagement.queue_status.query("VQ")
        with pytest.raises(ea.MalformedResponse):
            await engage.engagement.callbacks.retrieve("cb-1")
        request = await engage.engagement.call_in.request("Support")
    assert (request.id, request.access_code, request.extra) == ("", None, {"id": 7, "accessCode": "x"})
