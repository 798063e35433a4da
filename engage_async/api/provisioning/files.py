"""Files that the Provisioning API is given.

Must live here: how a source becomes the part of a form. Must not: any one operation.
"""

from __future__ import annotations

from os import PathLike

from engage_async.protocol.multipart import FilePart, OnProgress, Source

__all__ = ["a_file"]


def a_file(
    name: str, source: Source, filename: str | None, otherwise: str, content_type: str, progress: OnProgress | None
) -> FilePart:
    """A file of a form. A source that has no file name is sent under the name `otherwise`.

    Raises `InvalidArgument` for what is no source.
    """
    return FilePart(
        name=name,
        source=source,
        filename=filename or (None if _has_name(source) else otherwise),
        content_type=content_type,
        progress=progress,
    )


def _has_name(source: Source) -> bool:
    """Whether the source is a path, or a file that was opened by its path."""
    return not isinstance(source, bytes) and isinstance(getattr(source, "name", source), str | PathLike)
