"""What the operations on statistics give, made from replies.

Must live here: replies to values and to one typed error for each statistic that is missing. Must not: routes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from engage_async.api.module import Known
from engage_async.errors import ApiError, InvalidArgument, MalformedResponse, StatisticRefused
from engage_async.models.codec import structure
from engage_async.models.statistics import Statistic, StatisticValue, SubscriptionData, read_value
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.statistics import blamed

__all__ = ["a_subscription", "asked", "by_name", "naming", "the_value", "these_values"]

T = TypeVar("T")


def a_subscription(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> SubscriptionData:
    """A subscription with its statistics; entries that are no objects are left out."""
    return structure(SubscriptionData, {**payload, "statistics": _objects(payload.get("statistics"))})


def these_values(
    payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known
) -> tuple[StatisticValue, ...]:
    """The values of a reply; entries that are no objects are left out."""
    return tuple(read_value(each) for each in _objects(payload.get("statistics")))


def the_value(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> StatisticValue | None:
    """The value of a reply that holds one, else None."""
    statistic = payload.get("statistic")
    return read_value(statistic) if isinstance(statistic, dict) else None


def asked(statistics: Sequence[Statistic], *, definitions: bool = False) -> list[dict[str, Any]]:
    """Statistics as a request has them. Raises `InvalidArgument` for none, or for a definition where none is taken."""
    if isinstance(statistics, Statistic) or not all(isinstance(each, Statistic) for each in statistics):
        raise InvalidArgument("statistics must be a list of Statistic objects")
    if not statistics:
        raise InvalidArgument("statistics: name at least one")
    if not definitions and any(each.definition is not None for each in statistics):
        raise InvalidArgument("statistics: only a subscription takes definitions; name a configured statistic")
    return [each.wire() for each in statistics]


def naming(
    partial: PartialResult[T], statistics: Sequence[Statistic], opened: Sequence[StatisticValue]
) -> PartialResult[T]:
    """The same result with errors that name their statistic. `opened` are those that the reply gives."""
    if not partial.errors:
        return partial
    keys = {each.statistic_id or (each.name, each.object_id, each.object_type) for each in opened}
    there = {
        index
        for index, each in enumerate(statistics)
        if (each.id or (each.name, each.object_id, each.object_type)) in keys
    }
    told = [(error.message, error.detail) for error in partial.errors]
    indices = blamed([each.wire() for each in statistics], told, there)
    named = [None if index is None else statistics[index] for index in indices]
    return PartialResult(partial.data, tuple(map(_refused, partial.errors, named)))


def by_name(partial: PartialResult[StatisticValue | None], statistic: Statistic) -> StatisticValue:
    """The one value that was asked for. Raises the error that the reply has instead."""
    if partial.errors:
        raise _refused(partial.errors[0], statistic)
    if partial.data is None:
        raise MalformedResponse(f"{statistic}: expected an object data.statistic, and there is none")
    return partial.data


def _refused(error: ApiError, statistic: Statistic | None) -> StatisticRefused:
    return StatisticRefused(
        error.code,
        error.message,
        error.detail,
        statistic=statistic,
        http_status=error.http_status,
        operation=error.operation,
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
