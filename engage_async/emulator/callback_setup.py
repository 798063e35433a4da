"""The callback services of the emulated contact centre, and how they are read from a JSON file.

Must live here: the records, their office hours and slots, the checks on them. Must not: anything that changes while the
emulator runs.

The file (`callbacks.json` beside this module) is one JSON object:

* ``services``: ``name``; ``virtual_queue`` (where its callbacks wait); ``timezone`` (of its office hours, a name of the
  tz database); ``hours`` (days ``mon`` to ``sun``, each a list of ``HH:MM-HH:MM``; a day that is missing is closed);
  ``slot_minutes`` (slots begin with the office hours; one that would outlast them is left out); ``slot_capacity`` (how
  many callbacks each takes); ``handling_seconds`` (what one callback takes an agent; default 180).
* ``call_in_groups``: ``name`` and ``number``, the number to call.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import Factory, field, frozen

from engage_async.emulator.start_files import by_key, read_start_file
from engage_async.errors import ConfigurationError

__all__ = ["CallInGroup", "CallbackService", "CallbackSetup", "Slot", "zone"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SUBJECT = "callbacks"


@frozen
class Slot:
    """One slot of a service: from `start` (in UTC) on."""

    start: datetime
    end: datetime


@frozen
class CallbackService:
    """A service that calls back."""

    name: str
    virtual_queue: str
    timezone: str
    slot_minutes: int
    slot_capacity: int
    hours: dict[str, list[str]] = Factory(dict)
    handling_seconds: int = 180

    def fault(self) -> str | None:
        """What makes no sense about it."""
        if self.slot_minutes < 1 or self.slot_capacity < 1 or self.handling_seconds < 1:
            return "a number is below 1"
        if unknown := [day for day in self.hours if day not in _DAYS]:
            return f"there is no day {unknown[0]!r}"
        for span in (span for spans in self.hours.values() for span in spans):
            opens, closes = _minutes(span)
            if not 0 <= opens < closes <= 24 * 60:
                return f"there are no hours {span!r}"
        return None

    def hours_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The office hours of a day (in the service's time zone), in UTC."""
        local = zone(self.timezone)
        spans = [_minutes(span) for span in self.hours.get(_DAYS[day.weekday()], ())]
        return [(_at(day, opens, local), _at(day, closes, local)) for opens, closes in sorted(spans)]

    def open_until(self, moment: datetime) -> datetime | None:
        """Until when the office stays open from a moment on; None when it is closed then."""
        until: datetime | None = None
        day = self.day_of(moment)
        for _ in range(8):
            for opens, closes in self.hours_on(day):
                if opens <= (until or moment) < closes:
                    until = closes
            day += timedelta(days=1)
            if until is None or until < _at(day, 0, zone(self.timezone)):
                break
        return until

    def slots(self, start: datetime, end: datetime) -> Iterator[Slot]:
        """The slots that are not over at `start` and begin before `end`, in order."""
        length, day = timedelta(minutes=self.slot_minutes), self.day_of(start)
        while _at(day, 0, zone(self.timezone)) < end:
            for opens, closes in self.hours_on(day):
                begins = opens
                while begins + length <= closes and begins < end:
                    if begins + length > start:
                        yield Slot(begins, begins + length)
                    begins += length
            day += timedelta(days=1)

    def slot_at(self, moment: datetime) -> Slot | None:
        """The slot that a moment belongs to."""
        return next(
            (slot for slot in self.slots(moment, moment + timedelta(microseconds=1)) if slot.start <= moment), None
        )

    def day_of(self, moment: datetime) -> date:
        """The day in the service's time zone."""
        return moment.astimezone(zone(self.timezone)).date()


@frozen
class CallInGroup:
    """A group of numbers to call in at."""

    name: str
    number: str


@frozen
class _File:
    services: list[CallbackService]
    call_in_groups: list[CallInGroup] = Factory(list)


@frozen
class CallbackSetup:
    """Everything, by name."""

    services: dict[str, CallbackService] = field(repr=False)
    call_in_groups: dict[str, CallInGroup] = field(repr=False)

    @classmethod
    def load(cls, path: str | Path | None = None) -> CallbackSetup:
        """Read a file; the package's own when `path` is None. Raises `ConfigurationError`."""
        file = read_start_file(_SUBJECT, path, _File)
        for service in file.services:
            if (fault := service.fault()) is not None:
                raise ConfigurationError(_SUBJECT, f"services: {service.name!r}: {fault}")
        by_key(_SUBJECT, "services", file.services, lambda service: service.virtual_queue)
        return cls(
            by_key(_SUBJECT, "services", file.services, lambda service: service.name),
            by_key(_SUBJECT, "call_in_groups", file.call_in_groups, lambda group: group.name),
        )


def zone(name: str) -> tzinfo:
    """A time zone by its name in the tz database. Raises `LookupError`."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LookupError(f"no time zone {name[:60]!r}") from error


def _minutes(span: str) -> tuple[int, int]:
    """``HH:MM-HH:MM`` in minutes since midnight; (0, 0) for what is not of that form."""
    try:
        opens, closes = ((int(hours), int(minutes)) for hours, minutes in (each.split(":") for each in span.split("-")))
    except ValueError:
        return 0, 0
    return opens[0] * 60 + opens[1], closes[0] * 60 + closes[1]


def _at(day: date, minutes: int, local: tzinfo) -> datetime:
    """A time of day as a moment in UTC."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=local)
    return (midnight + timedelta(minutes=minutes)).astimezone(UTC)
