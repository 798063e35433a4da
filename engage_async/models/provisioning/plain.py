"""Values that Configuration Server writes in more than one way, made plain.

Must live here: the conversions. Must not: any one model.

It keeps everything as text, and what stands between it and the API passes some of it on like that: ids of digits, flags
such as ``CFGTrue`` (number 2; 1 is ``CFGFalse``), levels and counts. What cannot be converted stays as it came.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["objects_in", "plain"]

_FLAGS: Mapping[str, bool] = {
    "true": True,
    "cfgtrue": True,
    "2": True,
    "false": False,
    "cfgfalse": False,
    "1": False,
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")


def plain(
    payload: Mapping[str, Any],
    *,
    texts: Collection[str] = (),
    numbers: Collection[str] = (),
    flags: Collection[str] = (),
) -> dict[str, Any]:
    """A copy in which these members are texts, whole numbers and truth values, as far as they can be."""
    made = dict(payload)
    for names, convert in ((texts, _text), (numbers, _number), (flags, _flag)):
        for name in names:
            if name in made:
                made[name] = convert(made[name])
    return made


def objects_in(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; what is none is left out. Empty for anything but a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number(value: Any) -> Any:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return int(value) if isinstance(value, float) and math.isfinite(value) and value.is_integer() else value


def _flag(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    return _FLAGS.get(str(value).strip().lower(), value) if isinstance(value, str | int) else value
