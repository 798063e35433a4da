"""The emulator's callbacks: office hours, slots that fill up, waiting, what is refused; on a clock moved by hand.

The clock of a floor begins on Monday, 5 January 2026, at 08:00 UTC: 03:00 in New York.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from voice_floor import JOHN, KATE, Floor

from engage_async.emulator.callback_setup import CallbackService, CallbackSetup
from engage_async.emulator.callbacks import Callback, CallbackRefused, Callbacks, SlotIsFull
from engage_async.errors import ConfigurationError

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
SETUP = CallbackSetup.load()
ANYTIME, SALES, NEVER = (SETUP.services[f"Callback_{name}"] for name in ("Anytime", "Sales", "Never"))
MINUTES = timedelta(minutes=1)
BEGIN = NOW.replace(tzinfo=None)


def desk(*agents: str) -> tuple[Callbacks, Floor]:
    floor = Floor(*agents)
    return Callbacks(SETUP, floor.centre), floor


def book(callbacks: Callbacks, service: CallbackService, at: datetime | None = None, **more: Any) -> Callback:
    return callbacks.book(service, "5550100", at, {}, **more)


# --- office hours and slots -------------------------------------------------------------------------------------------


def test_office_is_open_in_its_own_time_zone() -> None:
    assert SALES.open_until(NOW) is None
    opens = datetime(2026, 1, 5, 14, tzinfo=UTC)
    assert SALES.open_until(opens) == opens + timedelta(hours=8)
    assert SALES.open_until(opens - MINUTES) is None
    assert SALES.open_until(opens + timedelta(hours=8)) is None


def test_break_ends_the_office_hours_and_the_weekend_has_none() -> None:
    friday = datetime(2026, 1, 9, 15, tzinfo=UTC)
    assert SALES.open_until(friday) == datetime(2026, 1, 9, 17, tzinfo=UTC)
    assert SALES.open_until(friday + timedelta(hours=2, minutes=30)) is None
    assert SALES.open_until(friday + timedelta(days=1)) is None
    assert NEVER.open_until(NOW) is None


def test_office_that_is_always_open_stays_open_for_a_week() -> None:
    until = ANYTIME.open_until(NOW)
    assert until is not None
    assert until - NOW >= timedelta(days=7)


def test_office_hours_follow_summer_time() -> None:
    winter, summer = datetime(2026, 3, 6, 14, tzinfo=UTC), datetime(2026, 3, 9, 13, tzinfo=UTC)
    assert SALES.open_until(winter) is not None
    assert SALES.open_until(summer) is not None
    assert SALES.open_until(winter - MINUTES) is None
    assert SALES.open_until(summer - MINUTES) is None


def test_slots_begin_with_the_office_hours_and_end_with_them() -> None:
    slots = list(SALES.slots(NOW, NOW + timedelta(days=1)))
    assert slots[0].start == datetime(2026, 1, 5, 14, tzinfo=UTC)
    assert len(slots) == 16
    assert slots[-1].end == datetime(2026, 1, 5, 22, tzinfo=UTC)
    assert all(one.end == other.start for one, other in pairwise(slots))


@given(st.datetimes(BEGIN, BEGIN + timedelta(days=365), timezones=st.just(UTC)), st.sampled_from([ANYTIME, SALES]))
def test_moment_is_in_its_slot_or_the_office_is_closed(moment: datetime, service: CallbackService) -> None:
    slot = service.slot_at(moment)
    if slot is None:
        assert service.open_until(moment) is None
    else:
        assert slot.start <= moment < slot.end
        assert service.open_until(moment) is not None


# --- booking ----------------------------------------------------------------------------------------------------------


def test_slot_takes_what_it_can_and_then_proposes_others() -> None:
    callbacks, _ = desk()
    at = NOW + 20 * MINUTES
    book(callbacks, ANYTIME, at)
    book(callbacks, ANYTIME, at + 5 * MINUTES)
    with pytest.raises(SlotIsFull) as full:
        book(callbacks, ANYTIME, at)
    assert [(each.slot.start - NOW, each.capacity) for each in full.value.proposed] == [
        (timedelta(minutes=30 + 15 * n), 2) for n in range(5)
    ]
    book(callbacks, ANYTIME, full.value.proposed[0].slot.start)
    with pytest.raises(SlotIsFull) as again:
        book(callbacks, ANYTIME, at)
    assert again.value.proposed[0].capacity == 1


def test_cancelled_callback_gives_its_place_back_once() -> None:
    callbacks, _ = desk()
    at = NOW + 20 * MINUTES
    first, _ = book(callbacks, ANYTIME, at), book(callbacks, ANYTIME, at)
    callbacks.cancel(first)
    with pytest.raises(CallbackRefused, match="completed"):
        callbacks.cancel(first)
    book(callbacks, ANYTIME, at)
    with pytest.raises(SlotIsFull):
        book(callbacks, ANYTIME, at)


def test_callback_now_needs_an_open_office_and_capacity_only_when_that_is_asked_for() -> None:
    callbacks, _ = desk()
    for _ in range(3):
        book(callbacks, ANYTIME)
    with pytest.raises(SlotIsFull):
        book(callbacks, ANYTIME, check_capacity=True)
    with pytest.raises(CallbackRefused, match="closed"):
        book(callbacks, SALES)


@pytest.mark.parametrize(
    ("service", "at", "told"),
    [
        (ANYTIME, NOW - MINUTES, "has passed"),
        (ANYTIME, NOW, "has passed"),
        (SALES, NOW + MINUTES, "closed"),
        (NEVER, NOW + MINUTES, "closed"),
    ],
)
def test_time_that_cannot_be_is_refused(service: CallbackService, at: datetime, told: str) -> None:
    callbacks, _ = desk()
    with pytest.raises(CallbackRefused, match=told):
        book(callbacks, service, at)


def test_free_slots_leave_out_what_has_passed_and_what_is_full() -> None:
    callbacks, floor = desk()
    at = NOW + 15 * MINUTES
    for _ in range(2):
        book(callbacks, ANYTIME, at)
    until = NOW + 45 * MINUTES
    assert [(each.slot.start - NOW) // MINUTES for each in callbacks.free_slots(ANYTIME, NOW, until)] == [0, 30]
    busy = callbacks.free_slots(ANYTIME, NOW - timedelta(days=1), until, busy=True)
    assert [each.capacity for each in busy] == [2, 0, 2]
    floor.clock.advance(20 * 60)
    assert [(each.slot.start - NOW) // MINUTES for each in callbacks.free_slots(ANYTIME, NOW, until)] == [30]


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_callback_waits_when_its_time_has_come() -> None:
    callbacks, floor = desk(JOHN)
    later, now = book(callbacks, ANYTIME, NOW + 20 * MINUTES), book(callbacks, ANYTIME)
    assert (later.state(callbacks.now), now.state(callbacks.now)) == ("SCHEDULED", "QUEUED")
    assert callbacks.waiting("VQ_Anytime") == [now]
    floor.clock.advance(20 * 60)
    assert later.state(callbacks.now) == "QUEUED"
    assert callbacks.waiting("VQ_Anytime") == [now, later]
    callbacks.cancel(now)
    assert (now.state(callbacks.now), callbacks.waiting("VQ_Anytime")) == ("COMPLETED", [later])


def test_waiting_time_counts_callbacks_and_agents() -> None:
    callbacks, floor = desk()
    for _ in range(3):
        book(callbacks, ANYTIME)
    assert callbacks.expected_wait("VQ_Anytime") == -1
    assert callbacks.expected_wait("VQ_Anytime", with_agents=False) == 540
    floor.sit(JOHN)
    assert callbacks.expected_wait("VQ_Anytime") == 540
    floor.sit(KATE)
    assert callbacks.expected_wait("VQ_Anytime") == 270
    assert callbacks.expected_wait("VQ_Anytime", 0) == 0


def test_callbacks_are_offered_when_the_wait_is_long_and_the_office_has_room() -> None:
    callbacks, _ = desk(JOHN)
    assert callbacks.offers("VQ_Anytime") == (False, False)
    book(callbacks, ANYTIME)
    assert callbacks.offers("VQ_Anytime") == (True, True)
    book(callbacks, ANYTIME)
    assert callbacks.offers("VQ_Anytime") == (False, True)
    empty, _ = desk()
    assert empty.offers("VQ_Sales") == (False, True)
    assert empty.offers("VQ_Never") == (False, False)


def test_virtual_queue_is_among_the_statistics() -> None:
    callbacks, floor = desk(JOHN)
    changed: list[Any] = []
    server = floor.centre.stat_server
    server.on_change = changed.append
    booked = book(callbacks, ANYTIME)
    of = server.identify("CallbacksWaiting", "Queue", "VQ_Anytime")
    assert (server.value("CallbacksWaiting", of), server.value("ExpectedWaitTime", of)) == (
        {"longValue": 1},
        {"longValue": 180},
    )
    callbacks.cancel(booked)
    assert server.value("CallbacksWaiting", of) == {"longValue": 0}
    assert changed == [{of}, {of}]


# --- the file ---------------------------------------------------------------------------------------------------------

SERVICE = {"name": "S", "virtual_queue": "V", "timezone": "UTC", "slot_minutes": 10, "slot_capacity": 1}


@pytest.mark.parametrize(
    ("services", "told"),
    [
        ([{**SERVICE, "hours": {"mon": ["17:00-09:00"]}}], "there are no hours '17:00-09:00'"),
        ([{**SERVICE, "hours": {"mon": ["9 to 5"]}}], "no hours '9 to 5'"),
        ([{**SERVICE, "hours": {"monday": ["09:00-17:00"]}}], "no day 'monday'"),
        ([{**SERVICE, "slot_minutes": 0}], "a number is below 1"),
        ([SERVICE, {**SERVICE, "virtual_queue": "W"}], "'S' appears twice"),
        ([SERVICE, {**SERVICE, "name": "T"}], "'V' appears twice"),
        ([{"name": "S"}], "virtual_queue"),
    ],
)
def test_file_that_makes_no_sense_is_refused(services: Any, told: str, tmp_path: Path) -> None:
    path = tmp_path / "callbacks.json"
    path.write_text(json.dumps({"services": services}), "utf-8")
    with pytest.raises(ConfigurationError, match=told):
        CallbackSetup.load(path)
