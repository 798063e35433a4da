"""Which operations the vendor documents, modelled here or not.

Must live here: the look-up in `documented_operations.txt` (one ``VERB path`` a line). Must not: routes, answers.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["documented_operations", "is_documented"]

_PARAMETER = re.compile(r"\\\{[^/]+\\\}")


@cache
def documented_operations() -> tuple[tuple[str, str], ...]:
    """Every documented operation: its verb, and its path with parameters in braces."""
    text = files("engage_async.emulator").joinpath("documented_operations.txt").read_text(encoding="utf-8")
    return tuple((verb, path) for verb, _, path in (line.partition(" ") for line in text.splitlines()))


def is_documented(method: str, path: str) -> bool:
    """Whether a request is one of a documented operation. `path` is as sent, percent signs and all."""
    return _patterns().get(method, _NOTHING).fullmatch(path) is not None


_NOTHING = re.compile(r"(?!)")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    by_verb: dict[str, list[str]] = {}
    for verb, path in documented_operations():
        by_verb.setdefault(verb, []).append(_PARAMETER.sub("[^/]+", re.escape(path)))
    return {verb: re.compile("|".join(paths)) for verb, paths in by_verb.items()}
