"""Callbacks of the emulated contact centre: booked into slots that fill up, waiting in virtual queues.

Must live here: booking and its refusals, the states of a callback, waiting times. Must not: office hours and slots
(callback_setup.py), HTTP.

    SCHEDULED ──its time has come──► QUEUED         now: QUEUED at once
        └───────────── cancel ──────────┴──► COMPLETED (reason CANCELLED)

Nobody calls back by itself: callbacks wait until they are cancelled. A virtual queue's waiting time is what its waiting
callbacks take the agents who are logged in.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from attrs import define, field, frozen

from engage_async.emulator.callback_setup import CallbackService, CallbackSetup, Slot
from engage_async.emulator.centre import ContactCentre
from engage_async.emulator.stat_server import QueueView

__all__ = ["Callback", "CallbackRefused", "Callbacks", "FreeSlot", "SlotIsFull"]

NOBODY = -1
_PROPOSED = 5
_AHEAD = timedelta(days=7)
_OFFERED_FROM = 60  # seconds of waiting


class CallbackRefused(Exception):
    """A callback cannot be booked or cancelled; the text says why."""


class SlotIsFull(CallbackRefused):
    """No more callbacks can be booked for that time; these slots have room."""

    def __init__(self, proposed: list[FreeSlot]) -> None:
        super().__init__("No capacity is left for the desired time")
        self.proposed = proposed


@frozen
class FreeSlot:
    """A slot and how many callbacks it still takes."""

    slot: Slot
    capacity: int


@define(eq=False)
class Callback:
    """One callback. `time` is when it is due; `state` COMPLETED once it is cancelled."""

    id: str
    service: CallbackService
    phone_number: str = field(repr=False)
    time: datetime
    details: dict[str, Any] = field(factory=dict, repr=False)
    cancelled: bool = False

    def state(self, now: datetime) -> str:
        """Where it is in its life."""
        if self.cancelled:
            return "COMPLETED"
        return "SCHEDULED" if self.time > now else "QUEUED"


class Callbacks:
    """Every callback, by id."""

    def __init__(self, setup: CallbackSetup, centre: ContactCentre) -> None:
        self.setup = setup
        self._stat_server, self._scheduler, self._random = centre.stat_server, centre.scheduler, centre.random
        self._callbacks: dict[str, Callback] = {}
        self._booked: Counter[tuple[str, datetime]] = Counter()
        self._of_queue = {service.virtual_queue: service for service in setup.services.values()}
        for queue in self._of_queue:
            centre.stat_server.queues[queue] = partial(self._view, queue)

    @property
    def now(self) -> datetime:
        """The time of the contact centre, in UTC."""
        return datetime.fromtimestamp(self._scheduler.now(), UTC)

    # --- booking ------------------------------------------------------------------------------------------------------

    def book(
        self,
        service: CallbackService,
        phone_number: str,
        desired: datetime | None,
        details: dict[str, Any],
        *,
        check_capacity: bool = False,
    ) -> Callback:
        """Book a callback now or at a time. Raises `CallbackRefused`.

        A slot's capacity counts for a callback at a time, and for one now if that is asked for.
        """
        now = self.now
        if desired is not None and desired <= now:
            raise CallbackRefused("The desired time has passed")
        time = desired or now
        slot = service.slot_at(time)
        if slot is None:
            raise CallbackRefused("The office is closed at that time")
        if (desired is not None or check_capacity) and self._room(service, slot) == 0:
            raise SlotIsFull(list(islice(self.free_slots(service, slot.end, slot.end + _AHEAD), _PROPOSED)))
        booked = Callback(
            str(uuid.UUID(int=self._random.getrandbits(128), version=4)), service, phone_number, time, details
        )
        self._callbacks[booked.id] = booked
        self._booked[service.name, slot.start] += 1
        self._stat_server.changed([("Queue", service.virtual_queue)])
        return booked

    def find(self, callback_id: str) -> Callback | None:
        """A callback."""
        return self._callbacks.get(callback_id)

    def cancel(self, callback: Callback) -> None:
        """Cancel a callback; its place in the slot is free again. Raises `CallbackRefused` when it was cancelled."""
        if callback.cancelled:
            raise CallbackRefused("The callback is completed")
        callback.cancelled = True
        slot = callback.service.slot_at(callback.time)
        if slot is not None:
            self._booked[callback.service.name, slot.start] -= 1
        self._stat_server.changed([("Queue", callback.service.virtual_queue)])

    def free_slots(
        self, service: CallbackService, start: datetime, end: datetime, *, busy: bool = False
    ) -> Iterator[FreeSlot]:
        """The slots with room between two moments, with `busy` also the full ones; the one at `start` is included."""
        for slot in service.slots(max(start, self.now), end):
            room = self._room(service, slot)
            if room or busy:
                yield FreeSlot(slot, room)

    def _room(self, service: CallbackService, slot: Slot) -> int:
        return max(0, service.slot_capacity - self._booked[service.name, slot.start])

    # --- waiting ------------------------------------------------------------------------------------------------------

    def service_of(self, queue: str) -> CallbackService | None:
        """The service whose callbacks wait in a virtual queue."""
        return self._of_queue.get(queue)

    def waiting(self, queue: str) -> list[Callback]:
        """The callbacks that wait in a virtual queue, first come first."""
        now = self.now
        found = [
            each
            for each in self._callbacks.values()
            if each.service.virtual_queue == queue and each.state(now) == "QUEUED"
        ]
        return sorted(found, key=lambda callback: callback.time)

    def expected_wait(self, queue: str, ahead: int | None = None, *, with_agents: bool = True) -> int:
        """For how many seconds one waits behind so many callbacks (None: all that wait).

        -1 when nobody is logged in, unless the agents do not count.
        """
        service = self._of_queue[queue]
        ahead = len(self.waiting(queue)) if ahead is None else ahead
        agents = self._stat_server.logged_in() if with_agents else 1
        return NOBODY if agents == 0 else ahead * service.handling_seconds // agents

    def offers(self, queue: str) -> tuple[bool, bool]:
        """Whether callers of a virtual queue should be offered a callback now, and one at another time."""
        service, now = self._of_queue[queue], self.now
        wait = self.expected_wait(queue)
        long = wait == NOBODY or wait > _OFFERED_FROM
        slot = service.slot_at(now)
        later = next(self.free_slots(service, now, now + _AHEAD), None)
        return long and slot is not None and self._room(service, slot) > 0, long and later is not None

    def _view(self, queue: str) -> QueueView:
        return QueueView(len(self.waiting(queue)), self.expected_wait(queue))
