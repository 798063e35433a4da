"""Exports of users to files.

Must live here: the routes of the group and one method for each, in the same order, and the way to an export that is
followed to its end. Must not: anything that branches; how an export is followed (`export_job`).

Methods raise what those of `UsersApi` do.
"""

from __future__ import annotations

from collections.abc import Sequence

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.export_job import ExportJob, a_csv, filter_parameters
from engage_async.api.provisioning.looking import check_seconds
from engage_async.api.provisioning.results import an_export, an_export_id
from engage_async.io.downloads import Download
from engage_async.models.provisioning.enums import SortOrder
from engage_async.models.provisioning.jobs import ExportStatus
from engage_async.protocol.repeat import Repeat
from engage_async.protocol.route import Family

__all__ = ["ExportsApi"]

_WIRE = {"person_dbids": "personDBIDs", "export_id": "id"}

_exports = Family("/provisioning/v3", "exports", wire=_WIRE)

_EXPORT_FILE = _exports.request(
    "POST", "export_file", path="/export-users", body="plain", repeat=Repeat.REPEATABLE, gives=an_export_id
)
_GET_STATUS = _exports.get(
    "get_status", path="/export-users", query=("export_id",), needs=("export_id",), gives=an_export
)
_DOWNLOAD = _exports.get("download", path="/export-users/", query=("export_id", "download"), needs=("export_id",))


class ExportsApi(SynchronousModule):
    """Exports of users."""

    async def users(
        self,
        fields: Sequence[str],
        *,
        file_name: str = "users.csv",
        person_dbids: Sequence[str] = (),
        agent_groups: Sequence[str] | None = None,
        order: SortOrder | str | None = None,
        sort_by: Sequence[str] | None = None,
        subresources: Sequence[str] | None = None,
        every: float = 1.0,
        patience: float = 60.0,
        timeout: float | None = None,
    ) -> ExportJob:
        """Begin an export, and give it to be followed and saved.

        ::

            job = await provisioning.exports.users(["userName", "firstName", "lastName"])
            async for status in job:                    # each time something has changed
                print(status.progress)                  # percent
            await job.save("users.csv")                 # waits for the end by itself

        The arguments are those of `export_file`. There are `every` seconds between two looks (the first come sooner). A
        connection or session that is lost does not matter unless it is for more than `patience` seconds.
        """
        check_seconds("exports.users", every=every, patience=patience)
        export_id = await self.export_file(
            fields,
            file_name=file_name,
            person_dbids=person_dbids,
            agent_groups=agent_groups,
            order=order,
            sort_by=sort_by,
            subresources=subresources,
            timeout=timeout,
        )
        return ExportJob(self, export_id, every=every, patience=patience)

    async def export_file(
        self,
        fields: Sequence[str],
        *,
        file_name: str = "users.csv",
        person_dbids: Sequence[str] = (),
        agent_groups: Sequence[str] | None = None,
        order: SortOrder | str | None = None,
        sort_by: Sequence[str] | None = None,
        subresources: Sequence[str] | None = None,
        timeout: float | None = None,
    ) -> str:
        """Let the service begin an export, and give its id; `users` also follows it.

        `fields` names the attributes of users that the file shall have, `person_dbids` the users (none: all that fit).
        `agent_groups` keeps the members of these groups. `order` and `sort_by` say in which order, `subresources` what
        else of users is exported (the service's default: ``skills`` and ``devices``). `file_name` is the name that the
        download will have.
        """
        export_id: str = await self._request(
            _EXPORT_FILE,
            fields=list(fields),
            file_name=file_name,
            person_dbids=list(person_dbids),
            filter_parameters=filter_parameters(agent_groups, order, sort_by, subresources),
            timeout=timeout,
        )
        return export_id

    async def get_status(self, export_id: str, *, timeout: float | None = None) -> ExportStatus:
        """How far an export is. Raises `NotFound` for one that does not exist."""
        status: ExportStatus = await self._request(_GET_STATUS, export_id=export_id, timeout=timeout)
        return status

    async def download(self, export_id: str, *, timeout: float | None = None) -> Download:
        """The file of an export that is ready, to be read or saved as it comes."""
        return await a_csv(await self._download(_DOWNLOAD, export_id=export_id, download=True, timeout=timeout))
