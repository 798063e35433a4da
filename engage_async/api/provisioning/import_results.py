"""What operations on imports give, and what their refusals mean.

Must live here: replies made into states and errors. Must not: routes, following an import (`import_job`).

How the service refuses a file is not documented. So what failed is looked for wherever a reply may hold it: in
``errors``, and as ``failed`` or ``errors`` in ``data`` and in the status's ``detail``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engage_async.api.module import Known
from engage_async.errors import ApiError, ImportInProgress, ImportRejected, ImportRowFailed
from engage_async.models.provisioning.jobs import ImportFailure, ImportStatus, read_failure, read_import_status
from engage_async.protocol.envelope import PartialResult, Reply

__all__ = ["an_import", "import_refused", "outcome"]

_OPERATION = "imports.users"


def an_import(payload: Mapping[str, Any], _arguments: Mapping[str, Any], _known: Known) -> ImportStatus:
    """How far an import is."""
    return read_import_status(payload)


def import_refused(reply: Reply, operation: str) -> ApiError | None:
    """A refusal because of another import, or because of what is in the file; None for any other."""
    told = list(_told(reply))
    status = reply.status
    if reply.http_status in (401, 403):
        return None
    importers = [name for each in told for name in _texts(each.get("activeImporters"))]
    if importers or reply.http_status == 409:
        return ImportInProgress(
            status.code, status.message, status.detail,
            importers=importers, http_status=reply.http_status, operation=operation,
        )  # fmt: skip
    failures = tuple(read_failure(entry) for each in told for entry in _listed(each))
    if failures:
        return ImportRejected(
            status.code, status.message, status.detail,
            failures=failures, http_status=reply.http_status, operation=operation,
        )  # fmt: skip
    return None


def outcome(status: ImportStatus) -> PartialResult[ImportStatus]:
    """The last state of an import, with one error for each record that failed."""
    return PartialResult(status, tuple(_error(failure) for failure in status.failures))


def _error(failure: ImportFailure) -> ImportRowFailed:
    code = failure.code if failure.code is not None else -1
    return ImportRowFailed(code, failure.message, failure.raw, failure=failure, operation=_OPERATION)


def _told(reply: Reply) -> Iterator[Mapping[str, Any]]:
    for value in (reply.raw, reply.data, reply.status.detail):
        if isinstance(value, Mapping):
            yield value
        elif isinstance(value, list):
            yield {"errors": value}


def _listed(value: Mapping[str, Any]) -> Iterator[Any]:
    for name in ("failed", "errors"):
        if isinstance(value.get(name), list):
            yield from value[name]


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
