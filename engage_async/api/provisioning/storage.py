"""Temporary storage for files.

Must live here: the route of the group and its method. Must not: anything that branches.

The method raises what those of `UsersApi` do, and `UploadFailed` for a file that cannot be read to its end.
"""

from __future__ import annotations

from engage_async.api.module import SynchronousModule
from engage_async.api.provisioning.files import a_file
from engage_async.api.provisioning.results import a_storage_id
from engage_async.protocol.multipart import OnProgress, Source
from engage_async.protocol.route import Family

_WIRE = {"storage_file": "storage_file"}

_storage = Family("/provisioning/v3", "storage", wire=_WIRE)

_UPDATE = _storage.request("POST", "update", path="/temporary-storage", body="parts", gives=a_storage_id)


class StorageApi(SynchronousModule):
    """Files that are kept for a while."""

    async def update(
        self,
        storage_file: Source,
        *,
        filename: str | None = None,
        ttl: float | None = None,
        progress: OnProgress | None = None,
        timeout: float | None = None,
    ) -> str:
        """Store a file for `ttl` seconds, and give the id under which it is kept.

        The file is a path, bytes, a binary file, or an async iterator of bytes; `progress` is told of its bytes as they
        are sent.
        """
        storage_id: str = await self._request(
            _UPDATE,
            storage_file=a_file("storage_file", storage_file, filename, "file", "application/octet-stream", progress),
            ttl=ttl,
            timeout=timeout,
        )
        return storage_id
