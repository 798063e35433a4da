"""Files, which block: every call in a thread, one after the other.

Must live here: opening, reading, writing and replacing files. Must not: HTTP, what a file is for.
"""

from __future__ import annotations

import asyncio
import io
import os
import secrets
import stat
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from inspect import iscoroutinefunction
from typing import Any, Protocol, TypeVar

from engage_async.errors import InvalidArgument

__all__ = ["PIECE", "BinaryWriter", "ThreadedFile", "as_bytes", "opened", "reason_of", "replacing"]

PIECE = 256 * 1024
"""Bytes read or written in one call: enough to make the change of threads cheap."""

T = TypeVar("T")


class BinaryWriter(Protocol):
    """A file that was opened for writing bytes."""

    def write(self, data: bytes, /) -> int | None:
        """Write; the number of bytes taken, None for all."""
        ...


class ThreadedFile:
    """A binary file whose every call runs in a thread. A call that was given up still ends before the next begins."""

    def __init__(self, file: Any = None) -> None:
        self._file = file
        self._closed = False
        self._turn = threading.Lock()

    async def open(self, opener: Callable[[], Any]) -> None:
        """Take the file that `opener` gives, unless this one is closed by then."""

        def open_it() -> None:
            if not self._closed:
                self._file = opener()

        await self._in_turn(open_it)

    async def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end. Raises what the file raises, `InvalidArgument` if it is not binary."""
        return as_bytes(await self._in_turn(lambda: self._file.read(size)), "read()")

    async def write(self, data: bytes) -> None:
        """Write all of `data`. Raises what the file raises."""

        def write() -> None:
            rest = data
            while True:
                taken = self._file.write(rest)
                if not isinstance(taken, int) or taken >= len(rest):
                    return
                if taken <= 0:
                    raise BlockingIOError("the file takes no more")
                rest = rest[taken:]

        await self._in_turn(write)

    async def seek(self, position: int) -> None:
        """Stand at `position`. Raises what the file raises."""
        await self._in_turn(lambda: self._file.seek(position))

    async def measure(self) -> tuple[int | None, int | None]:
        """Where it stands, and how many bytes there are from there: None for what cannot be told."""
        return await self._in_turn(self._measured)

    async def close(self, *, then: Callable[[bool], object] = bool) -> None:
        """Close it after what still runs, and call `then` with whether that went well. Cancelling stops neither."""

        def close() -> None:
            self._closed = True
            well = False
            try:
                if self._file is not None:
                    self._file.close()
                well = True
            finally:
                then(well)

        await asyncio.shield(self._in_turn(close))

    def _measured(self) -> tuple[int | None, int | None]:
        try:
            start = self._file.tell() if self._file.seekable() else None
        except (AttributeError, OSError, ValueError):
            start = None
        if not isinstance(start, int):
            return None, None
        try:
            size = max(self._file.seek(0, io.SEEK_END) - start, 0)
        except (OSError, ValueError, TypeError):
            size = None
        self._file.seek(start)
        return start, size

    def _in_turn(self, call: Callable[[], T]) -> asyncio.Future[T]:
        def run() -> T:
            with self._turn:
                return call()

        return asyncio.get_running_loop().run_in_executor(None, run)


async def opened(path: str | os.PathLike[str]) -> ThreadedFile:
    """A regular file, opened for reading. Raises `InvalidArgument` for what cannot be read."""

    def open_it() -> Any:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError("it is not a regular file")
        return open(path, "rb", buffering=0)

    file = ThreadedFile()
    try:
        await file.open(open_it)
    except BaseException as error:
        await file.close()
        if not isinstance(error, OSError | ValueError):
            raise
        raise InvalidArgument(f"cannot read the file {os.fsdecode(path)!r}: {reason_of(error)}") from error
    return file


@asynccontextmanager
async def replacing(target: str | os.PathLike[str] | BinaryWriter) -> AsyncIterator[ThreadedFile]:
    """Write to a file. One given by its path appears, or replaces another, when everything is written.

    Until then its content is in a hidden file beside it, which is removed when anything fails. An open file is written
    to as it is, and stays open. Raises `InvalidArgument` for what cannot be written to, and `OSError` at the end.
    """
    if not isinstance(target, str | os.PathLike):
        yield await _binary(target)
        return
    final, beside = "", ""

    def create() -> Any:
        nonlocal final, beside
        final = os.path.realpath(os.fsdecode(target))
        if os.path.lexists(final) and not os.path.isfile(final):
            raise OSError("it is not a regular file")
        beside = os.path.join(os.path.dirname(final), f".{secrets.token_hex(8)}.part")
        return open(beside, "xb", buffering=0)

    def remove(_: bool = True) -> None:
        with suppress(OSError):
            os.unlink(beside)

    def replace(complete: bool) -> None:
        try:
            if complete:
                os.replace(beside, final)
        finally:
            remove()

    file = ThreadedFile()
    try:
        try:
            await file.open(create)
        except (OSError, ValueError) as error:
            raise InvalidArgument(f"cannot write the file {os.fsdecode(target)!r}: {reason_of(error)}") from error
        yield file
    except BaseException:
        with suppress(OSError):
            await file.close(then=remove)
        raise
    await file.close(then=replace)


async def _binary(target: object) -> ThreadedFile:
    write = getattr(target, "write", None)
    if not callable(write) or iscoroutinefunction(write) or isinstance(target, io.TextIOBase):
        raise InvalidArgument(f"must be a path or a file opened in binary mode, not {type(target).__name__}")
    file = ThreadedFile(target)
    try:
        await file.write(b"")
    except (OSError, ValueError, TypeError) as error:
        raise InvalidArgument(f"cannot write to this file: {reason_of(error)}") from error
    return file


def as_bytes(data: object, origin: str) -> bytes:
    """What came, as bytes. Raises `InvalidArgument` for anything else; `origin` says where it came from."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    raise InvalidArgument(f"{origin} gave {type(data).__name__}, not bytes")


def reason_of(error: BaseException) -> str:
    """Why a file could not be used, in a few words."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
