"""Statistics: what is asked for, and what comes back.

Must live here: the request for one statistic, its values, and the mark of a subscription opened again. Must not: how
a subscription lives (`sessions.subscription`), events, requests.

Source of the shapes: the vendor's API definition and clients. `StatisticValue.value` mirrors the message of the
vendor's Stat Server and is not specified: it may be any JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from engage_async.errors import InvalidArgument, StatisticRefused
from engage_async.models.codec import structure
from engage_async.models.record import Record

__all__ = ["Resubscribed", "Statistic", "StatisticValue", "SubscriptionData", "completed", "read_value"]

_SCALARS = (str, int, float, bool)
_NUMBERS = ("intValue", "longValue", "floatValue", "doubleValue")


@frozen
class Statistic:
    """One statistic to ask for: what is counted, of which object.

    Either `name` is that of a statistic which is configured for the contact centre, or `definition` defines one (a
    subscription alone takes it). `object_id` and `object_type` (``Agent``, ``GroupAgents``, ``Queue`` …) are in Stat
    Server's terms. `id` tells the statistics of one subscription apart; without it the subscription gives one.

    Raises `InvalidArgument` for anything that cannot be sent.
    """

    name: str | None
    object_id: str
    object_type: str
    definition: Mapping[str, Any] | None = field(default=None, kw_only=True, hash=False)
    id: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        for attribute in ("object_id", "object_type"):
            value = getattr(self, attribute)
            if not isinstance(value, str) or not value.strip():
                raise InvalidArgument(f"Statistic: {attribute} must be a non-empty string, not {value!r:.60}")
        name: Any = self.name
        definition: Any = self.definition
        if (name is None) is (definition is None):
            raise InvalidArgument("Statistic: give either a name or a definition")
        if name is not None and (not isinstance(name, str) or not name.strip()):
            raise InvalidArgument(f"Statistic: name must be a non-empty string, not {name!r:.60}")
        if definition is not None and not isinstance(definition, Mapping):
            raise InvalidArgument(f"Statistic: definition must be an object, not {type(definition).__name__}")
        own: Any = self.id
        if not isinstance(own, str) or "," in own:
            raise InvalidArgument(f"Statistic: id must be a string without commas, not {own!r:.60}")

    def __str__(self) -> str:
        return f"{self.name or 'a defined statistic'} of {self.object_type} {self.object_id}"

    def wire(self) -> dict[str, Any]:
        """The statistic as a request has it."""
        wire: dict[str, Any] = {"objectId": self.object_id, "objectType": self.object_type}
        wire |= {"name": self.name} if self.definition is None else {"definition": dict(self.definition)}
        return {"statisticId": self.id} | wire if self.id else wire


@frozen(kw_only=True)
class StatisticValue(Record):
    """The value of one statistic at one moment.

    `subscription_id` and `statistic_id` are set for values of a subscription; `statistic_id` is unique in it only.
    `timestamp` is Stat Server's. `value` is any JSON, and not hashed.
    """

    name: str | None = None
    object_id: str | None = None
    object_type: str | None = None
    value: Any = field(default=None, hash=False)
    timestamp: datetime | None = None
    statistic_id: str | None = field(default=None, repr=False)
    subscription_id: str | None = field(default=None, repr=False)

    @property
    def plain(self) -> str | float | bool | None:
        """The number or text in `value`: itself, or the only member of an object (``{"longValue": 3}``); else None.

        Of an object with more in it, as reporting sends them, it is the number, else the ``stringValue``.
        """
        value: Any = self.value
        if isinstance(value, Mapping):
            told = [value[name] for name in (*_NUMBERS, "stringValue") if isinstance(value.get(name), _SCALARS)]
            value = next(iter(value.values())) if len(value) == 1 else next(iter(told), None)
        return value if isinstance(value, _SCALARS) else None


@frozen(kw_only=True)
class SubscriptionData(Record):
    """A subscription as the reply to its creation or a peek describes it: its id and its statistics.

    Without ``verbose`` the statistics may lack names and objects.
    """

    subscription_id: str = ""
    operation_id: str | None = None
    statistics: tuple[StatisticValue, ...] = ()


@frozen
class Resubscribed:
    """Not a value: here the subscription was opened again after its session was lost, so updates may be missing.

    `reason` says why. `errors` names the statistics that could not be opened again.
    """

    reason: str
    errors: tuple[StatisticRefused, ...] = ()


def read_value(payload: Mapping[str, Any], statistic: Statistic | None = None) -> StatisticValue:
    """The value of a payload; what it does not name is taken from the statistic that was asked for. Never raises."""
    value = structure(StatisticValue, payload)
    return value if statistic is None else completed(value, statistic)


def completed(value: StatisticValue, statistic: Statistic) -> StatisticValue:
    """The value with the name and object of the statistic that was asked for, where it lacks them."""
    if None not in (value.name, value.object_id, value.object_type):
        return value
    return evolve(
        value,
        name=value.name if value.name is not None else statistic.name,
        object_id=value.object_id if value.object_id is not None else statistic.object_id,
        object_type=value.object_type if value.object_type is not None else statistic.object_type,
    )
