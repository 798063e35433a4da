"""The configuration of the contact centre as it goes over the wire: whole, by type, and in the optimized form.

Must live here: which sections belong to which request, and the optimized form of key/value lists. Must not: the data
(directory.py), routes.

Sources: the vendor's API definition for the types of ``GET /configuration``; its agent API simulator for what
``optimize_config`` changes (the sections left out have requests of their own there).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engage_async.emulator.directory import Directory
from engage_async.emulator.exchange import Exchange

__all__ = [
    "DEFAULT_TYPES",
    "TYPES",
    "as_object",
    "business_attribute",
    "configuration",
    "devices",
    "optimized",
    "plain",
]

TYPES = {
    "actionCodes": "actionCodes",
    "agentGroups": "agentGroups",
    "settings": "settings",
    "workspaceTransactions": "transactions",
    "businessAttributes": "businessAttributes",
}
"""The types that can be asked for, and the sections they name."""

DEFAULT_TYPES = ("actionCodes", "agentGroups", "settings")

_KEY_VALUE_LISTS = frozenset({"userProperties", "settings"})
_AFTER_OPTIMIZING = ("agentGroups",)


def configuration(directory: Directory, types: Iterable[str] = tuple(TYPES)) -> dict[str, Any]:
    """The sections of these types."""
    return {TYPES[name]: directory.configuration[TYPES[name]] for name in types}


def optimized(directory: Directory) -> dict[str, Any]:
    """What is left of the configuration in an optimized initialization."""
    sections: dict[str, Any] = plain(configuration(directory, _AFTER_OPTIMIZING))
    return sections


def business_attribute(directory: Directory, number: int) -> dict[str, Any] | None:
    """A business attribute with the tree of its values; None when there is none with this id."""
    attributes = directory.configuration["businessAttributes"]
    return next((attribute for attribute in attributes if attribute.get("id") == number), None)


def devices(exchange: Exchange, place: str, *, status: bool) -> list[dict[str, Any]] | None:
    """The DNs of a place, with `status` also who uses them how; None when there is no such place."""
    known = exchange.directory.places.get(place)
    if known is None:
        return None
    shown = ("number", "switchName", *(("agentId", "agentState", "agentWorkMode") if status else ()))
    views = [exchange.dns[number].view(exchange.scheduler.now()) for number in known.dns]
    return [{name: view[name] for name in shown} for view in views]


def plain(value: Any) -> Any:
    """The same with its key/value lists as plain objects; of a repeated key the last value."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: as_object(member) if name in _KEY_VALUE_LISTS and isinstance(member, list) else plain(member)
        for name, member in value.items()
    }


def as_object(pairs: Any) -> Any:
    """A key/value list as a plain object."""
    if not isinstance(pairs, list) or not all(isinstance(pair, dict) and "key" in pair for pair in pairs):
        return plain(pairs)
    return {pair["key"]: as_object(pair.get("value")) for pair in pairs}
