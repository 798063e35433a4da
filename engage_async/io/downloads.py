"""A download: an answer whose body is still to come.

Must live here: reading it, saving it, its end. Must not: HTTP, what a file is for.

    open ─► pieces … ─► the end: the connection is free again          a body that is cut off raises, and closes
      └────────┴─ aclose(), or the end of ``async with`` ─► the connection is closed
"""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

from engage_async.errors import EngageError, InvalidArgument, MalformedResponse, SessionClosed
from engage_async.io.bodies import BodyReader
from engage_async.io.files import PIECE, BinaryWriter, replacing
from engage_async.io.observation import Meter
from engage_async.protocol.disposition import file_name
from engage_async.protocol.multipart import OnProgress

__all__ = ["Download"]

_endings: set[asyncio.Future[None]] = set()


class Download:
    """A file on its way here, from one connection: to be iterated over, `read` or `save`d, once.

    ``async for`` gives its content in pieces of bytes, decompressed; ``async with`` closes it. The end of the content
    closes it too; one that is left before must be closed, or its connection is held (and `ResourceWarning` given). The
    whole may take as long as it likes, but the server may not be silent for `read_timeout` seconds. A reader that is
    slow makes the server wait.

    Whatever reads raises `OutcomeUnknown` when the content is cut off (it tells how much was read), `MalformedResponse`
    when it cannot be decompressed, and `SessionClosed` when the download, or its session, is closed.
    """

    def __init__(
        self, body: BodyReader, *, http_status: int, headers: Mapping[str, str], release: Callable[[], Awaitable[None]]
    ) -> None:
        self.http_status = http_status
        self.headers = headers
        self._body = body
        self._release = release
        self._loop = asyncio.get_running_loop()
        self._open = True
        self._ended = False

    def __repr__(self) -> str:
        return f"<Download {self.name or self.content_type} {'open' if self._open else 'closed'}>"

    @property
    def name(self) -> str | None:
        """The file name that the server gives, without any path; None if it gives none."""
        return file_name(self.headers.get("content-disposition"))

    @property
    def content_type(self) -> str:
        """The content type that the server gives, without parameters; ``application/octet-stream`` if it gives none."""
        given = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return given or "application/octet-stream"

    @property
    def size(self) -> int | None:
        """The length of the content in bytes; None if the server does not say, or compresses it."""
        return self._body.size

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if piece := await self._piece():
            return piece
        raise StopAsyncIteration

    async def read(self, limit: int | None = None) -> bytes:
        """The content (what of it was not read yet), in memory. Raises `MalformedResponse` beyond `limit` bytes."""
        content = bytearray()
        async with self:
            self._must_be_open()
            while piece := await self._piece():
                content += piece
                if limit is not None and len(content) > limit:
                    raise MalformedResponse(f"the file is larger than {limit} bytes", http_status=self.http_status)
        return bytes(content)

    async def save(self, target: str | os.PathLike[str] | BinaryWriter, progress: OnProgress | None = None) -> int:
        """Write the content (what of it was not read yet) to a file; gives the number of bytes written.

        A path gets the whole file at the end, or nothing: until then the content is in a hidden file beside it. A file
        opened in binary mode is written to as it comes, and stays open. `progress` is told of the bytes written.
        Raises `InvalidArgument` for what cannot be written to, and `OSError` when writing fails. Closes the download.
        """
        async with self:
            self._must_be_open()
            if progress is not None and not callable(progress):
                raise InvalidArgument(f"progress must be a function, not {type(progress).__name__}")
            meter = Meter(progress, self.size)
            async with replacing(target) as file:
                await meter.add(0)
                ended = False
                while not ended:
                    content = bytearray()
                    while not ended and len(content) < PIECE:
                        piece = await self._piece()
                        content += piece
                        ended = not piece
                    if content:
                        await file.write(bytes(content))
                        await meter.add(len(content))
        return meter.done

    async def aclose(self) -> None:
        """Give up what was not read yet. Safe to call again, and from another task than the one that reads."""
        if self._open:
            self._open = False
            try:
                await self._release()
            finally:
                await self._body.aclose()

    async def _piece(self) -> bytes:
        if self._ended:
            return b""
        self._must_be_open()
        try:
            piece = await self._body.piece()
        except BaseException as error:
            if isinstance(error, EngageError):
                self._must_be_open()  # it was closed meanwhile: then that is why
            await self.aclose()
            raise
        if not piece:
            self._ended = True
            await self.aclose()
        return piece

    def _must_be_open(self) -> None:
        if not self._open:
            raise SessionClosed(f"the download {'was read to its end already' if self._ended else 'is closed'}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self, _warn: Callable[..., None] = warnings.warn) -> None:
        if getattr(self, "_open", False):
            _warn(f"unclosed {self!r}", ResourceWarning, source=self)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_end, self._loop, self._release)


def _end(loop: asyncio.AbstractEventLoop, release: Callable[[], Awaitable[None]]) -> None:
    ending = asyncio.ensure_future(release(), loop=loop)
    _endings.add(ending)
    ending.add_done_callback(_endings.discard)
