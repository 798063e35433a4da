"""Imports of users from files.

Must live here: the routes of the group and one method for each, in the same order, and the way to an import that is
followed to its end. Must not: anything that branches; how an import is followed (`import_job`).

Methods raise what those of `UsersApi` do, `ImportInProgress` while an import is running that keeps this one from being
begun, `ImportRejected` for a file that the service does not take, and `UploadFailed` for a file that cannot be read to
its end. A file is CSV or XLS: a path, bytes, a binary file, or an async iterator of bytes.
"""

from __future__ import annotations

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.files import a_file
from engage_async.api.provisioning.import_job import ImportJob, started
from engage_async.api.provisioning.import_results import an_import, import_refused
from engage_async.api.provisioning.users import UsersApi
from engage_async.api.results import nothing
from engage_async.models.provisioning.jobs import ImportStatus
from engage_async.protocol.multipart import OnProgress, Source
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

__all__ = ["ImportsApi"]

_imports = Family("/provisioning/v3", "imports", "/import-users/", gives=nothing)

_IMPORT_FILE = _imports.request("POST", "import_file", path="/import-users/csv", body="parts", refusal=import_refused)
_VALIDATE_FILE = _imports.request(
    "POST", "validate_file", path="/import-users/validate-csv", body="parts", repeat=Repeat.SAFE, refusal=import_refused
)
_GET_STATUS = _imports.get(
    "get_status", path="/import-users/check-status", query=("admin_name", "tenant_name"),
    needs=("admin_name", "tenant_name"), gives=an_import,
)  # fmt: skip
_TERMINATE = _imports.request("DELETE", "terminate", path="/import-users/csv", repeat=Repeat.REPEATABLE)


class ImportsApi(SynchronousModule):
    """Imports of users."""

    async def users(
        self,
        source: Source,
        *,
        filename: str | None = None,
        validate: bool = False,
        admin_name: str | None = None,
        tenant_name: str = "Environment",
        progress: OnProgress | None = None,
        every: float = 1.0,
        patience: float = 60.0,
        timeout: float | None = None,
    ) -> ImportJob:
        """Begin an import, and give it to be followed.

        ::

            job = await provisioning.imports.users("users.csv", validate=True)
            async for status in job:                    # each time something has changed
                print(status.percent, status.last_entity, len(status.failures))
            result = await job                          # at once here; alone it waits for the end
            result.raise_for_errors()                   # one ImportRowFailed for each record that failed

        The file is sent as a stream, and `progress` told of its bytes. With `validate` the service checks it before it
        takes over the first record. `admin_name` (default: the user of the session) and `tenant_name` say whose import
        is looked at. There are `every` seconds between two looks (the first come sooner). A connection or session that
        is lost does not matter unless it is for more than `patience` seconds. `timeout` is for the sending.

        When no answer to the file came and the service says that it has not begun, `OutcomeUnknown` is raised.
        """
        return await started(
            self,
            UsersApi(self._requester),
            source,
            filename=filename,
            validate=validate,
            admin_name=admin_name,
            tenant_name=tenant_name,
            progress=progress,
            every=every,
            patience=patience,
            timeout=timeout,
        )

    async def import_file(
        self,
        csvfile: Source,
        *,
        filename: str | None = None,
        validate_before_import: bool | None = None,
        progress: OnProgress | None = None,
        timeout: float | None = None,
    ) -> None:
        """Send a file, and let the service begin to import it; `users` also follows the import.

        `filename` is told by a path and by an open file (default: ``users.csv``).
        """
        await self._request(
            _IMPORT_FILE,
            validate_before_import=validate_before_import,
            csvfile=a_file("csvfile", csvfile, filename, "users.csv", "text/csv", progress),
            timeout=timeout,
        )

    async def validate_file(
        self,
        csvfile: Source,
        *,
        filename: str | None = None,
        progress: OnProgress | None = None,
        timeout: float | None = None,
    ) -> None:
        """Let the service check a file without importing it. Raises `ImportRejected`, which tells what is wrong."""
        await self._request(
            _VALIDATE_FILE,
            csvfile=a_file("csvfile", csvfile, filename, "users.csv", "text/csv", progress),
            timeout=timeout,
        )

    async def get_status(self, admin_name: str, tenant_name: str, *, timeout: float | None = None) -> ImportStatus:
        """How far the import of an administrator is (the last one, when none is running)."""
        status: ImportStatus = await self._request(
            _GET_STATUS, admin_name=admin_name, tenant_name=tenant_name, timeout=timeout
        )
        return status

    async def terminate(self, *, timeout: float | None = None) -> None:
        """Stop the import that is running."""
        await self._request(_TERMINATE, timeout=timeout)
