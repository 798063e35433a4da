"""What the operations of the Engagement API give, made from replies, and what their arguments may be.

Must live here: small functions named by what they give. Must not: routes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from engage_async.api.module import Known
from engage_async.errors import ApiError, InvalidArgument, SlotFull
from engage_async.models.codec import structure
from engage_async.models.engagement import (
    Availability,
    Callback,
    CallInRequest,
    EstimatedWaitTime,
    QueueStatus,
    Slot,
)
from engage_async.protocol.envelope import Reply

__all__ = [
    "CODES", "a_call_in", "a_callback", "a_queue_status", "an_availability", "at_most_one", "cache_control", "names",
    "seconds_open", "slot_full", "these_wait_times",
]  # fmt: skip

CODES = (200,)
"""Status codes that mean success beside 0: the definition names the success *SuccessStatus200* and no value."""

_SHORTEST_MAX_AGE = 15


def a_callback(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> Callback:
    """A callback; the reply to a creation holds its id alone."""
    return structure(Callback, payload)


def a_call_in(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> CallInRequest:
    """A request to call in."""
    return structure(CallInRequest, payload)


def an_availability(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> Availability:
    """The slots of a service; entries that are no objects are left out."""
    return structure(Availability, {**payload, "slots": _objects(payload.get("slots"))})


def seconds_open(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> float | None:
    """For how many seconds the office stays open; None when the service does not say."""
    seconds = payload.get("openFor")
    return seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None


def a_queue_status(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> QueueStatus:
    """What to offer to callers of a queue."""
    return structure(QueueStatus, payload)


def these_wait_times(
    payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known
) -> tuple[EstimatedWaitTime, ...]:
    """The estimated wait times of a reply; entries that are no objects are left out."""
    return tuple(structure(EstimatedWaitTime, each) for each in _objects(payload.get("queues")))


def slot_full(reply: Reply, operation: str) -> ApiError | None:
    """HTTP 429 with a status of the service's own is a full slot; without one, a gateway throttles."""
    has_status = isinstance(reply.raw, Mapping) and isinstance(reply.raw.get("status"), Mapping)
    if reply.http_status != 429 or not has_status:
        return None
    status = reply.status
    return SlotFull(status.code, status.message, status.detail, slots=_proposed(reply.data), operation=operation)


def names(argument: str, value: Collection[str]) -> list[str]:
    """Names for a comma-separated list. Raises `InvalidArgument` for none, and for one with a comma."""
    if isinstance(value, str):
        raise InvalidArgument(f"{argument} must be a list of names, not {value!r:.60}")
    listed: list[Any] = list(value)
    if not listed or not all(isinstance(each, str) and each.strip() and "," not in each for each in listed):
        raise InvalidArgument(f"{argument} must be names without commas, at least one, not {listed!r:.60}")
    return listed


def at_most_one(**arguments: Any) -> None:
    """Raise `InvalidArgument` when more than one of these is given."""
    given = [name for name, value in arguments.items() if value is not None]
    if len(given) > 1:
        raise InvalidArgument(f"give at most one of {', '.join(arguments)}, not {' and '.join(given)}")


def cache_control(max_age: Any) -> str | None:
    """The directive of a ``Cache-Control`` header. Raises `InvalidArgument` below 15 seconds."""
    if max_age is None:
        return None
    if isinstance(max_age, bool) or not isinstance(max_age, int) or max_age < _SHORTEST_MAX_AGE:
        raise InvalidArgument(
            f"max_age must be a whole number of seconds from {_SHORTEST_MAX_AGE} on, not {max_age!r:.40}"
        )
    return f"max-age={max_age}"


def _proposed(data: Any) -> tuple[Slot, ...]:
    """``{"slots": {"<UTC time>": "<capacity>"}}``, or slots as in an availability; unreadable ones are left out."""
    slots = data.get("slots") if isinstance(data, Mapping) else None
    if isinstance(slots, Mapping):
        wire: list[Any] = [{"utcTime": time, "capacity": _whole(capacity)} for time, capacity in slots.items()]
    else:
        wire = _objects(slots)
    found = [(each.utc_time, each) for each in (structure(Slot, slot) for slot in wire) if each.utc_time is not None]
    return tuple(slot for _, slot in sorted(found, key=_by_time))


def _by_time(found: tuple[datetime, Slot]) -> datetime:
    return found[0].astimezone(UTC)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10 else value


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
