"""An export that is followed to its end, and its file saved.

Must live here: when an export is ready, and how its file is saved although connections break. Must not: requests.

    begun ──► … percent … ──► 100: ready ──► download ──► saved
                                                └─ cut off: from its start again, if the target can take that
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Generator, Sequence
from typing import TYPE_CHECKING, Any

from engage_async.api.provisioning.looking import OUT_OF_REACH, Watched
from engage_async.errors import MalformedResponse
from engage_async.io.downloads import Download
from engage_async.io.files import BinaryWriter
from engage_async.models.provisioning.jobs import ExportStatus
from engage_async.protocol.envelope import read_reply
from engage_async.protocol.multipart import OnProgress

if TYPE_CHECKING:
    from engage_async.api.provisioning.exports import ExportsApi

__all__ = ["ExportJob", "a_csv", "filter_parameters"]

_DOWNLOAD = "exports.download"
_ENVELOPE_LIMIT = 64 * 1024
_PAUSE = 0.2


class ExportJob:
    """An export that runs on the server, also when nobody looks. `id` is the server's.

    ``async for status in job`` gives each new state up to the last, ``await job`` waits until the file is ready, and
    `save` and `open` wait for that by themselves. They may be used by several tasks at once, again, and left at any
    time. They raise what keeps the service from being asked: `SessionClosed`, `ApiError` (`NotFound` when the service
    has forgotten the export), and, after the patience it was made with, `NotSent` and `OutcomeUnknown`.
    """

    def __init__(self, exports: ExportsApi, export_id: str, *, every: float, patience: float) -> None:
        self.id = export_id
        self._exports = exports
        self._patience = patience
        self._pause = min(every, _PAUSE)
        self._states = Watched("exports.users", self._look, lambda status: status.ready, every=every, patience=patience)

    def __repr__(self) -> str:
        return f"<ExportJob {self.id}: {'not looked at yet' if self.status is None else f'{self.status.progress:g} %'}>"

    @property
    def status(self) -> ExportStatus | None:
        """The state as it was last seen; None before the first look."""
        return self._states.latest

    def __aiter__(self) -> AsyncIterator[ExportStatus]:
        return self._states.__aiter__()

    def __await__(self) -> Generator[Any, None, ExportStatus]:
        return self._states.last().__await__()

    async def open(self) -> Download:
        """The file, once it is ready, to be read as it comes; what breaks it off then is not repeated."""
        await self._states.last()
        return await self._exports.download(self.id)

    async def save(self, target: str | os.PathLike[str] | BinaryWriter, progress: OnProgress | None = None) -> int:
        """Write the file, once it is ready, and give the number of bytes; see `Download.save`.

        A download that is cut off begins again from its start, for a path and for a file that can be rewound; then
        `progress` begins again at 0.
        """
        await self._states.last()
        place = await _Place.of(target)
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while True:
            try:
                download = await self._exports.download(self.id)
                return await download.save(target, progress)
            except OUT_OF_REACH:
                if loop.time() >= until or not place.repeatable:
                    raise
            await asyncio.sleep(self._pause)
            await place.rewind()

    async def _look(self) -> ExportStatus:
        return await self._exports.get_status(self.id)


class _Place:
    """Where a file is saved, and whether it can be written there a second time."""

    def __init__(self, file: Any, start: int | None) -> None:
        self._file, self._start = file, start

    @classmethod
    async def of(cls, target: Any) -> _Place:
        """The place as it is before anything is written."""
        if isinstance(target, str | os.PathLike):
            return cls(None, None)
        return cls(target, await asyncio.to_thread(_position, target))

    @property
    def repeatable(self) -> bool:
        return self._file is None or self._start is not None

    async def rewind(self) -> None:
        """Let a file that is open stand where it stood, with nothing behind."""
        if self._file is not None:
            await asyncio.to_thread(self._file.seek, self._start)
            await asyncio.to_thread(self._file.truncate)


def _position(file: Any) -> int | None:
    """Where a file stands; None when it cannot be put there again."""
    try:
        position = file.tell() if file.seekable() and callable(file.truncate) else None
    except (AttributeError, OSError, ValueError):
        return None
    return position if isinstance(position, int) else None


async def a_csv(download: Download) -> Download:
    """The file itself. Raises what a reply says that came in its place."""
    if download.content_type != "application/json":
        return download
    text = (await download.read(_ENVELOPE_LIMIT)).decode("utf-8", "replace")
    read_reply(download.http_status, text, operation=_DOWNLOAD).raise_for_status(_DOWNLOAD)
    raise MalformedResponse(f"{_DOWNLOAD}: expected a file, got a reply", http_status=download.http_status)


def filter_parameters(
    agent_groups: Sequence[str] | None,
    order: str | None,
    sort_by: Sequence[str] | None,
    subresources: Sequence[str] | None,
) -> dict[str, Any]:
    """Which users are exported, and how, as the service's ``filterParameters``."""
    given = {
        "agentGroupFilter": None if agent_groups is None else list(agent_groups),
        "order": order,
        "sortBy": None if sort_by is None else list(sort_by),
        "subresources": None if subresources is None else ",".join(subresources),
    }
    return {name: value for name, value in given.items() if value is not None}
