"""Forms on their way: their files opened, measured, and read while they are sent.

Must live here: reading sources, the body of one attempt, what a source that fails means. Must not: HTTP, framing (see
`protocol.multipart`).

    prepared ─► body ─► … pieces … ─► the end        each attempt has its own body; `repeatable` says whether there
                 └──────┴─ a source fails ─► failure can be another
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol, TypeVar

from engage_async.errors import InvalidArgument, UploadFailed
from engage_async.io.deadlines import Deadline
from engage_async.io.files import PIECE, ThreadedFile, as_bytes, opened, reason_of
from engage_async.io.observation import Meter
from engage_async.protocol.multipart import FilePart, UploadForm, closing, head, opening

__all__ = ["Body", "Upload", "prepared"]

T = TypeVar("T")

log: logging.Logger = logging.getLogger("engage_async.http")


class _Content(Protocol):
    """One source, opened. `size` is in bytes, None when it cannot tell."""

    @property
    def size(self) -> int | None: ...

    @property
    def repeatable(self) -> bool:
        """Whether it can be read from its start (again)."""
        ...

    async def start(self) -> None:
        """Stand at the start."""

    async def read(self) -> bytes:
        """The next bytes, at most `PIECE` of them; none at the end."""
        ...


class _Bytes:
    repeatable = True

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self._content = content
        self._done = 0

    async def start(self) -> None:
        self._done = 0

    async def read(self) -> bytes:
        start = self._done
        self._done += PIECE
        return self._content[start : self._done]


class _File:
    def __init__(self, file: ThreadedFile, start: int | None, size: int | None) -> None:
        self.size = size
        self._file = file
        self._start = start
        self._begun = False

    @property
    def repeatable(self) -> bool:
        return self._start is not None or not self._begun

    async def start(self) -> None:
        if self._start is not None:
            await self._file.seek(self._start)

    async def read(self) -> bytes:
        self._begun = True
        return await self._file.read(PIECE)


class _Chunks:
    """An async iterator, whose first chunk is held already."""

    size = None

    def __init__(self, chunks: AsyncIterator[bytes], first: bytes) -> None:
        self._chunks = chunks
        self._chunk = first
        self._done = 0
        self.repeatable = True

    async def start(self) -> None:
        pass

    async def read(self) -> bytes:
        self.repeatable = False
        if self._done >= len(self._chunk):
            self._chunk, self._done = await _next(self._chunks), 0
        start = self._done
        self._done += PIECE
        return self._chunk[start : self._done]


class Upload:
    """A form whose files are open. Made by `prepared`, which closes them."""

    def __init__(self, form: UploadForm, contents: list[_Content], operation: str) -> None:
        self._boundary = f"engage-async-{secrets.token_hex(16)}"
        self._operation = operation
        self._opening = opening(form, self._boundary)
        self._files = [
            (part, head(part, self._boundary), content, content.size if content.size is not None else part.size)
            for part, content in zip(form.files, contents, strict=True)
        ]
        self._closing = closing(self._boundary)
        self.content_type: str = f"multipart/form-data; boundary={self._boundary}"

    @property
    def size(self) -> int | None:
        """The length of the body in bytes; None when a file's is not known."""
        total = len(self._opening) + len(self._closing)
        for _, before, _, size in self._files:
            if size is None:
                return None
            total += len(before) + size + 2
        return total

    @property
    def repeatable(self) -> bool:
        """Whether every file can be read from its start (again)."""
        return all(content.repeatable for _, _, content, _ in self._files)

    def body(self, deadline: Deadline) -> Body:
        """The body of one attempt."""
        return Body(self, deadline)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body, piece by piece. Raises `UploadFailed`."""
        if self._opening:
            yield self._opening
        for part, before, content, size in self._files:
            yield before
            announced = content.size is None  # by the caller: an open file may have grown since it was measured
            meter = Meter(part.progress, size)
            await meter.add(0)
            await self._reading(part, content.start())
            while size is None or meter.done < size or announced:
                piece = await self._reading(part, content.read())
                if not piece:
                    break
                if size is not None and len(piece) > size - meter.done:
                    if announced:
                        raise self._failed(part, f"it has more than the {size} bytes that were announced")
                    piece = piece[: size - meter.done]
                yield piece
                await meter.add(len(piece))
            if size is not None and meter.done < size:
                raise self._failed(part, f"it ended after {meter.done} of {size} bytes")
            yield b"\r\n"
        yield self._closing

    async def _reading(self, part: FilePart, step: Awaitable[T]) -> T:
        try:
            return await step
        except Exception as error:
            known = isinstance(error, OSError | InvalidArgument)  # other texts are not ours to show
            raise self._failed(part, reason_of(error) if known else type(error).__name__) from error

    def _failed(self, part: FilePart, problem: str) -> UploadFailed:
        return UploadFailed(f"{self._operation}: the file {part.name!r} could not be read to its end: {problem}")


class Body:
    """The body of one attempt, read by whoever sends. `failure` is set when a source failed."""

    def __init__(self, upload: Upload, deadline: Deadline) -> None:
        self.size: int | None = upload.size
        self.failure: UploadFailed | None = None
        self.complete: bool = False
        self._pieces = upload.pieces()
        self._deadline = deadline
        self._turn = asyncio.Lock()
        self._over = False

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> bytes:
        async with self._turn:
            if self._over:  # an end without an exception would make half a body look whole
                raise UploadFailed("the body was given up")
            self._deadline.reading()
            self._over = True
            try:
                piece = await anext(self._pieces)
            except StopAsyncIteration:
                self.complete = True
                self._deadline.sent()
                raise
            except UploadFailed as failure:
                self.failure = failure
                raise
            self._over = False
            self._deadline.sending()
            return piece

    async def aclose(self) -> None:
        """Give the body up. What reads it just now was cancelled, and is waited for."""
        async with self._turn:
            self._over = True
            await self._pieces.aclose()
            self._deadline.sent()


@asynccontextmanager
async def prepared(form: UploadForm, operation: str) -> AsyncIterator[Upload]:
    """Open and measure the files of a form; close those that were opened here, and the iterators.

    Raises `InvalidArgument` for a file that cannot be read, and `UploadFailed` for an iterator that fails at once.
    """
    async with AsyncExitStack() as stack:
        contents = []
        for part in form.files:
            try:
                contents.append(await _opened(part, stack))
            except InvalidArgument as error:
                raise InvalidArgument(f"{operation}: the file {part.name!r}: {error}") from error.__cause__
            except Exception as error:
                told = f"{operation}: the file {part.name!r} failed at its start: {type(error).__name__}"
                raise UploadFailed(told) from error
        yield Upload(form, contents, operation)


async def _opened(part: FilePart, stack: AsyncExitStack) -> _Content:
    source = part.source
    if isinstance(source, bytes):
        return _Bytes(source)
    if isinstance(source, str | os.PathLike):
        file = await opened(source)
        stack.push_async_callback(file.close)
        return _File(file, *await file.measure())
    if isinstance(source, AsyncIterable):
        chunks = aiter(source)
        stack.push_async_callback(_end, chunks)
        return _Chunks(chunks, await _next(chunks))
    file = ThreadedFile(source)
    try:
        await file.read(0)  # tells binary from text, and whether it can be read at all
        return _File(file, *await file.measure())
    except (OSError, ValueError) as error:
        raise InvalidArgument(f"cannot read it: {reason_of(error)}") from error


async def _next(chunks: AsyncIterator[bytes]) -> bytes:
    """The next chunk with something in it; an empty one at the end."""
    async for chunk in chunks:
        if data := as_bytes(chunk, "the iterator"):
            return data
    return b""


async def _end(chunks: AsyncIterator[bytes]) -> None:
    close = getattr(chunks, "aclose", None)
    if close is None:
        return
    try:
        await close()
    except Exception:
        log.exception("the source of an upload failed when it was closed")
