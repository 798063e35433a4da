"""How an operation may be repeated.

Must live here: the three classes. Must not: which route has which, when to wait how long.
"""

from __future__ import annotations

from enum import Enum


class Repeat(Enum):
    """What sending a request twice would do.

    The class belongs to the operation, not to the HTTP verb: most reads and writes of the service are POST.
    """

    SAFE = "safe"
    """It only reads."""

    REPEATABLE = "repeatable"
    """It sets a state: the second time changes nothing more."""

    ONCE = "once"
    """The second time would do it again; repeated only when nothing of it was sent."""
