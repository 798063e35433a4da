"""Snapshots: the interactions that fulfilled a condition at a moment, page by page.

Must live here: conditions, and the snapshots in memory. Must not: what is done with the interactions, messages, HTTP.

A condition is that of an SQL ``WHERE``, an order that of an ``ORDER BY``, as the Interaction Server puts them into a
``SELECT`` over its table of interactions. Here SQLite does, over a table that is made for the purpose and that nothing
but the condition can read. Its columns are the properties below, and every key of attached data that is an identifier.

Source: "Interaction Properties Reference Guide" for the names of the properties.
"""

from __future__ import annotations

import re
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import closing

from attrs import frozen

from engage_async.emulator.calls import wire_time
from engage_async.emulator.interactions import Interaction
from engage_async.emulator.record_answers import NoSuchResource, RecordRefused
from engage_async.emulator.tlib_errors import TLibError

__all__ = ["Snapshot", "Snapshots"]

_REMEMBERED = 1_000
_MOST_COLUMNS = 200
_STEPS = 1_000_000
_LINE_END = "\n"  # ends a comment in a condition
_IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,63}")

Value = str | int | None

PROPERTIES: dict[str, Callable[[Interaction], Value]] = {
    "Id": lambda each: each.id,
    "MediaType": lambda each: each.mediatype,
    "InteractionType": lambda each: each.type.value,
    "InteractionSubtype": lambda each: each.subtype,
    "InteractionState": lambda each: each.state.value,
    "Queue": lambda each: each.queue,
    "Workbin": lambda each: each.workbin.workbin_id if each.workbin is not None else None,
    "AssignedTo": lambda each: each.workbin.owner if each.workbin is not None else each.handled_by,
    "Subject": lambda each: each.subject,
    "ContactId": lambda each: each.contact_id,
    "ParentId": lambda each: each.parent_id,
    "IsHeld": lambda each: int(each.held),
    "IsOnline": lambda each: int(each.online),
    "ReceivedAt": lambda each: wire_time(each.received),
    "PlacedInQueueAt": lambda each: wire_time(each.queued_at) if each.queued_at is not None else None,
}
"""The columns that every interaction has."""


@frozen
class Snapshot:
    """A snapshot: the ids of the interactions, in order."""

    id: str
    condition: str | None
    interactions: tuple[str, ...]


class Snapshots:
    """The last thousand snapshots that were not released, by id."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._taken: OrderedDict[str, Snapshot] = OrderedDict()

    def take(self, interactions: Iterable[Interaction], condition: str | None, order: str | None) -> Snapshot:
        """Take a snapshot of these. Raises `RecordRefused` for what SQL does not understand."""
        snapshot = Snapshot(self._new_id(), condition, _select(list(interactions), condition, order))
        self._taken[snapshot.id] = snapshot
        if len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
        return snapshot

    def get(self, snapshot_id: str) -> Snapshot:
        """A snapshot. Raises `NoSuchResource`."""
        if snapshot_id not in self._taken:
            raise NoSuchResource(snapshotId=snapshot_id)
        return self._taken[snapshot_id]

    def release(self, snapshot_id: str) -> None:
        """Forget a snapshot. Raises `NoSuchResource`."""
        del self._taken[self.get(snapshot_id).id]


def _select(interactions: list[Interaction], condition: str | None, order: str | None) -> tuple[str, ...]:
    """The ids that SQLite selects."""
    keys = _columns(interactions)
    names = ", ".join(f"[{name}]" for name in (*PROPERTIES, *keys))
    marks = ", ".join("?" * (len(PROPERTIES) + len(keys)))
    wanted = "SELECT Id FROM interactions"
    wanted += f" WHERE ({condition}{_LINE_END})" if condition else ""
    wanted += f" ORDER BY {order}" if order else ""
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute(f"CREATE TABLE interactions ({names})")
            database.executemany(f"INSERT INTO interactions VALUES ({marks})", _rows(interactions, keys))  # noqa: S608 - only question marks: SQL has no parameter for their number
            database.set_authorizer(_authorize)
            database.set_progress_handler(lambda: 1, _STEPS)
            return tuple(row[0] for row in database.execute(wanted))
    except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
        raise RecordRefused(TLibError.INVALID_ATTRIBUTE, f"Condition or order not understood: {error}") from error


def _authorize(action: int, first: str | None, *_: str | None) -> int:
    """A condition computes, and reads the one table."""
    reads = action == sqlite3.SQLITE_READ and first == "interactions"
    computes = action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION}
    return sqlite3.SQLITE_OK if reads or computes else sqlite3.SQLITE_DENY


def _columns(interactions: Iterable[Interaction]) -> list[str]:
    """The keys of attached data that become columns; SQLite knows no upper and lower case in their names."""
    keys: dict[str, str] = {}
    for interaction in interactions:
        for pair in interaction.user_data:
            if _IDENTIFIER.fullmatch(pair["key"]):
                keys.setdefault(pair["key"].casefold(), pair["key"])
    own = {name.casefold() for name in PROPERTIES}
    return [key for folded, key in keys.items() if folded not in own][:_MOST_COLUMNS]


def _rows(interactions: Iterable[Interaction], keys: list[str]) -> list[list[Value]]:
    return [
        [*(read(each) for read in PROPERTIES.values()), *(_attached(each, key) for key in keys)]
        for each in interactions
    ]


def _attached(interaction: Interaction, key: str) -> Value:
    value = next((pair["value"] for pair in interaction.user_data if pair["key"] == key), None)
    return value if isinstance(value, str | int) else None
