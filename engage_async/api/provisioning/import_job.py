"""An import that is followed to its end.

Must live here: when an import has begun, when it is over, and what then is said of it. Must not: requests.

    file sent ──► begun ──► … records … ──► all processed, or stopped ──► PartialResult
        │           │                       no importer is left before that ──► ImportEnded
        │           └─ the state of the import before this one is not taken for this one's
        └─ no answer: the service is asked whether it has begun

Source of what the states mean: the vendor's API definition. When an import is over is not documented.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any

from engage_async.api.provisioning.import_results import outcome
from engage_async.api.provisioning.looking import Watched, check_seconds
from engage_async.errors import ApiError, EngageError, ImportEnded, ImportInProgress, ImportRejected, OutcomeUnknown
from engage_async.models.provisioning.jobs import ImportStatus
from engage_async.protocol.envelope import PartialResult
from engage_async.protocol.multipart import OnProgress, Source

if TYPE_CHECKING:
    from engage_async.api.provisioning.imports import ImportsApi
    from engage_async.api.provisioning.users import UsersApi

__all__ = ["ImportJob", "started"]

_BEGINS_WITHIN = 2.0  # seconds after its file was taken in which an import may still show the state from before it,
_LOOKS = 20  # or so many looks, if they take less time
_PAUSE = 0.1


class ImportJob:
    """An import that runs on the server, also when nobody looks.

    ``async for status in job`` gives each new state up to the last, ``await job`` waits for the end and gives its last
    state with one `ImportRowFailed` for each record that failed. Both may be used by several tasks at once, again, and
    left at any time. They raise `ImportEnded` when the import ended before its last record and nobody stopped it, and
    what kept the service from being asked: `SessionClosed`, `ApiError`, and, after the patience it was made with,
    `NotSent` and `OutcomeUnknown`.
    """

    def __init__(
        self,
        imports: ImportsApi,
        *,
        admin_name: str,
        tenant_name: str,
        before: ImportStatus | None,
        begins_within: float,
        every: float,
        patience: float,
    ) -> None:
        self.admin_name: str = admin_name
        self.tenant_name: str = tenant_name
        self._imports = imports
        self._before = before
        self._begins_by = asyncio.get_running_loop().time() + begins_within
        self._states = Watched("imports.users", self._look, self._is_over, every=every, patience=patience)

    def __repr__(self) -> str:
        status = self.status
        told = "not looked at yet" if status is None else f"{status.done_count} of {status.total_count}"
        return f"<ImportJob of {self.admin_name}: {told}{', over' if self._states.is_over else ''}>"

    @property
    def status(self) -> ImportStatus | None:
        """The state as it was last seen; None before the first look."""
        return self._states.latest

    def __aiter__(self) -> AsyncIterator[ImportStatus]:
        return self._states.__aiter__()

    def __await__(self) -> Generator[Any, None, PartialResult[ImportStatus]]:
        return self._outcome().__await__()

    async def stop(self, *, timeout: float | None = None) -> None:
        """Ask the service to stop it. What it took over stays; the last state then says `ImportStatus.stopped`.

        Does nothing when it is over.
        """
        if not self._states.is_over:
            await self._imports.terminate(timeout=timeout)

    async def _outcome(self) -> PartialResult[ImportStatus]:
        status = await self._states.last()
        if not status.stopped and status.done_count < (status.total_count or 0):
            raise ImportEnded(
                f"imports.users: the service has ended the import after {status.done_count} of {status.total_count} "
                "records, and does not say why",
                status=status,
            )
        return outcome(status)

    async def _look(self) -> ImportStatus:
        return await self._imports.get_status(self.admin_name, self.tenant_name)

    def _is_over(self, status: ImportStatus) -> bool:
        """Whether the import is over; a state that may be from before it counts only once it must have begun."""
        may_be_old = status == self._before or not (status.total_count or status.stopped)
        if may_be_old and asyncio.get_running_loop().time() < self._begins_by:
            return False
        if is_active(status, self.admin_name):
            return False
        processed = status.total_count is not None and status.done_count >= status.total_count
        return status.stopped or processed or status.active_importers == ()


def is_active(status: ImportStatus, admin_name: str) -> bool:
    """Whether the administrator is among those who are importing. Names may come with a domain before them."""
    names = {name.rpartition("\\")[2].casefold() for name in status.active_importers or ()}
    return admin_name.rpartition("\\")[2].casefold() in names


async def started(
    imports: ImportsApi,
    users: UsersApi,
    source: Source,
    *,
    filename: str | None,
    validate: bool,
    admin_name: str | None,
    tenant_name: str,
    progress: OnProgress | None,
    every: float,
    patience: float,
    timeout: float | None,
    begins_within: float | None = None,
) -> ImportJob:
    """Send the file, and give the import that it has begun."""
    check_seconds("imports.users", every=every, patience=patience)
    within = min(_BEGINS_WITHIN, _LOOKS * every) if begins_within is None else begins_within
    admin = admin_name or (await users.get_current()).user_name
    before = await _state(imports, admin, tenant_name)
    try:
        await imports.import_file(
            source, filename=filename, validate_before_import=validate, progress=progress, timeout=timeout
        )
    except (ImportInProgress, ImportRejected):
        raise
    except ApiError as refusal:
        now = await _state(imports, admin, tenant_name)
        if now is None or not now.active_importers:
            raise
        raise ImportInProgress(
            refusal.code, refusal.message, refusal.detail,
            importers=now.active_importers, http_status=refusal.http_status, operation=refusal.operation,
        ) from refusal  # fmt: skip
    except OutcomeUnknown:
        if not await _begins(imports, admin, tenant_name, before, within):
            raise
    return ImportJob(
        imports,
        admin_name=admin,
        tenant_name=tenant_name,
        before=before,
        begins_within=within,
        every=every,
        patience=patience,
    )


async def _state(imports: ImportsApi, admin_name: str, tenant_name: str) -> ImportStatus | None:
    """The state of the administrator's imports; None when it is not to be had, or there was none yet."""
    try:
        return await imports.get_status(admin_name, tenant_name)
    except EngageError:
        return None


async def _begins(
    imports: ImportsApi, admin_name: str, tenant_name: str, before: ImportStatus | None, within: float
) -> bool:
    """Whether an import begins although no answer to its file came."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    while loop.time() < until:
        now = await _state(imports, admin_name, tenant_name)
        if now is not None and now != before and (is_active(now, admin_name) or now.done_count):
            return True
        await asyncio.sleep(min(_PAUSE, within / 4))
    return False
