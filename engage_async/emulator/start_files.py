"""The JSON files that say what there is when the emulator starts: how they are read and checked.

Must live here: what every such file has in common. Must not: what any of them holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import cattrs

from engage_async.errors import ConfigurationError

__all__ = ["by_key", "read_start_file", "strict_reader"]

_Record = TypeVar("_Record")
_Key = TypeVar("_Key", bound=Hashable)


def read_start_file(
    subject: str, path: str | Path | None, form: type[_Record], reader: cattrs.Converter | None = None
) -> _Record:
    """Read a file of this form; when `path` is None the package's own, ``SUBJECT.json`` beside this module.

    Raises `ConfigurationError`, which names every fault of form by its place in the file.
    """
    source = files("engage_async.emulator").joinpath(f"{subject}.json") if path is None else Path(path)
    try:
        raw = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(subject, f"{path}: {error}") from error
    try:
        return (reader or strict_reader()).structure(raw, form)
    except cattrs.BaseValidationError as error:
        raise ConfigurationError(subject, "; ".join(cattrs.transform_error(error))) from error


def by_key(
    subject: str, section: str, records: Iterable[_Record], key: Callable[[_Record], _Key]
) -> dict[_Key, _Record]:
    """Records by a key that each has alone. Raises `ConfigurationError`."""
    index: dict[_Key, _Record] = {}
    for record in records:
        if index.setdefault(key(record), record) is not record:
            raise ConfigurationError(subject, f"{section}: {key(record)!r} appears twice")
    return index


def strict_reader() -> cattrs.Converter:
    """A converter that neither guesses (``"yes"`` is no boolean) nor lets an unknown key pass."""
    converter = cattrs.Converter(forbid_extra_keys=True)

    def exactly(value: Any, kind: Any) -> Any:
        """Also for enumerations, whose values are of one of these types."""
        plain = next(each for each in (bool, int, float, str) if issubclass(kind, each))
        if type(value) is not plain and not (plain is float and type(value) is int):
            raise TypeError(f"expected {plain.__name__}, got {type(value).__name__}")
        return kind(value)

    for kind in (str, int, float, bool):
        converter.register_structure_hook(kind, exactly)
    return converter
