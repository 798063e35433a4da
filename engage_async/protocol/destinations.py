"""Telephone numbers and other destinations, compared as a switch compares them: dial plans rewrite prefixes.

Must live here: normal form, comparison, and the index entries that make the comparison O(1). Must not: events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TAIL = 4
_SCHEME = re.compile(r"\s*(sips?|tel):", re.IGNORECASE)


def normal(number: object) -> str:
    """Letters and digits only, lower case; ``""`` for what is no text.

    The scheme, the domain and the parameters of a SIP or telephone address do not count.
    """
    if isinstance(number, int) and not isinstance(number, bool):
        number = str(number)
    if not isinstance(number, str):
        return ""
    address = _SCHEME.sub("", number, count=1).partition("@")[0].partition(";")[0]
    return "".join(c for c in address.lower() if c.isalnum())


def comparable(dialled: str, seen: str) -> bool:
    """Whether two normal forms are both numbers or both names; a name and a number prove nothing about each other."""
    return bool(dialled) and bool(seen) and dialled.isdecimal() == seen.isdecimal()


def same(dialled: str, seen: str) -> bool:
    """Equality, or one a suffix (of at least two digits) of the other."""
    if dialled == seen:
        return bool(dialled)
    shorter, longer = sorted((dialled, seen), key=len)
    return len(shorter) >= 2 and shorter.isdecimal() and longer.endswith(shorter)


def index_of_dialled(dialled: str) -> Iterator[str]:
    """The index entries under which a dialled number waits (see `index_of_seen`)."""
    yield dialled[-_TAIL:]
    for length in range(2, min(_TAIL, len(dialled))):
        yield "…" + dialled[-length:]


def index_of_seen(seen: str) -> Iterator[str]:
    """The index entries to look under for a number that was seen.

    Two numbers for which `same` holds always share an entry; how many entries there are does not depend on how many
    numbers wait.
    """
    for length in range(min(_TAIL, len(seen)), min(2, len(seen)) - 1, -1):
        yield seen[-length:]
    if len(seen) < _TAIL:
        yield "…" + seen
