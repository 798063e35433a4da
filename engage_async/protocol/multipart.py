"""A multipart form, before it is sent: plain fields, and files from any source.

Must live here: the values, what can be refused without touching a source, the framing (RFC 7578). Must not: reading a
source, sending.
"""

from __future__ import annotations

import io
import mimetypes
import os
import re
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from inspect import iscoroutinefunction
from typing import Protocol, TypeAlias, cast

from attrs import field, frozen

from engage_async.errors import InvalidArgument
from engage_async.protocol.disposition import form_data

_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(\s*;[\x20-\x7e]*)?")
_COMPRESSED: Mapping[str | None, str] = {"gzip": "application/gzip", "bzip2": "application/x-bzip2"}


class BinaryReader(Protocol):
    """A file that was opened for reading bytes; it need not be seekable."""

    def read(self, size: int, /) -> bytes | None:
        """Up to `size` bytes; none at the end."""
        ...


Source: TypeAlias = "str | os.PathLike[str] | bytes | BinaryReader | AsyncIterable[bytes]"
"""Where a file's content comes from: a path, the bytes themselves, a binary file object (read in a thread, from where
it stands), or an async iterator of bytes."""


@frozen
class Progress:
    """How far a file is: `done` bytes of `total`, which is None when nobody knows."""

    done: int
    total: int | None


OnProgress: TypeAlias = Callable[[Progress], object]
"""Called with each step, at the start (nothing done) and at the end. A coroutine function is awaited."""


@frozen(kw_only=True)
class FilePart:
    """One file of a form. Raises `InvalidArgument` for what cannot be sent.

    `name` is the field's. `filename` is told by a path or by an open file that has one, and must be given for other
    sources; `content_type` is guessed from it. `size`, in bytes, may be given for a source that cannot tell it, so that
    the form's length can be announced. `progress` is told of this file's bytes as the connection takes them; a
    repetition begins again at 0.
    """

    name: str
    source: Source = field(repr=False)
    filename: str | None = None
    content_type: str | None = None
    size: int | None = None
    progress: OnProgress | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if not _is_name(self.name):
            raise InvalidArgument(f"a file's field must have a name, not {self.name!r}")
        if not is_source(self.source):
            expected = "a path, bytes, a file opened in binary mode or an async iterator of bytes"
            raise InvalidArgument(f"the file {self.name!r} must be {expected}, not {type(self.source).__name__}")
        if self.size is not None and (type(self.size) is not int or self.size < 0):
            raise InvalidArgument(f"the size of the file {self.name!r} must be a number of bytes, not {self.size!r}")
        if self.progress is not None and not callable(self.progress):
            raise InvalidArgument(f"the progress of the file {self.name!r} must be a function")
        if not _is_name(self.sent_type) or not _MEDIA_TYPE.fullmatch(self.sent_type):
            raise InvalidArgument(f"the content type of the file {self.name!r} must be like text/plain")

    @property
    def sent_name(self) -> str:
        """The file name that is sent. Raises `InvalidArgument` when there is none."""
        name: object = self.filename
        if name is None and isinstance(self.source, str | os.PathLike):
            name = os.path.basename(os.fsdecode(self.source))
        elif name is None:
            name = getattr(self.source, "name", None)  # a number, for a file opened by its descriptor
            name = os.path.basename(name) if isinstance(name, str) else None
        if not isinstance(name, str) or not name:
            raise InvalidArgument(f"the file {self.name!r} needs a filename: {self._nameless}")
        return name

    @property
    def _nameless(self) -> str:
        return "its source has none" if self.filename is None else f"text, not {self.filename!r}"

    @property
    def sent_type(self) -> str:
        """The content type that is sent."""
        if self.content_type is not None:
            return self.content_type
        guessed, coding = mimetypes.guess_type(f"./{self.sent_name}")  # a path: the name alone could be a URL
        if coding is not None:
            guessed = _COMPRESSED.get(coding)
        return guessed or "application/octet-stream"


def is_source(value: object) -> bool:
    """Whether `value` looks like a `Source`."""
    if isinstance(value, str | os.PathLike):
        return bool(os.fspath(value))
    if isinstance(value, bytes | AsyncIterable):
        return True
    read = getattr(value, "read", None)
    return callable(read) and not iscoroutinefunction(read) and not isinstance(value, io.TextIOBase)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _parts(files: Iterable[FilePart]) -> tuple[FilePart, ...]:
    return tuple(files)


def _pairs(fields: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(cast("Iterable[tuple[str, str]]", fields.items() if isinstance(fields, Mapping) else fields))


@frozen
class UploadForm:
    """A form to be sent as ``multipart/form-data``: its plain `fields`, in their order, and then its `files`."""

    files: tuple[FilePart, ...] = field(default=(), converter=_parts)
    fields: tuple[tuple[str, str], ...] = field(default=(), converter=_pairs, repr=False)

    def __attrs_post_init__(self) -> None:
        for name, value in self.fields:
            if not _is_name(name) or type(value) is not str:
                raise InvalidArgument(f"a form's field must be text with a name, not {name!r}: {type(value).__name__}")
        for part in self.files:
            if not isinstance(part, FilePart):
                raise InvalidArgument(f"a form's file must be a FilePart, not {type(part).__name__}")


def opening(form: UploadForm, boundary: str) -> bytes:
    """What stands before the form's files: its fields."""
    return b"".join(
        _encode(f"--{boundary}\r\nContent-Disposition: {form_data(name)}\r\n\r\n{value}\r\n")
        for name, value in form.fields
    )


def head(part: FilePart, boundary: str) -> bytes:
    """What stands before a file's content; ``CRLF`` stands after it."""
    disposition = form_data(part.name, part.sent_name)
    return _encode(f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {part.sent_type}\r\n\r\n")


def closing(boundary: str) -> bytes:
    """What stands after everything."""
    return _encode(f"--{boundary}--\r\n")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # a file name of the file system may be no text
