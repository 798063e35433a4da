"""Callbacks and what is known before one is booked: free slots, office hours, waiting times.

Must live here: the records of the Engagement API. Must not: requests.

All times are time-zone aware. Source of the shapes: the vendor's API definition.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from engage_async.models.enums import CallbackState
from engage_async.models.record import Record, wire

__all__ = ["Availability", "CallInRequest", "Callback", "EstimatedWaitTime", "QueueStatus", "Slot"]


@frozen(kw_only=True)
class Slot(Record):
    """A time at which callbacks can be booked.

    `utc_time` is its start, `local_time` the same moment as the service writes it for the time zone that was asked for.
    `capacity` is how many can still be booked, `total` how many there can be.
    """

    utc_time: datetime | None = None
    local_time: datetime | None = field(default=None, repr=False)
    capacity: int | None = None
    total: int | None = None


@frozen(kw_only=True)
class Availability(Record):
    """The slots of a callback service. `duration_min` is the length of each in minutes."""

    slots: tuple[Slot, ...] = ()
    duration_min: int | None = None
    timezone: str | None = None


@frozen(kw_only=True)
class Callback(Record):
    """A callback. `estimated_wait_time` is in seconds; it and `position_in_queue` are told while it waits.

    The reply to a creation holds `id` alone.
    """

    id: str = ""
    callback_state: CallbackState = CallbackState("")
    callback_reason: str | None = None
    phone_number: str | None = field(default=None, repr=False)
    desired_time: datetime | None = None
    position_in_queue: int | None = None
    estimated_wait_time: float | None = None


@frozen(kw_only=True)
class EstimatedWaitTime(Record):
    """How long a virtual queue makes a caller wait. `estimated_wait_time` is in seconds; -1: nobody is logged in."""

    virtual_queue: str = ""
    estimated_wait_time: float | None = None
    message: str = ""
    result_code: int | None = None


@frozen(kw_only=True)
class QueueStatus(Record):
    """Whether callbacks should be offered to those who wait. `ewt` is the estimated wait time in seconds."""

    ewt: float | None = None
    offer_immediate_callback: bool | None = None
    offer_scheduled_callback: bool | None = None


@frozen(kw_only=True)
class CallInRequest(Record):
    """An expected call: whoever calls `to_phone_number` and gives `access_code` is known.

    `expiration_time` is as the service gives it; the unit is not documented.
    """

    id: str = ""
    to_phone_number: str | None = None
    group_name: str | None = None
    expiration_time: float | None = None
    access_code: int | None = wire(None, "accessCode")
    from_phone_number: str | None = field(default=None, repr=False)
    callback_service_id: str | None = None
