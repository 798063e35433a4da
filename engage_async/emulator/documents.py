"""Documents: the files that interactions and standard responses hold.

Must live here: what is known of a document, and its bytes, which are in a file of their own. Must not: what a document
belongs to, HTTP.

A document may have hundreds of megabytes: it is written as it comes and never whole in memory. The files are in a
temporary directory that goes away with the store.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attrs import field, frozen

__all__ = ["Document", "DocumentStore", "Writing"]

_PIECE = 256 * 1024


@frozen
class Document:
    """A file: its name as it was given, its MIME type, its size in bytes, and where its bytes are."""

    id: str
    name: str
    mime: str
    size: int
    file: Path = field(repr=False)

    def view(self) -> dict[str, Any]:
        """The document in wire form."""
        return {"id": self.id, "name": self.name, "mime": self.mime, "size": self.size}

    def pieces(self, end: int) -> Iterator[bytes]:
        """The bytes up to this one, not all at once."""
        with self.file.open("rb") as opened:
            while opened.tell() < end and (piece := opened.read(min(_PIECE, end - opened.tell()))):
                yield piece


class Writing:
    """A document that is being written: `write` its bytes in order, then `finish` or `abandon` it."""

    def __init__(self, store: DocumentStore, document_id: str, name: str, mime: str) -> None:
        self._store, self._id, self._name, self._mime = store, document_id, name, mime
        self._path = store.directory / document_id
        self._file = self._path.open("xb")

    def write(self, data: bytes) -> None:
        """The next bytes."""
        self._file.write(data)

    def finish(self) -> Document:
        """The document is complete."""
        size = self._file.tell()
        self._file.close()
        return self._store.keep(Document(self._id, self._name, self._mime, size, self._path))

    def abandon(self) -> None:
        """Forget what was written; after `finish` nothing."""
        if not self._file.closed:
            self._file.close()
            self._path.unlink()


class DocumentStore:
    """Every document, by id."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._documents: dict[str, Document] = {}
        self._directory: Path | None = None

    @property
    def directory(self) -> Path:
        """Where the files are. It is made when it is first needed."""
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="engage-emulator-"))
            weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        return self._directory

    def begin(self, name: str, mime: str) -> Writing:
        """Begin to write a document."""
        return Writing(self, self._new_id(), name, mime)

    def add(self, name: str, mime: str, data: bytes, *, document_id: str | None = None) -> Document:
        """A document of these bytes; with the id given, or a new one."""
        writing = Writing(self, document_id or self._new_id(), name, mime)
        writing.write(data)
        return writing.finish()

    def keep(self, document: Document) -> Document:
        """Know a document that was written."""
        self._documents[document.id] = document
        return document

    def get(self, document_id: str) -> Document | None:
        """The document with this id."""
        return self._documents.get(document_id)

    def remove(self, document_id: str) -> None:
        """Forget a document and its bytes; one that is not known is forgotten already."""
        document = self._documents.pop(document_id, None)
        if document is not None:
            document.file.unlink(missing_ok=True)
