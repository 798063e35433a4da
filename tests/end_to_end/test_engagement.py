"""The Engagement API against the emulator: what a shop's server does for its customers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import engage_async as ea
from engage_async.emulator import Emulator, Fault
from tests.end_to_end.agents import agent_of

ANYTIME, SALES = "Callback_Anytime", "Callback_Sales"
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
async def engagement(emulator: Emulator) -> AsyncIterator[ea.EngagementApi]:
    """Without any credentials but the API key."""
    emulator.switches.require_api_key = "key"
    async with ea.Engage(
        base_url=emulator.base_url, api_key="key", retry_first_delay=0.01, retry_longest_delay=0.02
    ) as engage:
        yield engage.engagement


async def a_slot(engagement: ea.EngagementApi) -> datetime:
    """The start of a slot that lies ahead."""
    slots = (await engagement.availability.query(ANYTIME, number_of_days=1, max_time_slots=3)).slots
    time = slots[2].utc_time
    assert time is not None
    return time


async def test_callback_is_booked_in_a_free_slot_retrieved_and_cancelled(engagement: ea.EngagementApi) -> None:
    time = await a_slot(engagement)
    booked = await engagement.callbacks.create(ANYTIME, "+1 555 0100", desired_time=time, user_data={"Segment": "Gold"})
    callback = await engagement.callbacks.retrieve(booked.id)
    assert (callback.callback_state, callback.desired_time) == (ea.CallbackState.SCHEDULED, time)
    await engagement.callbacks.cancel(booked.id)
    callback = await engagement.callbacks.retrieve(booked.id)
    assert (callback.callback_state, callback.callback_reason) == ("COMPLETED", "CANCELLED")
    with pytest.raises(ea.ApiError, match="completed"):
        await engagement.callbacks.cancel(booked.id)


async def test_full_slot_proposes_others_and_one_of_them_is_booked(
    emulator: Emulator, engagement: ea.EngagementApi
) -> None:
    time = await a_slot(engagement)
    for _ in range(2):
        await engagement.callbacks.create(ANYTIME, "5550100", desired_time=time)
    before = len(emulator.requests)
    with pytest.raises(ea.SlotFull) as full:
        await engagement.callbacks.create(ANYTIME, "5550100", desired_time=time)
    assert len(emulator.requests) == before + 1
    proposed = full.value.slots
    assert [slot.capacity for slot in proposed] == [2] * 5
    assert proposed[0].utc_time is not None
    assert proposed[0].utc_time > time
    booked = await engagement.callbacks.create(ANYTIME, "5550100", desired_time=proposed[0].utc_time)
    assert (await engagement.callbacks.retrieve(booked.id)).desired_time == proposed[0].utc_time


async def test_callback_now_waits_in_its_queue(emulator: Emulator, engagement: ea.EngagementApi) -> None:
    async with agent_of(emulator, api_key="key"):
        await engagement.callbacks.create(ANYTIME, "5550100")
        second = await engagement.callbacks.create(ANYTIME, "5550101")
        callback = await engagement.callbacks.retrieve(second.id)
        assert (callback.callback_state, callback.position_in_queue) == (ea.CallbackState.QUEUED, 2)
        assert callback.estimated_wait_time == 180.0
        status = await engagement.queue_status.query("VQ_Anytime")
        assert (status.ewt, status.offer_immediate_callback, status.offer_scheduled_callback) == (360.0, False, True)


async def test_waiting_times_say_when_nobody_is_there_and_when_a_queue_is_unknown(engagement: ea.EngagementApi) -> None:
    known, unknown = await engagement.estimated_wait_time.get(["VQ_Anytime", "VQ_Nonsense"])
    assert (known.virtual_queue, known.estimated_wait_time, known.result_code) == ("VQ_Anytime", -1.0, 0)
    assert (unknown.result_code, unknown.message) == (1, "Unknown virtual queue")
    (known,) = await engagement.estimated_wait_time.get(["VQ_Anytime"], mode="mode1", include_calls_on_hold=True)
    assert known.estimated_wait_time == 0.0


async def test_office_hours_and_slots_are_those_of_the_time_zone(engagement: ea.EngagementApi) -> None:
    monday = datetime(2999, 1, 7, 15, tzinfo=NEW_YORK)
    assert await engagement.availability.open_for(SALES, start=monday) == 7200
    assert await engagement.availability.open_for(SALES, start=monday - timedelta(days=1)) == 0
    availability = await engagement.availability.query(
        SALES, start=monday, end=monday + timedelta(hours=2), timezone="America/New_York"
    )
    assert (availability.duration_min, availability.timezone) == (30, "America/New_York")
    assert [slot.local_time for slot in availability.slots] == [monday + timedelta(minutes=30 * n) for n in range(4)]
    assert [slot.utc_time for slot in availability.slots] == [slot.local_time for slot in availability.slots]
    assert {(slot.capacity, slot.total) for slot in availability.slots} == {(3, 3)}


async def test_call_in_gives_a_number_and_an_access_code(engagement: ea.EngagementApi) -> None:
    request = await engagement.call_in.request("CallIn_Support", from_phone_number="5550100", user_data={"a": 1})
    assert request.to_phone_number == "+18005550100"
    assert request.access_code is not None
    assert 1000 <= request.access_code <= 9999
    with pytest.raises(ea.ApiError, match="No such group"):
        await engagement.call_in.request("Nonsense")


async def test_statistics_come_through_the_cache(emulator: Emulator, engagement: ea.EngagementApi) -> None:
    wanted = [
        ea.Statistic("CallbacksWaiting", "VQ_Anytime", "Queue"),
        ea.Statistic("Nonsense", "VQ_Anytime", "Queue"),
    ]
    result = await engagement.statistics.get_values(wanted, max_age=60)
    assert [value.plain for value in result.data] == [0]
    assert [error.statistic for error in result.errors if isinstance(error, ea.StatisticRefused)] == [wanted[1]]
    await engagement.callbacks.create(ANYTIME, "5550100")
    assert [value.plain for value in (await engagement.statistics.get_values(wanted, max_age=60)).data] == [0]
    (fresh,) = (await engagement.statistics.get_values(wanted[:1])).raise_for_errors()
    assert fresh.plain == 1


async def test_what_does_not_exist_or_cannot_be_is_refused(engagement: ea.EngagementApi) -> None:
    with pytest.raises(ea.NotFound):
        await engagement.callbacks.retrieve("nonsense")
    with pytest.raises(ea.ApiError, match="No such service") as refused:
        await engagement.callbacks.create("Nonsense", "5550100")
    assert set(refused.value.detail) == {"corrId"}
    with pytest.raises(ea.ApiError, match="closed"):
        await engagement.callbacks.create("Callback_Never", "5550100")
    with pytest.raises(ea.InvalidArgument, match="must lie ahead"):
        await engagement.callbacks.create(ANYTIME, "5550100", desired_time=datetime.now(UTC) - timedelta(seconds=1))


async def test_wrong_api_key_is_unauthorized(emulator: Emulator, engagement: ea.EngagementApi) -> None:
    emulator.switches.require_api_key = "another"
    with pytest.raises(ea.Unauthorized):
        await engagement.queue_status.query("VQ_Anytime")


async def test_booking_is_never_repeated_and_reading_is(emulator: Emulator, engagement: ea.EngagementApi) -> None:
    emulator.switches.faults.append(Fault("*/callbacks/create", "status", status=503))
    with pytest.raises(ea.ServerFault):
        await engagement.callbacks.create(ANYTIME, "5550100")
    emulator.switches.faults.append(Fault("*/callbacks/create", "status", status=429))
    with pytest.raises(ea.RateLimited):
        await engagement.callbacks.create(ANYTIME, "5550100")
    emulator.switches.faults.append(Fault("*/callbacks/create", "cut"))
    with pytest.raises(ea.OutcomeUnknown):
        await engagement.callbacks.create(ANYTIME, "5550100")
    assert [record.path.rpartition("/")[2] for record in emulator.requests] == ["create"] * 3
    emulator.switches.faults.append(Fault("*/queue-status/*", "status", status=503, times=2))
    assert (await engagement.queue_status.query("VQ_Anytime")).ewt == -1.0


async def test_engagement_ends_with_its_environment(emulator: Emulator) -> None:
    async with ea.Engage(base_url=emulator.base_url, api_key="key") as engage:
        engagement = engage.engagement
        await engagement.queue_status.query("VQ_Anytime")
    with pytest.raises(ea.SessionClosed):
        await engagement.queue_status.query("VQ_Anytime")
    with pytest.raises(ea.SessionClosed):
        _ = engage.engagement
