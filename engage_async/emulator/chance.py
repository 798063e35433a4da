"""Chance that can be repeated.

Must live here: the one source of it. Must not: what nobody may guess (sessions, tokens): that is `secrets`' business.
"""

from __future__ import annotations

from random import Random
from typing import Self

__all__ = ["Chance"]


class Chance(Random):
    """The same seed, the same numbers."""

    def branch(self) -> Self:
        """Another one, whose draws do not change what is drawn from this one."""
        return type(self)(self.random())
