"""Imports and exports of users, as the service tells how far they are.

Must live here: the states of both, and what failed in an import. Must not: waiting for them (`api.provisioning`).

Source: the vendor's API definition. What an entry of ``failed`` looks like is not documented: every likely spelling of
its members is read, and the entry is kept as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from engage_async.models.codec import structure
from engage_async.models.provisioning.plain import plain
from engage_async.models.record import NOTHING_MORE, Record, local, wire

__all__ = ["ExportStatus", "ImportFailure", "ImportStatus", "read_export_status", "read_failure", "read_import_status"]


@frozen(kw_only=True)
class ImportFailure(Record):
    """One record of an import that was not taken over.

    `row` is its line in the file (1 is the header's), `entity` the name of what it would have been (a user's name).
    `raw` is the entry as it came; each of the others may be missing.
    """

    message: str = wire("", "message", "error", "errorMessage", "reason", "description")
    code: int | None = wire(None, "code", "errorCode", "statusCode")
    row: int | None = wire(None, "row", "rowNumber", "line", "lineNumber")
    sheet: str | None = wire(None, "sheetName", "sheet")
    entity: str | None = wire(None, "entity", "userName", "name", "lastEntity")
    raw: Any = local(None, shown=False)

    def __str__(self) -> str:
        where = [
            *([f"row {self.row}"] if self.row is not None else []),
            *([f"of sheet {self.sheet}"] if self.sheet else []),
            *([f"({self.entity})"] if self.entity else []),
        ]
        return f"{' '.join(where) or 'a record'}: {self.message or 'failed without a message'}"


@frozen(kw_only=True)
class ImportStatus(Record):
    """How far an import is.

    `total_count` is how many records there are, `succeed_count` how many were taken over, `failures` those that were
    not. `last_entity` is the object processed last, `operation` and `sheet_name` what is under way. `stop_requested`
    and `stopped` tell of a stop. `active_importers` are the administrators who are running an import just now, None
    when the service does not say.
    """

    admin_name: str | None = None
    total_count: int | None = None
    succeed_count: int | None = None
    last_entity: str | None = None
    operation: str | None = None
    sheet_name: str | None = None
    stop_requested: bool = False
    stopped: bool = False
    active_importers: tuple[str, ...] | None = None
    failures: tuple[ImportFailure, ...] = local(())

    @property
    def done_count(self) -> int:
        """How many records were processed, well or not."""
        return (self.succeed_count or 0) + len(self.failures)

    @property
    def percent(self) -> float | None:
        """How much is processed; None while the total is not known."""
        return min(100.0, 100 * self.done_count / self.total_count) if self.total_count else None


@frozen(kw_only=True)
class ExportStatus(Record):
    """How far an export is, in percent. At 100 its file can be downloaded."""

    id: str = ""
    progress: float = 0.0
    raw: Mapping[str, Any] = local(NOTHING_MORE, shown=False)

    @property
    def ready(self) -> bool:
        """Whether the file can be downloaded."""
        return self.progress >= 100


def read_import_status(payload: Mapping[str, Any]) -> ImportStatus:
    """The state of an import in a reply."""
    made = plain(payload, numbers=("totalCount", "succeedCount"), flags=("stopRequested", "stopped"))
    failed = made.pop("failed", None)
    failures = tuple(read_failure(each) for each in failed) if isinstance(failed, list) else ()
    return evolve(structure(ImportStatus, made), failures=failures)


def read_failure(entry: Any) -> ImportFailure:
    """One entry of ``failed``, whatever it is."""
    if not isinstance(entry, dict):
        return ImportFailure(message=str(entry), raw=entry)
    status = entry.get("status")
    flat = {**status, **entry} if isinstance(status, dict) else entry
    numbers = ("code", "errorCode", "statusCode", "row", "rowNumber", "line", "lineNumber")
    return evolve(structure(ImportFailure, plain(flat, numbers=numbers)), raw=entry)


def read_export_status(payload: Mapping[str, Any]) -> ExportStatus:
    """The state of an export in a reply."""
    return evolve(structure(ExportStatus, plain(payload, texts=("id",))), raw=payload)
